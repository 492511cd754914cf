// SPDX-License-Identifier: GPL-2.0

//! A frame number where a physical address is wanted.

// error: E0308
// says: expected `u64`, found `Pfn`

use kernel::{
    io::PhysAddr,
    mm::{
        addr::Pfn,
        mappable::IoMemory, //
    },
    prelude::*, //
};

/// # Safety
///
/// `base` must be device memory, and `pfn` its first page.
unsafe fn registers(base: PhysAddr, pfn: Pfn) -> Result<IoMemory<'static>> {
    #[cfg(not(fixed))]
    let base = pfn;

    // SAFETY: Promised by the caller.
    unsafe { IoMemory::new(base, 0x1000) }
}
