// SPDX-License-Identifier: GPL-2.0

//! The places where a file with Rust operations can live.
//!
//! A host says what [`FileOperations::open`] is told about the thing that is being opened. All the
//! other operations work on the private data that `open` returned, whatever the host.
//!
//! [`FileOperations::open`]: super::FileOperations::open

use crate::{
    bindings,
    chrdev,
    miscdevice::MiscDeviceRegistration, //
};
use core::marker::PhantomData;

/// A place where a file can live.
pub trait FileHost: 'static {
    /// What `open` is given.
    type Ctx<'a>;

    /// Makes the context for `open`.
    ///
    /// # Safety
    ///
    /// - `inode` and `file` must be the arguments of the `open` operation in progress, and valid
    ///   for `'a`.
    /// - The file must live in this host.
    unsafe fn ctx<'a>(inode: *mut bindings::inode, file: *mut bindings::file) -> Self::Ctx<'a>;
}

/// The host of the files of a misc device with operations `T`.
///
/// `open` is given the registration of the device.
pub struct Misc<T>(PhantomData<T>);

impl<T: 'static> FileHost for Misc<T> {
    type Ctx<'a> = &'a MiscDeviceRegistration<T>;

    #[inline]
    unsafe fn ctx<'a>(_inode: *mut bindings::inode, file: *mut bindings::file) -> Self::Ctx<'a> {
        // SAFETY: The file is being opened, so nobody else accesses its private data.
        let misc = unsafe { (*file).private_data };

        // SAFETY: `misc_open()` left a pointer to the `struct miscdevice` there, which is the
        // transparent content of a registration of `T`. It holds `misc_mtx` during `open`, so the
        // device is not deregistered before the end of `'a`.
        unsafe { &*misc.cast::<MiscDeviceRegistration<T>>() }
    }
}

/// The host of character device nodes.
///
/// `open` is given a [`chrdev::Opening`].
pub struct CharDev(());

impl FileHost for CharDev {
    type Ctx<'a> = chrdev::Opening<'a>;

    #[inline]
    unsafe fn ctx<'a>(inode: *mut bindings::inode, file: *mut bindings::file) -> Self::Ctx<'a> {
        // SAFETY: By the safety requirements.
        unsafe { chrdev::Opening::from_raw(inode, file) }
    }
}
