// SPDX-License-Identifier: GPL-2.0

//! Device classes.
//!
//! C header: [`include/linux/device/class.h`](srctree/include/linux/device/class.h)

use crate::{
    bindings,
    chrdev::DeviceNumber,
    device,
    error::{
        from_err_ptr,
        to_result,
        VTABLE_DEFAULT_ERROR, //
    },
    initcall::Initcall,
    prelude::*, //
};
use core::marker::PhantomData;

/// The permission bits of a device node, such as `0o666`.
pub type Mode = bindings::umode_t;

/// What the devices of a class have in common.
#[vtable]
pub trait ClassOperations: 'static {
    /// Name of the directory in `/sys/class`.
    const NAME: &'static CStr;

    /// Chooses the permission bits of the node that devtmpfs makes for a device.
    ///
    /// [`None`] leaves them as they are by default: read and write for root.
    fn node_mode(_number: DeviceNumber) -> Option<Mode> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A `struct class` made from the operations `T`.
///
/// Put it in a `static` and [register](Self::register) it once.
///
/// # Invariants
///
/// All slots of the inner class are functions of this file for `T`, or NULL.
#[repr(transparent)]
pub struct Class<T> {
    inner: bindings::class,
    _ops: PhantomData<T>,
}

// SAFETY: A class is constant; what the driver core keeps about it is allocated apart.
unsafe impl<T> Sync for Class<T> {}

impl<T: ClassOperations> Class<T> {
    /// Makes the class.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        // INVARIANT: The only slot set is `devnode`, for `T`.
        Self {
            inner: bindings::class {
                name: crate::str::as_char_ptr_in_const_context(T::NAME),
                devnode: if T::HAS_NODE_MODE {
                    Some(Self::devnode_callback)
                } else {
                    None
                },
                ..pin_init::zeroed()
            },
            _ops: PhantomData,
        }
    }

    /// Makes the class known to the driver core, for good.
    ///
    /// The class stays registered until power-off: its owner is part of the kernel image.
    ///
    /// # Errors
    ///
    /// - [`EEXIST`] if there is a class of that name.
    /// - [`ENOMEM`] if memory is short.
    pub fn register(&'static self, _init: &Initcall<'_>) -> Result<RegisteredClass<T>> {
        // SAFETY: The class is static and never changes. By `_init` it is not part of a module.
        to_result(unsafe { bindings::class_register(&raw const self.inner) })?;
        // INVARIANT: It was registered just now and nothing unregisters it.
        Ok(RegisteredClass(self))
    }

    /// # Safety
    ///
    /// For use as `devnode` of a class only: `dev` must be valid, and `mode` valid or NULL.
    unsafe extern "C" fn devnode_callback(
        dev: *const bindings::device,
        mode: *mut bindings::umode_t,
    ) -> *mut c_char {
        if !mode.is_null() {
            // SAFETY: `dev` is valid, and its number is set before the callback can be called.
            let number = DeviceNumber::from_raw(unsafe { (*dev).devt });
            if let Some(bits) = T::node_mode(number) {
                // SAFETY: `mode` is valid since it is not NULL.
                unsafe { *mode = bits };
            }
        }
        // The node gets the name of the device.
        core::ptr::null_mut()
    }
}

/// A class that the driver core knows.
///
/// # Invariants
///
/// The class is registered and stays so.
pub struct RegisteredClass<T: 'static>(&'static Class<T>);

impl<T: ClassOperations> RegisteredClass<T> {
    /// Creates a device of the class, for good, and with it its node in `/dev`.
    ///
    /// It has neither parent nor driver data.
    ///
    /// # Errors
    ///
    /// - [`EEXIST`] if the class has a device of that name.
    /// - [`ENOMEM`] if memory is short.
    pub fn create_device(
        &self,
        number: DeviceNumber,
        name: &'static CStr,
    ) -> Result<&'static device::Device> {
        // SAFETY: The class is registered by the type invariants, parent and driver data may be
        // NULL, and the format is for one string.
        let dev = from_err_ptr(unsafe {
            bindings::device_create(
                &raw const self.0.inner,
                core::ptr::null_mut(),
                number.as_raw(),
                core::ptr::null_mut(),
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        })?;
        // SAFETY: The creation took a reference that only `device_destroy()` would drop. No Rust
        // code calls that for a device of this class.
        Ok(unsafe { device::Device::from_raw(dev) })
    }
}
