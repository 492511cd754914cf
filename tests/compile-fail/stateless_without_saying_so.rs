// SPDX-License-Identifier: GPL-2.0

//! A type without private data, in a table for one that has it.

// error: E0080
// says: one without uses `stateless()`

use kernel::{
    fs::{
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
    type Host = Misc<Self>;
    type Private = ();
}

#[cfg(not(fixed))]
static FOPS: FileOperationsVTable<Device> = FileOperationsVTable::new();
#[cfg(fixed)]
static FOPS: FileOperationsVTable<Device> = FileOperationsVTable::stateless();
