// SPDX-License-Identifier: GPL-2.0

//! A table of operations that is gone when the hook returns.

// error: E0716
// says: argument requires that borrow lasts for `'static`

use kernel::{
    mm::{
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    type Data = ();
    type Mapped = ();
}

fn hook(desc: &mut VmaDesc<'_>) {
    #[cfg(not(fixed))]
    let table = &VmOperationsVTable::<Ops>::new();
    #[cfg(fixed)]
    let table = {
        static TABLE: VmOperationsVTable<Ops> = VmOperationsVTable::new();
        &TABLE
    };

    desc.set_vm_ops(table, &());
}
