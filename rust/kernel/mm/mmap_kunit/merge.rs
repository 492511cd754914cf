// SPDX-License-Identifier: GPL-2.0

//! KUnit tests of mappings beside others, and in the place of others.

use super::{
    mapping::{
        read,
        unmap,
        Backing,
        Hook,
        TestFile,
        SHARED, //
    },
    ops::{
        counted,
        Counters,
        CLOSED_EARLY,
        COUNTED, //
    }, //
};
use crate::{
    bindings,
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        fault::{
            VmFault,
            VmFaultResult, //
        },
        mappable::MappablePfns,
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        }, //
    },
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::{
        atomic::Relaxed,
        Arc, //
    }, //
};

const FIXED: u32 = SHARED | bindings::MAP_FIXED;

/// All pages of a file, as they are touched.
struct Pages;

#[vtable]
impl VmOperations for Pages {
    type Data = Backing<()>;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        vmf.page_of(&vmf.data().pages)
    }
}

static PAGES: VmOperationsVTable<Pages> = VmOperationsVTable::new();

/// A single page, wherever it is touched.
struct OnePage;

#[vtable]
impl VmOperations for OnePage {
    type Data = Page;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        Ok(vmf.page(vmf.data()))
    }
}

static ONE_PAGE: VmOperationsVTable<OnePage> = VmOperationsVTable::new();

impl CustomMap for Backing<()> {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        let first = mapper.pgoff();

        mapper.insert_pages(0, &self.pages[first..first + mapper.nr_pages()])
    }
}

impl MixedSource for Backing<Counters> {
    fn entry(&self, _: usize) -> Result<MixedEntry<'_>> {
        Err(ENXIO)
    }
}

/// Returns the address of some pages that are free.
fn hole(nr_pages: usize) -> Result<usize> {
    let file = TestFile::new(0, Arc::new((), GFP_KERNEL)?, |_, _| Ok(MmapAction::Nothing))?;
    let addr = file.map(nr_pages, SHARED)?;

    unmap(addr, nr_pages)?;
    Ok(addr)
}

/// Counts the mappings of a range in which there is no hole.
fn mappings(addr: usize, nr_pages: usize) -> Result<usize> {
    let task = current!();
    let mm = task.mm().ok_or(EINVAL)?;
    let guard = mm.mmap_read_lock();
    let (mut at, mut count) = (addr, 0);

    while at < addr + nr_pages * PAGE_SIZE {
        at = guard.vma_lookup(at).ok_or(EFAULT)?.end();
        count += 1;
    }
    Ok(count)
}

/// Maps three pages of a file one by one, the middle last.
///
/// Returns how many mappings that makes, and the numbers that the pages start with.
fn three(hook: Hook<()>) -> Result<(usize, [usize; 3])> {
    let file = TestFile::new(3, Arc::new((), GFP_KERNEL)?, hook)?;
    let addr = hole(3)?;

    for i in [0, 2, 1] {
        assert_eq!(
            file.map_at(addr + i * PAGE_SIZE, 1, FIXED, i),
            Ok(addr + i * PAGE_SIZE)
        );
    }

    let count = mappings(addr, 3)?;
    let mut numbers = [0; 3];

    for (i, number) in numbers.iter_mut().enumerate() {
        *number = read(addr + i * PAGE_SIZE)?;
    }
    unmap(addr, 3)?;
    Ok((count, numbers))
}

