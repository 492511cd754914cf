// SPDX-License-Identifier: GPL-2.0

//! A hook for the end of a state that nothing made.

// error: E0080
// says: `open` and `close` work on what `mapped` returns: `mapped` is missing, or returns `()`

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

    #[cfg(fixed)]
    fn mapped(_: Range<usize>, _: usize, data: &Arc<u32>) -> Result<Arc<u32>> {
        Ok(data.clone())
    }

    fn open(mapped: ArcBorrow<'_, u32>) -> Arc<u32> {
        mapped.into()
    }

    fn close(mapped: Option<Arc<u32>>) {
        drop(mapped);
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();
