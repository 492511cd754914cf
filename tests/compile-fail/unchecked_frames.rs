// SPDX-License-Identifier: GPL-2.0

//! A range of frames that nobody compared with the mapping.

// error: E0451
// says: fields `start`, `pfn`, `size` and `_owner` of struct `PfnRange` are private

use core::marker::PhantomData;
use kernel::{
    mm::{
        mappable::MappablePfns,
        mmap_action::{
            MmapAction,
            PfnRange, //
        },
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(pfns: MappablePfns<'a>, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let range = PfnRange {
        start: desc.start(),
        pfn: pfns.start().as_raw(),
        size: 1 << 30,
        _owner: PhantomData,
    };
    #[cfg(fixed)]
    let range = desc.pfn_range(desc.start(), pfns)?;

    Ok(MmapAction::RemapPfn(range))
}
