// SPDX-License-Identifier: GPL-2.0

//! Initcalls and crate metadata of objects that are never modules.
//!
//! C header: [`include/linux/init.h`](srctree/include/linux/init.h)
//!
//! [`module!`] gives an object its log prefix, its `LocalModule` and one entry at the device level.
//! An object that cannot be a module, or that has to start at another level, uses [`builtin!`] for
//! the first two and one of the macros named after the C initcalls for the entry:
//!
//! | macro | level |
//! |---|---|
//! | [`early_initcall!`] | before SMP start-up |
//! | [`core_initcall!`] | 1 |
//! | [`postcore_initcall!`] | 2 |
//! | [`arch_initcall!`] | 3 |
//! | [`subsys_initcall!`] | 4 |
//! | [`fs_initcall!`] | 5 |
//! | [`device_initcall!`] | 6 |
//! | [`late_initcall!`] | 7 |
//!
//! # Order within a level
//!
//! Entries of one level run in link order, as they do for C. With `CONFIG_LTO_CLANG` the build
//! writes the order of C's entries down in a generated linker script that does not know those of
//! Rust; they then run after all C entries of the level. The entry that [`module!`] makes has the
//! same limit.
//!
//! [`builtin!`]: crate::builtin
//! [`early_initcall!`]: crate::early_initcall
//! [`core_initcall!`]: crate::core_initcall
//! [`postcore_initcall!`]: crate::postcore_initcall
//! [`arch_initcall!`]: crate::arch_initcall
//! [`subsys_initcall!`]: crate::subsys_initcall
//! [`fs_initcall!`]: crate::fs_initcall
//! [`device_initcall!`]: crate::device_initcall
//! [`late_initcall!`]: crate::late_initcall
//! [`module!`]: crate::prelude::module

use crate::{
    error::Result,
    types::NotThreadSafe, //
};
use core::marker::PhantomData;

/// Proof that an initcall of the kernel image is running.
///
/// It is asked for by functions that use code or data of the init sections, which are freed after
/// boot, and by those that register something for good, which only an object that is never unloaded
/// may do.
///
/// # Invariants
///
/// - The memory of the init sections has not been freed, and will not be during `'a`.
/// - Who has this is not a module.
pub struct Initcall<'a> {
    _init: PhantomData<&'a ()>,
    // An asynchronous init function may outlive the initcall that started it.
    _not_send: NotThreadSafe,
}

impl Initcall<'_> {
    /// Runs `f` as the body of an initcall and returns its result as C wants it.
    ///
    /// # Safety
    ///
    /// Must be called from an initcall of the kernel image only.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn run(f: impl FnOnce(&Initcall<'_>) -> Result) -> crate::ffi::c_int {
        // INVARIANT: The caller is an initcall and `f` returns before it does; the init sections
        // are freed after the last one. Modules have no initcalls.
        match f(&Initcall {
            _init: PhantomData,
            _not_send: NotThreadSafe,
        }) {
            Ok(()) => 0,
            Err(err) => err.to_errno(),
        }
    }
}

/// Proof that an early initcall of the kernel image is running.
///
/// There is no driver core yet, nor much else to register with, so this is not an [`Initcall`].
pub struct EarlyInitcall<'a> {
    _init: PhantomData<&'a ()>,
    _not_send: NotThreadSafe,
}

impl EarlyInitcall<'_> {
    /// As [`Initcall::run`].
    ///
    /// # Safety
    ///
    /// Must be called from an early initcall only.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn run(f: impl FnOnce(&EarlyInitcall<'_>) -> Result) -> crate::ffi::c_int {
        let early = EarlyInitcall {
            _init: PhantomData,
            _not_send: NotThreadSafe,
        };

        // SAFETY: Promised by the caller.
        unsafe { Initcall::run(|_| f(&early)) }
    }
}