#[kunit_tests(rust_mm_merge)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_to_page_faults_is_merged() {
        assert_eq!(
            three(|file, desc| {
                desc.set_vm_ops(&PAGES, file);
                Ok(MmapAction::Nothing)
            }),
            Ok((1, [1, 2, 3]))
        );
    }

    #[test]
    fn merged_mapping_has_the_data_of_its_neighbour() {
        assert_eq!(
            three(|file, desc| {
                desc.set_vm_ops(&ONE_PAGE, &file.pages[desc.pgoff()]);
                Ok(MmapAction::Nothing)
            }),
            Ok((1, [1, 1, 1]))
        );
    }

    #[test]
    fn merged_mapping_has_the_operations_of_its_neighbour() {
        assert_eq!(
            three(|file, desc| {
                match desc.pgoff() {
                    0 => desc.set_vm_ops(&PAGES, file),
                    _ => desc.set_vm_ops(&ONE_PAGE, &file.pages[0]),
                }
                Ok(MmapAction::Nothing)
            }),
            Ok((1, [1, 2, 3]))
        );
    }

    #[test]
    fn other_flags_are_not_merged() {
        assert_eq!(
            three(|file, desc| {
                if desc.pgoff() == 1 {
                    desc.set_flags(DriverFlag::DONTDUMP);
                }
                desc.set_vm_ops(&PAGES, file);
                Ok(MmapAction::Nothing)
            }),
            Ok((3, [1, 2, 3]))
        );
    }

    #[test]
    fn other_offsets_are_not_merged() -> Result {
        let file = TestFile::new(3, Arc::new((), GFP_KERNEL)?, |file, desc| {
            desc.set_vm_ops(&PAGES, file);
            Ok(MmapAction::Nothing)
        })?;
        let addr = hole(2)?;

        assert_eq!(file.map_at(addr, 1, FIXED, 0), Ok(addr));
        assert_eq!(
            file.map_at(addr + PAGE_SIZE, 1, FIXED, 2),
            Ok(addr + PAGE_SIZE)
        );
        assert_eq!(mappings(addr, 2), Ok(2));
        unmap(addr, 2)
    }

    /// Or an action would have been left out.
    #[test]
    fn what_an_action_fills_is_not_merged() {
        let hooks: [Hook<()>; 4] = [
            |file, desc| desc.map_pages_full(&file.pages[desc.pgoff()..]),
            |file, desc| desc.remap_full(MappablePfns::from_page(&file.pages[desc.pgoff()])),
            |file, desc| desc.insert_pfns_full(MappablePfns::from_page(&file.pages[desc.pgoff()])),
            |file, desc| Ok(desc.custom(file)),
        ];

        for hook in hooks {
            assert_eq!(three(hook), Ok((3, [1, 2, 3])));
        }
    }

    #[test]
    fn mapping_that_fails_takes_what_it_replaces_along() -> Result {
        let (file, counters) = counted()?;
        let early = CLOSED_EARLY.load(Relaxed);
        let addr = file.map(3, SHARED)?;

        // `mapped` fails at this offset.
        assert_eq!(file.map_at(addr + PAGE_SIZE, 1, FIXED, 1), Err(ENOSPC));
        assert_eq!(CLOSED_EARLY.load(Relaxed), early + 1);
        assert_eq!(counters.mapped.load(Relaxed), 1);
        assert_eq!(
            counters.opened.load(Relaxed),
            counters.closed.load(Relaxed) + 1
        );
        assert_eq!(read(addr), Ok(0));
        assert_eq!(read(addr + PAGE_SIZE), Err(EFAULT));
        assert_eq!(read(addr + 2 * PAGE_SIZE), Ok(0));

        unmap(addr, 3)?;
        assert_eq!(
            counters.opened.load(Relaxed) + 1,
            counters.closed.load(Relaxed)
        );
        Ok(())
    }

    #[test]
    fn mapping_whose_action_fails_has_no_state() -> Result {
        let counters = Arc::new(Counters::new(), GFP_KERNEL)?;
        let file = TestFile::new(0, counters.clone(), |file, desc| {
            desc.set_vm_ops(&COUNTED, &file.state);
            Ok(desc.insert_mixed_full(file))
        })?;
        let early = CLOSED_EARLY.load(Relaxed);

        assert_eq!(file.map(2, SHARED), Err(ENXIO));
        assert_eq!(CLOSED_EARLY.load(Relaxed), early + 1);
        assert_eq!(counters.mapped.load(Relaxed), 0);
        assert_eq!(counters.closed.load(Relaxed), 0);
        Ok(())
    }
}
