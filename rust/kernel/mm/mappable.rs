// SPDX-License-Identifier: GPL-2.0

//! The right to map physical memory.
//!
//! A number is enough to map any memory of the machine into a process, the kernel's own included.
//! Hence what is mapped by number is mapped by one of the tokens here, which stand for a resource
//! that somebody owns.

use super::{
    addr::Pfn,
    shared_region::HeldRegion, //
};
use crate::{
    bindings,
    io::PhysAddr,
    page::{
        Page,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*, //
};
use core::marker::PhantomData;

/// The right to map a run of page frames for as long as `'a`.
///
/// # Invariants
///
/// The frames `start .. start + nr_pages` are addressable, and user space may be given access to
/// them at any time during `'a`.
///
/// # Examples
///
/// ```
/// use kernel::{
///     mm::{
///         addr::Pfn,
///         mappable::MappablePfns, //
///     },
///     page::Page, //
/// };
///
/// // A page is mappable for as long as it is borrowed.
/// let page = Page::alloc_page(GFP_KERNEL)?;
/// let pfns = MappablePfns::from_page(&page);
/// assert_eq!(pfns.nr_pages(), 1);
///
/// // A bare number takes a promise.
/// // SAFETY: Nothing is ever mapped by this token.
/// let pfns = unsafe { MappablePfns::new(Pfn::from_raw(0x100), 16) };
/// assert_eq!(pfns.start(), Pfn::from_raw(0x100));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct MappablePfns<'a> {
    start: Pfn,
    nr_pages: usize,
    _owner: PhantomData<&'a ()>,
}

impl<'a> MappablePfns<'a> {
    /// Asserts that `nr_pages` frames from `start` on may be mapped.
    ///
    /// If not all of them are addressable, the token stands for none.
    ///
    /// # Safety
    ///
    /// During all of `'a`, the frames must not be used for anything that user space must not read
    /// or write, and must not be freed for such use.
    #[inline]
    pub const unsafe fn new(start: Pfn, nr_pages: usize) -> Self {
        // INVARIANT: Checked here, and promised by the caller.
        Self {
            start,
            nr_pages: if start.has_range(nr_pages) {
                nr_pages
            } else {
                0
            },
            _owner: PhantomData,
        }
    }

    /// Gives the right to map the memory of a device, which stays bound for as long.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if the region does not start and end on a page boundary: its neighbour's
    /// registers would be mapped along with it.
    pub fn from_region(region: &'a HeldRegion) -> Result<Self> {
        let io = IoMemory::from_region(region)?;
        let start = Pfn::from_phys(io.start).ok_or(EINVAL)?;

        // INVARIANT: The last byte is addressable. As the region is held, it is not released before
        // the end of `'a`.
        Ok(Self {
            start,
            nr_pages: io.size >> PAGE_SHIFT,
            _owner: PhantomData,
        })
    }

    /// Gives the right to map a page by its frame number.
    ///
    /// The mapping takes no reference on the page; it relies on the page outliving `'a`.
    #[inline]
    pub fn from_page(page: &'a Page) -> Self {
        // SAFETY: `page` is valid, being behind a reference.
        let pfn = unsafe { bindings::page_to_pfn(page.as_ptr()) };

        // INVARIANT: Access to the contents of a `Page` is unsafe, and asks for there being no
        // races; nobody can rely on them being left alone by user space.
        Self {
            start: Pfn::from_raw(pfn),
            nr_pages: 1,
            _owner: PhantomData,
        }
    }

    /// Returns the first frame.
    #[inline]
    pub const fn start(self) -> Pfn {
        self.start
    }

    /// Returns the number of frames, in pages.
    #[inline]
    pub const fn nr_pages(self) -> usize {
        self.nr_pages
    }

