// SPDX-License-Identifier: GPL-2.0

//! The handle of a hook handed to another thread, which may outlive the hook.

// error: E0277
// says: required because it appears within the type `VmaMapper<'a, Filler>`

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

fn spawn<T: Send>(_: T) {}

struct Filler;

impl CustomMap for Filler {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        #[cfg(not(fixed))]
        spawn(mapper);
        #[cfg(fixed)]
        spawn(mapper.nr_pages());
        Ok(())
    }
}
