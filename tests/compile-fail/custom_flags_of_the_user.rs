// SPDX-License-Identifier: GPL-2.0

//! A hook that wants a mapping to be writable.

// error: E0599
// says: associated function or constant not found in `DriverFlag`

use kernel::{
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        },
    },
    prelude::*, //
};

/// What fills the mapping.
pub struct Filler;

impl CustomMap for Filler {
    #[cfg(not(fixed))]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP, DriverFlag::WRITE]);
    #[cfg(fixed)]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        let _ = mapper.nr_pages();
        Ok(())
    }
}

/// A hook that leaves the mapping to it.
pub fn hook<'a>(filler: &'a Filler, desc: &mut VmaDesc<'a>) -> MmapAction<'a> {
    desc.custom(filler)
}
