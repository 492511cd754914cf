// SPDX-License-Identifier: GPL-2.0

//! A frame number taken from nowhere.

// error: E0308
// says: expected `MappablePfns<'_>`, found `usize`

use kernel::{
    mm::{
        mappable::MappablePfns,
        mmap_action::MmapAction,
        shared_region::HeldRegion,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(region: &'a HeldRegion, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    return desc.remap_full(desc.pgoff());

    #[cfg(fixed)]
    desc.remap_full(MappablePfns::from_region(region)?)
}
