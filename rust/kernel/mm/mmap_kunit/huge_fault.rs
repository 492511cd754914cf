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
    bindings,
    mm::{
        addr::Pfn,
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult,
            VmHugeFault,
            VmHugeFaultResult, //
        },
        mappable::MappablePfns,
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
use core::ptr::NonNull;

/// Mappings of one huge page.
struct Huge;

struct HugePage {
    page: NonNull<bindings::page>,
    faults: Atomic<i32>,
}

// SAFETY: Pages belong to no thread.
unsafe impl Send for HugePage {}
// SAFETY: The page is not accessed.
unsafe impl Sync for HugePage {}

impl HugePage {
    const NR_PAGES: usize = 1 << bindings::HUGE_PMD_ORDER;

    fn alloc() -> Result<Arc<Self>> {
        let flags = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;
        // SAFETY: A test may sleep.
        let page = unsafe { bindings::alloc_pages(flags.as_raw(), bindings::HUGE_PMD_ORDER) };

        Ok(Arc::new(
            Self {
                page: NonNull::new(page).ok_or(ENOMEM)?,
                faults: Atomic::new(0),
            },
            GFP_KERNEL,
        )?)
    }

    fn pfns(&self) -> MappablePfns<'_> {
        // SAFETY: Valid until it is dropped.
        let pfn = unsafe { bindings::page_to_pfn(self.page.as_ptr()) };

        // SAFETY: The pages are not used for anything else.
        unsafe { MappablePfns::new(Pfn::from_raw(pfn), Self::NR_PAGES) }
    }
}

impl Drop for HugePage {
    fn drop(&mut self) {
        // SAFETY: Allocated with this order.
        unsafe { bindings::__free_pages(self.page.as_ptr(), bindings::HUGE_PMD_ORDER) };
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
        if vmf.insert_pfn(page.pfns(), 1).is_ok() {
            return Err(VmFaultError::HWPOISON.into());
        }

        let done = vmf.insert_pfn(page.pfns(), 0)?;

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
