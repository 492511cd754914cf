// SPDX-License-Identifier: GPL-2.0

//! KUnit tests of page faults.

use super::mapping::{
    read,
    unmap,
    write,
    Backing,
    Hook,
    TestFile,
    PRIVATE,
    SHARED, //
};
use crate::{
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
        vma_flags::DriverFlag, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc, //
};

/// Mappings that are filled as a test says.
struct Filled;

type Fill = for<'v> fn(&VmFault<'v, Filled>) -> VmFaultResult<'v>;

#[vtable]
impl VmOperations for Filled {
    type Data = Backing<Fill>;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let fill: Fill = *vmf.data().state;

        fill(&vmf)
    }
}

static FILLED: VmOperationsVTable<Filled> = VmOperationsVTable::new();

/// Maps three pages of which the file has two, filled by `fill`.
fn filled(sharing: u32, hook: Hook<Fill>, fill: Fill) -> Result<usize> {
    TestFile::new(2, Arc::new(fill, GFP_KERNEL)?, hook)?.map(3, sharing)
}

#[kunit_tests(rust_mm_fault)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded() -> Result {
        let hook: Hook<Fill> = |file, desc| {
            desc.set_vm_ops(&FILLED, file);
            Ok(MmapAction::Nothing)
        };

        for sharing in [SHARED, PRIVATE] {
            let addr = filled(sharing, hook, |vmf| vmf.page_of(&vmf.data().pages))?;

            assert_eq!(read(addr), Ok(1));
            assert_eq!(write(addr + PAGE_SIZE, 42), Ok(()));
            assert_eq!(read(addr + PAGE_SIZE), Ok(42));
            assert_eq!(read(addr + 2 * PAGE_SIZE), Err(EFAULT));
            unmap(addr, 3)?;
        }
        Ok(())
    }

    #[test]
    fn frames_need_a_mapping_for_frames() -> Result {
        let insert: Fill = |vmf| {
            let page = vmf
                .data()
                .pages
                .get(vmf.pgoff())
                .ok_or(VmFaultError::SIGBUS)?;

            vmf.insert_pfn(MappablePfns::from_page(page), 0)
        };
        let pfnmap: Hook<Fill> = |file, desc| {
            desc.set_flags(DriverFlag::PFNMAP);
            desc.set_vm_ops(&FILLED, file);
            Ok(MmapAction::Nothing)
        };

        let addr = filled(SHARED, pfnmap, insert)?;
        assert_eq!(read(addr), Ok(1));
        assert_eq!(read(addr + PAGE_SIZE), Ok(2));
        assert_eq!(read(addr + 2 * PAGE_SIZE), Err(EFAULT));
        unmap(addr, 3)?;

        // A page in its place is refused.
        let addr = filled(SHARED, pfnmap, |vmf| vmf.page_of(&vmf.data().pages))?;
        assert_eq!(read(addr), Err(EFAULT));
        unmap(addr, 3)?;

        // Each of these would stop the machine.
        let addr = filled(PRIVATE, pfnmap, insert)?;
        assert_eq!(read(addr), Err(EFAULT));
        unmap(addr, 3)?;

        let addr = filled(
            SHARED,
            |file, desc| {
                desc.set_vm_ops(&FILLED, file);
                Ok(MmapAction::Nothing)
            },
            insert,
        )?;
        assert_eq!(read(addr), Err(EFAULT));
        unmap(addr, 3)?;

        let addr = filled(
            SHARED,
            |file, desc| {
                desc.set_flags(DriverFlag::PFNMAP | DriverFlag::MIXEDMAP);
                desc.set_vm_ops(&FILLED, file);
                Ok(MmapAction::Nothing)
            },
            insert,
        )?;
        assert_eq!(read(addr), Err(EFAULT));
        unmap(addr, 3)
    }

    #[test]
    fn mixed_entries_need_a_mixed_mapping() -> Result {
        let mixedmap: Hook<Fill> = |file, desc| {
            desc.set_flags(DriverFlag::MIXEDMAP);
            desc.set_vm_ops(&FILLED, file);
            Ok(MmapAction::Nothing)
        };
        let plain: Hook<Fill> = |file, desc| {
            desc.set_vm_ops(&FILLED, file);
            Ok(MmapAction::Nothing)
        };
        // A frame for the first page, a counted page for the second.
        let insert: Fill = |vmf| {
            let page = vmf
                .data()
                .pages
                .get(vmf.pgoff())
                .ok_or(VmFaultError::SIGBUS)?;

            if vmf.pgoff() == 0 {
                vmf.insert_mixed(MappablePfns::from_page(page), 0)
            } else {
                vmf.insert_page(page)
            }
        };

        for sharing in [SHARED, PRIVATE] {
            let addr = filled(sharing, mixedmap, insert)?;

            assert_eq!(read(addr), Ok(1));
            assert_eq!(read(addr + PAGE_SIZE), Ok(2));
            assert_eq!(read(addr + 2 * PAGE_SIZE), Err(EFAULT));
            unmap(addr, 3)?;

            let addr = filled(sharing, plain, insert)?;

            assert_eq!(read(addr), Err(EFAULT));
            assert_eq!(read(addr + PAGE_SIZE), Err(EFAULT));
            unmap(addr, 3)?;
        }
        Ok(())
    }

    #[test]
    fn frames_are_bounded_by_their_token() -> Result {
        let addr = filled(
            SHARED,
            |file, desc| {
                desc.set_flags(DriverFlag::PFNMAP);
                desc.set_vm_ops(&FILLED, file);
                Ok(MmapAction::Nothing)
            },
            |vmf| vmf.insert_pfn(MappablePfns::from_page(&vmf.data().pages[0]), vmf.pgoff()),
        )?;

        assert_eq!(read(addr), Ok(1));
        assert_eq!(read(addr + PAGE_SIZE), Err(EFAULT));
        unmap(addr, 3)
    }
}
