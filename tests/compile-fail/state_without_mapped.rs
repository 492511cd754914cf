// SPDX-License-Identifier: GPL-2.0

//! The state of a mapping, asked for where nothing makes one.

// error: E0080
// codegen
// says: no mapping has a state, as `mapped` returns none: use `data()`

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
    sync::Arc, //
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    type Data = KVec<Page>;
    type Mapped = Arc<KVec<Page>>;

    #[cfg(not(fixed))]
    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let Some(pages) = vmf.mapped() else {
            return Err(VmFaultError::SIGBUS);
        };
        vmf.page_of(&pages)
    }

    #[cfg(fixed)]
    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        vmf.page_of(vmf.data())
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();

/// A hook that uses the table.
pub fn hook<'a>(data: &'a KVec<Page>, desc: &mut VmaDesc<'a>) {
    desc.set_vm_ops(&OPS, data);
}
