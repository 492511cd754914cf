// SPDX-License-Identifier: GPL-2.0

//! The frame of a page that is freed when the hook returns.

// error: E0515
// says: returns a value referencing data owned by the current function

use kernel::{
    mm::{
        mappable::MappablePfns,
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

fn hook<'a>(owned: &'a Page, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(fixed)]
    return desc.remap_full(MappablePfns::from_page(owned));

    #[cfg(not(fixed))]
    {
        let page = Page::alloc_page(GFP_KERNEL)?;

        desc.remap_full(MappablePfns::from_page(&page))
    }
}
