// SPDX-License-Identifier: GPL-2.0

//! The operations of a misc device in a table of character devices: `open` would see another type.

// error: E0271
// says: expected this to be `CharDev`

use kernel::{
    chrdev::FileOps,
    fs::{
        CharDev,
        FileOperations,
        FileOperationsVTable,
        Misc, //
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
    type Host = Misc<Self>;
    #[cfg(fixed)]
    type Host = CharDev;
    type Private = ();
}

static TABLE: FileOperationsVTable<Device> = FileOperationsVTable::stateless();
const FOPS: FileOps = FileOps::new(&TABLE);
