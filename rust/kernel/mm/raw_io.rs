// SPDX-License-Identifier: GPL-2.0

//! The right to all physical memory and I/O ports.
//!
//! C headers: [`include/linux/io.h`](srctree/include/linux/io.h),
//! [`drivers/char/mem.h`](srctree/drivers/char/mem.h)

use super::{
    addr::Pfn,
    mmap_action::{
        MmapAction,
        PfnRange, //
    },
    pgprot::PgProt,
    vma_desc::VmaDesc, //
};
use crate::{
    bindings,
    error::to_result,
    ffi::c_void,
    fs::file::Offset,
    io::PhysAddr,
    page::{
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    types::ForeignOwnable,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

/// The right to access the machine below the kernel.
///
/// Who has it may read and write memory that belongs to others, the kernel included. It is what
/// `/dev/mem` and `/dev/port` hand to user space, and is therefore given to privileged tasks only.
/// It takes no memory and lasts: a file keeps it as its private data for as long as it is open.
///
/// # Invariants
///
/// The task that acquired it had `CAP_SYS_RAWIO`, and the kernel was not locked down.
pub struct RawIo(());

/// What user space may see of a page of physical memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PageAccess {
    /// Nothing: access is an error.
    Denied,
    /// Zeroes, and writes are lost.
    Hidden,
    /// What is there.
    Full,
}

impl RawIo {
    /// Acquires the right for the current task.
    ///
    /// # Errors
    ///
    /// [`EPERM`] if the task does not have `CAP_SYS_RAWIO` or, checked after that, the kernel is
    /// locked down.
    #[inline]
    pub fn acquire() -> Result<Self> {
        // SAFETY: May be called by any task.
        if !unsafe { bindings::capable(bindings::CAP_SYS_RAWIO as c_int) } {
            return Err(EPERM);
        }
        // SAFETY: May be called by any task.
        to_result(unsafe {
            bindings::security_locked_down(bindings::lockdown_reason_LOCKDOWN_DEV_MEM)
        })?;
        // INVARIANT: As just checked.
        Ok(Self(()))
    }

    /// Returns the physical address that a file position stands for, if it can be one.
    ///
    /// Positions are unsigned here, see [`FopFlags::UNSIGNED_OFFSET`].
    ///
    /// [`FopFlags::UNSIGNED_OFFSET`]: crate::fs::file_operations::FopFlags::UNSIGNED_OFFSET
    #[inline]
    pub fn address(pos: Offset) -> Option<PhysAddr> {
        let addr = pos as PhysAddr;

        (addr as u64 == pos as u64).then_some(addr)
    }

    /// Returns whether `len` bytes from `start` on are memory that can be read and written.
    #[inline]
    pub fn is_valid(&self, start: PhysAddr, len: usize) -> bool {
        // SAFETY: Only compares its arguments with the size of memory.
        unsafe { bindings::valid_phys_addr_range(start, len) != 0 }
    }

    /// Returns what user space may see of the page of `span`.
    #[inline]
    pub fn access(&self, span: PageSpan) -> PageAccess {
        // Without it everything is allowed.
        if !cfg!(CONFIG_STRICT_DEVMEM) {
            return PageAccess::Full;
        }
        // SAFETY: May be asked about any page frame.
        match unsafe { bindings::devmem_is_allowed((span.start >> PAGE_SHIFT) as usize) } {
            0 => PageAccess::Denied,
            2 => PageAccess::Hidden,
            _ => PageAccess::Full,
        }
    }

    /// Reads a part of a page to user space.
    ///
    /// # Errors
    ///
    /// [`EFAULT`] if the kernel cannot read the memory, user space cannot write its own, or `to`
    /// has no room for so much.
    #[inline]
    pub fn read(
        &self,
        span: PageSpan,
        bounce: &mut BouncePage,
        to: &mut UserSliceWriter,
    ) -> Result {
        if span.len > to.len() {
            return Err(EFAULT);
        }
        let Some(mem) = self.translate(span) else {
            return Err(EFAULT);
        };
        // SAFETY: The buffer has room for a page, which `span` is a part of. The function copes
        // with memory that cannot be read.
        let ret = unsafe {
            bindings::copy_from_kernel_nofault(bounce.0.as_ptr(), mem.as_ptr(), span.len)
        };
        // SAFETY: Undoes the translation above.
        unsafe { bindings::unxlate_dev_mem_ptr(span.start, mem.as_ptr()) };
        if ret != 0 {
            return Err(EFAULT);
        }

        // SAFETY: That many bytes of the buffer have been written above. The function checks the
        // address in user space.
        let left = unsafe {
            bindings::_copy_to_user(
                to.as_user_ptr().as_mut_ptr(),
                bounce.0.as_ptr(),
                span.len, //
            )
        };
        if left != 0 {
            return Err(EFAULT);
        }
        to.advance(span.len);
        Ok(())
    }

    /// Writes a part of a page from user space, and returns how many bytes were written.
    ///
    /// That is all of them, unless user space cannot read its own memory, the kernel cannot map
    /// that of the page, or `from` has less.
    #[inline]
    pub fn write(&self, span: PageSpan, from: &mut UserSliceReader) -> usize {
        if span.len > from.len() {
            return 0;
        }
        let Some(mem) = self.translate(span) else {
            return 0;
        };
        let src = from.as_user_ptr().as_const_ptr();

        // SAFETY: The memory belongs to the machine, not to Rust. By the type invariants, it is
        // user space that answers for what this does.
        let left = unsafe {
            // With this option the C function checks the kernel's side, too. It is inline there,
            // and without the option nothing but a call of the other.
            if cfg!(CONFIG_HARDENED_USERCOPY) {
                bindings::copy_from_user(mem.as_ptr(), src, span.len)
            } else {
                bindings::_copy_from_user(mem.as_ptr(), src, span.len)
            }
        };
        // SAFETY: Undoes the translation above.
        unsafe { bindings::unxlate_dev_mem_ptr(span.start, mem.as_ptr()) };

        let written = span.len.wrapping_sub(left);
        from.advance(written);
        written
    }

    /// Maps the page of `span` into the kernel if it is not, and returns where the span starts.
    #[inline]
    fn translate(&self, span: PageSpan) -> Option<NonNull<c_void>> {
        // SAFETY: Any address will do; both users undo this.
        NonNull::new(unsafe { bindings::xlate_dev_mem_ptr(span.start) })
    }

    /// Maps the physical memory at the offset of `desc`, and sets the memory type that the
    /// architecture wants for it.
    ///
    /// `O_DSYNC` of the file asks for an uncached one.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`] if the machine cannot address all of the range.
    /// - [`EPERM`] if user space may not see all of it (`CONFIG_STRICT_DEVMEM`).
    /// - [`EINVAL`] if there is no memory type that would suit.
    #[inline]
    pub fn remap_full<'a>(&self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        let pfn = Pfn::from_raw(desc.pgoff());
        let size = desc.size();

        if !pfn.has_range(desc.nr_pages()) {
            return Err(EINVAL);
        }
        // SAFETY: Only compares its arguments with what the processor can address.
        if unsafe { bindings::valid_mmap_phys_addr_range(pfn.as_raw(), size) } == 0 {
            return Err(EINVAL);
        }
        if !self.is_range_allowed(pfn, desc.nr_pages()) {
            return Err(EPERM);
        }

        // SAFETY: The file is valid, and the function only computes the protection. The description
        // is valid and borrowed by no one else.
        let allowed = unsafe {
            bindings::phys_mem_access_prot_allowed(
                desc.file().as_ptr(),
                pfn.as_raw(),
                size,
                &raw mut (*desc.as_ptr()).page_prot,
            )
        };
        if allowed == 0 {
            return Err(EINVAL);
        }
        // SAFETY: As above.
        let prot = unsafe {
            bindings::phys_mem_access_prot(
                desc.file().as_ptr(),
                pfn.as_raw(),
                size,
                desc.page_prot().as_raw(), //
            )
        };
        desc.set_page_prot(PgProt::from_raw(prot));

        // INVARIANT: The frames are addressable, as checked above, and by the type invariants user
        // space may have any. The mapping is as a whole inside itself.
        Ok(MmapAction::RemapPfn(PfnRange {
            start: desc.start(),
            pfn: pfn.as_raw(),
            size,
            _owner: PhantomData,
        }))
    }

    /// Returns whether user space may see something of each page.
    #[inline]
    fn is_range_allowed(&self, start: Pfn, nr_pages: usize) -> bool {
        !cfg!(CONFIG_STRICT_DEVMEM)
            || (0..nr_pages).all(|i| {
                // SAFETY: May be asked about any page frame.
                unsafe { bindings::devmem_is_allowed(start.as_raw().wrapping_add(i)) != 0 }
            })
    }
}

