// SPDX-License-Identifier: GPL-2.0

//! Pages that are next to each other.
//!
//! C header: [`include/linux/gfp.h`](srctree/include/linux/gfp.h)

use super::{
    addr::Pfn,
    mappable::MappablePfns, //
};
use crate::{
    alloc::{
        AllocError,
        Flags, //
    },
    bindings,
    page::PAGE_SIZE, //
};
use core::ptr::NonNull;

/// A power of two of pages in a row, which start at a multiple of their size.
///
/// They are for mapping by frame number, say as a huge page. None of them has a count of its own,
/// so they cannot be mapped as [`Page`](crate::page::Page)s.
///
/// # Invariants
///
/// `first` is the first of `2^order` pages that were allocated at once, and that this owns.
///
/// # Examples
///
/// ```
/// use kernel::mm::contig_pages::ContigPages;
///
/// let pages = ContigPages::alloc(2, GFP_KERNEL | __GFP_ZERO)?;
///
/// assert_eq!(pages.size(), 4 * kernel::page::PAGE_SIZE);
/// assert_eq!(pages.frames().nr_pages(), 4);
/// assert_eq!(pages.frames().start().as_raw() % 4, 0);
/// assert!(ContigPages::alloc(64, GFP_KERNEL).is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct ContigPages {
    first: NonNull<bindings::page>,
    order: u32,
}

// SAFETY: Pages belong to no thread.
unsafe impl Send for ContigPages {}

// SAFETY: A shared reference does not give access to the contents.
unsafe impl Sync for ContigPages {}

impl ContigPages {
    /// The order of a huge page, of those that one entry of a page middle directory maps.
    #[cfg(CONFIG_MMU)]
    pub const HUGE_ORDER: u32 = bindings::HUGE_PMD_ORDER;

    /// Allocates two to the power of `order` pages. Their contents are left over from others,
    /// unless `flags` contain [`__GFP_ZERO`](crate::alloc::flags::__GFP_ZERO).
    ///
    /// # Errors
    ///
    /// [`AllocError`] if there is no such piece of memory, as is likely for high orders once the
    /// machine has been running for long, or no allocation can be that large.
    pub fn alloc(order: u32, flags: Flags) -> Result<Self, AllocError> {
        // Core mm warns about these.
        if order > bindings::MAX_PAGE_ORDER {
            return Err(AllocError);
        }

        // SAFETY: Any flags and any order up to the largest will do.
        let first = unsafe { bindings::alloc_pages(flags.as_raw(), order) };

        // INVARIANT: Just allocated.
        Ok(Self {
            first: NonNull::new(first).ok_or(AllocError)?,
            order,
        })
    }

    /// Returns the size in bytes.
    #[inline]
    pub fn size(&self) -> usize {
        PAGE_SIZE << self.order
    }

    /// Returns the right to map the pages.
    #[inline]
    pub fn frames(&self) -> MappablePfns<'_> {
        // SAFETY: The page is valid by the type invariants.
        let pfn = unsafe { bindings::page_to_pfn(self.first.as_ptr()) };

        // SAFETY: The pages are owned until `self` is dropped, and used for nothing else: there is
        // no other way to get at their contents.
        unsafe { MappablePfns::new(Pfn::from_raw(pfn), 1 << self.order) }
    }
}

impl Drop for ContigPages {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: Owned, and allocated with this order, by the type invariants.
        unsafe { bindings::__free_pages(self.first.as_ptr(), self.order) };
    }
}
