// SPDX-License-Identifier: GPL-2.0

//! A table without `open` for files that are opened: `release` would find no private data.

// error: E0271
// says: expected this to be `Anon`

use kernel::{
    fs::{
        Anon,
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
    type Host = Anon;
    type Private = KBox<u32>;
}

static TABLE: FileOperationsVTable<Device> = FileOperationsVTable::anonymous();
