// SPDX-License-Identifier: GPL-2.0

//! KUnit tests of page faults for huge pages.

use super::mapping::{
    read,
    unmap,
    write,
    Backing,
    TestFile,
    SHARED, //
};
use crate::{
    alloc::flags::__GFP_NOWARN,
    mm::{
        contig_pages::ContigPages,
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult,
            VmHugeFault,
            VmHugeFaultResult, //
        },
        mmap_action::MmapAction,
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_flags::DriverFlag, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};

/// Mappings of one huge page.
struct Huge;

struct HugePage {
    memory: ContigPages,
    faults: Atomic<i32>,
}

impl HugePage {
    const NR_PAGES: usize = 1 << ContigPages::HUGE_ORDER;

    fn alloc() -> Result<Arc<Self>> {
        let flags = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;

        Ok(Arc::new(
            Self {
                memory: ContigPages::alloc(ContigPages::HUGE_ORDER, flags)?,
                faults: Atomic::new(0),
            },
            GFP_KERNEL,
        )?)
    }
}

#[vtable]
impl VmOperations for Huge {
    type Data = Backing<HugePage>;
    type Mapped = ();

    fn fault(_: VmFault<'_, Self>) -> VmFaultResult<'_> {
        Err(VmFaultError::SIGBUS)
    }

    fn huge_fault(vmf: VmHugeFault<'_, Self>) -> VmHugeFaultResult<'_> {
        let page = &vmf.data().state;

        // A page too far is refused.
        if vmf.insert_pfn(page.memory.frames(), 1).is_ok() {
            return Err(VmFaultError::HWPOISON.into());
        }

        let done = vmf.insert_pfn(page.memory.frames(), 0)?;

        page.faults.add(1, Relaxed);
        Ok(done)
    }
}

static HUGE: VmOperationsVTable<Huge> = VmOperationsVTable::new();

#[kunit_tests(rust_mm_huge_fault)]
mod tests {
    use super::*;

    #[test]
    fn huge_page_is_mapped_where_it_fits() -> Result {
        let size = HugePage::NR_PAGES * PAGE_SIZE;
        // There may be none left.
        let Ok(page) = HugePage::alloc() else {
            return Ok(());
        };
        let file = TestFile::new(0, page.clone(), |file, desc| {
            desc.set_flags(DriverFlag::PFNMAP);
            desc.set_vm_ops(&HUGE, file);
            Ok(MmapAction::Nothing)
        })?;
        // Whatever the address, a huge page fits in, and one page has no room for a huge one.
        let nr_pages = 2 * HugePage::NR_PAGES + 1;
        let addr = file.map_at(0, nr_pages, SHARED, 0)?;
        let huge = addr.next_multiple_of(size);
        let small = if huge == addr { addr + 2 * size } else { addr };

        assert_eq!(write(huge, 42), Ok(()));
        assert_eq!(read(huge), Ok(42));
        assert_eq!(read(huge + size - PAGE_SIZE), Ok(0));
        assert_eq!(page.faults.load(Relaxed), 1);
        assert_eq!(read(small), Err(EFAULT));
        unmap(addr, nr_pages)
    }
}
