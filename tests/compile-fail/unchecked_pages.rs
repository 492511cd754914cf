// SPDX-License-Identifier: GPL-2.0

//! A range of pages that nobody compared with the mapping.

// error: E0451
// says: fields `start` and `pages` of struct `PageRange` are private

use kernel::{
    mm::{
        mmap_action::{
            MmapAction,
            PageRange, //
        },
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

fn hook<'a>(pages: &'a [Page], desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let range = PageRange { start: 0, pages };
    #[cfg(fixed)]
    let range = desc.page_range(desc.start(), pages)?;

    Ok(MmapAction::MapKernelPages(range))
}
