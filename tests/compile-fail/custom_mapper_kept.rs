// SPDX-License-Identifier: GPL-2.0

//! The handle of a hook, kept for later, when the mapping may be gone.

// error: none
// says: let's call the lifetime of this reference `'1`
// says: must outlive `'f`

use core::cell::Cell;
use kernel::{
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        },
    },
    prelude::*, //
};

struct Filler<'f> {
    mapper: Cell<Option<&'f VmaMapper<'f, Self>>>,
    nr_pages: Cell<usize>,
}

impl<'f> CustomMap for Filler<'f> {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        #[cfg(not(fixed))]
        self.mapper.set(Some(mapper));
        #[cfg(fixed)]
        self.nr_pages.set(mapper.nr_pages());
        Ok(())
    }
}
