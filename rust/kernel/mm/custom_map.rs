// SPDX-License-Identifier: GPL-2.0

//! Mappings that a hook of the driver fills.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

#[cfg(CONFIG_MMU)]
use super::vmalloc::VmallocUser;
use super::{
    mappable::MappablePfns,
    mixed::{
        raw_source,
        MixedSource, //
    },
    mmap_action::MmapAction,
    pgprot::PgProt,
    vma_desc::VmaDesc,
    vma_flags::{
        DriverFlags,
        VmaFlag,
        VmaFlags, //
    }, //
};
use crate::{
    bindings,
    build_assert::const_assert,
    page::{
        Page,
        PAGE_SHIFT, //
    },
    prelude::*, //
};
use core::marker::PhantomData;

pub(super) type RawCustom = bindings::mmap_action__bindgen_ty_1__bindgen_ty_5;

/// Fills a mapping that no other [`MmapAction`] can, such as one of several ranges.
///
/// # Examples
///
/// A header page, then memory of the kernel, then registers:
///
/// ```
/// use kernel::{
///     mm::{
///         custom_map::{
///             CustomMap,
///             VmaMapper, //
///         },
///         mappable::MappablePfns,
///         mmap_action::MmapAction,
///         shared_region::HeldRegion,
///         vma_desc::VmaDesc,
///         vma_flags::{
///             DriverFlag,
///             DriverFlags, //
///         },
///         vmalloc::VmallocUser, //
///     },
///     page::Page,
///     sync::Arc, //
/// };
///
/// struct Device {
///     header: [Page; 1],
///     ring: VmallocUser,
///     registers: Arc<HeldRegion>,
/// }
///
/// impl CustomMap for Device {
///     const FLAGS: DriverFlags = DriverFlags::new(&[
///         DriverFlag::MIXEDMAP,
///         DriverFlag::DONTEXPAND,
///         DriverFlag::DONTDUMP,
///     ]);
///
///     fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
///         let ring_pages = self.ring.pages().len();
///
///         mapper.insert_pages(0, &self.header)?;
///         mapper.map_vmalloc(1, &self.ring, 0, ring_pages)?;
///         mapper.insert_pfns(1 + ring_pages, MappablePfns::from_region(&self.registers)?)
///     }
/// }
///
/// fn mmap_prepare<'a>(device: &'a Device, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
///     Ok(desc.custom(device))
/// }
/// ```
pub trait CustomMap: Sized {
    /// The flags that the mapping gets, which decide what [`VmaMapper`] can do.
    ///
    /// One of [`VmaFlags::SPECIAL`] must be among them, or this does not compile: the mapping could
    /// be merged with its neighbour instead of being filled.
    const FLAGS: DriverFlags;

    /// Fills the mapping.
    ///
    /// Called when the mapping is complete. May sleep. What this does not map is left to page
    /// faults. If it fails, the mapping is removed, with all that was mapped; an error of `mapper`
    /// should be passed on.
    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result;
}

/// A mapping that is being filled on behalf of `C`.
///
/// It is good for nothing else, and for no longer than [`CustomMap::map`] runs. Places in the
/// mapping are counted in pages from its start.
///
/// Each method fails with
///
/// - [`EFAULT`] if the range is not inside the mapping;
/// - [`EINVAL`] if the range is empty, or core mm refuses what is to be mapped;
/// - [`EACCES`] if the architecture does not let user space have a frame;
/// - [`EBUSY`] if a part of the range is mapped already;
/// - [`ENOMEM`].
///
/// A method that needs other flags than [`CustomMap::FLAGS`] does not compile.
///
/// # Invariants
///
/// `raw` is that of a hook which is running, on this thread; the mapping has the flags of `C`. What
/// is valid during `'a` is so until after the mapping is gone.
pub struct VmaMapper<'a, C> {
    raw: *const bindings::vma_mapper,
    _invariant: PhantomData<fn(&'a C) -> &'a C>,
}

impl<'a, C: CustomMap> VmaMapper<'a, C> {
    #[inline]
    fn raw(&self) -> &bindings::vma_mapper {
        // SAFETY: By the type invariants. Nobody writes to it.
        unsafe { &*self.raw }
    }

