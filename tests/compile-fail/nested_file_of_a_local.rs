// SPDX-License-Identifier: GPL-2.0

//! A nested hook of a file that the outer one does not keep.

// error: E0515
// says: cannot return value referencing function parameter `opened`

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
    prelude::*,
    sync::aref::ARef, //
};

fn hook<'a, T: FileOperations>(
    kept: &'a File,
    opened: ARef<File>,
    table: &'static FileOperationsVTable<T>,
    desc: &mut VmaDesc<'a>,
) -> Result<MmapAction<'a>> {
    #[cfg(not(fixed))]
    let inner = &opened;
    #[cfg(fixed)]
    let inner = kept;

    desc.call_nested(inner, table)
}
