// SPDX-License-Identifier: GPL-2.0

//! Frames remapped into a mapping that is not for them.

// error: E0080
// codegen
// says: `remap_pfns` needs all of `REMAP` in `FLAGS`

use kernel::{
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        mappable::MappablePfns,
        mmap_action::MmapAction,
        shared_region::HeldRegion,
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        },
    },
    prelude::*, //
};

/// What fills the mapping.
pub struct Filler {
    registers: HeldRegion,
}

impl CustomMap for Filler {
    #[cfg(not(fixed))]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::PFNMAP]);
    #[cfg(fixed)]
    const FLAGS: DriverFlags = DriverFlags::new(&[
        DriverFlag::PFNMAP,
        DriverFlag::IO,
        DriverFlag::DONTEXPAND,
        DriverFlag::DONTDUMP,
    ]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        mapper.remap_pfns(
            0,
            MappablePfns::from_region(&self.registers)?,
            mapper.page_prot(),
        )
    }
}

/// A hook that leaves the mapping to it.
pub fn hook<'a>(filler: &'a Filler, desc: &mut VmaDesc<'a>) -> MmapAction<'a> {
    desc.custom(filler)
}
