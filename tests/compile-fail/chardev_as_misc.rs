// SPDX-License-Identifier: GPL-2.0

//! The operations of a character device, registered as a misc device.

// error: E0271
// says: expected this to be `Misc<Device>`

use kernel::{
    fs::{
        CharDev,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::{
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Device;

#[vtable]
impl FileOperations for Device {
    #[cfg(not(fixed))]
    type Host = CharDev;
    #[cfg(fixed)]
    type Host = Misc<Self>;
    type Private = ();
}

static TABLE: FileOperationsVTable<Device> = FileOperationsVTable::stateless();

fn register(opts: MiscDeviceOptions) -> impl PinInit<MiscDeviceRegistration<Device>, Error> {
    MiscDeviceRegistration::register_fops(opts, &TABLE)
}
