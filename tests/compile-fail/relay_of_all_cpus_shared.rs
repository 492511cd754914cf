// SPDX-License-Identifier: GPL-2.0

//! Writing to the one buffer of all CPUs, where another CPU may be writing, too.

// error: E0080
// codegen
// says: a global buffer has one writer at a time: use `write_mut`

use kernel::{
    prelude::*,
    relay::{
        Client,
        Relay, //
    },
};

kernel::builtin! {
    name: "misuse",
}

/// The client.
pub struct OneForAll;

impl Client for OneForAll {
    const GLOBAL: bool = true;
}

/// Writes a record.
#[cfg(not(fixed))]
pub fn log(relay: &Relay<OneForAll>) {
    relay.write(b"record");
}

/// Writes a record.
#[cfg(fixed)]
pub fn log(relay: &mut Relay<OneForAll>) {
    relay.write_mut(b"record");
}