    /// Returns the size in pages; not zero.
    #[inline]
    pub fn nr_pages(&self) -> usize {
        // OVERFLOW: The end of a mapping is after its start.
        self.raw().end.wrapping_sub(self.raw().start) >> PAGE_SHIFT
    }

    /// Returns the offset in the file, in pages.
    #[inline]
    pub fn pgoff(&self) -> usize {
        self.raw().pgoff
    }

    /// Returns the protection.
    #[inline]
    pub fn page_prot(&self) -> PgProt {
        PgProt::from_raw(self.raw().page_prot)
    }

    /// Returns the user address of the page at `offset`, if there is one.
    #[inline]
    fn address(&self, offset: usize) -> Result<usize> {
        if offset > usize::MAX >> PAGE_SHIFT {
            return Err(EFAULT);
        }
        // OVERFLOW: If it wraps, it is not inside the mapping, as core mm checks.
        Ok(self.raw().start.wrapping_add(offset << PAGE_SHIFT))
    }

    /// Maps pages, which the mapping counts.
    ///
    /// Needs [`VmaFlag::MIXEDMAP`].
    pub fn insert_pages(&self, offset: usize, pages: &[Page]) -> Result {
        const_assert!(
            C::FLAGS.as_vma_flags().contains(VmaFlag::MIXEDMAP),
            "`insert_pages` needs `MIXEDMAP` in `FLAGS`"
        );

        let addr = self.address(offset)?;
        // CAST: A `Page` is a pointer to a `struct page`. The array is only read.
        let raw = pages.as_ptr().cast_mut().cast();

        // SAFETY: By the type invariants. The pages are valid, and core mm takes references. It
        // returns 0 or an errno.
        unsafe {
            mapper_result(bindings::vma_mapper_insert_pages(
                self.raw,
                addr,
                raw,
                pages.len(),
            ))
        }
    }

    /// Maps what `source` tells of `nr_pages` pages.
    ///
    /// The source is asked by the [offset in the file](Self::pgoff), which is not `offset`.
    ///
    /// Needs [`VmaFlag::MIXEDMAP`]. An error of `source` is returned as it is.
    pub fn insert_mixed<S: MixedSource>(
        &self,
        offset: usize,
        nr_pages: usize,
        source: &'a S,
    ) -> Result {
        const_assert!(
            C::FLAGS.as_vma_flags().contains(VmaFlag::MIXEDMAP),
            "`insert_mixed` needs `MIXEDMAP` in `FLAGS`"
        );

        let addr = self.address(offset)?;
        let (get, private) = raw_source(source);

        // SAFETY: By the type invariants. The source, and so what it returns, outlives the mapping.
        // It returns 0 or an errno, also if that is from the source.
        unsafe {
            mapper_result(bindings::vma_mapper_insert_mixed(
                self.raw, addr, nr_pages, get, private,
            ))
        }
    }

    /// Maps all of `pfns`, as special ones.
    ///
    /// Needs [`VmaFlag::MIXEDMAP`].
    pub fn insert_pfns(&self, offset: usize, pfns: MappablePfns<'a>) -> Result {
        const_assert!(
            C::FLAGS.as_vma_flags().contains(VmaFlag::MIXEDMAP),
            "`insert_pfns` needs `MIXEDMAP` in `FLAGS`"
        );

        let addr = self.address(offset)?;
        let pfn = pfns.start().as_raw();

        // SAFETY: By the type invariants. The frames may be mapped for as long as the mapping is.
        // It returns 0 or an errno.
        unsafe {
            mapper_result(bindings::vma_mapper_insert_mixed_pfns(
                self.raw,
                addr,
                pfn,
                pfns.nr_pages(),
            ))
        }
    }

    /// Maps all of `pfns`, with the protection `prot`.
    ///
    /// Needs all of [`VmaFlags::REMAP`]. Fails with [`EINVAL`] if the mapping is copy-on-write.
    pub fn remap_pfns(&self, offset: usize, pfns: MappablePfns<'a>, prot: PgProt) -> Result {
        const_assert!(
            C::FLAGS.as_vma_flags().contains_all(VmaFlags::REMAP),
            "`remap_pfns` needs all of `REMAP` in `FLAGS`"
        );

        let addr = self.address(offset)?;
        let pfn = pfns.start().as_raw();
        let prot = prot.as_raw();

        // SAFETY: By the type invariants. The frames may be mapped for as long as the mapping is.
        // It returns 0 or an errno.
        unsafe {
            mapper_result(bindings::vma_mapper_remap_pfns(
                self.raw,
                addr,
                pfn,
                pfns.nr_pages(),
                prot,
            ))
        }
    }

