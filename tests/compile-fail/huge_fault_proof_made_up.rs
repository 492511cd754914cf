// SPDX-License-Identifier: GPL-2.0

//! A handler of huge faults that makes up the proof that it mapped something.

// error: E0423
// says: cannot initialize a tuple struct which contains private fields

use core::marker::PhantomData;
use kernel::{
    mm::{
        contig_pages::ContigPages,
        fault::{
            VmHugeFault,
            VmHugeFaultDone,
            VmHugeFaultResult, //
        },
        vm_ops::VmOperations, //
    },
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    type Data = ContigPages;
    type Mapped = ();

    fn huge_fault(vmf: VmHugeFault<'_, Self>) -> VmHugeFaultResult<'_> {
        #[cfg(not(fixed))]
        return Ok(VmHugeFaultDone(PhantomData));

        #[cfg(fixed)]
        vmf.insert_pfn(vmf.data().frames(), vmf.pgoff())
    }
}
