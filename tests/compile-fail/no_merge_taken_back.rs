// SPDX-License-Identifier: GPL-2.0

//! Mappings with a state of their own, made mergeable; the state of one of two would be lost.

// error: E0599
// says: no method named `clear_flags` found for mutable reference `&mut VmaDesc<'a>`

use core::ops::Range;
use kernel::{
    mm::{
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc,
        vma_flags::DriverFlag, //
    },
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
    type Data = Arc<u32>;
    type Mapped = Arc<u32>;

    fn mapped(_: Range<usize>, _: usize, data: &Arc<u32>) -> Result<Arc<u32>> {
        Ok(data.clone())
    }

    fn open(mapped: ArcBorrow<'_, u32>) -> Arc<u32> {
        mapped.into()
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();

fn hook<'a>(data: &'a Arc<u32>, desc: &mut VmaDesc<'a>) {
    desc.set_vm_ops(&OPS, data);

    #[cfg(not(fixed))]
    desc.clear_flags(DriverFlag::DONTEXPAND);
}
