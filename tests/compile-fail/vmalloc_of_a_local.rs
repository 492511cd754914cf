// SPDX-License-Identifier: GPL-2.0

//! Memory of the kernel that is freed when the hook returns.

// error: E0515
// says: returns a value referencing data owned by the current function

use kernel::{
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vmalloc::VmallocUser, //
    },
    prelude::*, //
};

fn hook<'a>(ring: &'a VmallocUser, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let ring = &VmallocUser::new(desc.nr_pages())?;

    desc.map_pages_full(ring.pages())
}
