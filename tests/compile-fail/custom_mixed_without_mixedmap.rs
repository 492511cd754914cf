// SPDX-License-Identifier: GPL-2.0

//! Pages and frames in turn, inserted into a mapping that is not for them.

// error: E0080
// codegen
// says: `insert_mixed` needs `MIXEDMAP` in `FLAGS`

use kernel::{
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        },
    },
    page::Page,
    prelude::*, //
};

/// What fills the mapping.
pub struct Filler {
    page: Page,
}

impl MixedSource for Filler {
    fn entry(&self, _pgoff: usize) -> Result<MixedEntry<'_>> {
        Ok(MixedEntry::Page(&self.page))
    }
}

impl CustomMap for Filler {
    #[cfg(not(fixed))]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTEXPAND]);
    #[cfg(fixed)]
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        mapper.insert_mixed(0, 1, self)
    }
}

/// A hook that leaves the mapping to it.
pub fn hook<'a>(filler: &'a Filler, desc: &mut VmaDesc<'a>) -> MmapAction<'a> {
    desc.custom(filler)
}