    /// Returns the right to `nr_pages` of these frames from the `offset`th on.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are fewer than that.
    #[inline]
    pub fn get(self, offset: usize, nr_pages: usize) -> Result<Self> {
        if offset > self.nr_pages || nr_pages > self.nr_pages - offset {
            return Err(EINVAL);
        }

        // OVERFLOW: It is an addressable frame, or the one after the last.
        let start = Pfn::from_raw(self.start.as_raw().wrapping_add(offset));

        // INVARIANT: A part of what the whole stands for.
        Ok(Self {
            start,
            nr_pages,
            _owner: PhantomData,
        })
    }

    /// Returns the right to the `index`th of these frames.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there are no more than `index`.
    #[inline]
    pub fn frame(self, index: usize) -> Result<MappablePfn<'a>> {
        if index >= self.nr_pages {
            return Err(EINVAL);
        }

        // INVARIANT: One of those that this stands for.
        Ok(MappablePfn {
            // OVERFLOW: It is an addressable frame.
            pfn: Pfn::from_raw(self.start.as_raw().wrapping_add(index)),
            _owner: PhantomData,
        })
    }
}

/// The right to map one page frame for as long as `'a`.
///
/// Made by [`MappablePfns::frame`].
///
/// # Invariants
///
/// The frame is addressable, and user space may be given access to it at any time during `'a`.
#[derive(Clone, Copy)]
pub struct MappablePfn<'a> {
    pfn: Pfn,
    _owner: PhantomData<&'a ()>,
}

impl MappablePfn<'_> {
    /// Returns the frame.
    #[inline]
    pub const fn pfn(self) -> Pfn {
        self.pfn
    }
}

/// The right to map a range of device memory for as long as `'a`, counted in bytes.
///
/// Unlike [`MappablePfns`] it need not be aligned to pages; the pages that it touches are mapped as
/// a whole.
///
/// # Invariants
///
/// User space may be given access to all pages that `start .. start + size` touches, at any time
/// during `'a`. The last byte is addressable.
///
/// # Examples
///
/// ```
/// use kernel::mm::mappable::IoMemory;
///
/// // SAFETY: Nothing is ever mapped by this token.
/// let io = unsafe { IoMemory::new(0xfed0_0000, 0x400)? };
/// assert_eq!(io.start(), 0xfed0_0000);
///
/// // SAFETY: As above.
/// assert_eq!(unsafe { IoMemory::new(kernel::io::PhysAddr::MAX, 2) }.err(), Some(EINVAL));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct IoMemory<'a> {
    start: PhysAddr,
    size: usize,
    _owner: PhantomData<&'a ()>,
}

impl<'a> IoMemory<'a> {
    /// Asserts that the pages of `size` bytes from `start` on may be mapped.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if the range is empty or wraps around.
    ///
    /// # Safety
    ///
    /// During all of `'a`, the pages that the range touches must be device memory that user space
    /// may read and write.
    #[inline]
    pub const unsafe fn new(start: PhysAddr, size: usize) -> Result<Self> {
        // CAST: A range that is larger than `PhysAddr` can count does not fit into it either.
        if size == 0
            || (size - 1) as u128 > PhysAddr::MAX as u128
            || start.checked_add((size - 1) as PhysAddr).is_none()
        {
            return Err(EINVAL);
        }

        // INVARIANT: Checked above, and promised by the caller.
        Ok(Self {
            start,
            size,
            _owner: PhantomData,
        })
    }

    /// Gives the right to map the memory of a device, which stays bound for as long.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if the region does not start and end on a page boundary: its neighbour's
    /// registers would be mapped along with it.
    pub fn from_region(region: &'a HeldRegion) -> Result<Self> {
        let start = region.start();
        let size = usize::try_from(region.size()).map_err(|_| EINVAL)?;

        if start & (PAGE_SIZE - 1) as PhysAddr != 0 || size & (PAGE_SIZE - 1) != 0 {
            return Err(EINVAL);
        }

        // SAFETY: The region is memory. As it is held, it is not released before the end of `'a`.
        unsafe { Self::new(start, size) }
    }

    /// Returns the physical address of the first byte.
    #[inline]
    pub const fn start(self) -> PhysAddr {
        self.start
    }

    /// Returns the number of bytes.
    #[inline]
    pub const fn size(self) -> usize {
        self.size
    }
}
