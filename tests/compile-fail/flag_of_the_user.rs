// SPDX-License-Identifier: GPL-2.0

//! Write access, sought among the flags that a driver may set.

// error: E0599
// says: associated function or constant not found in `DriverFlag`

use kernel::{
    mm::{
        vma_desc::VmaDesc,
        vma_flags::DriverFlag, //
    },
    prelude::*, //
};

fn hook(desc: &mut VmaDesc<'_>) {
    #[cfg(not(fixed))]
    desc.set_flags(DriverFlag::MAYWRITE);
    #[cfg(fixed)]
    desc.set_flags(DriverFlag::DONTDUMP);
}
