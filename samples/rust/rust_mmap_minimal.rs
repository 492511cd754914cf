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
    miscdevice::{
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::Page,
    prelude::*, //
};

module! {
    type: MinimalModule,
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

#[pin_data]
struct MinimalModule {
    #[pin]
    _device: MiscDeviceRegistration<Minimal>,
}

impl kernel::InPlaceModule for MinimalModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions {
            name: c"rust_mmap_minimal",
        };

        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register_fops(options, &MINIMAL),
        })
    }
}
