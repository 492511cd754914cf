// SPDX-License-Identifier: GPL-2.0

//! Data that leaves no room for the bit that tells it from the state of a mapping.

// error: E0080
// says: the lowest bit of the private data is in use: align `Data` and `Mapped` to 2 bytes or more

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

#[cfg(not(fixed))]
type Data = u8;
#[cfg(fixed)]
type Data = u32;

#[vtable]
impl VmOperations for Ops {
    type Data = Data;
    type Mapped = Arc<Data>;

    fn mapped(_: Range<usize>, _: usize, data: &Data) -> Result<Arc<Data>> {
        Ok(Arc::new(*data, GFP_KERNEL)?)
    }

    fn open(mapped: ArcBorrow<'_, Data>) -> Arc<Data> {
        mapped.into()
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();
