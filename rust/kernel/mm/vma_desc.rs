// SPDX-License-Identifier: GPL-2.0

//! Description of a mapping that is about to be made.
//!
//! C header: [`include/linux/mm_types.h`](srctree/include/linux/mm_types.h)

use super::{
    mappable::{
        IoMemory,
        MappablePfns, //
    },
    mmap_action::{
        IoRange,
        MmapAction,
        PageRange,
        PfnRange,
        ZeroMemory, //
    },
    pgprot::PgProt,
    vma_flags::{
        DriverFlags,
        VmaFlag,
        VmaFlags, //
    },
    MmWithUser, //
};
use crate::{
    bindings,
    fs::File,
    page::{
        Page,
        PAGE_MASK,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

/// A mapping that is about to be made, `struct vm_area_desc` in C.
///
/// An `mmap_prepare` hook learns from it what is wanted, adjusts flags and protection, and returns
/// the [`MmapAction`] that fills the mapping, if page faults are not to. It has no effect but on
/// this description, so there is nothing to undo if the mapping fails later on.
///
/// The lifetime `'a` is that of the file's private data. It ends after the last mapping of the file
/// is gone; therefore what the description, the action, or the page fault handler refers to can
/// only come from the private data or be static.
///
/// # Invariants
///
/// `ptr` is valid, and for exclusive use by this hook. `start` and `end` of the description are
/// page aligned, and `start` is less than `end`.
///
/// # Examples
///
/// ```
/// use kernel::{
///     mm::{
///         mmap_action::MmapAction,
///         vma_desc::VmaDesc,
///         vma_flags::DriverFlag, //
///     },
///     page::Page, //
/// };
///
/// struct Buffer {
///     pages: KVec<Page>,
/// }
///
/// impl Buffer {
///     fn mmap_prepare<'a>(&'a self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
///         if desc.pgoff() != 0 {
///             return Err(EINVAL);
///         }
///         desc.try_clear_maywrite()?;
///         desc.set_flags(DriverFlag::DONTEXPAND | DriverFlag::DONTDUMP);
///         desc.map_pages_full(&self.pages)
///     }
/// }
///
/// # let mut raw = kernel::bindings::vm_area_desc {
/// #     start: 2 * kernel::page::PAGE_SIZE,
/// #     end: 3 * kernel::page::PAGE_SIZE,
/// #     ..Default::default()
/// # };
/// # // SAFETY: Nobody else uses it, and nothing is ever mapped.
/// # let desc = &mut unsafe { VmaDesc::from_raw(&mut raw) };
/// # let mut buffer = Buffer { pages: KVec::new() };
/// # buffer.pages.push(Page::alloc_page(GFP_KERNEL)?, GFP_KERNEL)?;
/// # assert!(matches!(buffer.mmap_prepare(desc), Ok(MmapAction::MapKernelPages(_))));
/// # Ok::<(), Error>(())
/// ```
pub struct VmaDesc<'a> {
    ptr: NonNull<bindings::vm_area_desc>,
    _invariant: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> VmaDesc<'a> {
    /// Wraps a description.
    ///
    /// # Safety
    ///
    /// - `ptr` must be the description that a `mmap_prepare` hook was passed, and not be used
    ///   through anything else while the returned value is;
    /// - `'a` must end no later than the private data of the file;
    /// - the file that the mapping will keep must keep the private data in place.
    #[inline]
    pub unsafe fn from_raw(ptr: *mut bindings::vm_area_desc) -> Self {
        // INVARIANT: By the safety requirements. Core mm aligns addresses before it calls a hook.
        Self {
            // SAFETY: The pointer is valid, hence not null.
            ptr: unsafe { NonNull::new_unchecked(ptr) },
            _invariant: PhantomData,
        }
    }

    /// Runs a hook, for C.
    ///
    /// Returns what a C hook does, 0 or an errno.
    ///
    /// # Safety
    ///
    /// As [`Self::from_raw`].
    #[inline]
    pub unsafe fn run_hook(
        ptr: *mut bindings::vm_area_desc,
        hook: impl FnOnce(&mut Self) -> Result<MmapAction<'a>>,
    ) -> c_int {
        // SAFETY: By the safety requirements.
        let mut desc = unsafe { Self::from_raw(ptr) };

        match hook(&mut desc) {
            Ok(action) => action.commit(&mut desc),
            Err(err) => err.to_errno(),
        }
    }

    #[inline]
    pub(super) fn as_ptr(&self) -> *mut bindings::vm_area_desc {
        self.ptr.as_ptr()
    }

    #[inline]
    fn raw(&self) -> &bindings::vm_area_desc {
        // SAFETY: By the type invariants; changes are made through `&mut self` only.
        unsafe { self.ptr.as_ref() }
    }

    #[inline]
    pub(super) fn raw_mut(&mut self) -> &mut bindings::vm_area_desc {
        // SAFETY: By the type invariants.
        unsafe { self.ptr.as_mut() }
    }

    /// Returns the file whose hook this is.
    ///
    /// With stacked files that is not the one that user space opened.
    #[inline]
    pub fn file(&self) -> &'a File {
        // SAFETY: Core mm sets `file`. It has references during `'a`, before whose end it is not
        // released. Mapping a file takes no `fdget_pos`.
        unsafe { File::from_raw_file(self.raw().file) }
    }

    /// Returns the address space that the mapping will be in.
    #[inline]
    pub fn mm(&self) -> &MmWithUser {
        // SAFETY: Core mm sets `mm`, which has users at least as long as the hook runs.
        unsafe { MmWithUser::from_raw(self.raw().mm) }
    }

    /// Returns the user address of the first byte; page aligned.
    #[inline]
    pub fn start(&self) -> usize {
        self.raw().start
    }

    /// Returns the user address after the last byte; page aligned.
    #[inline]
    pub fn end(&self) -> usize {
        self.raw().end
    }

    /// Returns the size in bytes; a multiple of the page size, and not zero.
    #[inline]
    pub fn size(&self) -> usize {
        // OVERFLOW: By the type invariants there is none; nothing is to check it.
        self.end().wrapping_sub(self.start())
    }

    /// Returns the size in pages; not zero.
    #[inline]
    pub fn nr_pages(&self) -> usize {
        self.size() >> PAGE_SHIFT
    }

    /// Returns the offset in the file, in pages.
    ///
    /// User space chooses it. It is not limited by the size of anything.
    #[inline]
    pub fn pgoff(&self) -> usize {
        self.raw().pgoff
    }

    /// Returns the flags.
    #[inline]
    pub fn flags(&self) -> VmaFlags {
        VmaFlags::from_raw(self.raw().vma_flags)
    }

    /// Returns whether stores reach the file: `MAP_SHARED` of a file that is open for writing.
    ///
    /// `MAP_SHARED` of a file that is open for reading only is told by [`Self::may_share`].
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.flags().contains(VmaFlag::SHARED)
    }

    /// Returns whether this is a `MAP_SHARED` mapping, whatever the file is open for.
    #[inline]
    pub fn may_share(&self) -> bool {
        self.flags().contains(VmaFlag::MAYSHARE)
    }

    /// Returns whether a store gives the process its own copy of the page.
    ///
    /// Such a mapping can be remapped as a whole only.
    #[inline]
    pub fn is_cow(&self) -> bool {
        self.flags().is_cow()
    }

    /// Sets flags.
    #[inline]
    pub fn set_flags(&mut self, flags: impl Into<DriverFlags>) {
        self.add_flags(flags.into().as_vma_flags());
    }

    #[inline]
    pub(super) fn add_flags(&mut self, flags: VmaFlags) {
        self.raw_mut().vma_flags = self.flags().union(flags).as_raw();
    }

    /// Clears `may`, unless the access that it stands for is granted already.
    #[inline]
    fn try_clear(&mut self, access: VmaFlag, may: VmaFlag) -> Result {
        if self.flags().contains(access) {
            return Err(EPERM);
        }
        self.raw_mut().vma_flags = self.flags().difference(VmaFlags::new(&[may])).as_raw();
        Ok(())
    }

    /// Forbids the mapping ever to become readable.
    ///
    /// # Errors
    ///
    /// [`EPERM`] if it is to be readable now.
    #[inline]
    pub fn try_clear_mayread(&mut self) -> Result {
        self.try_clear(VmaFlag::READ, VmaFlag::MAYREAD)
    }

    /// Forbids the mapping ever to become writable.
    ///
    /// # Errors
    ///
    /// [`EPERM`] if it is to be writable now.
    #[inline]
    pub fn try_clear_maywrite(&mut self) -> Result {
        self.try_clear(VmaFlag::WRITE, VmaFlag::MAYWRITE)
    }

    /// Forbids the mapping ever to become executable.
    ///
    /// # Errors
    ///
    /// [`EPERM`] if it is to be executable now.
    #[inline]
    pub fn try_clear_mayexec(&mut self) -> Result {
        self.try_clear(VmaFlag::EXEC, VmaFlag::MAYEXEC)
    }

    /// Returns the protection.
    #[inline]
    pub fn page_prot(&self) -> PgProt {
        PgProt::from_raw(self.raw().page_prot)
    }

    /// Replaces the protection.
    ///
    /// The action uses the one that is in force when the hook returns.
    #[inline]
    pub fn set_page_prot(&mut self, prot: PgProt) {
        self.raw_mut().page_prot = prot.as_raw();
    }

    /// Replaces whatever error the action may fail with.
    ///
    /// For drivers that have always reported a certain one. It does not replace errors of the hook,
    /// nor those that are found before the mapping is made.
    #[inline]
    pub fn set_error_override(&mut self, err: Error) {
        self.raw_mut().action.error_override = err.to_errno();
    }

    /// Checks that `nr_pages` pages from `start` on are inside the mapping; returns their size.
    #[inline]
    pub(super) fn check_range(&self, start: usize, nr_pages: usize) -> Result<usize> {
        let size = nr_pages.checked_mul(PAGE_SIZE).ok_or(EINVAL)?;
        let end = start.checked_add(size).ok_or(EINVAL)?;

        if nr_pages == 0 || start & !PAGE_MASK != 0 {
            return Err(EINVAL);
        }
        if start < self.start() || end > self.end() {
            return Err(EFAULT);
        }
        Ok(size)
    }

    /// Places frames at the user address `start`.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`] if `start` is not page aligned, there are no frames, or the range wraps around.
    /// - [`EFAULT`] if the range is not inside the mapping.
    ///
    /// Mapping but a part of a [copy-on-write](Self::is_cow) mapping fails later on, with
    /// [`EINVAL`].
    #[inline]
    pub fn pfn_range(&self, start: usize, pfns: MappablePfns<'a>) -> Result<PfnRange<'a>> {
        let size = self.check_range(start, pfns.nr_pages())?;

        // INVARIANT: Just checked.
        Ok(PfnRange {
            start,
            pfn: pfns.start().as_raw(),
            size,
            _owner: PhantomData,
        })
    }

    /// Places pages at the user address `start`.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`] if `start` is not page aligned, there are no pages, or the range wraps around.
    /// - [`EFAULT`] if the range is not inside the mapping.
    #[inline]
    pub fn page_range(&self, start: usize, pages: &'a [Page]) -> Result<PageRange<'a>> {
        self.check_range(start, pages.len())?;

        // INVARIANT: Just checked.
        Ok(PageRange { start, pages })
    }

    /// Places the first of `pfns` over all of the mapping.
    #[inline]
    pub(super) fn full_range(&self, pfns: MappablePfns<'a>) -> Result<PfnRange<'a>> {
        let nr_pages = self.nr_pages();

        if pfns.nr_pages() < nr_pages {
            return Err(EINVAL);
        }

        // INVARIANT: Just checked, and by the type invariants.
        Ok(PfnRange {
            start: self.start(),
            pfn: pfns.start().as_raw(),
            size: self.size(),
            _owner: PhantomData,
        })
    }

    /// Maps the first of `pfns`, as many as the mapping has pages.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are fewer.
    #[inline]
    pub fn remap_full(&self, pfns: MappablePfns<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::RemapPfn(self.full_range(pfns)?))
    }

    /// Maps the first of `pfns`, which are device memory, as many as the mapping has pages.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are fewer.
    #[inline]
    pub fn io_remap_full(&self, pfns: MappablePfns<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::IoRemapPfn(self.full_range(pfns)?))
    }

    /// Maps the part of `io` that [`Self::pgoff`] and [`Self::size`] select.
    ///
    /// Do not add the offset to the address: core mm does. It also fails the mapping, with
    /// [`EINVAL`], if `io` is too small for it.
    #[inline]
    pub fn simple_ioremap(&self, io: IoMemory<'a>) -> MmapAction<'a> {
        MmapAction::SimpleIoRemap(IoRange(io))
    }

    /// Maps the first of `pages`, as many as the mapping has pages.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are fewer.
    #[inline]
    pub fn map_pages_full(&self, pages: &'a [Page]) -> Result<MmapAction<'a>> {
        let pages = pages.get(..self.nr_pages()).ok_or(EINVAL)?;

        // INVARIANT: By the type invariants.
        Ok(MmapAction::MapKernelPages(PageRange {
            start: self.start(),
            pages,
        }))
    }

    /// Gives the mapping fresh shared memory, in place of the file.
    ///
    /// Set up when the hook has returned, since nobody would free it if the hook failed.
    #[doc(hidden)]
    #[inline]
    pub fn shmem_zero_setup(&mut self) -> Result<MmapAction<'a>> {
        Ok(MmapAction::ZeroMemory(ZeroMemory { shared: true }))
    }

    /// Makes the mapping anonymous, although it has a file. For private mappings of `/dev/zero`.
    #[doc(hidden)]
    #[inline]
    pub fn anonymous(&mut self) -> MmapAction<'a> {
        MmapAction::ZeroMemory(ZeroMemory { shared: false })
    }
}
