// SPDX-License-Identifier: GPL-2.0

//! Two actions for one mapping, as if they were orders; the second would replace the first.

// error: unused_must_use
// says: an action does nothing unless the hook returns it

use kernel::{
    mm::{
        mappable::MappablePfns,
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

fn hook<'a>(
    pages: &'a [Page],
    pfns: MappablePfns<'a>,
    desc: &mut VmaDesc<'a>,
) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    desc.map_pages_full(pages)?;
    desc.remap_full(pfns)
}
