// SPDX-License-Identifier: GPL-2.0

//! The raw hook, which misc devices used to have.

// error: E0407 E0438
// says: method `mmap` is not a member of trait `MiscDevice`

use kernel::{
    fs::File,
    miscdevice::{
        MiscDevice,
        MiscDeviceRegistration, //
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
impl MiscDevice for Device {
    type Ptr = ();

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result {
        Ok(())
    }

    #[cfg(not(fixed))]
    fn mmap(_device: (), _file: &File, _vma: &VmaRef) -> Result {
        Ok(())
    }

    #[cfg(fixed)]
    fn mmap_prepare<'a>(_device: (), _desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::Nothing)
    }
}
