// SPDX-License-Identifier: GPL-2.0

//! The places where a file with Rust operations can live.
//!
//! A host says what [`FileOperations::open`] is told about the thing that is being opened. All the
//! other operations work on the private data that `open` returned, whatever the host.
//!
//! [`FileOperations::open`]: super::FileOperations::open

use super::{
    FileOperations,
    FileOperationsVTable, //
};
use crate::{
    bindings,
    chrdev,
    miscdevice::{
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    prelude::*, //
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

/// Declares a module that is a misc device of the same name, and no more.
///
/// `fops` is the table of the operations of its files, and `type` the type that has them. The rest
/// is what `module!` takes. The counterpart of the C macro `module_misc_device()`.
///
/// # Examples
///
/// ```ignore
/// kernel::module_misc_device! {
///     type: Sample,
///     fops: SAMPLE,
///     name: "sample",
///     authors: ["Author name"],
///     description: "Description",
///     license: "GPL",
/// }
///
/// static SAMPLE: FileOperationsVTable<Sample> = FileOperationsVTable::new();
/// ```
#[macro_export]
macro_rules! module_misc_device {
    (type: $type:ty, fops: $fops:expr, $($module:tt)*) => {
        #[$crate::prelude::pin_data]
        struct MiscDeviceModule {
            #[pin]
            _device: $crate::miscdevice::MiscDeviceRegistration<$type>,
        }

        impl $crate::InPlaceModule for MiscDeviceModule {
            fn init(
                _module: &'static $crate::ThisModule,
            ) -> impl ::pin_init::PinInit<Self, $crate::error::Error> {
                let name = <Self as $crate::ModuleMetadata>::NAME;

                $crate::try_pin_init!(Self {
                    _device <- $crate::miscdevice::MiscDeviceRegistration::register_fops(
                        $crate::miscdevice::MiscDeviceOptions { name },
                        &$fops,
                    ),
                })
            }
        }

        $crate::prelude::module! {
            type: MiscDeviceModule,
            $($module)*
        }
    };
}

/// The host of the files of a [`MiscDeviceWith`] data `D` and operations `T`.
///
/// `open` is given the data.
pub struct MiscWith<T, D>(PhantomData<(T, D)>);

/// A misc device that has data.
///
/// # Examples
///
/// ```
/// use kernel::{
///     fs::{
///         hosts::MiscDeviceWith,
///         File,
///         FileOperations,
///         FileOperationsVTable,
///         MiscWith, //
///     },
///     miscdevice::MiscDeviceOptions,
///     sync::Arc, //
/// };
///
/// struct Shared;
///
/// #[vtable]
/// impl FileOperations for Shared {
///     type Host = MiscWith<Self, Arc<u32>>;
///     type Private = Arc<u32>;
///
///     fn open(data: &Arc<u32>, _file: &File) -> Result<Arc<u32>> {
///         Ok(data.clone())
///     }
/// }
///
/// static SHARED: FileOperationsVTable<Shared> = FileOperationsVTable::new();
///
/// let options = MiscDeviceOptions {
///     name: c"rust_doctest_shared",
/// };
/// let data = Arc::new(1, GFP_KERNEL)?;
/// let device = KBox::pin_init(MiscDeviceWith::register(options, &SHARED, data), GFP_KERNEL)?;
/// # drop(device);
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
#[repr(C)]
pub struct MiscDeviceWith<T, D> {
    // The first field, which `MiscWith::ctx()` relies on, and the first one to be dropped.
    #[pin]
    device: MiscDeviceRegistration<T>,
    data: D,
}

impl<T, D> MiscDeviceWith<T, D>
where
    T: FileOperations<Host = MiscWith<T, D>>,
    D: Send + Sync + 'static,
{
    /// Registers a misc device whose files have the operations in `fops`.
    ///
    /// # Errors
    ///
    /// [`EEXIST`] if there is a device of this name, [`EBUSY`] if there are too many; [`ENOMEM`].
    pub fn register(
        options: MiscDeviceOptions,
        fops: &'static FileOperationsVTable<T>,
        data: D,
    ) -> impl PinInit<Self, Error> {
        // The data comes first, as the device may be opened as soon as it is registered.
        try_pin_init!(Self {
            data,
            device <- MiscDeviceRegistration::register_raw(options.with_fops(fops.as_raw())),
        })
    }
}

impl<T: 'static, D: 'static> FileHost for MiscWith<T, D> {
    type Ctx<'a> = &'a D;

    #[inline]
    unsafe fn ctx<'a>(_inode: *mut bindings::inode, file: *mut bindings::file) -> Self::Ctx<'a> {
        // SAFETY: The file is being opened, so nobody else accesses its private data.
        let misc = unsafe { (*file).private_data };

        // SAFETY: `misc_open()` left a pointer to the `struct miscdevice` there, which is what a
        // `MiscDeviceWith<T, D>` begins with: no other registration takes operations in this host.
        // It holds `misc_mtx` during `open`, so the device is not deregistered before the end of
        // `'a`, and the data is dropped after that only.
        unsafe { &(*misc.cast::<MiscDeviceWith<T, D>>()).data }
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
