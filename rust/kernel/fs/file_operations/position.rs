// SPDX-License-Identifier: GPL-2.0

//! The position of an open file.

use crate::{
    bindings,
    fs::{
        file::Offset,
        inode::Inode,
        LocalFile, //
    },
    prelude::*, //
};
use core::ops::Deref;

/// What the offset of an `lseek(2)` is counted from.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Whence(c_int);

impl Whence {
    /// From the start of the file (`SEEK_SET`).
    pub const SET: Self = Self(bindings::SEEK_SET as c_int);
    /// From the current position (`SEEK_CUR`).
    pub const CUR: Self = Self(bindings::SEEK_CUR as c_int);
    /// From the end of the file (`SEEK_END`).
    pub const END: Self = Self(bindings::SEEK_END as c_int);

    #[inline]
    pub(super) const fn from_raw(whence: c_int) -> Self {
        Self(whence)
    }
}

/// The right to move the position of a file, given to [`FileOperations::llseek`].
///
/// Only the owner of a file's operations knows which positions they stand, so this is not a method
/// of [`LocalFile`].
///
/// The position of a file that several threads share may change at any time, except for regular
/// files and directories: no lock guards it. Then one of the values written wins.
///
/// [`FileOperations::llseek`]: super::FileOperations::llseek
pub struct FilePosition<'a>(&'a LocalFile);

impl<'a> FilePosition<'a> {
    #[inline]
    pub(super) fn new(file: &'a LocalFile) -> Self {
        Self(file)
    }

    /// Returns the position, in bytes.
    #[inline]
    pub fn get(&self) -> Offset {
        // SAFETY: The reference keeps the file valid. The volatile read stands for `READ_ONCE()`,
        // since others may write the field.
        unsafe { (&raw const (*self.0.as_ptr()).f_pos).read_volatile() }
    }

    /// Sets the position, in bytes.
    #[inline]
    pub fn set(&self, pos: Offset) {
        // SAFETY: As in `get`, with `WRITE_ONCE()`.
        unsafe { (&raw mut (*self.0.as_ptr()).f_pos).write_volatile(pos) };
    }

    /// Returns the inode of the file.
    #[inline]
    pub fn inode(&self) -> &Inode {
        // SAFETY: The file is open, as this is given to `llseek` only; it holds a reference to its
        // inode until it is released.
        unsafe { Inode::from_raw((*self.0.as_ptr()).f_inode) }
    }

    /// Makes a position that C would take for an error code a success all the same.
    ///
    /// To be called last, for files with [`FopFlags::UNSIGNED_OFFSET`]. Some architectures tell
    /// user space about errors in a flag of the CPU, and need to be told.
    ///
    /// [`FopFlags::UNSIGNED_OFFSET`]: super::FopFlags::UNSIGNED_OFFSET
    #[inline]
    pub fn force_success(&self) {
        // SAFETY: `llseek` runs in the system call whose result this is about, or has no effect.
        #[cfg(CONFIG_PPC)]
        unsafe {
            bindings::force_successful_syscall_return()
        };
    }
}

impl Deref for FilePosition<'_> {
    type Target = LocalFile;

    #[inline]
    fn deref(&self) -> &LocalFile {
        self.0
    }
}
