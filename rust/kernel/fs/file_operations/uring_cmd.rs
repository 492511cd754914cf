// SPDX-License-Identifier: GPL-2.0

//! `io_uring` passthrough commands.
//!
//! C headers: [`include/linux/io_uring/cmd.h`](srctree/include/linux/io_uring/cmd.h)

use crate::{
    bindings,
    types::ForeignOwnable, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

/// A command that [`FileOperations::uring_cmd`] handles, on a file with private data `T`.
///
/// Nothing of the command can be read yet: the only user, `/dev/null`, ignores it.
///
/// # Invariants
///
/// Points to a `struct io_uring_cmd` that is valid for `'a`, whose file has private data `T`.
///
/// [`FileOperations::uring_cmd`]: super::FileOperations::uring_cmd
pub struct UringCmd<'a, T> {
    _inner: NonNull<bindings::io_uring_cmd>,
    _phantom: PhantomData<&'a T>,
}

impl<T: ForeignOwnable> UringCmd<'_, T> {
    /// # Safety
    ///
    /// `cmd` must be valid for `'a`, and the private data of its file must be of type `T`.
    #[inline]
    pub(super) unsafe fn from_raw(cmd: *mut bindings::io_uring_cmd) -> Self {
        // INVARIANT: By the safety requirements.
        Self {
            // SAFETY: A valid pointer is not null.
            _inner: unsafe { NonNull::new_unchecked(cmd) },
            _phantom: PhantomData,
        }
    }
}
