// SPDX-License-Identifier: GPL-2.0

//! A nested hook whose action is not passed on.

// error: unused_must_use
// says: an action does nothing unless the hook returns it

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable, //
    },
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

fn hook<'a, T: FileOperations>(
    inner: &'a File,
    table: &'static FileOperationsVTable<T>,
    desc: &mut VmaDesc<'a>,
) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    {
        desc.call_nested(inner, table)?;
        Ok(MmapAction::Nothing)
    }
    #[cfg(fixed)]
    desc.call_nested(inner, table)
}
