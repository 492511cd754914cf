// SPDX-License-Identifier: GPL-2.0

//! Hooks that call the hook of another file.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::{
    mmap_action::{
        MmapAction,
        NestedAction, //
    },
    vma_desc::VmaDesc, //
};
use crate::{
    bindings,
    error::to_result,
    fs::{
        file::flags,
        File,
        FileOperations,
        FileOperationsVTable, //
    },
    prelude::*, //
};
use core::marker::PhantomData;

/// # Nested hooks
///
/// A driver that wraps another can leave a mapping to the hook of a file of that one. The inner
/// hook sees the changes that were made to the description, with [`VmaDesc::file`] being its own
/// file, and its changes stay in force. Those include its VM operations and its error override,
/// until they are replaced. Its action has effect only if it is returned.
///
/// The protection of frames that the inner hook remaps is the one it left; change it before.
///
/// The mapping keeps the outer file, which in turn must keep the inner one: hence the lifetime.
impl<'a> VmaDesc<'a> {
    /// Calls the hook of `inner`, a file with the operations of `T`.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`] if the operations of `inner` are not `table`, it has yet to be opened, or the
    ///   hook puts another file in the place of the mapped one.
    /// - [`EACCES`] if `inner` is not open for what may be done to the mapping.
    /// - What the hook returns.
    ///
    /// The description is then as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{
    ///     fs::{
    ///         File,
    ///         FileOperations,
    ///         FileOperationsVTable, //
    ///     },
    ///     mm::{
    ///         mmap_action::MmapAction,
    ///         vma_desc::VmaDesc, //
    ///     },
    ///     sync::aref::ARef, //
    /// };
    ///
    /// struct Wrapper {
    ///     inner: ARef<File>,
    /// }
    ///
    /// impl Wrapper {
    ///     fn mmap_prepare<'a, T: FileOperations>(
    ///         &'a self,
    ///         desc: &mut VmaDesc<'a>,
    ///         table: &'static FileOperationsVTable<T>,
    ///     ) -> Result<MmapAction<'a>> {
    ///         desc.try_clear_maywrite()?;
    ///         desc.call_nested(&self.inner, table)
    ///     }
    /// }
    /// ```
    pub fn call_nested<T: FileOperations>(
        &mut self,
        inner: &'a File,
        table: &'static FileOperationsVTable<T>,
    ) -> Result<MmapAction<'a>> {
        // SAFETY: The file is valid. The operations are compared only.
        let fops = unsafe { (*inner.as_ptr()).f_op };

        if !core::ptr::eq(fops, table.as_raw()) {
            return Err(EINVAL);
        }
        // SAFETY: VM operations that were written in Rust work on their own data, which belongs to
        // `inner`. The page cache that `MapPages::Filemap` looks into is that of the mapped file,
        // whatever that is.
        unsafe { self.call_nested_unchecked(inner) }
    }

    /// Calls the hook of `inner`, whatever its operations.
    ///
    /// # Errors
    ///
    /// As [`Self::call_nested`], and
    ///
    /// - [`ENODEV`] if `inner` cannot be mapped;
    /// - [`EINVAL`] if it can, but by the older hook only, which needs a mapping that exists.
    ///
    /// # Safety
    ///
    /// The VM operations of `inner`, and their `mapped`, must work for a mapping whose `vm_file` is
    /// another file. Those of most files in C do not.
    pub unsafe fn call_nested_unchecked(&mut self, inner: &'a File) -> Result<MmapAction<'a>> {
        let desc = self.as_ptr();
        let inner_ptr = inner.as_ptr();

        if !inner.is_opened() {
            return Err(EINVAL);
        }
        // SAFETY: The file is open; its operations do not change.
        let fops = unsafe { &*(*inner_ptr).f_op };
        let hook = match fops.mmap_prepare {
            Some(hook) => hook,
            None if fops.mmap.is_none() => return Err(ENODEV),
            None => return Err(EINVAL),
        };

        match inner.flags() & flags::O_ACCMODE {
            flags::O_RDWR => (),
            flags::O_RDONLY if !self.is_shared() => (),
            _ => return Err(EACCES),
        }

        // SAFETY: The description is valid, and ours.
        let before = unsafe { *desc };

        // SAFETY: As above. The hook is that of the file that it is told.
        let ret = to_result(unsafe {
            (*desc).file = inner_ptr;
            (*desc).action.type_ = bindings::mmap_action_type_MMAP_NOTHING;
            hook(desc)
        });

        // SAFETY: As above; the hook has returned.
        unsafe {
            let vm_file = (*desc).vm_file;
            let swapped = vm_file != before.vm_file;

            if swapped && ret.is_ok() {
                // The mapping would not keep the outer file.
                // SAFETY: A hook that succeeds leaves its reference to core mm, here to us.
                bindings::fput(vm_file);
            }
            if swapped || ret.is_err() {
                *desc = before;
                return Err(ret.err().unwrap_or(EINVAL));
            }

            let action = &raw mut (*desc).action;

            // INVARIANT: The hook wrote this, for `inner`.
            let nested = NestedAction {
                kind: (*action).type_,
                payload: (*action).__bindgen_anon_1,
                _owner: PhantomData,
            };

            (*desc).file = before.file;
            (*action).type_ = before.action.type_;
            (*action).__bindgen_anon_1 = before.action.__bindgen_anon_1;
            Ok(MmapAction::Nested(nested))
        }
    }
}
