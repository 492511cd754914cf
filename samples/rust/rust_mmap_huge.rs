// SPDX-License-Identifier: GPL-2.0

//! A misc device with a huge page.
//!
//! Each open of `/dev/rust_mmap_huge` has one of its own, which a single page fault maps as a whole
//! if the mapping is large enough. Where it is not, each page of it has its fault.

use kernel::{
    fs::{
        file_operations::*,
        File,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
    mm::{
        contig_pages::ContigPages,
        fault::*,
        mmap_action::MmapAction,
        vm_ops::*,
        vma_desc::VmaDesc,
        vma_flags::DriverFlag, //
    },
    module_misc_device,
    prelude::*, //
};

module_misc_device! {
    type: Huge,
    fops: FOPS,
    name: "rust_mmap_huge",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of huge page faults in Rust",
    license: "GPL",
}

struct Huge;

#[vtable]
impl VmOperations for Huge {
    type Data = ContigPages;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        vmf.insert_pfn(vmf.data().frames(), vmf.pgoff())
    }

    fn huge_fault(vmf: VmHugeFault<'_, Self>) -> VmHugeFaultResult<'_> {
        vmf.insert_pfn(
            vmf.data().frames(),
            vmf.pgoff() >> vmf.order() << vmf.order(),
        )
    }
}

#[vtable]
impl FileOperations for Huge {
    type Host = Misc<Self>;
    type Private = KBox<ContigPages>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        let page = ContigPages::alloc(ContigPages::HUGE_ORDER, GFP_KERNEL | __GFP_ZERO)?;

        Ok(KBox::new(page, GFP_KERNEL)?)
    }

    fn mmap_prepare<'a>(page: &'a ContigPages, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        if !desc.may_share() {
            return Err(EINVAL);
        }
        page.frames().get(desc.pgoff(), desc.nr_pages())?;
        desc.set_flags(DriverFlag::PFNMAP | DriverFlag::DONTEXPAND);
        desc.set_vm_ops(&VM_OPS, page);
        Ok(MmapAction::Nothing)
    }

    fn get_unmapped_area(_file: &File, req: &UnmappedAreaRequest) -> UnmappedArea {
        req.huge_area()
    }
}

static VM_OPS: VmOperationsVTable<Huge> = VmOperationsVTable::new();
static FOPS: FileOperationsVTable<Huge> = FileOperationsVTable::new();
