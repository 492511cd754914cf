// SPDX-License-Identifier: GPL-2.0

//! State of a mapping that would have two owners when the mapping is split.

// error: E0080
// says: state of a mapping must be duplicated when the mapping is: `open` is missing

use core::ops::Range;
use kernel::{
    mm::vm_ops::{
        VmOperations,
        VmOperationsVTable, //
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

    #[cfg(fixed)]
    fn open(mapped: ArcBorrow<'_, u32>) -> Arc<u32> {
        mapped.into()
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();
