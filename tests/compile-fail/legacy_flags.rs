// SPDX-License-Identifier: GPL-2.0

//! The old flags, a bare number with any bit in it.

// error: E0277
// says: expected `DriverFlag`, found `usize`

use kernel::{
    mm::{
        virt,
        vma_desc::VmaDesc,
        vma_flags::DriverFlag, //
    },
    prelude::*, //
};

fn hook(desc: &mut VmaDesc<'_>) {
    #[cfg(not(fixed))]
    desc.set_flags(virt::flags::IO | virt::flags::DONTCOPY);
    #[cfg(fixed)]
    desc.set_flags(DriverFlag::IO | DriverFlag::DONTCOPY);
}
