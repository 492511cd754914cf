// SPDX-License-Identifier: GPL-2.0

//! A driver that writes the action into the description by itself.

// error: E0624
// says: method `commit` is private

use kernel::{
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

fn hook<'a>(pages: &'a [Page], desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    let action = desc.map_pages_full(pages)?;

    #[cfg(not(fixed))]
    action.commit(desc)?;
    Ok(action)
}
