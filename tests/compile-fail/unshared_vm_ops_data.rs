// SPDX-License-Identifier: GPL-2.0

//! Data that threads must not share, whereas the mappings of a file are touched by many.

// error: E0277
// says: cannot be shared between threads safely
// says: required by a bound in `kernel::mm::vm_ops::VmOperations::Data`

use core::{
    cell::Cell,
    sync::atomic::AtomicUsize, //
};
use kernel::{
    mm::vm_ops::VmOperations,
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    #[cfg(not(fixed))]
    type Data = Cell<usize>;
    #[cfg(fixed)]
    type Data = kernel::sync::atomic::Atomic<usize>;
    type Mapped = ();
}
