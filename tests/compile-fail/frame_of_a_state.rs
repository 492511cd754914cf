// SPDX-License-Identifier: GPL-2.0

//! A frame owned by the state of a mapping: `fork()` and `mremap()` take the entry to a mapping
//! whose state is another.

// error: E0515
// says: cannot return value referencing function parameter `vmf`

use core::ops::Range;
use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult, //
        },
        mappable::MappablePfns,
        vm_ops::VmOperations, //
    },
    page::Page,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    type Data = Arc<Page>;
    type Mapped = Arc<Page>;

    fn mapped(_: Range<usize>, _: usize, data: &Arc<Page>) -> Result<Arc<Page>> {
        Ok(data.clone())
    }

    fn open(mapped: ArcBorrow<'_, Page>) -> Arc<Page> {
        mapped.into()
    }

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let page = ArcBorrow::into_ref(vmf.mapped().ok_or(VmFaultError::SIGBUS)?);

        #[cfg(not(fixed))]
        return vmf.insert_pfn(MappablePfns::from_page(page), 0);

        #[cfg(fixed)]
        Ok(vmf.page(page))
    }
}
