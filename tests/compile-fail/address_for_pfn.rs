// SPDX-License-Identifier: GPL-2.0

//! A physical address where a frame number is wanted.

// error: E0308
// says: expected `Pfn`, found `u64`

use kernel::{
    io::PhysAddr,
    mm::{
        addr::Pfn,
        mappable::MappablePfns, //
    },
    prelude::*, //
};

/// # Safety
///
/// `base` must be the first of 16 pages that may be mapped.
unsafe fn frames(base: PhysAddr) -> Result<MappablePfns<'static>> {
    #[cfg(not(fixed))]
    let pfn = base;
    #[cfg(fixed)]
    let pfn = Pfn::from_phys(base).ok_or(EINVAL)?;

    // SAFETY: Promised by the caller.
    Ok(unsafe { MappablePfns::new(pfn, 16) })
}
