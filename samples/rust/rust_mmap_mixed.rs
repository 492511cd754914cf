// SPDX-License-Identifier: GPL-2.0

//! A misc device whose memory is mapped as counted pages and bare frames in turn.
//!
//! Each open of `/dev/rust_mmap_mixed` has eight pages of memory of its own. User space tells them
//! apart by what it can do with them: only a counted page can be held, say by a pipe.

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
    mm::{
        mappable::MappablePfns,
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    module_misc_device,
    page::Page,
    prelude::*, //
};

module_misc_device! {
    type: Mixed,
    fops: FOPS,
    name: "rust_mmap_mixed",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of pages and frames in one mapping in Rust",
    license: "GPL",
}

const NR_PAGES: usize = 8;

struct Mixed {
    pages: KVec<Page>,
}

impl MixedSource for Mixed {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        // A mapping that reaches behind the end fails here.
        let page = self.pages.get(pgoff).ok_or(EINVAL)?;

        if pgoff % 2 == 0 {
            Ok(MixedEntry::Page(page))
        } else {
            Ok(MixedEntry::Special(MappablePfns::from_page(page).frame(0)?))
        }
    }
}

#[vtable]
impl FileOperations for Mixed {
    type Host = Misc<Self>;
    type Private = KBox<Self>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        let mut pages = KVec::with_capacity(NR_PAGES, GFP_KERNEL)?;

        for _ in 0..NR_PAGES {
            pages.push(Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?, GFP_KERNEL)?;
        }
        Ok(KBox::new(Self { pages }, GFP_KERNEL)?)
    }

    fn mmap_prepare<'a>(this: &'a Self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        Ok(desc.insert_mixed_full(this))
    }
}

static FOPS: FileOperationsVTable<Mixed> = FileOperationsVTable::new();
