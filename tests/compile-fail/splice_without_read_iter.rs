// SPDX-License-Identifier: GPL-2.0

//! A file that is spliced by an operation that is not there: the kernel would call NULL.

// error: E0080
// says: `SpliceRead::Copy` reads by `read_iter`, which is missing

use kernel::{
    fs::{
        file_operations::SpliceRead,
        FileOperations,
        FileOperationsVTable,
        Kiocb,
        Misc, //
    },
    iov::IovIterDest,
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Device;

#[vtable]
impl FileOperations for Device {
    type Host = Misc<Self>;
    type Private = ();

    const SPLICE_READ: SpliceRead = SpliceRead::Copy;

    #[cfg(fixed)]
    fn read_iter(_kiocb: Kiocb<'_, ()>, _to: &mut IovIterDest<'_>) -> Result<usize> {
        Ok(0)
    }
}

static FOPS: FileOperationsVTable<Device> = FileOperationsVTable::stateless();
