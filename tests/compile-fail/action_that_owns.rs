// SPDX-License-Identifier: GPL-2.0

//! A hook that allocates for each mapping; nobody would free it if the mapping failed or merged.

// error: E0308
// says: expected `&[Page]`, found `Vec<Page, Kmalloc>`

use kernel::{
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

fn hook<'a>(pages: &'a KVec<Page>, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    return desc.map_pages_full(KVec::<Page>::new());
    #[cfg(fixed)]
    desc.map_pages_full(pages)
}
