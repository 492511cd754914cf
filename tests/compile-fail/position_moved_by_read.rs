// SPDX-License-Identifier: GPL-2.0

//! The position of a file moved by an operation that is not `llseek`.

// error: E0624
// says: associated function `new` is private

use kernel::{
    fs::{
        file::Offset,
        file_operations::FilePosition,
        FileOperations,
        LocalFile,
        Misc, //
    },
    prelude::*,
    uaccess::UserSliceWriter, //
};

kernel::builtin! {
    name: "misuse",
}

struct Device;

#[vtable]
impl FileOperations for Device {
    type Host = Misc<Self>;
    type Private = ();

    fn read(
        _data: (),
        file: &LocalFile,
        _to: &mut UserSliceWriter,
        pos: &mut Offset,
    ) -> Result<usize> {
        #[cfg(not(fixed))]
        FilePosition::new(file).set(0);
        #[cfg(fixed)]
        {
            *pos = 0;
        }
        Ok(0)
    }
}
