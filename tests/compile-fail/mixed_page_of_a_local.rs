// SPDX-License-Identifier: GPL-2.0

//! A source that makes its pages up on the way; they are freed before they are mapped.

// error: E0515
// says: returns a value referencing data owned by the current function

use kernel::{
    mm::mixed::{
        MixedEntry,
        MixedSource, //
    },
    page::Page,
    prelude::*, //
};

struct Source(Page);

impl MixedSource for Source {
    fn entry(&self, _pgoff: usize) -> Result<MixedEntry<'_>> {
        #[cfg(not(fixed))]
        let page = &Page::alloc_page(GFP_ATOMIC).map_err(Error::from)?;
        #[cfg(fixed)]
        let page = &self.0;

        Ok(MixedEntry::Page(page))
    }
}
