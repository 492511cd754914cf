// SPDX-License-Identifier: GPL-2.0

//! Operations given the data of another driver.

// error: E0308
// says: expected `&Buffer`, found `&Other`

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

struct Buffer;
struct Other;
struct BufferOps;

#[vtable]
impl VmOperations for BufferOps {
    type Data = Buffer;
    type Mapped = ();
}

static OPS: VmOperationsVTable<BufferOps> = VmOperationsVTable::new();

fn hook<'a>(buffer: &'a Buffer, other: &'a Other, desc: &mut VmaDesc<'a>) {
    #[cfg(not(fixed))]
    desc.set_vm_ops(&OPS, other);
    #[cfg(fixed)]
    desc.set_vm_ops(&OPS, buffer);
}
