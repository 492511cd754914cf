// SPDX-License-Identifier: GPL-2.0

//! A hook that takes the private data, which the file goes on using.

// error: E0053
// says: expected `&'a u32`, found `Box<u32, Kmalloc>`

use kernel::{
    fs::{
        File,
        FileOperations,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
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
    type Private = KBox<u32>;

    #[cfg(not(fixed))]
    fn mmap_prepare<'a>(_data: KBox<u32>, _desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::Nothing)
    }

    #[cfg(fixed)]
    fn mmap_prepare<'a>(_data: &'a u32, _desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::Nothing)
    }
}
