// SPDX-License-Identifier: GPL-2.0

//! A misc device whose memory is mapped by page frame number.
//!
//! Each open of `/dev/rust_mmap_remap` has four pages in a row of its own. As the mapping does not
//! count them, user space cannot hold on to them by any other means than the mapping.

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
    mm::{
        contig_pages::ContigPages,
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    module_misc_device,
    prelude::*, //
};

module_misc_device! {
    type: Remap,
    fops: REMAP,
    name: "rust_mmap_remap",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of remapped page frames in Rust",
    license: "GPL",
}

struct Remap;

#[vtable]
impl FileOperations for Remap {
    type Host = Misc<Self>;
    type Private = KBox<ContigPages>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        let pages = ContigPages::alloc(2, GFP_KERNEL | __GFP_ZERO)?;

        Ok(KBox::new(pages, GFP_KERNEL)?)
    }

    fn mmap_prepare<'a>(
        memory: &'a ContigPages,
        desc: &mut VmaDesc<'a>, //
    ) -> Result<MmapAction<'a>> {
        // Whoever writes to it shall mean the device, not a copy.
        if !desc.may_share() {
            return Err(EINVAL);
        }

        desc.remap_full(memory.frames().get(desc.pgoff(), desc.nr_pages())?)
    }
}

static REMAP: FileOperationsVTable<Remap> = FileOperationsVTable::new();
