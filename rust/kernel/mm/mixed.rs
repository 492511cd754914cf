// SPDX-License-Identifier: GPL-2.0

//! Mappings of both counted pages and bare frames.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use super::{
    mappable::{
        MappablePfn,
        MappablePfns, //
    },
    mmap_action::{
        MmapAction,
        PfnRange, //
    },
    vma_desc::VmaDesc, //
};
use crate::{
    bindings,
    page::{
        Page,
        PAGE_SHIFT, //
    },
    prelude::*, //
};
use core::marker::PhantomData;

pub(super) type RawMixed = bindings::mmap_action__bindgen_ty_1__bindgen_ty_4;
type RawSource = bindings::mmap_action__bindgen_ty_1__bindgen_ty_4__bindgen_ty_1;

/// What one page of a mapping shows.
#[derive(Clone, Copy)]
pub enum MixedEntry<'a> {
    /// A page, which the mapping counts.
    Page(&'a Page),
    /// A frame, which it does not. A `struct page` that the frame may have is left alone, unless
    /// the architecture is one without `ARCH_HAS_PTE_SPECIAL`: there it is counted.
    Special(MappablePfn<'a>),
}

/// Says what a file shows, page by page.
///
/// # Examples
///
/// A page of status, followed by the registers of a device:
///
/// ```
/// use kernel::{
///     mm::{
///         mappable::MappablePfns,
///         mixed::{
///             MixedEntry,
///             MixedSource, //
///         },
///         mmap_action::MmapAction,
///         shared_region::HeldRegion,
///         vma_desc::VmaDesc, //
///     },
///     page::Page,
///     sync::Arc, //
/// };
///
/// struct Device {
///     status: Page,
///     registers: Arc<HeldRegion>,
/// }
///
/// impl MixedSource for Device {
///     fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
///         if pgoff == 0 {
///             return Ok(MixedEntry::Page(&self.status));
///         }
///         let registers = MappablePfns::from_region(&self.registers)?;
///
///         Ok(MixedEntry::Special(registers.frame(pgoff - 1)?))
///     }
/// }
///
/// fn mmap_prepare<'a>(device: &'a Device, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
///     Ok(desc.insert_mixed_full(device))
/// }
/// ```
pub trait MixedSource: Sized + Sync {
    /// Returns what the page at the offset `pgoff` of the file, in pages, shows.
    ///
    /// Called when the mapping is complete, once for each page, in ascending order. Like that of a
    /// [fault](super::fault::VmFault::pgoff), the offset can be any: an error, say [`EINVAL`]
    /// behind the end, fails the mapping. What is returned lasts as long as the source is borrowed,
    /// which is until after the last mapping of the file is gone.
    ///
    /// This runs under the lock of a page table: it must not sleep, allocate other than with
    /// [`GFP_ATOMIC`], or touch user memory.
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>>;
}

/// Pages and frames, and the place in a mapping where they go.
///
/// Made by [`VmaDesc::mixed_range`], or of a [`PfnRange`].
///
/// # Invariants
///
/// The range is aligned, not empty, and inside the mapping that is described during `'a`. Either
/// `get` is that of a source which is borrowed for `'a`; or it is NULL, and all the frames are
/// addressable and may be mapped during `'a`.
#[derive(Clone, Copy)]
pub struct MixedRange<'a> {
    pub(super) raw: RawMixed,
    _owner: PhantomData<&'a ()>,
}

impl<'a> MixedRange<'a> {
    #[inline]
    fn new<S: MixedSource>(start: usize, nr_pages: usize, source: &'a S) -> Self {
        let (get, private) = raw_source(source);

        Self {
            raw: RawMixed {
                start,
                nr_pages,
                get,
                __bindgen_anon_1: RawSource { private },
            },
            _owner: PhantomData,
        }
    }
}

impl<'a> From<PfnRange<'a>> for MixedRange<'a> {
    #[inline]
    fn from(range: PfnRange<'a>) -> Self {
        // INVARIANT: Those of `PfnRange`.
        Self {
            raw: RawMixed {
                start: range.start,
                nr_pages: range.size >> PAGE_SHIFT,
                get: None,
                __bindgen_anon_1: RawSource {
                    start_pfn: range.pfn,
                },
            },
            _owner: PhantomData,
        }
    }
}

/// Returns what core mm calls, and what it passes along.
#[inline]
pub(super) fn raw_source<S: MixedSource>(source: &S) -> (bindings::mmap_get_mixed_fn, *mut c_void) {
    let private = core::ptr::from_ref(source).cast_mut().cast();

    (Some(get_callback::<S>), private)
}

/// # Safety
///
/// `private` must be a source that is borrowed for as long as the mapping lasts, and `entry` valid,
/// without a page.
unsafe extern "C" fn get_callback<S: MixedSource>(
    private: *mut c_void,
    pgoff: c_ulong,
    entry: *mut bindings::mmap_mixed_entry,
) -> c_int {
    // SAFETY: Promised by the caller.
    let source: &S = unsafe { &*private.cast_const().cast() };

    match source.entry(pgoff) {
        // SAFETY: Promised by the caller. Core mm takes its own reference on the page.
        Ok(MixedEntry::Page(page)) => unsafe { (*entry).page = page.as_ptr() },
        // SAFETY: Promised by the caller, and the page is NULL.
        Ok(MixedEntry::Special(frame)) => unsafe { (*entry).pfn = frame.pfn().as_raw() },
        Err(err) => return err.to_errno(),
    }
    0
}

/// # Mappings of pages and frames
///
/// Such a mapping is [`VmaFlag::MIXEDMAP`](super::vma_flags::VmaFlag::MIXEDMAP), which core mm
/// sets. It can be copy-on-write, and what is not mapped be left to page faults. If the driver made
/// it [`VmaFlag::PFNMAP`](super::vma_flags::VmaFlag::PFNMAP), it fails with [`EINVAL`].
impl<'a> VmaDesc<'a> {
    /// Maps what `source` tells of `nr_pages` pages, from the user address `start` on.
    ///
    /// Return it as [`MmapAction::InsertMixed`].
    ///
    /// # Errors
    ///
    /// - [`EINVAL`] if `start` is not page aligned, there are no pages, or the range wraps around.
    /// - [`EFAULT`] if the range is not inside the mapping.
    #[inline]
    pub fn mixed_range<S: MixedSource>(
        &self,
        start: usize,
        nr_pages: usize,
        source: &'a S,
    ) -> Result<MixedRange<'a>> {
        self.check_range(start, nr_pages)?;

        // INVARIANT: Just checked.
        Ok(MixedRange::new(start, nr_pages, source))
    }

    /// Maps what `source` tells over all of the mapping.
    #[inline]
    pub fn insert_mixed_full<S: MixedSource>(&self, source: &'a S) -> MmapAction<'a> {
        // INVARIANT: By those of the description.
        MmapAction::InsertMixed(MixedRange::new(self.start(), self.nr_pages(), source))
    }

    /// Maps the first of `pfns`, as many as the mapping has pages, as special ones.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are fewer.
    #[inline]
    pub fn insert_pfns_full(&self, pfns: MappablePfns<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::InsertMixed(self.full_range(pfns)?.into()))
    }
}
