// SPDX-License-Identifier: GPL-2.0

//! Pages that are gone when the hook returns, before they are mapped.

// error: E0515
// says: returns a value referencing data owned by the current function

use kernel::{
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

fn hook<'a>(pages: &'a [Page; 1], desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let pages = [Page::alloc_page(GFP_KERNEL)?];

    #[cfg(not(fixed))]
    return desc.map_pages_full(&pages);

    #[cfg(fixed)]
    desc.map_pages_full(pages)
}
