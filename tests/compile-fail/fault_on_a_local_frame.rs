// SPDX-License-Identifier: GPL-2.0

//! A frame that is freed when the fault handler returns, and stays mapped.

// error: E0515
// says: returns a value referencing data owned by the current function

use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultResult, //
        },
        mappable::MappablePfns,
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
        let page = &Page::alloc_page(GFP_KERNEL).map_err(Error::from)?;
        #[cfg(fixed)]
        let page = vmf.data();

        vmf.insert_pfn(MappablePfns::from_page(page), 0)
    }
}
