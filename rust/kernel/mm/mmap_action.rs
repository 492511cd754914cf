// SPDX-License-Identifier: GPL-2.0

//! What core mm is to do once a mapping is complete.
//!
//! C header: [`include/linux/mm_types.h`](srctree/include/linux/mm_types.h)

use super::{
    custom_map::CustomAction,
    mappable::IoMemory,
    mixed::MixedRange,
    vma_desc::VmaDesc,
    vma_flags::{
        VmaFlag,
        VmaFlags, //
    }, //
};
use crate::{
    bindings,
    error::from_result,
    page::{
        Page,
        PAGE_SHIFT, //
    },
    prelude::*, //
};
use core::marker::PhantomData;

/// The one action that completes a mapping, as returned by an `mmap_prepare` hook.
///
/// A value, not a setter: there cannot be two actions, none can be forgotten, and the protection in
/// force when the hook returns is the one that is used. It is [`Copy`] and owns nothing, so nothing
/// is lost when the mapping fails after the hook, or is merged into its neighbour and the action
/// never runs.
///
/// # Errors
///
/// What a hook can know is an error of the method that makes the action. Later `mmap()` fails with
///
/// - [`EINVAL`] if frames are to be remapped in a mapping that is
///   [`MIXEDMAP`](super::vma_flags::VmaFlag::MIXEDMAP), or in a part of a copy-on-write mapping; if
///   pages or frames are to be inserted in one that is
///   [`PFNMAP`](super::vma_flags::VmaFlag::PFNMAP); or if a page is none that can be mapped, see
///   `vm_insert_page()`;
/// - [`EACCES`] if the architecture does not let user space have a frame;
/// - what a [source](super::mixed::MixedSource) or a [`CustomMap`](super::custom_map::CustomMap)
///   returned;
/// - [`ENOMEM`].
///
/// # Examples
///
/// One page in the middle of the mapping; the rest is left to page faults:
///
/// ```
/// use kernel::{
///     mm::{
///         mmap_action::MmapAction,
///         vma_desc::VmaDesc, //
///     },
///     page::{
///         Page,
///         PAGE_SIZE, //
///     }, //
/// };
///
/// fn map_middle<'a>(pages: &'a [Page], desc: &VmaDesc<'a>) -> Result<MmapAction<'a>> {
///     let middle = desc.start() + desc.nr_pages() / 2 * PAGE_SIZE;
///
///     Ok(MmapAction::MapKernelPages(desc.page_range(middle, pages)?))
/// }
///
/// # let mut raw = kernel::bindings::vm_area_desc {
/// #     start: 2 * PAGE_SIZE,
/// #     end: 5 * PAGE_SIZE,
/// #     ..Default::default()
/// # };
/// # // SAFETY: Nobody else uses it, and nothing is ever mapped.
/// # let desc = unsafe { VmaDesc::from_raw(&mut raw) };
/// # let page = [Page::alloc_page(GFP_KERNEL)?];
/// # assert!(map_middle(&page, &desc).is_ok());
/// # assert_eq!(map_middle(&[], &desc).err(), Some(EINVAL));
/// # Ok::<(), Error>(())
/// ```
#[must_use = "an action does nothing unless the hook returns it"]
#[derive(Clone, Copy)]
pub enum MmapAction<'a> {
    /// The mapping is complete, or is filled by page faults.
    Nothing,
    /// Maps page frames.
    RemapPfn(PfnRange<'a>),
    /// Maps page frames of device memory, decrypted in an encrypted guest.
    IoRemapPfn(PfnRange<'a>),
    /// Maps the device memory that is at the mapping's offset in a range.
    SimpleIoRemap(IoRange<'a>),
    /// Maps pages of the kernel, each counted.
    MapKernelPages(PageRange<'a>),
    /// Inserts pages and special frames, from a [source](super::mixed::MixedSource) or in a row.
    InsertMixed(MixedRange<'a>),
    /// Inserts pages, each counted, where others may be frames that page faults insert.
    ///
    /// To core mm this is the same as [`Self::MapKernelPages`].
    InsertMixedPages(PageRange<'a>),
    /// Has the driver fill the mapping.
    Custom(CustomAction<'a>),
    /// Does what the hook of another file asked for.
    Nested(NestedAction<'a>),
    /// Gives the mapping memory that has no file, as `/dev/zero` does.
    #[doc(hidden)]
    ZeroMemory(ZeroMemory),
}

/// Frames, and the place in a mapping where they go.
///
/// Made by [`VmaDesc::pfn_range`].
///
/// # Invariants
///
/// The range is aligned, not empty, and inside the mapping that is described during `'a`; all of
/// its frames are addressable and may be mapped during `'a`.
#[derive(Clone, Copy)]
pub struct PfnRange<'a> {
    /// User address.
    pub(super) start: usize,
    pub(super) pfn: usize,
    /// In bytes.
    pub(super) size: usize,
    pub(super) _owner: PhantomData<&'a ()>,
}

/// Device memory, a part of which is to be mapped.
///
/// Made by [`VmaDesc::simple_ioremap`].
#[derive(Clone, Copy)]
pub struct IoRange<'a>(pub(super) IoMemory<'a>);

/// The action that the hook of another file asked for.
///
/// Made by [`VmaDesc::call_nested`].
///
/// # Invariants
///
/// Written by a hook for the mapping that is described during `'a`, on behalf of a file that lives
/// as long.
#[derive(Clone, Copy)]
pub struct NestedAction<'a> {
    pub(super) kind: bindings::mmap_action_type,
    pub(super) payload: bindings::mmap_action__bindgen_ty_1,
    pub(super) _owner: PhantomData<&'a ()>,
}

/// Pages of the kernel, and the place in a mapping where they go.
///
/// Made by [`VmaDesc::page_range`].
///
/// # Invariants
///
/// The range is aligned, not empty, and inside the mapping that is described during `'a`.
#[derive(Clone, Copy)]
pub struct PageRange<'a> {
    /// User address.
    pub(super) start: usize,
    pub(super) pages: &'a [Page],
}

/// Memory that has no file; made by [`VmaDesc::shmem_zero_setup`] and [`VmaDesc::anonymous`].
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct ZeroMemory {
    pub(super) shared: bool,
}

impl<'a> MmapAction<'a> {
    /// Writes the action to `desc`.
    ///
    /// The counterpart of the C functions `mmap_action_*()`, to be called when the hook is done
    /// with `desc`.
    ///
    /// Returns what a C hook does, 0 or an errno; setting up shared memory then is a tail call.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if private memory is to go into a mapping that is shared; what setting up shared
    /// memory may fail with.
    #[inline]
    pub(crate) fn commit(self, desc: &mut VmaDesc<'a>) -> c_int {
        if !cfg!(CONFIG_MMU) {
            return from_result(|| self.commit_nommu(desc).map(|()| 0));
        }

        let flags = desc.flags();
        let pgoff = desc.pgoff();
        let raw = desc.as_ptr();

        // SAFETY: `desc` is valid, and borrowed by no one else. The union in the action consists of
        // integers and pointers; what is not used by a kind of action is not written.
        unsafe {
            let action = &raw mut (*raw).action;
            let payload = &raw mut (*action).__bindgen_anon_1;

            match self {
                Self::Nothing => (),
                Self::RemapPfn(range) => {
                    (*action).type_ = bindings::mmap_action_type_MMAP_REMAP_PFN;
                    (*payload).remap = range.with_prot((*raw).page_prot);
                }
                Self::IoRemapPfn(range) => {
                    (*action).type_ = bindings::mmap_action_type_MMAP_IO_REMAP_PFN;
                    (*payload).remap = range.with_prot((*raw).page_prot);
                }
                Self::SimpleIoRemap(IoRange(io)) => {
                    (*action).type_ = bindings::mmap_action_type_MMAP_SIMPLE_IO_REMAP;
                    (*payload).simple_ioremap.start_phys_addr = io.start();
                    (*payload).simple_ioremap.size = io.size();
                }
                Self::MapKernelPages(range) | Self::InsertMixedPages(range) => {
                    (*action).type_ = bindings::mmap_action_type_MMAP_MAP_KERNEL_PAGES;
                    (*payload).map_kernel.start = range.start;
                    // CAST: A `Page` is a pointer to a `struct page`. The array is only read.
                    (*payload).map_kernel.pages = range.pages.as_ptr().cast_mut().cast();
                    (*payload).map_kernel.nr_pages = range.pages.len();
                    (*payload).map_kernel.pgoff = pgoff;
                }
                Self::InsertMixed(range) => {
                    (*action).type_ = bindings::mmap_action_type_MMAP_INSERT_MIXED;
                    (*payload).mixed = range.raw;
                }
                Self::Custom(custom) => {
                    (*action).type_ = bindings::mmap_action_type_MMAP_CUSTOM;
                    (*payload).custom = custom.raw;
                }
                Self::Nested(nested) => {
                    (*action).type_ = nested.kind;
                    *payload = nested.payload;
                }
                Self::ZeroMemory(ZeroMemory { shared: true }) => {
                    return bindings::shmem_zero_setup_desc(raw);
                }
                Self::ZeroMemory(ZeroMemory { shared: false }) => {
                    if flags.contains(VmaFlag::MAYSHARE) {
                        return EINVAL.to_errno();
                    }
                    (*raw).vm_ops = core::ptr::null();
                }
            }
        }
        0
    }

    /// As [`Self::commit`], without an MMU.
    ///
    /// Core mm knows no action there. Frames are mapped, though, wherever the mapping already is.
    pub(super) fn commit_nommu(self, desc: &mut VmaDesc<'a>) -> Result {
        match self {
            Self::Nothing => Ok(()),
            Self::RemapPfn(range) | Self::IoRemapPfn(range)
                if range.pfn << PAGE_SHIFT == range.start =>
            {
                desc.add_flags(VmaFlags::REMAP);
                Ok(())
            }
            _ => Err(EINVAL),
        }
    }
}

impl PfnRange<'_> {
    #[inline]
    fn with_prot(
        self,
        pgprot: bindings::pgprot_t,
    ) -> bindings::mmap_action__bindgen_ty_1__bindgen_ty_1 {
        bindings::mmap_action__bindgen_ty_1__bindgen_ty_1 {
            start: self.start,
            start_pfn: self.pfn,
            size: self.size,
            pgprot,
        }
    }
}
