// SPDX-License-Identifier: GPL-2.0

//! A fault handler that makes up the proof that it mapped something.

// error: E0451 none
// says: fields `page` and `_invariant` of struct `VmFaultDone` are private

use core::marker::PhantomData;
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
        return Ok(VmFaultDone {
            page: None,
            _invariant: PhantomData,
        });

        #[cfg(fixed)]
        Ok(vmf.page(vmf.data()))
    }
}
