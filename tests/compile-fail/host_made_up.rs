// SPDX-License-Identifier: GPL-2.0

//! A type that is no place for files.

// error: E0277
// says: the following other types implement trait `FileHost`

use kernel::{
    fs::{
        FileOperations,
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
    type Host = Self;
    #[cfg(fixed)]
    type Host = Misc<Self>;
    type Private = ();
}
