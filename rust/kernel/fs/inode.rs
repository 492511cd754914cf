// SPDX-License-Identifier: GPL-2.0

//! Index nodes.
//!
//! C headers: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use crate::{
    bindings,
    types::{
        NotThreadSafe,
        Opaque, //
    }, //
};

/// Wraps the kernel's `struct inode`.
///
/// # Invariants
///
/// Instances of this type are always reference-counted, with a count above zero.
#[repr(transparent)]
pub struct Inode(Opaque<bindings::inode>);

impl Inode {
    /// Creates a reference to an inode from a pointer.
    ///
    /// # Safety
    ///
    /// `ptr` must point to a valid inode whose reference count stays above zero for `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw<'a>(ptr: *const bindings::inode) -> &'a Self {
        // SAFETY: By the safety requirements; `Inode` is `repr(transparent)`.
        unsafe { &*ptr.cast() }
    }

    /// Locks the inode, `inode_lock()` in C.
    #[inline]
    pub fn lock(&self) -> InodeGuard<'_> {
        // SAFETY: The inode is valid.
        unsafe { bindings::down_write(&raw mut (*self.0.get()).i_rwsem) };
        InodeGuard {
            inode: self,
            _not_send: NotThreadSafe,
        }
    }
}

/// The lock of an inode, held until this is dropped.
#[must_use = "the inode is unlocked at once if the guard is not kept"]
pub struct InodeGuard<'a> {
    inode: &'a Inode,
    // The lock is to be released by the task that took it.
    _not_send: NotThreadSafe,
}

impl Drop for InodeGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: The guard says that this task holds the lock.
        unsafe { bindings::up_write(&raw mut (*self.inode.0.get()).i_rwsem) };
    }
}