// SAFETY: The type has no content, so any well-aligned pointer stands for it. `borrow` and
// `from_foreign` ask for a pointer from `into_foreign`, so they make nothing that did not exist.
unsafe impl ForeignOwnable for RawIo {
    const FOREIGN_ALIGN: usize = 1;

    type Borrowed<'a> = &'a Self;
    type BorrowedMut<'a> = &'a Self;

    #[inline]
    fn into_foreign(self) -> *mut c_void {
        NonNull::<Self>::dangling().as_ptr().cast()
    }

    #[inline]
    unsafe fn from_foreign(_ptr: *mut c_void) -> Self {
        // INVARIANT: By the safety requirements it was acquired.
        Self(())
    }

    #[inline]
    unsafe fn borrow<'a>(_ptr: *mut c_void) -> &'a Self {
        // INVARIANT: By the safety requirements it was acquired.
        &Self(())
    }

    #[inline]
    unsafe fn borrow_mut<'a>(_ptr: *mut c_void) -> &'a Self {
        // INVARIANT: By the safety requirements it was acquired.
        &Self(())
    }
}

/// Some bytes of physical memory that are all in one page.
///
/// # Examples
///
/// ```
/// use kernel::{
///     mm::raw_io::PageSpan,
///     page::PAGE_SIZE, //
/// };
///
/// let end = 2 * PAGE_SIZE as kernel::io::PhysAddr;
///
/// assert_eq!(PageSpan::new(end - 100, 7).len(), 7);
/// assert_eq!(PageSpan::new(end - 100, 4096).len(), 100);
/// ```
///
/// # Invariants
///
/// `start` and `start + len - 1` are in the same page, if there are any bytes.
#[derive(Clone, Copy)]
pub struct PageSpan {
    start: PhysAddr,
    len: usize,
}

