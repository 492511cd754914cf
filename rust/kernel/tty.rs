// SPDX-License-Identifier: GPL-2.0

//! Start-up of the TTY layer.
//!
//! C header: [`include/linux/tty.h`](srctree/include/linux/tty.h)

use crate::{
    bindings,
    error::to_result,
    initcall::Initcall,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// Creates `/dev/tty` and `/dev/console`.
///
/// It has no initcall of its own: whoever creates the memory devices calls it next, and once.
///
/// # Errors
///
/// [`EBUSY`] if it has been called before. The C function itself panics if it fails.
#[inline(always)]
pub fn init(_init: &Initcall<'_>) -> Result {
    static CALLED: Atomic<i32> = Atomic::new(0);

    if CALLED.xchg(1, Relaxed) != 0 {
        return Err(EBUSY);
    }
    // SAFETY: By `_init` the init sections exist, and this is the first call.
    to_result(unsafe { bindings::tty_init() })
}
