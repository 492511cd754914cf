// SPDX-License-Identifier: GPL-2.0

//! A hook in the manner of C, which returns whether it worked and not what is to be done.

// error: E0053
// says: change the output type to match the trait
// says: expected `MmapAction<'a>`, found `()`

use kernel::{
    fs::{
        FileOperations,
        Misc, //
    },
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
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

    #[cfg(not(fixed))]
    fn mmap_prepare<'a>(_data: (), _desc: &mut VmaDesc<'a>) -> Result {
        Ok(())
    }

    #[cfg(fixed)]
    fn mmap_prepare<'a>(_data: (), _desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::Nothing)
    }
}
