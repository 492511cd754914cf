// SPDX-License-Identifier: GPL-2.0

//! A hook for a mapping that could be merged with its neighbour, and then would never run.

// error: E0080
// codegen
// says: a mapping without any of `SPECIAL` in `FLAGS` could be merged instead of being filled

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
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTDUMP]);
    #[cfg(fixed)]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTDUMP, DriverFlag::DONTEXPAND]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        let _ = mapper.nr_pages();
        Ok(())
    }
}

/// A hook that leaves the mapping to it.
pub fn hook<'a>(filler: &'a Filler, desc: &mut VmaDesc<'a>) -> MmapAction<'a> {
    desc.custom(filler)
}
