// SPDX-License-Identifier: GPL-2.0

//! A fault handler that maps a frame by number.

// error: E0308
// says: expected `MappablePfns<'_>`, found `usize`

use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultResult, //
        },
        mappable::MappablePfns,
        shared_region::HeldRegion,
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
    type Data = HeldRegion;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        #[cfg(not(fixed))]
        let pfns = vmf.pgoff();
        #[cfg(fixed)]
        let pfns = MappablePfns::from_region(vmf.data())?;

        vmf.insert_pfn(pfns, vmf.pgoff())
    }
}
