// SPDX-License-Identifier: GPL-2.0

//! State of no size, whose pointer leaves no room for the bit that tells it from the data.

// error: E0080
// says: the lowest bit of the private data is in use: align `Data` and `Mapped` to 2 bytes or more

use core::ops::Range;
use kernel::{
    mm::vm_ops::{
        VmOperations,
        VmOperationsVTable, //
    },
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[cfg(not(fixed))]
struct Guard;
#[cfg(fixed)]
struct Guard(#[expect(dead_code)] u32);

#[vtable]
impl VmOperations for Ops {
    type Data = Guard;
    type Mapped = KBox<Guard>;

    fn mapped(_: Range<usize>, _: usize, _: &Guard) -> Result<KBox<Guard>> {
        Err(ENOMEM)
    }

    fn open(_: &Guard) -> KBox<Guard> {
        loop {}
    }
}

static OPS: VmOperationsVTable<Ops> = VmOperationsVTable::new();
