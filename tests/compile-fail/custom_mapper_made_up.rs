// SPDX-License-Identifier: GPL-2.0

//! The handle of a hook, made up outside of one.

// error: E0451
// says: fields `raw` and `_invariant` of struct `VmaMapper` are private

use core::marker::PhantomData;
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

struct Filler;

impl CustomMap for Filler {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        #[cfg(not(fixed))]
        let mapper = &VmaMapper::<Self> {
            raw: core::ptr::null(),
            _invariant: PhantomData,
        };
        let _ = mapper.nr_pages();
        Ok(())
    }
}
