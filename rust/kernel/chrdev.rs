// SPDX-License-Identifier: GPL-2.0

//! Character devices of the kernel image.
//!
//! C headers: [`include/linux/kdev_t.h`](srctree/include/linux/kdev_t.h),
//! [`include/linux/fs.h`](srctree/include/linux/fs.h)

use crate::{
    bindings,
    class::Mode,
    error::to_result,
    fs::{
        CharDev,
        FileOperations,
        FileOperationsVTable, //
    },
    initcall::Initcall,
    mm::raw_io::RawIo,
    prelude::*, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

/// The major number of the memory devices.
pub const MEM_MAJOR: u32 = bindings::MEM_MAJOR;

/// A device number: major and minor.
///
/// # Examples
///
/// ```
/// use kernel::chrdev::DeviceNumber;
///
/// let null = DeviceNumber::new(1, 3);
/// assert_eq!(null.major(), 1);
/// assert_eq!(null.minor(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct DeviceNumber(bindings::dev_t);

impl DeviceNumber {
    const MINOR_BITS: u32 = bindings::MINORBITS;
    const MINOR_MASK: bindings::dev_t = (1 << Self::MINOR_BITS) - 1;

    /// Makes a number from its parts, of which `major` has 12 bits and `minor` has 20.
    ///
    /// Bits above are ignored.
    #[inline]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self((major << Self::MINOR_BITS) | (minor & Self::MINOR_MASK))
    }

    #[inline]
    pub(crate) const fn from_raw(number: bindings::dev_t) -> Self {
        Self(number)
    }

    #[inline]
    pub(crate) const fn as_raw(self) -> bindings::dev_t {
        self.0
    }

    /// Returns the number of the driver.
    #[inline]
    pub const fn major(self) -> u32 {
        self.0 >> Self::MINOR_BITS
    }

    /// Returns the number of the device among those of the driver.
    #[inline]
    pub const fn minor(self) -> u32 {
        self.0 & Self::MINOR_MASK
    }
}

/// The table of file operations of a character device, whatever its type.
#[derive(Clone, Copy)]
pub struct FileOps(*const bindings::file_operations);

impl FileOps {
    /// The operations of `/dev/random`, from `drivers/char/random.c`.
    pub const RANDOM: Self = Self(&raw const bindings::random_fops);

    /// The operations of `/dev/urandom`, from `drivers/char/random.c`.
    pub const URANDOM: Self = Self(&raw const bindings::urandom_fops);

    /// The operations of `/dev/kmsg`, from `kernel/printk/printk.c`.
    #[cfg(CONFIG_PRINTK)]
    pub const KMSG: Self = Self(&raw const bindings::kmsg_fops);

    /// Makes `table` one of many.
    pub const fn new<T: FileOperations<Host = CharDev>>(
        table: &'static FileOperationsVTable<T>,
    ) -> Self {
        Self(table.as_raw())
    }
}

/// One device among those of a major number.
///
/// # Invariants
///
/// `name` is a static C string. Without its length, entries of a table are as small as those of C.
#[derive(Clone, Copy)]
pub struct Minor {
    name: NonNull<c_char>,
    fops: FileOps,
    file_mode: bindings::fmode_t,
    node_mode: Option<Mode>,
}

impl Minor {
    /// Describes the device `name`, whose files have the operations `fops`.
    pub const fn new(name: &'static CStr, fops: FileOps) -> Self {
        // INVARIANT: `name` is static.
        Self {
            // SAFETY: A reference is not null.
            name: unsafe {
                NonNull::new_unchecked(crate::str::as_char_ptr_in_const_context(name).cast_mut())
            },
            fops,
            file_mode: 0,
            node_mode: None,
        }
    }

    /// Lets reads and writes be asked not to block (`FMODE_NOWAIT`).
    pub const fn nowait(mut self) -> Self {
        self.file_mode |= bindings::FMODE_NOWAIT;
        self
    }

    /// Sets the permission bits of the device node.
    pub const fn with_node_mode(mut self, mode: Mode) -> Self {
        self.node_mode = Some(mode);
        self
    }

    /// Returns the name of the device.
    pub fn name(&self) -> &'static CStr {
        // SAFETY: By the type invariants.
        unsafe { CStr::from_char_ptr(self.name.as_ptr()) }
    }

    /// Returns the permission bits of the device node, if they are not the default.
    #[inline]
    pub const fn node_mode(&self) -> Option<Mode> {
        self.node_mode
    }
}

