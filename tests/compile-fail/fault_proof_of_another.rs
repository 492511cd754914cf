// SPDX-License-Identifier: GPL-2.0

//! The proof that one fault was handled, kept for another.

// error: none
// says: requirement occurs because of the type `VmFaultDone<'_>`, which makes the generic argument `'_` invariant

use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultDone,
            VmFaultResult, //
        },
        vm_ops::VmOperations, //
    },
    page::Page,
    prelude::*, //
};

struct Ops;

kernel::builtin! {
    name: "misuse",
}

#[vtable]
impl VmOperations for Ops {
    type Data = Page;
    type Mapped = ();
}

fn handle<'one, 'other>(
    one: VmFault<'one, Ops>,
    other: VmFault<'other, Ops>,
) -> (VmFaultDone<'one>, VmFaultDone<'other>) {
    let done = other.page(other.data());

    #[cfg(not(fixed))]
    return (done, one.page(one.data()));

    #[cfg(fixed)]
    (one.page(one.data()), done)
}
