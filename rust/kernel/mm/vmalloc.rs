// SPDX-License-Identifier: GPL-2.0

//! Memory that the kernel shares with user space.
//!
//! C header: [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)

use crate::{
    bindings,
    page::{
        Page,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::atomic::Atomic, //
};
use core::ptr::NonNull;

/// Memory for user space to map, which the kernel sees as one piece. `vmalloc_user()` in C.
///
/// It is zeroed when allocated, and never an ordinary Rust object: user space may be reading and
/// writing it at any time. Hence it is copied from and to, or used as a slice of atomics; and what
/// was read has to be checked after it was copied.
///
/// # Invariants
///
/// - `ptr` is valid for reads and writes of all pages, and owns them.
/// - `pages` is the array of `nr_pages` pages behind it, which does not change.
///
/// # Examples
///
/// ```
/// use kernel::{
///     mm::{
///         mmap_action::MmapAction,
///         vma_desc::VmaDesc,
///         vmalloc::VmallocUser, //
///     },
///     page::PAGE_SIZE,
///     sync::atomic::Relaxed, //
/// };
///
/// let ring = VmallocUser::new(2)?;
///
/// ring.write(PAGE_SIZE - 2, &[1, 2, 3, 4])?;
///
/// let mut bytes = [0; 6];
///
/// ring.read(PAGE_SIZE - 3, &mut bytes)?;
/// assert_eq!(bytes, [0, 1, 2, 3, 4, 0]);
/// assert_eq!(ring.read(2 * PAGE_SIZE - 5, &mut bytes), Err(EINVAL));
///
/// // What is to be read and written in one piece.
/// ring.words()[0].store(7, Relaxed);
/// assert_eq!(ring.words()[0].load(Relaxed), 7);
///
/// // To map all of it, no more is needed than its pages.
/// fn mmap_prepare<'a>(ring: &'a VmallocUser, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
///     desc.map_pages_full(ring.pages())
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct VmallocUser {
    ptr: NonNull<u8>,
    pages: NonNull<Page>,
    nr_pages: usize,
}

// SAFETY: Memory of the kernel is the same on every thread.
unsafe impl Send for VmallocUser {}

// SAFETY: All access through a shared reference is such that races do no harm.
unsafe impl Sync for VmallocUser {}

impl VmallocUser {
    /// Allocates `nr_pages` pages of zeroes. May sleep.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if that is none; [`ENOMEM`].
    pub fn new(nr_pages: usize) -> Result<Self> {
        if nr_pages == 0 {
            return Err(EINVAL);
        }

        let size = nr_pages.checked_mul(PAGE_SIZE).ok_or(ENOMEM)?;
        // SAFETY: Any size will do.
        let ptr = unsafe { bindings::vmalloc_user_noprof(size) };
        let ptr = NonNull::new(ptr).ok_or(ENOMEM)?;

        // SAFETY: The address is that of an area that is ours alone, and stays until it is freed.
        let pages = unsafe { (*bindings::find_vm_area(ptr.as_ptr())).pages };

        // INVARIANT: Just allocated. Core mm allocates and maps as many pages as were asked for,
        // and keeps track of them in an array until the area is freed.
        Ok(Self {
            ptr: ptr.cast(),
            // CAST: A `Page` is a pointer to a `struct page`.
            // SAFETY: An area that was allocated has pages.
            pages: unsafe { NonNull::new_unchecked(pages.cast()) },
            nr_pages,
        })
    }

    /// Returns the address in the kernel; page aligned.
    #[inline]
    pub fn as_ptr(&self) -> *mut u8 {
        self.ptr.as_ptr()
    }

    /// Returns the size in bytes; a multiple of the page size, and not zero.
    #[inline]
    pub fn size(&self) -> usize {
        self.nr_pages << PAGE_SHIFT
    }

    /// Returns the pages.
    #[inline]
    pub fn pages(&self) -> &[Page] {
        // SAFETY: By the type invariants. The pages are owned by the area, and only lent.
        unsafe { core::slice::from_raw_parts(self.pages.as_ptr(), self.nr_pages) }
    }

    /// Returns the memory as words of 32 bits.
    #[inline]
    pub fn words(&self) -> &[Atomic<u32>] {
        // SAFETY: By the type invariants, and aligned to pages. All bit patterns are numbers, and
        // all other access from the kernel is atomic, too, or that of C.
        unsafe {
            core::slice::from_raw_parts(self.ptr.as_ptr().cast(), self.size() / size_of::<u32>())
        }
    }

    /// Returns the address of `len` bytes at `offset`.
    #[inline]
    fn at(&self, offset: usize, len: usize) -> Result<*mut c_void> {
        match offset.checked_add(len) {
            Some(end) if end <= self.size() => Ok(self.as_ptr().wrapping_add(offset).cast()),
            _ => Err(EINVAL),
        }
    }

    /// Copies the bytes at `offset` to `to`.
    ///
    /// If user space writes them meanwhile, some may be old and some new.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are fewer bytes.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result {
        let from = self.at(offset, to.len())?;

        // Not `copy_nonoverlapping()`, as there may be races with user space.
        //
        // SAFETY: Both are valid for the length, and `to` is ours alone.
        unsafe { bindings::memcpy(to.as_mut_ptr().cast(), from, to.len()) };
        Ok(())
    }

    /// Copies `from` to the bytes at `offset`.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are fewer bytes.
    pub fn write(&self, offset: usize, from: &[u8]) -> Result {
        let to = self.at(offset, from.len())?;

        // Not `copy_nonoverlapping()`, as there may be races with user space.
        //
        // SAFETY: Both are valid for the length, and no reference to bytes of `to` exists.
        unsafe { bindings::memcpy(to, from.as_ptr().cast(), from.len()) };
        Ok(())
    }
}

impl Drop for VmallocUser {
    fn drop(&mut self) {
        // SAFETY: By the type invariants. Mappings that are left have references on the pages.
        unsafe { bindings::vfree(self.ptr.as_ptr().cast()) };
    }
}
