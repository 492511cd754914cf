// SPDX-License-Identifier: GPL-2.0

//! Files that no path leads to.
//!
//! C header: [`include/linux/anon_inodes.h`](srctree/include/linux/anon_inodes.h)

use super::{
    File,
    FileHost,
    FileOperations,
    FileOperationsVTable, //
};
use crate::{
    bindings,
    error::from_err_ptr,
    prelude::*,
    sync::aref::ARef,
    types::ForeignOwnable, //
};
use core::ptr::NonNull;

/// The host of files that are made by [`File::anonymous`], and not opened.
pub struct Anon(());

impl FileHost for Anon {
    type Ctx<'a> = ();

    #[inline]
    unsafe fn ctx<'a>(_inode: *mut bindings::inode, _file: *mut bindings::file) -> Self::Ctx<'a> {}
}

impl File {
    /// Makes a file with the operations of `table` and this private data, open for reading and
    /// writing.
    ///
    /// `name` is what `/proc/PID/maps` and the like show.
    ///
    /// The counterpart of the C function `anon_inode_getfile()`.
    ///
    /// # Errors
    ///
    /// [`ENFILE`] if there are too many files, [`ENOENT`] if the module of `T` is being unloaded;
    /// [`ENOMEM`]. The private data is then dropped, and not [released](FileOperations::release).
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::fs::{
    ///     Anon,
    ///     File,
    ///     FileOperations,
    ///     FileOperationsVTable, //
    /// };
    ///
    /// struct Session;
    ///
    /// #[vtable]
    /// impl FileOperations for Session {
    ///     type Host = Anon;
    ///     type Private = KBox<u32>;
    /// }
    ///
    /// static SESSION: FileOperationsVTable<Session> = FileOperationsVTable::anonymous();
    ///
    /// let file = File::anonymous(c"[session]", &SESSION, KBox::new(1, GFP_KERNEL)?)?;
    /// # drop(file);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn anonymous<T: FileOperations<Host = Anon>>(
        name: &CStr,
        table: &'static FileOperationsVTable<T>,
        private: T::Private,
    ) -> Result<ARef<File>> {
        let private = private.into_foreign();

        // SAFETY: The name is copied. The table is there for ever, and that of the type whose
        // private data is passed.
        let file = from_err_ptr(unsafe {
            bindings::anon_inode_getfile(
                name.as_char_ptr(),
                table.as_raw(),
                private,
                bindings::O_RDWR as c_int,
            )
        })
        .inspect_err(|_| {
            // SAFETY: There is no file that would own it.
            drop(unsafe { T::Private::from_foreign(private) })
        })?;

        // SAFETY: A new file, whose only reference is ours, and which has no descriptor, so that
        // nobody is using its position.
        Ok(unsafe { ARef::from_raw(NonNull::new_unchecked(file.cast())) })
    }
}
