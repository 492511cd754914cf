// SPDX-License-Identifier: GPL-2.0

//! A nested hook of any file, whose operations may rely on the mapping being theirs.

// error: E0133
// says: is unsafe and requires unsafe block

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
    return desc.call_nested_unchecked(inner);
    #[cfg(fixed)]
    desc.call_nested(inner, table)
}
