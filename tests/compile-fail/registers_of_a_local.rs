// SPDX-License-Identifier: GPL-2.0

//! Device memory whose region is released when the hook returns.

// error: E0597
// says: argument requires that `requested` is borrowed for `'a`

use kernel::{
    mm::{
        mappable::IoMemory,
        mmap_action::MmapAction,
        shared_region::HeldRegion,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(
    owned: &'a HeldRegion,
    requested: HeldRegion,
    desc: &mut VmaDesc<'a>,
) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let io = IoMemory::from_region(&requested)?;
    #[cfg(fixed)]
    let io = IoMemory::from_region(owned)?;

    Ok(desc.simple_ioremap(io))
}
