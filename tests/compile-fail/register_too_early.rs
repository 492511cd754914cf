// SPDX-License-Identifier: GPL-2.0

//! Devices registered before there is a driver core.

// error: E0308
// says: expected `&Initcall<'_>`, found `&EarlyInitcall<'_>`

use kernel::{
    chrdev::{
        self,
        Minor,
        MinorTable, //
    },
    prelude::*, //
};

#[cfg(not(fixed))]
use kernel::initcall::EarlyInitcall as Proof;
#[cfg(fixed)]
use kernel::initcall::Initcall as Proof;

struct Devices;

impl MinorTable for Devices {
    const MAJOR: u32 = 240;
    const NAME: &'static CStr = c"misuse";
    const MINORS: &'static [Option<Minor>] = &[];
}

fn init(init: &Proof<'_>) -> Result {
    chrdev::register::<Devices>(init)
}
