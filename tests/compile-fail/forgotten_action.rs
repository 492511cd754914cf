// SPDX-License-Identifier: GPL-2.0

//! An action that is made, and then not returned.

// error: unused_must_use
// says: an action does nothing unless the hook returns it

use kernel::{
    mm::{
        mappable::IoMemory,
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a>(io: IoMemory<'a>, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    #[cfg(fixed)]
    return Ok(desc.simple_ioremap(io));

    #[cfg(not(fixed))]
    {
        desc.simple_ioremap(io);
        Ok(MmapAction::Nothing)
    }
}
