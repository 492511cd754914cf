// SPDX-License-Identifier: GPL-2.0

//! Bits of a page table entry that a driver thinks it knows.

// error: E0308
// says: expected `PgProt`, found integer

use kernel::{
    mm::vma_desc::VmaDesc,
    prelude::*, //
};

fn hook(desc: &mut VmaDesc<'_>) {
    #[cfg(not(fixed))]
    let prot = 0x27;
    #[cfg(fixed)]
    let prot = desc.page_prot().device();

    desc.set_page_prot(prot);
}
