// SPDX-License-Identifier: GPL-2.0

//! A source that is gone when core mm asks it.

// error: E0716
// says: argument requires that borrow lasts for `'a`

use kernel::{
    mm::{
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

struct Source(Page);

impl MixedSource for Source {
    fn entry(&self, _pgoff: usize) -> Result<MixedEntry<'_>> {
        Ok(MixedEntry::Page(&self.0))
    }
}

fn hook<'a>(source: &'a Source, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let source = &Source(Page::alloc_page(GFP_KERNEL)?);

    Ok(desc.insert_mixed_full(source))
}
