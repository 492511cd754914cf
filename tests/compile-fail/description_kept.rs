// SPDX-License-Identifier: GPL-2.0

//! A description used after the hook: it was on the stack of the caller.

// error: none
// says: requirement occurs because of a mutable reference to `VmaDesc<'_>`
// says: must outlive `'static`

use kernel::{
    mm::vma_desc::VmaDesc,
    prelude::*, //
};

struct Later {
    desc: Option<&'static mut VmaDesc<'static>>,
    start: usize,
}

fn hook(later: &mut Later, desc: &mut VmaDesc<'_>) {
    #[cfg(not(fixed))]
    {
        later.desc = Some(desc);
    }
    #[cfg(fixed)]
    {
        later.start = desc.start();
    }
}
