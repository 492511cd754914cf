// SPDX-License-Identifier: GPL-2.0

//! Private data that nothing makes: the operations would borrow what is not there.

// error: E0080
// says: a type with private data must implement `open`

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
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

    #[cfg(fixed)]
    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<KBox<u32>> {
        Ok(KBox::new(0, GFP_KERNEL)?)
    }
}

static FOPS: FileOperationsVTable<Device> = FileOperationsVTable::new();
