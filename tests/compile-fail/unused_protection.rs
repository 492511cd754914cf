// SPDX-License-Identifier: GPL-2.0

//! A memory type that is chosen and then not set.

// error: unused_must_use
// says: a protection has no effect until it is set with `VmaDesc::set_page_prot`

use kernel::{
    mm::vma_desc::VmaDesc,
    prelude::*, //
};

fn hook(desc: &mut VmaDesc<'_>) {
    #[cfg(not(fixed))]
    desc.page_prot().noncached();
    #[cfg(fixed)]
    desc.set_page_prot(desc.page_prot().noncached());
}
