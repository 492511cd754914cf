// SPDX-License-Identifier: GPL-2.0

//! Pages read under RCU: they may be freed when the read side ends, with the hook.

// error: E0515
// says: returns a value referencing data owned by the current function

use kernel::{
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*,
    revocable::Revocable, //
};

#[pin_data]
struct Buffer {
    #[pin]
    revocable: Revocable<KVec<Page>>,
    fixed: KVec<Page>,
}

fn hook<'a>(buffer: &'a Buffer, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let pages = buffer.revocable.try_access().ok_or(ENXIO)?;
    #[cfg(fixed)]
    let pages = &buffer.fixed;

    desc.map_pages_full(&pages)
}
