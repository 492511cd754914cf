// SPDX-License-Identifier: GPL-2.0

//! The raw hook, which would be given a half-built mapping.

// error: E0407 E0438
// says: method `mmap` is not a member of trait `FileOperations`

use kernel::{
    fs::{
        FileOperations,
        Misc, //
    },
    mm::{
        mmap_action::MmapAction,
        virt::VmaRef,
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
    fn mmap(_data: (), _vma: &VmaRef) -> Result {
        Ok(())
    }

    #[cfg(fixed)]
    fn mmap_prepare<'a>(_data: (), _desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::Nothing)
    }
}
