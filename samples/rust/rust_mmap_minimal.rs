// SPDX-License-Identifier: GPL-2.0

//! The smallest misc device that can be mapped.
//!
//! Each open of `/dev/rust_mmap_minimal` has four pages of memory of its own.

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    module_misc_device,
    page::Page,
    prelude::*, //
};

module_misc_device! {
    type: Minimal,
    fops: MINIMAL,
    name: "rust_mmap_minimal",
    authors: ["Rust for Linux Contributors"],
    description: "Minimal sample of mmap_prepare in Rust",
    license: "GPL",
}

struct Minimal;

#[vtable]
impl FileOperations for Minimal {
    type Host = Misc<Self>;
    type Private = KBox<[Page; 4]>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        let page = || Page::alloc_page(GFP_KERNEL | __GFP_ZERO);

        Ok(KBox::new([page()?, page()?, page()?, page()?], GFP_KERNEL)?)
    }

    fn mmap_prepare<'a>(
        memory: &'a [Page; 4],
        desc: &mut VmaDesc<'a>, //
    ) -> Result<MmapAction<'a>> {
        let pages = memory.get(desc.pgoff()..).ok_or(EINVAL)?;

        desc.map_pages_full(pages)
    }
}

static MINIMAL: FileOperationsVTable<Minimal> = FileOperationsVTable::new();
