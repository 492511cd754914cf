// SPDX-License-Identifier: GPL-2.0

//! Device memory that is given back when the driver is unbound, whoever has mapped it.

// error: E0308
// says: expected `&HeldRegion`, found `&Region`

use kernel::{
    io::resource::Region,
    mm::{
        mappable::IoMemory,
        mmap_action::MmapAction,
        shared_region::HeldRegion,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(
    requested: &'a Region,
    held: &'a HeldRegion,
    desc: &mut VmaDesc<'a>,
) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let io = IoMemory::from_region(requested)?;
    #[cfg(fixed)]
    let io = IoMemory::from_region(held)?;

    Ok(desc.simple_ioremap(io))
}
