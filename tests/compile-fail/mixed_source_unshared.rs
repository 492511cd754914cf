// SPDX-License-Identifier: GPL-2.0

//! A source that threads must not share, whereas two of them may map a file at once.

// error: E0277
// says: required by a bound in `MixedSource`

use core::cell::Cell;
use kernel::{
    mm::mixed::{
        MixedEntry,
        MixedSource, //
    },
    page::Page,
    prelude::*,
    sync::atomic::Atomic, //
};

struct Source {
    page: Page,
    #[cfg(not(fixed))]
    calls: Cell<usize>,
    #[cfg(fixed)]
    calls: Atomic<usize>,
}

impl MixedSource for Source {
    fn entry(&self, _pgoff: usize) -> Result<MixedEntry<'_>> {
        Ok(MixedEntry::Page(&self.page))
    }
}
