// SPDX-License-Identifier: GPL-2.0

//! Frames, counted in pages, where device memory, counted in bytes, is wanted.

// error: E0308
// says: expected `IoMemory<'_>`, found `MappablePfns<'_>`

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
    return Ok(desc.simple_ioremap(pfns));

    #[cfg(fixed)]
    desc.io_remap_full(pfns)
}
