// SPDX-License-Identifier: GPL-2.0

//! A misc device whose memory is mapped in part at once, and in part when it is touched.
//!
//! Each open of `/dev/rust_mmap_mixed_pages` has eight pages of memory of its own. The first four,
//! which are counted, are there when `mmap()` returns; the others are frames that page faults map.

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
    mm::{
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult, //
        },
        mappable::MappablePfns,
        mmap_action::MmapAction,
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc,
        vma_flags::DriverFlag, //
    },
    module_misc_device,
    page::Page,
    prelude::*, //
};

module_misc_device! {
    type: MixedPages,
    fops: FOPS,
    name: "rust_mmap_mixed_pages",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of inserted pages beside page faults in Rust",
    license: "GPL",
}

const NR_PAGES: usize = 8;
const NR_EAGER: usize = 4;

struct MixedPages;

#[vtable]
impl VmOperations for MixedPages {
    type Data = KVec<Page>;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let page = vmf.data().get(vmf.pgoff()).ok_or(VmFaultError::SIGBUS)?;

        vmf.insert_mixed(MappablePfns::from_page(page), 0)
    }
}

#[vtable]
impl FileOperations for MixedPages {
    type Host = Misc<Self>;
    type Private = KBox<KVec<Page>>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        let mut pages = KVec::with_capacity(NR_PAGES, GFP_KERNEL)?;

        for _ in 0..NR_PAGES {
            pages.push(Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?, GFP_KERNEL)?;
        }
        Ok(KBox::new(pages, GFP_KERNEL)?)
    }

    fn mmap_prepare<'a>(pages: &'a KVec<Page>, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        let (first, len) = (desc.pgoff(), desc.nr_pages());

        if first > NR_PAGES || len > NR_PAGES - first {
            return Err(EINVAL);
        }
        desc.set_flags(DriverFlag::MIXEDMAP);
        desc.set_vm_ops(&VM_OPS, pages);

        match pages.get(first..NR_EAGER.min(first + len)) {
            Some(eager) if !eager.is_empty() => Ok(MmapAction::InsertMixedPages(
                desc.page_range(desc.start(), eager)?,
            )),
            _ => Ok(MmapAction::Nothing),
        }
    }
}

static VM_OPS: VmOperationsVTable<MixedPages> = VmOperationsVTable::new();
static FOPS: FileOperationsVTable<MixedPages> = FileOperationsVTable::new();
