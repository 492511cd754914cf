// SPDX-License-Identifier: GPL-2.0

//! A misc device that counts its mappings.
//!
//! What `mmap()` of `/dev/rust_mmap_counter` returns begins with the number of mappings that it has
//! become, by `fork()` or partial `munmap()`. It fails with `EBUSY` if there are 16 in all.

use kernel::{
    fs::{
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
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
        vma_desc::VmaDesc,
        vmalloc::VmallocUser, //
    },
    module_misc_device,
    prelude::*,
    sync::atomic::*,
    sync::*, //
};

module_misc_device! {
    type: Counter,
    fops: FOPS,
    name: "rust_mmap_counter",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of mappings with a state in Rust",
    license: "GPL",
}

static MAPPINGS: Atomic<i32> = Atomic::new(0);

/// Counts mappings, in all and of one `mmap()`; returns how many there were in all.
fn add(page: &VmallocUser, mappings: i32) -> i32 {
    page.words()[0].add(mappings as u32, Relaxed);
    MAPPINGS.fetch_add(mappings, Relaxed)
}

struct Counter;

#[vtable]
impl VmOperations for Counter {
    type Data = ();
    type Mapped = Arc<VmallocUser>;

    fn mapped(_: core::ops::Range<usize>, _: usize, (): &()) -> Result<Self::Mapped> {
        let page = Arc::new(VmallocUser::new(1)?, GFP_KERNEL)?;

        if add(&page, 1) >= 16 {
            add(&page, -1);
            return Err(EBUSY);
        }
        Ok(page)
    }

    fn open(page: ArcBorrow<'_, VmallocUser>) -> Self::Mapped {
        add(&page, 1);
        page.into()
    }

    fn close(page: Option<Self::Mapped>) {
        page.map(|page| add(&page, -1));
    }

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        Ok(vmf.page(&vmf.mapped().ok_or(VmFaultError::SIGBUS)?.pages()[0]))
    }
}

#[vtable]
impl FileOperations for Counter {
    type Host = Misc<Self>;
    type Private = ();

    fn mmap_prepare<'a>((): (), desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        desc.try_clear_maywrite()?;
        desc.set_vm_ops(&VM_OPS, &());
        Ok(MmapAction::Nothing)
    }
}

static VM_OPS: VmOperationsVTable<Counter> = VmOperationsVTable::new();
static FOPS: FileOperationsVTable<Counter> = FileOperationsVTable::stateless();
