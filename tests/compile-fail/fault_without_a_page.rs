// SPDX-License-Identifier: GPL-2.0

//! A fault handler that reports success and mapped nothing.

// error: E0308
// says: expected `VmFaultDone<'_>`, found `()`

use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultResult, //
        },
        vm_ops::VmOperations, //
    },
    page::Page,
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    type Data = Page;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        #[cfg(not(fixed))]
        return Ok(());

        #[cfg(fixed)]
        Ok(vmf.page(vmf.data()))
    }
}
