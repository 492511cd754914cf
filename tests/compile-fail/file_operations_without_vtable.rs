// SPDX-License-Identifier: GPL-2.0

//! File operations without the attribute that notes which there are: the table would be empty.

// error: E0046
// says: missing: `USE_VTABLE_ATTR`, `OwnerModule`

use kernel::{
    fs::{
        FileOperations,
        Misc, //
    },
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Device;

#[cfg_attr(fixed, vtable)]
impl FileOperations for Device {
    type Host = Misc<Self>;
    type Private = ();
}