/// The devices of a major number, which differ in all their operations.
pub trait MinorTable: 'static {
    /// The major number.
    const MAJOR: u32;

    /// What `/proc/devices` shows.
    const NAME: &'static CStr;

    /// The devices, by minor number. Opening one that is not there fails with [`ENXIO`].
    const MINORS: &'static [Option<Minor>];
}

/// Registers minors 0 to 255 of a major number for the devices of `T`, for good.
///
/// The numbers stay taken until power-off.
///
/// # Errors
///
/// - [`EBUSY`] if someone has one of the numbers.
/// - [`EINVAL`] if the major number is 0 or too large.
/// - [`ENOMEM`] if memory is short.
pub fn register<T: MinorTable>(_init: &Initcall<'_>) -> Result {
    // C would choose a number.
    const_assert!(T::MAJOR != 0);

    // SAFETY: Name and table are static, and by `_init` not part of a module.
    to_result(unsafe {
        bindings::__register_chrdev(
            T::MAJOR,
            0,
            256,
            T::NAME.as_char_ptr(),
            MajorVTable::<T>::VTABLE,
        )
    })
}

/// What the files of a major number start with, until `open` knows the minor.
struct MajorVTable<T>(PhantomData<T>);

impl<T: MinorTable> MajorVTable<T> {
    const VTABLE: &'static bindings::file_operations = &bindings::file_operations {
        open: Some(Self::open_callback),
        llseek: Some(bindings::noop_llseek),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `inode` and `file` must be those of a character device that is being opened, and the device
    /// must be one of `T`.
    unsafe extern "C" fn open_callback(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY: The inode is valid, and the number of a device node does not change.
        let number = DeviceNumber::from_raw(unsafe { (*inode).i_rdev });

        let Some(Some(minor)) = T::MINORS.get(number.minor() as usize) else {
            return ENXIO.to_errno();
        };

        // SAFETY: The file is being opened, so nobody else accesses it. Neither the table it has
        // nor the one it gets is part of a module, so there is no module to count.
        unsafe {
            (*file).f_op = minor.fops.0;
            (*file).f_mode |= minor.file_mode;
        }

        // SAFETY: The table is valid.
        match unsafe { (*minor.fops.0).open } {
            // SAFETY: This is the opening of a character device with these operations.
            Some(open) => unsafe { open(inode, file) },
            None => 0,
        }
    }
}

/// The opening of a character device.
///
/// # Invariants
///
/// `inode` and `file` are valid during `'a` and belong to a file that is being opened, so that
/// nobody else accesses the fields of the file.
pub struct Opening<'a> {
    inode: NonNull<bindings::inode>,
    file: NonNull<bindings::file>,
    _opening: PhantomData<&'a mut ()>,
}

impl Opening<'_> {
    /// # Safety
    ///
    /// `inode` and `file` must be the arguments of the `open` operation in progress, and valid for
    /// the life of the result.
    #[inline]
    pub(crate) unsafe fn from_raw(inode: *mut bindings::inode, file: *mut bindings::file) -> Self {
        // INVARIANT: By the safety requirements.
        // SAFETY: Valid pointers are not null.
        unsafe {
            Self {
                inode: NonNull::new_unchecked(inode),
                file: NonNull::new_unchecked(file),
                _opening: PhantomData,
            }
        }
    }

    /// Returns the number of the device.
    #[inline]
    pub fn number(&self) -> DeviceNumber {
        // SAFETY: The inode is valid by the type invariants, and the number of a device node does
        // not change.
        DeviceNumber::from_raw(unsafe { (*self.inode.as_ptr()).i_rdev })
    }

    /// Makes the mappings of this file mappings of physical memory, by physical address.
    ///
    /// All files that do so share one address space, where the kernel finds the mappings of a range
    /// that it has to take away from user space because a driver claims it.
    #[inline]
    pub fn share_iomem_mapping(&mut self, _right: &RawIo) {
        // SAFETY: User space comes after the initcall that creates the mapping. The file is ours by
        // the type invariants.
        unsafe { (*self.file.as_ptr()).f_mapping = bindings::iomem_get_mapping() };
    }
}
