// SPDX-License-Identifier: GPL-2.0

//! The data of the file, asked for in a mapping that has a state of its own in its place.

// error: E0080
// codegen
// says: the data is replaced by what `mapped` returned: use `mapped()`

use core::ops::Range;
use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult, //
        },
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc, //
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

type Pages = Arc<KVec<Page>>;

#[vtable]
impl VmOperations for Ops {
    type Data = Pages;
    type Mapped = Pages;

    fn mapped(_: Range<usize>, _: usize, data: &Pages) -> Result<Pages> {
        Ok(data.clone())
    }

    fn open(mapped: ArcBorrow<'_, KVec<Page>>) -> Pages {
        mapped.into()
    }

    #[cfg(not(fixed))]
    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        vmf.page_of(vmf.data())
    }

    #[cfg(fixed)]
    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let Some(pages) = vmf.mapped() else {
            return Err(VmFaultError::SIGBUS);
        };
        vmf.page_of(&pages)
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();

/// A hook that uses the table.
pub fn hook<'a>(data: &'a Pages, desc: &mut VmaDesc<'a>) {
    desc.set_vm_ops(&OPS, data);
}
