// SPDX-License-Identifier: GPL-2.0

//! Private data used after the call; it may be gone with the file.

// error: E0521
// says: must outlive `'static`

use kernel::{
    fs::{
        File,
        FileOperations,
        Misc, //
    },
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

kernel::builtin! {
    name: "misuse",
}

struct Device;

#[cfg(not(fixed))]
fn later(_data: &'static u32) {}
#[cfg(fixed)]
fn later(_data: Arc<u32>) {}

#[vtable]
impl FileOperations for Device {
    type Host = Misc<Self>;
    type Private = Arc<u32>;

    fn flush(data: ArcBorrow<'_, u32>, _file: &File) -> Result {
        #[cfg(not(fixed))]
        later(ArcBorrow::into_ref(data));
        #[cfg(fixed)]
        later(data.into());
        Ok(())
    }
}
