// SPDX-License-Identifier: GPL-2.0

//! A misc device whose mapping consists of ranges of several kinds.
//!
//! Each open of `/dev/rust_mmap_custom` has a page for a header, a page that is mapped as a frame,
//! such as registers would be, and a ring of two pages that the kernel sees as one piece.

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        mappable::MappablePfns,
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        },
        vmalloc::VmallocUser, //
    },
    module_misc_device,
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*, //
};

module_misc_device! {
    type: Custom,
    fops: FOPS,
    name: "rust_mmap_custom",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of several ranges in one mapping in Rust",
    license: "GPL",
}

struct Custom {
    header: [Page; 1],
    registers: Page,
    ring: VmallocUser,
}

impl CustomMap for Custom {
    const FLAGS: DriverFlags = DriverFlags::new(&[
        DriverFlag::MIXEDMAP,
        DriverFlag::DONTEXPAND,
        DriverFlag::DONTDUMP,
    ]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        mapper.insert_pages(0, &self.header)?;
        mapper.insert_pfns(1, MappablePfns::from_page(&self.registers))?;
        mapper.map_vmalloc(2, &self.ring, 0, 2)
    }
}

#[vtable]
impl FileOperations for Custom {
    type Host = Misc<Self>;
    type Private = KBox<Self>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        let ring = VmallocUser::new(2)?;

        // Over the boundary of its pages.
        ring.write(PAGE_SIZE - 4, b"the ring")?;

        let page = || Page::alloc_page(GFP_KERNEL | __GFP_ZERO);
        let (header, registers) = ([page()?], page()?);

        Ok(KBox::new(
            Self {
                header,
                registers,
                ring,
            },
            GFP_KERNEL,
        )?)
    }

    fn mmap_prepare<'a>(this: &'a Self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        if desc.pgoff() != 0 || desc.nr_pages() > 4 || !desc.may_share() {
            return Err(EINVAL);
        }
        Ok(desc.custom(this))
    }
}

static FOPS: FileOperationsVTable<Custom> = FileOperationsVTable::new();
