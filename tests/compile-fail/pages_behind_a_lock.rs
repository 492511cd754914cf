// SPDX-License-Identifier: GPL-2.0

//! Pages that a lock guards: another thread may drop them once the hook has returned.

// error: E0515
// says: returns a value referencing data owned by the current function

use kernel::{
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*,
    sync::Mutex, //
};

#[pin_data]
struct Buffer {
    #[pin]
    growing: Mutex<KVec<Page>>,
    fixed: KVec<Page>,
}

fn hook<'a>(buffer: &'a Buffer, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let pages = buffer.growing.lock();
    #[cfg(fixed)]
    let pages = &buffer.fixed;

    desc.map_pages_full(&pages)
}
