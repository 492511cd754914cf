// SPDX-License-Identifier: GPL-2.0

//! A flag by which core mm keeps its books.

// error: E0599
// says: associated function or constant not found in `DriverFlag`

use kernel::mm::vma_flags::{
    DriverFlag,
    DriverFlags, //
};

#[cfg(not(fixed))]
const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTCOPY, DriverFlag::LOCKED]);
#[cfg(fixed)]
const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTCOPY]);
