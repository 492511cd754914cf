// SPDX-License-Identifier: GPL-2.0

//! A nested hook of a type that has none.

// error: link
// says: rust_build_error

use kernel::{
    fs::{
        FileOperations,
        Misc, //
    },
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Inner;

#[vtable]
impl FileOperations for Inner {
    type Host = Misc<Self>;
    type Private = ();

    #[cfg(fixed)]
    fn mmap_prepare<'a>(_data: (), _desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        Ok(MmapAction::Nothing)
    }
}

/// A hook that calls another.
pub fn outer<'a>(desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
    Inner::mmap_prepare((), desc)
}
