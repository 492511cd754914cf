// SPDX-License-Identifier: GPL-2.0

//! A hook that works on what is gone when it runs.

// error: E0515
// says: cannot return value referencing local variable `filler`

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

struct Filler(usize);

impl CustomMap for Filler {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, _mapper: &VmaMapper<'a, Self>) -> Result {
        Ok(())
    }
}

fn hook<'a>(filler: &'a Filler, desc: &mut VmaDesc<'a>) -> MmapAction<'a> {
    #[cfg(not(fixed))]
    {
        let filler = Filler(desc.pgoff());

        desc.custom(&filler)
    }
    #[cfg(fixed)]
    desc.custom(filler)
}
