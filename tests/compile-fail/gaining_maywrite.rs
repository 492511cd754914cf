// SPDX-License-Identifier: GPL-2.0

//! Write access that neither the user nor the file gave.

// error: E0277
// says: expected `DriverFlag`, found `VmaFlag`

use kernel::{
    mm::{
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            VmaFlag, //
        },
    },
    prelude::*, //
};

fn hook(desc: &mut VmaDesc<'_>) {
    #[cfg(not(fixed))]
    desc.set_flags(VmaFlag::MAYWRITE);
    #[cfg(fixed)]
    desc.set_flags(DriverFlag::DONTDUMP);
}