/// Declares an object that is always part of the kernel image.
///
/// To be used once, in the crate root. Defines what the printing macros and `#[vtable]` look for
/// there: the log prefix and `LocalModule`, whose `THIS_MODULE` is null as it is for C code that is
/// built in. Nothing is added to `.modinfo`.
///
/// # Examples
///
/// ```ignore
/// kernel::builtin! {
///     name: "mem",
/// }
/// ```
#[macro_export]
macro_rules! builtin {
    (name: $name:literal $(,)?) => {
        /// Prefix of the messages this object prints.
        const __LOG_PREFIX: &[u8] = ::core::concat!($name, "\0").as_bytes();

        /// Metadata of this object, which is built in.
        struct LocalModule;

        impl $crate::ModuleMetadata for LocalModule {
            const NAME: &'static $crate::str::CStr = $crate::c_str!($name);

            const THIS_MODULE: $crate::ThisModule = {
                // SAFETY: Code that is not part of a module has a null `THIS_MODULE`.
                unsafe { $crate::ThisModule::from_ptr(::core::ptr::null_mut()) }
            };
        }

        #[cfg(MODULE)]
        ::core::compile_error!("`builtin!` is for objects that are part of the kernel image");
    };
}

/// Places an entry for the function in the section of one level.
#[doc(hidden)]
#[macro_export]
macro_rules! __define_initcall {
    ($proof:ident, $section:literal, $init:ident) => {
        // A module of the function's name, which is in another name space.
        #[doc(hidden)]
        mod $init {
            #[cfg(MODULE)]
            ::core::compile_error!("initcalls are for objects that are part of the kernel image");

            #[link_section = ".init.text"]
            extern "C" fn entry() -> $crate::ffi::c_int {
                // SAFETY: The only use of this function is the initcall entry below.
                unsafe { $crate::initcall::$proof::run(super::$init) }
            }

            #[cfg(CONFIG_HAVE_ARCH_PREL32_RELOCATIONS)]
            ::core::arch::global_asm!(
                ::core::concat!(".section ", $section, ", \"a\""),
                ".long {entry} - .",
                ".previous",
                entry = sym entry,
            );

            #[cfg(not(CONFIG_HAVE_ARCH_PREL32_RELOCATIONS))]
            #[link_section = $section]
            #[used(compiler)]
            static ENTRY: extern "C" fn() -> $crate::ffi::c_int = entry;
        }
    };
}

/// Runs a function before the other CPUs are started, like C's `early_initcall()`.
///
/// The function is `fn(&EarlyInitcall<'_>) -> Result`; see [`fs_initcall!`](crate::fs_initcall).
#[macro_export]
macro_rules! early_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(EarlyInitcall, ".initcallearly.init", $init);
    };
}

/// Runs a function at level 1 of the initcalls, like C's `core_initcall()`.
///
/// See [`fs_initcall!`](crate::fs_initcall) for the form of the function.
#[macro_export]
macro_rules! core_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(Initcall, ".initcall1.init", $init);
    };
}

/// Runs a function at level 2 of the initcalls, like C's `postcore_initcall()`.
///
/// See [`fs_initcall!`](crate::fs_initcall) for the form of the function.
#[macro_export]
macro_rules! postcore_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(Initcall, ".initcall2.init", $init);
    };
}

/// Runs a function at level 3 of the initcalls, like C's `arch_initcall()`.
///
/// See [`fs_initcall!`](crate::fs_initcall) for the form of the function.
#[macro_export]
macro_rules! arch_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(Initcall, ".initcall3.init", $init);
    };
}

/// Runs a function at level 4 of the initcalls, like C's `subsys_initcall()`.
///
/// See [`fs_initcall!`](crate::fs_initcall) for the form of the function.
#[macro_export]
macro_rules! subsys_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(Initcall, ".initcall4.init", $init);
    };
}

/// Runs a function at level 5 of the initcalls, like C's `fs_initcall()`.
///
/// The function is `fn(&Initcall<'_>) -> Result`. Give it `#[link_section = ".init.text"]`, the
/// counterpart of `__init`, so that its memory is freed after boot.
///
/// # Examples
///
/// ```ignore
/// kernel::fs_initcall!(example_init);
///
/// #[link_section = ".init.text"]
/// fn example_init(_init: &Initcall<'_>) -> Result {
///     pr_info!("file systems come up now\n");
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! fs_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(Initcall, ".initcall5.init", $init);
    };
}

/// Runs a function at level 6 of the initcalls, like C's `device_initcall()`.
///
/// See [`fs_initcall!`](crate::fs_initcall) for the form of the function.
#[macro_export]
macro_rules! device_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(Initcall, ".initcall6.init", $init);
    };
}

/// Runs a function at level 7 of the initcalls, like C's `late_initcall()`.
///
/// See [`fs_initcall!`](crate::fs_initcall) for the form of the function.
#[macro_export]
macro_rules! late_initcall {
    ($init:ident) => {
        $crate::__define_initcall!(Initcall, ".initcall7.init", $init);
    };
}