impl PageSpan {
    /// Returns the first of `len` bytes from `start` on, as far as they are in one page.
    #[inline]
    pub fn new(start: PhysAddr, len: usize) -> Self {
        let room = PAGE_SIZE - (start as usize & (PAGE_SIZE - 1));

        // INVARIANT: `room` is the number of bytes to the end of the page.
        Self {
            start,
            len: len.min(room),
        }
    }

    /// Returns the number of bytes, which is at most that of a page.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> usize {
        self.len
    }
}

/// A buffer for a page on its way to user space.
///
/// A page may become unreadable at any time, and a copy to user space checks what it copies from;
/// so each is read to here first.
///
/// # Invariants
///
/// Points to memory for a page from `kmalloc()`, which is owned by this.
pub struct BouncePage(NonNull<c_void>);

impl BouncePage {
    /// Allocates the buffer. May sleep.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`] if memory is short.
    #[inline]
    pub fn new() -> Result<Self> {
        // SAFETY: The caller may sleep.
        let page = unsafe { bindings::kmalloc_page() };
        // INVARIANT: It was allocated just now.
        NonNull::new(page).map(Self).ok_or(ENOMEM)
    }
}

impl Drop for BouncePage {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants, it is from `kmalloc()` and ours.
        unsafe { bindings::kfree(self.0.as_ptr()) };
    }
}
