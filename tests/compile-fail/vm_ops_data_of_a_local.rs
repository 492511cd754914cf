// SPDX-License-Identifier: GPL-2.0

//! Operations whose data is gone before the first page fault.

// error: E0597
// says: argument requires that `buffer` is borrowed for `'a`

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
struct BufferOps;

#[vtable]
impl VmOperations for BufferOps {
    type Data = Buffer;
    type Mapped = ();
}

static OPS: VmOperationsVTable<BufferOps> = VmOperationsVTable::new();

fn hook<'a>(buffer: &'a Buffer, desc: &mut VmaDesc<'a>) {
    #[cfg(not(fixed))]
    {
        let buffer = Buffer;

        desc.set_vm_ops(&OPS, &buffer);
    }
    #[cfg(fixed)]
    desc.set_vm_ops(&OPS, buffer);
}
