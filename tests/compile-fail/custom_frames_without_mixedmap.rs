// SPDX-License-Identifier: GPL-2.0

//! Special frames inserted into a mapping that is not for them.

// error: E0080
// codegen
// says: `insert_pfns` needs `MIXEDMAP` in `FLAGS`

use kernel::{
    mm::{
        contig_pages::ContigPages,
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
pub struct Filler {
    frames: ContigPages,
}

impl CustomMap for Filler {
    #[cfg(not(fixed))]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTEXPAND]);
    #[cfg(fixed)]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        mapper.insert_pfns(0, self.frames.frames())
    }
}

/// A hook that leaves the mapping to it.
pub fn hook<'a>(filler: &'a Filler, desc: &mut VmaDesc<'a>) -> MmapAction<'a> {
    desc.custom(filler)
}
