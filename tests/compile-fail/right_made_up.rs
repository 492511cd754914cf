// SPDX-License-Identifier: GPL-2.0

//! The right to physical memory, taken by a driver that was not asked who its user is.

// error: E0423
// says: cannot initialize a tuple struct which contains private fields

use kernel::{
    mm::raw_io::RawIo,
    prelude::*, //
};

fn open() -> Result<RawIo> {
    #[cfg(not(fixed))]
    return Ok(RawIo(()));

    #[cfg(fixed)]
    RawIo::acquire()
}
