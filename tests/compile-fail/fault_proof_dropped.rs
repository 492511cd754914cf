// SPDX-License-Identifier: GPL-2.0

//! A fault handler that has a page for the fault and then says that there is none.

// error: unused_must_use
// says: a fault is not handled unless this is returned

use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultError,
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
        {
            vmf.page(vmf.data());
            Err(VmFaultError::SIGBUS)
        }

        #[cfg(fixed)]
        Ok(vmf.page(vmf.data()))
    }
}
