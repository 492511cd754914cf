// SPDX-License-Identifier: GPL-2.0

//! Mapping by number without saying why this memory may be mapped.

// error: E0133
// says: call to unsafe function `MappablePfns::<'a>::new` is unsafe

use kernel::{
    mm::{
        addr::Pfn,
        mappable::MappablePfns,
        mmap_action::MmapAction,
        shared_region::HeldRegion,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(region: &'a HeldRegion, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let pfns = MappablePfns::new(Pfn::from_raw(0x100), 16);
    #[cfg(fixed)]
    let pfns = MappablePfns::from_region(region)?;

    desc.remap_full(pfns)
}
