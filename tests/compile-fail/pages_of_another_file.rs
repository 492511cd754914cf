// SPDX-License-Identifier: GPL-2.0

//! A nested hook whose pages belong to an inner file that may be gone before the outer mapping.

// error: none
// says: lifetime may not live long enough
// says: consider adding the following bound: `'inner: 'a`

use kernel::{
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

#[cfg(not(fixed))]
fn hook<'a, 'inner>(inner: &'inner [Page], desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    desc.map_pages_full(inner)
}

#[cfg(fixed)]
fn hook<'a, 'inner: 'a>(inner: &'inner [Page], desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    desc.map_pages_full(inner)
}
