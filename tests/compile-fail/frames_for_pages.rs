// SPDX-License-Identifier: GPL-2.0

//! Frames, which nobody counts, where counted pages are wanted.

// error: E0308
// says: expected `&[Page]`, found `MappablePfns<'_>`

use kernel::{
    mm::{
        mappable::MappablePfns,
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(pfns: MappablePfns<'a>, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    return desc.map_pages_full(pfns);

    #[cfg(fixed)]
    desc.remap_full(pfns)
}
