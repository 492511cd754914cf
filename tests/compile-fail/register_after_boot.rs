// SPDX-License-Identifier: GPL-2.0

//! Something registered for good by code that may be unloaded: it has no proof of being an initcall.

// error: E0451
// says: fields `_init` and `_not_send` of struct `Initcall` are private

use core::marker::PhantomData;
use kernel::{
    chrdev::{
        self,
        Minor,
        MinorTable, //
    },
    initcall::Initcall,
    prelude::*,
    types::NotThreadSafe, //
};

struct Devices;

impl MinorTable for Devices {
    const MAJOR: u32 = 240;
    const NAME: &'static CStr = c"misuse";
    const MINORS: &'static [Option<Minor>] = &[];
}

#[cfg(not(fixed))]
fn init() -> Result {
    chrdev::register::<Devices>(&Initcall {
        _init: PhantomData,
        _not_send: NotThreadSafe,
    })
}

#[cfg(fixed)]
fn init(init: &Initcall<'_>) -> Result {
    chrdev::register::<Devices>(init)
}
