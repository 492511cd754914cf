// SPDX-License-Identifier: GPL-2.0

//! An address made a frame number without a shift.

// error: E0423
// says: cannot initialize a tuple struct which contains private fields
// says: you might have meant to use the `from_raw` associated function

use kernel::mm::addr::Pfn;

fn frame(addr: usize) -> Pfn {
    #[cfg(not(fixed))]
    return Pfn(addr);

    #[cfg(fixed)]
    Pfn::from_raw(addr >> kernel::page::PAGE_SHIFT)
}
