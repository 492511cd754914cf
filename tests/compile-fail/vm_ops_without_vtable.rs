// SPDX-License-Identifier: GPL-2.0

//! Operations without the attribute that notes which there are: the table would be empty.

// error: E0046
// says: missing: `USE_VTABLE_ATTR`, `OwnerModule`

use kernel::{
    mm::vm_ops::VmOperations,
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[cfg_attr(fixed, vtable)]
impl VmOperations for Ops {
    type Data = ();
    type Mapped = ();
}
