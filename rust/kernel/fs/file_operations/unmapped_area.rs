// SPDX-License-Identifier: GPL-2.0

//! Choosing the address of a mapping.

use crate::{
    bindings,
    prelude::*,
    types::NotThreadSafe, //
};

/// What `mmap(2)` asks of [`FileOperations::get_unmapped_area`].
///
/// Who has one is that operation: it cannot be copied, and is only lent.
///
/// # Invariants
///
/// The operation is running, on this thread, for the open file `file`, with the memory map locked.
///
/// [`FileOperations::get_unmapped_area`]: super::FileOperations::get_unmapped_area
pub struct UnmappedAreaRequest {
    pub(super) file: *mut bindings::file,
    pub(super) addr: usize,
    pub(super) len: usize,
    pub(super) pgoff: usize,
    pub(super) flags: usize,
    // The address space is that of the current task.
    pub(super) _not_send: NotThreadSafe,
}

impl UnmappedAreaRequest {
    /// Returns the address that user space would like, or 0.
    #[inline]
    pub fn addr(&self) -> usize {
        self.addr
    }

    /// Returns the size of the mapping in bytes, a multiple of the page size.
    #[inline]
    pub fn size(&self) -> usize {
        self.len
    }

    /// Returns the offset into the file in pages.
    #[inline]
    pub fn pgoff(&self) -> usize {
        self.pgoff
    }

    /// Returns whether the mapping is `MAP_SHARED`.
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.flags & (bindings::MAP_SHARED as usize) != 0
    }

    /// Lets the memory manager choose, as for a file without a wish of its own; [`ENOMEM`] if there
    /// is no room.
    #[cfg(CONFIG_MMU)]
    #[inline]
    pub fn default_area(&self) -> UnmappedArea {
        // SAFETY: By the type invariants, the file is open, and this runs in the process that maps
        // it, with the memory map locked.
        UnmappedArea(unsafe {
            bindings::mm_get_unmapped_area(self.file, self.addr, self.len, self.pgoff, self.flags)
        })
    }

    /// Lets the memory manager choose, aligned to huge pages if it can and they are supported.
    #[cfg(CONFIG_MMU)]
    #[inline]
    pub fn huge_area(&self) -> UnmappedArea {
        #[cfg(CONFIG_TRANSPARENT_HUGEPAGE)]
        // SAFETY: As in `default_area`.
        return UnmappedArea(unsafe {
            bindings::thp_get_unmapped_area(self.file, self.addr, self.len, self.pgoff, self.flags)
        });

        #[cfg(not(CONFIG_TRANSPARENT_HUGEPAGE))]
        self.default_area()
    }

    /// Chooses as for a fresh file of shared memory, which is what a shared mapping of `/dev/zero`
    /// becomes.
    #[cfg(CONFIG_MMU)]
    #[inline]
    pub fn shmem_area(&self) -> UnmappedArea {
        // SAFETY: NULL stands for the file to come. By the type invariants this runs in the process
        // that maps it, with the memory map locked.
        UnmappedArea(unsafe {
            bindings::shmem_get_unmapped_area(
                core::ptr::null_mut(),
                self.addr,
                self.len,
                self.pgoff,
                self.flags,
            )
        })
    }
}

/// The address of a mapping, or an error.
///
/// This is `Result<usize>` in the form that C uses, so that a method can pass on what C chose.
///
/// # Examples
///
/// ```
/// use kernel::fs::file_operations::UnmappedArea;
///
/// let area = UnmappedArea::from(Ok(0x10000));
/// assert_eq!(area.into_result(), Ok(0x10000));
///
/// let area = UnmappedArea::from(Err(EINVAL));
/// assert_eq!(area.into_result(), Err(EINVAL));
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct UnmappedArea(c_ulong);

impl UnmappedArea {
    #[inline]
    pub(super) fn into_raw(self) -> c_ulong {
        self.0
    }

    /// Returns the address or the error.
    #[inline]
    pub fn into_result(self) -> Result<usize> {
        if self.0 > -(bindings::MAX_ERRNO as isize + 1) as usize {
            Err(Error::from_errno(self.0 as c_int))
        } else {
            Ok(self.0)
        }
    }
}

impl From<Result<usize>> for UnmappedArea {
    #[inline]
    fn from(area: Result<usize>) -> Self {
        match area {
            Ok(addr) => Self(addr),
            Err(err) => Self(err.to_errno() as c_ulong),
        }
    }
}
