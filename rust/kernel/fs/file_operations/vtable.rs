// SPDX-License-Identifier: GPL-2.0

//! The C table of a type's file operations.

use super::{
    Borrowed,
    FileOperations, //
};
use crate::{
    bindings,
    fs::Anon,
    module::this_module,
    types::ForeignOwnable, //
};
use core::{
    marker::PhantomData,
    mem::{
        needs_drop,
        size_of, //
    },
};

/// The `struct file_operations` of `T`, to be put in a `static`.
///
/// # Invariants
///
/// Contains the table of `T`, made for files in `T::Host`. It has no `mmap`. Its `open`, or in the
/// host [`Anon`] whoever makes the file, leaves a `T::Private` in the file, unless that is `()`.
///
/// # Examples
///
/// ```
/// use kernel::{
///     fs::{
///         File,
///         FileOperations,
///         FileOperationsVTable,
///         Misc, //
///     },
///     miscdevice::MiscDeviceRegistration,
///     sync::Arc, //
/// };
///
/// struct Device;
///
/// #[vtable]
/// impl FileOperations for Device {
///     type Host = Misc<Self>;
///     type Private = Arc<u32>;
///
///     fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Arc<u32>> {
///         Ok(Arc::new(1, GFP_KERNEL)?)
///     }
/// }
///
/// static DEVICE: FileOperationsVTable<Device> = FileOperationsVTable::new();
///
/// // `release` drops the private data.
/// assert!(DEVICE.as_raw().open.is_some());
/// assert!(DEVICE.as_raw().release.is_some());
///
/// // There is no way to this one.
/// assert!(DEVICE.as_raw().mmap.is_none());
/// ```
#[repr(transparent)]
pub struct FileOperationsVTable<T: FileOperations> {
    raw: bindings::file_operations,
    _ops: PhantomData<fn(T)>,
}

// SAFETY: The table is never written.
unsafe impl<T: FileOperations> Sync for FileOperationsVTable<T> {}

impl<T: FileOperations<Private = ()>> FileOperationsVTable<T> {
    /// Creates the table of a type without private data, for which `open` may be missing.
    pub const fn stateless() -> Self {
        Self::table()
    }
}

impl<T: FileOperations<Host = Anon>> FileOperationsVTable<T> {
    /// Creates the table of a type whose files are given their private data by
    /// [`File::anonymous`](crate::fs::File::anonymous), without being opened.
    pub const fn anonymous() -> Self {
        Self::table()
    }
}

impl<T: FileOperations> FileOperationsVTable<T> {
    /// Creates the table of a type whose files have private data.
    ///
    /// It is a build error if `T` does not implement [`FileOperations::open`], which creates that.
    // A table has to be in a `static`, where `Default` cannot be used.
    #[expect(clippy::new_without_default)]
    pub const fn new() -> Self {
        const {
            assert!(
                T::HAS_OPEN,
                "a type with private data must implement `open`; one without uses `stateless()`"
            );
        }
        Self::table()
    }

    const fn table() -> Self {
        const {
            assert!(Self::TABLE.mmap.is_none());
            assert!(
                T::HAS_OPEN || !matches!(T::LLSEEK, super::Llseek::Nonseekable),
                "what makes a file nonseekable is `open`, which is missing"
            );
            assert!(
                T::HAS_READ_ITER || !matches!(T::SPLICE_READ, super::SpliceRead::Copy),
                "`SpliceRead::Copy` reads by `read_iter`, which is missing"
            );
        }
        // INVARIANT: By definition.
        Self {
            raw: Self::TABLE,
            _ops: PhantomData,
        }
    }

    /// Returns the table.
    #[inline]
    pub const fn as_raw(&'static self) -> &'static bindings::file_operations {
        &self.raw
    }

    const TABLE: bindings::file_operations = bindings::file_operations {
        owner: this_module::<T::OwnerModule>().as_ptr(),
        fop_flags: T::FOP_FLAGS.as_raw(),
        llseek: if T::HAS_LLSEEK {
            Some(Self::llseek_callback)
        } else {
            T::LLSEEK.slot()
        },
        read: if T::HAS_READ {
            Some(Self::read_callback)
        } else {
            None
        },
        write: if T::HAS_WRITE {
            Some(Self::write_callback)
        } else {
            None
        },
        read_iter: if T::HAS_READ_ITER {
            Some(Self::read_iter_callback)
        } else {
            None
        },
        write_iter: if T::HAS_WRITE_ITER {
            Some(Self::write_iter_callback)
        } else {
            None
        },
        poll: if T::HAS_POLL {
            Some(Self::poll_callback)
        } else {
            None
        },
        unlocked_ioctl: if T::HAS_IOCTL {
            Some(Self::ioctl_callback)
        } else {
            None
        },
        #[cfg(CONFIG_COMPAT)]
        compat_ioctl: if T::HAS_COMPAT_IOCTL {
            Some(Self::compat_ioctl_callback)
        } else if T::HAS_IOCTL {
            match T::COMPAT_IOCTL {
                super::CompatIoctl::None => None,
                super::CompatIoctl::Ptr => bindings::compat_ptr_ioctl,
                super::CompatIoctl::Native => Some(Self::ioctl_callback),
            }
        } else {
            None
        },
        open: if T::HAS_OPEN {
            Some(Self::open_callback)
        } else {
            None
        },
        flush: if T::HAS_FLUSH {
            Some(Self::flush_callback)
        } else {
            None
        },
        release: if T::HAS_RELEASE || needs_drop::<T::Private>() || size_of::<T::Private>() != 0 {
            Some(Self::release_callback)
        } else {
            None
        },
        fsync: if T::HAS_FSYNC {
            Some(Self::fsync_callback)
        } else {
            None
        },
        get_unmapped_area: if T::HAS_GET_UNMAPPED_AREA {
            Some(Self::get_unmapped_area_callback)
        } else {
            None
        },
        splice_write: T::SPLICE_WRITE.slot(),
        splice_read: T::SPLICE_READ.slot(),
        show_fdinfo: if T::HAS_SHOW_FDINFO {
            Some(Self::show_fdinfo_callback)
        } else {
            None
        },
        uring_cmd: if T::HAS_URING_CMD {
            Some(Self::uring_cmd_callback)
        } else {
            None
        },
        #[cfg(CONFIG_MMU)]
        mmap_prepare: if T::HAS_MMAP_PREPARE {
            Some(Self::mmap_prepare_callback)
        } else {
            None
        },
        ..pin_init::zeroed()
    };

    /// Borrows the private data of a file.
    ///
    /// This is the only place where it is read.
    ///
    /// # Safety
    ///
    /// - `file` must be valid, and its operations must be those of `T`.
    /// - `open` must have succeeded on it, and `release` must not be called before the end of `'a`.
    #[inline(always)]
    pub(super) unsafe fn private<'a>(file: *mut bindings::file) -> Borrowed<'a, T> {
        // SAFETY: The file is valid. Its private data is not written between `open` and `release`.
        let private = unsafe { (*file).private_data };
        // SAFETY: By the type invariants, `open` put the result of `into_foreign` there, or the
        // private data is `()`, whose `borrow` does not look at the pointer. `from_foreign` is
        // called by `release` only, which comes after `'a`.
        unsafe { T::Private::borrow(private) }
    }
}
