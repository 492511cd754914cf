// SPDX-License-Identifier: GPL-2.0

//! Memory of the kernel in a mapping that is dumped and expanded.

// error: E0080
// codegen
// says: `map_vmalloc` needs `MIXEDMAP`, `DONTEXPAND` and `DONTDUMP` in `FLAGS`

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
        vmalloc::VmallocUser, //
    },
    prelude::*, //
};

/// What fills the mapping.
pub struct Filler {
    ring: VmallocUser,
}

impl CustomMap for Filler {
    #[cfg(not(fixed))]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);
    #[cfg(fixed)]
    const FLAGS: DriverFlags = DriverFlags::new(&[
        DriverFlag::MIXEDMAP,
        DriverFlag::DONTEXPAND,
        DriverFlag::DONTDUMP,
    ]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        mapper.map_vmalloc(0, &self.ring, 0, mapper.nr_pages())
    }
}

/// A hook that leaves the mapping to it.
pub fn hook<'a>(filler: &'a Filler, desc: &mut VmaDesc<'a>) -> MmapAction<'a> {
    desc.custom(filler)
}
