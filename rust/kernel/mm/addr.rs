// SPDX-License-Identifier: GPL-2.0

//! Page frame numbers.
//!
//! C header: [`include/linux/pfn.h`](srctree/include/linux/pfn.h)

use crate::{
    io::PhysAddr,
    page::PAGE_SHIFT, //
};

/// A page frame number: a physical address in units of pages.
///
/// A separate type, because an address passed where a frame number is wanted maps a page that is
/// somewhere else altogether. There is no implicit conversion in either direction.
///
/// # Examples
///
/// ```
/// use kernel::{
///     mm::addr::Pfn,
///     page::PAGE_SIZE, //
/// };
///
/// let pfn = Pfn::from_phys(3 * PAGE_SIZE as kernel::io::PhysAddr);
///
/// assert_eq!(pfn, Some(Pfn::from_raw(3)));
/// assert_eq!(Pfn::from_raw(3).checked_add(1), Some(Pfn::from_raw(4)));
/// assert_eq!(Pfn::MAX.checked_add(1), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Pfn(usize);

impl Pfn {
    /// The largest frame number whose address still fits a [`PhysAddr`].
    pub const MAX: Self = {
        let max = PhysAddr::MAX >> PAGE_SHIFT;

        if max as u128 > usize::MAX as u128 {
            Self(usize::MAX)
        } else {
            Self(max as usize)
        }
    };

    /// Makes a frame number of a bare number.
    ///
    /// Any number will do: that a frame exists, and that it may be mapped, is what
    /// [`MappablePfns`](super::mappable::MappablePfns) is about.
    #[inline]
    pub const fn from_raw(pfn: usize) -> Self {
        Self(pfn)
    }

    /// Returns the frame that starts at `addr`.
    ///
    /// [`None`] if `addr` is not page aligned or its frame number does not fit [`usize`].
    #[inline]
    pub const fn from_phys(addr: PhysAddr) -> Option<Self> {
        let pfn = addr >> PAGE_SHIFT;

        if pfn << PAGE_SHIFT != addr || pfn as u128 > usize::MAX as u128 {
            return None;
        }
        Some(Self(pfn as usize))
    }

    /// Returns the bare number.
    #[inline]
    pub const fn as_raw(self) -> usize {
        self.0
    }

    /// Returns the frame `nr_pages` further on, or [`None`] if that is beyond [`Pfn::MAX`].
    #[inline]
    pub const fn checked_add(self, nr_pages: usize) -> Option<Self> {
        match self.0.checked_add(nr_pages) {
            Some(pfn) if pfn <= Self::MAX.0 => Some(Self(pfn)),
            _ => None,
        }
    }

    /// Returns whether `nr_pages` frames from this one on are addressable, and at least one.
    #[inline]
    pub(crate) const fn has_range(self, nr_pages: usize) -> bool {
        // The subtraction wraps for zero, which the comparison then refuses.
        self.0 <= Self::MAX.0 && nr_pages.wrapping_sub(1) <= Self::MAX.0 - self.0
    }
}
