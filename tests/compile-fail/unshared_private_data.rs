// SPDX-License-Identifier: GPL-2.0

//! Private data that threads must not share, whereas they share open files.

// error: E0277
// says: cannot be shared between threads safely
// says: required by a bound in `kernel::fs::FileOperations::Private`

use core::cell::Cell;
use kernel::{
    fs::{
        FileOperations,
        Misc, //
    },
    prelude::*,
    sync::atomic::Atomic, //
};

kernel::builtin! {
    name: "misuse",
}

struct Device;

#[vtable]
impl FileOperations for Device {
    type Host = Misc<Self>;
    #[cfg(not(fixed))]
    type Private = KBox<Cell<u32>>;
    #[cfg(fixed)]
    type Private = KBox<Atomic<u32>>;
}
