// SPDX-License-Identifier: GPL-2.0

//! Slots of a file's table that are filled with a function of the kernel itself.
//!
//! A thunk around such a function would cost a call and do nothing, so these are constants of
//! [`FileOperations`](super::FileOperations), and the table holds the same pointer as that of a C
//! driver.

use crate::{
    bindings,
    fs::file::Offset,
    prelude::*, //
};

type LlseekFn = unsafe extern "C" fn(*mut bindings::file, Offset, c_int) -> Offset;
type SpliceReadFn = unsafe extern "C" fn(
    *mut bindings::file,
    *mut Offset,
    *mut bindings::pipe_inode_info,
    usize,
    c_uint,
) -> isize;
type SpliceWriteFn = unsafe extern "C" fn(
    *mut bindings::pipe_inode_info,
    *mut bindings::file,
    *mut Offset,
    usize,
    c_uint,
) -> isize;

/// What `lseek(2)` does to a file without a method for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Llseek {
    /// It fails with [`ESPIPE`].
    None,
    /// It succeeds and changes nothing (`noop_llseek`).
    Noop,
    /// It moves within the size of the inode (`generic_file_llseek`).
    Generic,
    /// It fails with [`ESPIPE`], as do `pread(2)` and `pwrite(2)` (`nonseekable_open`).
    ///
    /// Needs [`open`](super::FileOperations::open).
    Nonseekable,
}

impl Llseek {
    pub(super) const fn slot(self) -> Option<LlseekFn> {
        match self {
            Self::None | Self::Nonseekable => None,
            Self::Noop => Some(bindings::noop_llseek),
            Self::Generic => Some(bindings::generic_file_llseek),
        }
    }
}

/// How a file is spliced into a pipe.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SpliceRead {
    /// Not at all, [`EINVAL`].
    None,
    /// By `read_iter`, which must be there, into fresh pages (`copy_splice_read`).
    Copy,
}

impl SpliceRead {
    pub(super) const fn slot(self) -> Option<SpliceReadFn> {
        match self {
            Self::None => None,
            Self::Copy => Some(bindings::copy_splice_read),
        }
    }
}

/// How a pipe is spliced into a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SpliceWrite {
    /// Not at all, [`EINVAL`].
    None,
    /// By `write_iter` from the pages of the pipe (`iter_file_splice_write`).
    Iter,
    /// What is in the pipe is thrown away, as by `/dev/null`.
    Discard,
}

impl SpliceWrite {
    pub(super) const fn slot(self) -> Option<SpliceWriteFn> {
        match self {
            Self::None => None,
            Self::Iter => Some(bindings::iter_file_splice_write),
            Self::Discard => Some(splice_write_discard),
        }
    }
}

/// Takes one buffer out of a pipe.
///
/// # Safety
///
/// `sd` must be valid.
unsafe extern "C" fn discard_actor(
    _pipe: *mut bindings::pipe_inode_info,
    _buf: *mut bindings::pipe_buffer,
    sd: *mut bindings::splice_desc,
) -> c_int {
    // SAFETY: By the safety requirements. The length of a buffer of a pipe fits.
    unsafe { (*sd).len as c_int }
}

/// # Safety
///
/// The arguments must be those of the `splice_write` operation of a file.
// Not inlined, since modules cannot link to `splice_from_pipe`.
#[inline(never)]
unsafe extern "C" fn splice_write_discard(
    pipe: *mut bindings::pipe_inode_info,
    out: *mut bindings::file,
    pos: *mut Offset,
    len: usize,
    flags: c_uint,
) -> isize {
    // SAFETY: The arguments are those of the operation, and the actor may be called for any buffer.
    unsafe { bindings::splice_from_pipe(pipe, out, pos, len, flags, Some(discard_actor)) }
}

/// How `ioctl(2)` of a 32-bit process reaches a 64-bit driver that has no method for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CompatIoctl {
    /// Not at all, [`ENOTTY`].
    None,
    /// As a native one whose argument is a pointer (`compat_ptr_ioctl`).
    Ptr,
    /// As a native one, with the argument as it is.
    Native,
}

/// A set of `FOP_*`, which tell the kernel about the abilities of a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FopFlags(bindings::fop_flags_t);

impl FopFlags {
    /// The file position is an unsigned number: all values are valid, as for `/dev/mem`.
    pub const UNSIGNED_OFFSET: Self = Self(bindings::FOP_UNSIGNED_OFFSET);

    /// The empty set.
    pub const fn empty() -> Self {
        Self(0)
    }

    pub(super) const fn as_raw(self) -> bindings::fop_flags_t {
        self.0
    }
}
