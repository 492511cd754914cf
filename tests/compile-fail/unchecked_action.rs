// SPDX-License-Identifier: GPL-2.0

//! An action without the range that says where it goes.

// error: E0308
// says: expected `PfnRange<'_>`, found `MappablePfns<'_>`

use kernel::{
    mm::{
        mappable::MappablePfns,
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(pfns: MappablePfns<'a>, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let range = pfns;
    #[cfg(fixed)]
    let range = desc.pfn_range(desc.start(), pfns)?;

    Ok(MmapAction::IoRemapPfn(range))
}
