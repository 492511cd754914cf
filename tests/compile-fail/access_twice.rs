// SPDX-License-Identifier: GPL-2.0

//! Two ways for a debugger to get at the memory.

// error: E0080
// says: both `ACCESS` and `access` are set: leave one out

use kernel::{
    mm::vm_ops::{
        Access,
        AccessBuffer,
        VmOperations,
        VmOperationsVTable,
        VmaContext, //
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

    #[cfg(not(fixed))]
    const ACCESS: Access = Access::GenericPhys;

    fn access(_: VmaContext<'_, Self>, _addr: usize, _: AccessBuffer<'_>) -> Result<usize> {
        Err(EPERM)
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();
