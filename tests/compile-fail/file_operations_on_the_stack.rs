// SPDX-License-Identifier: GPL-2.0

//! A table of file operations that is gone while files still use it.

// error: E0716
// says: argument requires that borrow lasts for `'static`

use kernel::{
    fs::{
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
    type Host = Misc<Self>;
    type Private = ();
}

fn register(opts: MiscDeviceOptions) -> impl PinInit<MiscDeviceRegistration<Device>, Error> {
    #[cfg(not(fixed))]
    let table = &FileOperationsVTable::stateless();
    #[cfg(fixed)]
    let table = {
        static TABLE: FileOperationsVTable<Device> = FileOperationsVTable::stateless();
        &TABLE
    };

    MiscDeviceRegistration::register_fops(opts, table)
}
