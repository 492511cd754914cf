// SPDX-License-Identifier: GPL-2.0

//! Files whose operations are those of a [`FileOperations`].
//!
//! C header: [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h)
//!
//! # Removal of open files
//!
//! debugfs stands in front of the operations of most of its files, so as to wait for calls in
//! progress when a file is removed. It forwards only some of them, and mmap is not one. The files
//! made here have debugfs in front of `open` alone (`debugfs_create_file_unsafe()` in C).
//!
//! That is enough for [`FileOperations`]: the data of the file in debugfs is lent to `open`, for
//! the time of that call; what comes after works on the private data that `open` returned. So an
//! open file and its mappings go on working when the file has been removed, and whatever they need
//! lives as long as they do.

use super::{
    Dir,
    File, //
};
#[cfg(CONFIG_DEBUG_FS)]
use super::{
    Entry,
    Scope, //
};
use crate::{
    bindings,
    class::Mode,
    fs::{
        FileHost,
        FileOperations,
        FileOperationsVTable, //
    },
    initcall::Initcall,
    prelude::*, //
};
use core::marker::PhantomData;

/// The host of files in debugfs that were made with a `D`.
///
/// `open` is given a reference to that `D`.
pub struct DebugFs<D>(PhantomData<D>);

impl<D: Sync + 'static> FileHost for DebugFs<D> {
    type Ctx<'a> = &'a D;

    #[inline]
    unsafe fn ctx<'a>(inode: *mut bindings::inode, _file: *mut bindings::file) -> Self::Ctx<'a> {
        // SAFETY: The file was made by one of the functions of this module, which hand over a
        // reference to a `D`. debugfs does not let the file be removed while it is being opened,
        // and the `D` is dropped after the file has been removed.
        unsafe { &*(*inode).i_private.cast::<D>().cast_const() }
    }
}

impl Dir {
    /// Returns the directory as C has it, while `self` is there; none if memory was short.
    #[cfg(all(CONFIG_DEBUG_FS, CONFIG_RELAY_RUST))]
    pub(crate) fn dentry(&self) -> Option<*mut bindings::dentry> {
        self.0.as_ref().map(|entry| entry.as_ptr())
    }

    /// Creates a file with the operations `fops`, which owns `data`.
    ///
    /// `mode` are its permission bits. The file is removed when the [`File`] is dropped; what has
    /// it open may go on using it.
    ///
    /// # Examples
    ///
    /// A file whose pages can be mapped:
    ///
    /// ```
    /// use kernel::{
    ///     debugfs::{
    ///         DebugFs,
    ///         Dir, //
    ///     },
    ///     fs::{
    ///         File,
    ///         FileOperations,
    ///         FileOperationsVTable, //
    ///     },
    ///     mm::{
    ///         mmap_action::MmapAction,
    ///         vma_desc::VmaDesc,
    ///         vmalloc::VmallocUser, //
    ///     },
    ///     sync::Arc, //
    /// };
    ///
    /// struct Memory;
    ///
    /// #[vtable]
    /// impl FileOperations for Memory {
    ///     type Host = DebugFs<Arc<VmallocUser>>;
    ///     type Private = Arc<VmallocUser>;
    ///
    ///     fn open(memory: &Arc<VmallocUser>, _file: &File) -> Result<Arc<VmallocUser>> {
    ///         Ok(memory.clone())
    ///     }
    ///
    ///     fn mmap_prepare<'a>(
    ///         memory: kernel::sync::ArcBorrow<'a, VmallocUser>,
    ///         desc: &mut VmaDesc<'a>,
    ///     ) -> Result<MmapAction<'a>> {
    ///         desc.map_pages_full(kernel::sync::ArcBorrow::into_ref(memory).pages())
    ///     }
    /// }
    ///
    /// static MEMORY: FileOperationsVTable<Memory> = FileOperationsVTable::new();
    ///
    /// let dir = Dir::new(c"rust_doctest_custom_file");
    /// let memory = Arc::new(VmallocUser::new(2)?, GFP_KERNEL)?;
    /// let file = KBox::pin_init(dir.custom_file(c"memory", 0o400, memory, &MEMORY), GFP_KERNEL)?;
    ///
    /// assert_eq!(file.size(), 2 * kernel::page::PAGE_SIZE);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn custom_file<'a, T, D, E: 'a>(
        &'a self,
        name: &'a CStr,
        mode: Mode,
        data: impl PinInit<D, E> + 'a,
        fops: &'static FileOperationsVTable<T>,
    ) -> impl PinInit<File<D>, E> + 'a
    where
        T: FileOperations<Host = DebugFs<D>>,
        D: Send + Sync + 'static,
    {
        #[cfg(CONFIG_DEBUG_FS)]
        let scope = Scope::<D>::new(data, move |data| match &self.0 {
            // SAFETY: The entry is dropped before the data, both being in the scope.
            Some(parent) => unsafe {
                Entry::dynamic_custom_file(name, mode, parent.clone(), data, fops)
            },
            None => Entry::empty(),
        });
        #[cfg(not(CONFIG_DEBUG_FS))]
        let scope = super::Scope::<D>::new(data, |_| ());

        try_pin_init!(File { scope <- scope } ? E)
    }
}

/// Creates a file at the root of debugfs that is never removed.
///
/// `mode` are its permission bits. As always with debugfs, there just is no file if that fails.
pub fn create_permanent_file<T, D>(
    _init: &Initcall<'_>,
    name: &CStr,
    mode: Mode,
    data: &'static D,
    fops: &'static FileOperationsVTable<T>,
) where
    T: FileOperations<Host = DebugFs<D>>,
    D: Sync + 'static,
{
    #[cfg(CONFIG_DEBUG_FS)]
    // SAFETY: The name is a C string, the data is static, and both are as `T::Host` wants them. The
    // operations are static, too: by `_init`, their owner is part of the kernel image.
    unsafe {
        bindings::debugfs_create_file_unsafe(
            name.as_char_ptr(),
            mode,
            core::ptr::null_mut(),
            core::ptr::from_ref(data).cast_mut().cast(),
            fops.as_raw(),
        )
    };
}