    /// Maps `nr_pages` pages of `memory`, from its page `first` on.
    ///
    /// Needs [`VmaFlag::MIXEDMAP`], [`VmaFlag::DONTEXPAND`] and [`VmaFlag::DONTDUMP`]. Fails with
    /// [`EINVAL`] if `memory` has fewer pages.
    #[cfg(CONFIG_MMU)]
    pub fn map_vmalloc(
        &self,
        offset: usize,
        memory: &VmallocUser,
        first: usize,
        nr_pages: usize,
    ) -> Result {
        const_assert!(
            C::FLAGS.as_vma_flags().contains_all(VmaFlags::new(&[
                VmaFlag::MIXEDMAP,
                VmaFlag::DONTEXPAND,
                VmaFlag::DONTDUMP,
            ])),
            "`map_vmalloc` needs `MIXEDMAP`, `DONTEXPAND` and `DONTDUMP` in `FLAGS`"
        );

        let addr = self.address(offset)?;
        let memory = memory.as_ptr().cast();

        // SAFETY: By the type invariants. The memory is valid; core mm checks its size, and takes
        // references on its pages. It returns 0 or an errno.
        unsafe {
            mapper_result(bindings::vma_mapper_map_vmalloc(
                self.raw, addr, memory, first, nr_pages,
            ))
        }
    }
}

/// Turns what a `vma_mapper_*()` returned into a [`Result`].
///
/// Unlike [`to_result`](crate::error::to_result) it trusts the number, so that a hook which ends
/// with such a call just returns what that does.
///
/// # Safety
///
/// `err` must be 0 or an errno.
#[inline]
unsafe fn mapper_result(err: c_int) -> Result {
    match err {
        0 => Ok(()),
        // SAFETY: Promised by the caller.
        _ => Err(unsafe { Error::from_errno_unchecked(err) }),
    }
}

/// A hook that fills the mapping.
///
/// Made by [`VmaDesc::custom`].
///
/// # Invariants
///
/// The hook is that of what `private` points to, which is borrowed for `'a`. The mapping that is
/// described during `'a` has the flags that the hook needs.
#[derive(Clone, Copy)]
pub struct CustomAction<'a> {
    pub(super) raw: RawCustom,
    _owner: PhantomData<&'a ()>,
}

impl<'a> VmaDesc<'a> {
    /// Has `context` fill the mapping, and sets the flags for that.
    #[inline]
    pub fn custom<C: CustomMap>(&mut self, context: &'a C) -> MmapAction<'a> {
        const_assert!(
            C::FLAGS.as_vma_flags().contains_any(VmaFlags::SPECIAL),
            "a mapping without any of `SPECIAL` in `FLAGS` could be merged instead of being filled"
        );
        self.set_flags(C::FLAGS);

        // INVARIANT: Set above; no method clears what a driver may set.
        MmapAction::Custom(CustomAction {
            raw: RawCustom {
                hook: Some(custom_callback::<C>),
                private: core::ptr::from_ref(context).cast_mut().cast(),
                args: [0; 2],
            },
            _owner: PhantomData,
        })
    }
}

/// # Safety
///
/// Called by core mm, on behalf of a [`CustomAction`] that [`VmaDesc::custom`] made of a `C`.
unsafe extern "C" fn custom_callback<C: CustomMap>(
    mapper: *const bindings::vma_mapper,
    private: *mut c_void,
    _args: *const c_ulong,
) -> c_int {
    // SAFETY: By the invariants of `CustomAction`, which the caller relies on.
    let context: &C = unsafe { &*private.cast_const().cast() };

    // INVARIANT: Core mm passes the mapper of this call, for a mapping that was described with
    // these flags. The context outlives the mapping, and shares its lifetime with the mapper.
    let mapper = VmaMapper {
        raw: mapper,
        _invariant: PhantomData,
    };

    match context.map(&mapper) {
        Ok(()) => 0,
        Err(err) => err.to_errno(),
    }
}
