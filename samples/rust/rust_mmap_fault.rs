// SPDX-License-Identifier: GPL-2.0

//! A misc device whose memory is mapped, and even allocated, when it is touched.
//!
//! Each open of `/dev/rust_mmap_fault` has 16 pages of memory of its own.

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
        mmap_action::MmapAction,
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc, //
    },
    module_misc_device,
    new_mutex,
    page::Page,
    prelude::*,
    sync::Mutex, //
};

module_misc_device! {
    type: Fault,
    fops: FOPS,
    name: "rust_mmap_fault",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of page faults in Rust",
    license: "GPL",
}

const NR_PAGES: usize = 16;

type Pages = Mutex<[Option<Page>; NR_PAGES]>;

struct Fault;

#[vtable]
impl VmOperations for Fault {
    type Data = Pages;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let mut pages = vmf.data().lock();
        let slot = pages.get_mut(vmf.pgoff()).ok_or(VmFaultError::SIGBUS)?;

        match slot {
            Some(page) => Ok(vmf.page(page)),
            None => Ok(vmf.page(slot.insert(Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?))),
        }
    }
}

#[vtable]
impl FileOperations for Fault {
    type Host = Misc<Self>;
    type Private = Pin<KBox<Pages>>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        KBox::pin_init(new_mutex!([const { None }; NR_PAGES]), GFP_KERNEL)
    }

    fn mmap_prepare<'a>(pages: Pin<&'a Pages>, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        desc.set_vm_ops(&VM_OPS, Pin::get_ref(pages));
        Ok(MmapAction::Nothing)
    }
}

static VM_OPS: VmOperationsVTable<Fault> = VmOperationsVTable::new();
static FOPS: FileOperationsVTable<Fault> = FileOperationsVTable::new();
