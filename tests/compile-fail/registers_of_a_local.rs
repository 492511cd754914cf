// SPDX-License-Identifier: GPL-2.0

//! Device memory whose region is released when the hook returns.

// error: E0597
// says: argument requires that `requested` is borrowed for `'a`

use kernel::{
    io::resource::Region,
    mm::{
        mappable::IoMemory,
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(
    owned: &'a Region,
    requested: Region,
    desc: &mut VmaDesc<'a>,
) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let io = IoMemory::from_region(&requested)?;
    #[cfg(fixed)]
    let io = IoMemory::from_region(owned)?;

    Ok(desc.simple_ioremap(io))
}
