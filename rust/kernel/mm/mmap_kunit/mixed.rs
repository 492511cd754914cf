// SPDX-License-Identifier: GPL-2.0

//! KUnit tests of mappings of pages and frames.

use super::{
    description,
    mapping::{
        read,
        unmap,
        write,
        Backing,
        Hook,
        TestFile,
        PRIVATE,
        SHARED, //
    },
    pages,
    pfns,
    same,
    with_desc,
    END,
    NR_PAGES,
    RW,
    START, //
};
use crate::{
    bindings,
    mm::{
        addr::Pfn,
        mappable::MappablePfns,
        mixed::{
            raw_source,
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
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

/// The page for which a source has to be asked next.
pub(super) type Next = Atomic<usize>;

/// A page that has no entry.
const HOLE: usize = 8;

// Even entries are pages, odd ones frames.
impl MixedSource for Backing<Next> {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        if self.state.load(Relaxed) != pgoff {
            return Err(EIO);
        }
        self.state.store(pgoff + 1, Relaxed);
        if pgoff == HOLE {
            return Err(ENXIO);
        }

        let page = &self.pages[pgoff];

        if pgoff % 2 == 0 {
            Ok(MixedEntry::Page(page))
        } else {
            Ok(MixedEntry::Special(MappablePfns::from_page(page).frame(0)?))
        }
    }
}

struct Never;

impl MixedSource for Never {
    fn entry(&self, _: usize) -> Result<MixedEntry<'_>> {
        Err(ENXIO)
    }
}

fn next(pgoff: usize) -> Result<Arc<Next>> {
    Ok(Arc::new(Atomic::new(pgoff), GFP_KERNEL)?)
}

fn map(nr_pages: usize, flags: u32, hook: Hook<Next>) -> Result<usize> {
    TestFile::new(nr_pages, next(0)?, hook)?.map(nr_pages, flags)
}

/// Whether page `i` of the mapping at `addr` starts with `i + 1`, for all of them.
fn numbered(addr: usize, nr_pages: usize) -> bool {
    (0..nr_pages).all(|i| read(addr + i * PAGE_SIZE) == Ok(i + 1))
}

#[kunit_tests(rust_mm_mixed)]
mod tests {
    use super::*;

    #[test]
    fn source_is_that_of_c() {
        let (get, private) = raw_source(&Never);

        assert!(same(
            RW,
            |desc| Ok(MmapAction::InsertMixed(desc.mixed_range(
                START + PAGE_SIZE,
                2,
                &Never
            )?)),
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::mmap_action_insert_mixed(desc, START + PAGE_SIZE, 2, get, private)
            },
        ));
        assert!(same(
            RW,
            |desc| Ok(desc.insert_mixed_full(&Never)),
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::mmap_action_insert_mixed(desc, START, NR_PAGES, get, private)
            },
        ));
    }

    #[test]
    fn frames_are_those_of_c() {
        assert!(same(
            RW,
            |desc| Ok(MmapAction::InsertMixed(
                desc.pfn_range(END - PAGE_SIZE, pfns(0x123, 1))?.into()
            )),
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::mmap_action_insert_mixed_pfns(desc, END - PAGE_SIZE, 0x123, 1)
            },
        ));
        assert!(same(
            RW,
            |desc| desc.insert_pfns_full(pfns(0x123, NR_PAGES)),
            // SAFETY: The description is valid.
            |desc| unsafe { bindings::mmap_action_insert_mixed_pfns(desc, START, 0x123, NR_PAGES) },
        ));
    }

    #[test]
    fn mixed_pages_are_kernel_pages() -> Result {
        let pages = pages(2)?;
        let raw: *mut *mut bindings::page = pages.as_ptr().cast_mut().cast();

        assert!(same(
            RW,
            |desc| Ok(MmapAction::InsertMixedPages(
                desc.page_range(START, &pages)?
            )),
            // SAFETY: The description is valid.
            |desc| unsafe { bindings::mmap_action_map_kernel_pages(desc, START, raw, 2) },
        ));
        Ok(())
    }

    #[test]
    fn range_is_checked() {
        const MAX: usize = usize::MAX / PAGE_SIZE;
        let last = usize::MAX - PAGE_SIZE + 1;

        for (start, nr_pages, ret) in [
            (START, 1, None),
            (START, NR_PAGES, None),
            (END - PAGE_SIZE, 1, None),
            (START, 0, Some(EINVAL)),
            (END, 0, Some(EINVAL)),
            (START + 1, 1, Some(EINVAL)),
            (START + PAGE_SIZE - 1, 1, Some(EINVAL)),
            (START, MAX, Some(EINVAL)),
            (START, MAX + 1, Some(EINVAL)),
            (START, MAX + 1 + NR_PAGES, Some(EINVAL)),
            (START, usize::MAX, Some(EINVAL)),
            (last, 1, Some(EINVAL)),
            (START, NR_PAGES + 1, Some(EFAULT)),
            (END - PAGE_SIZE, 2, Some(EFAULT)),
            (START - PAGE_SIZE, 1, Some(EFAULT)),
            (END, 1, Some(EFAULT)),
            (0, 1, Some(EFAULT)),
        ] {
            with_desc(RW, |desc| {
                assert_eq!(desc.mixed_range(start, nr_pages, &Never).err(), ret)
            });
        }
    }

    /// What this accepts, core mm accepts; and what it refuses, core mm does.
    #[test]
    fn core_checks_the_same() {
        let max = Pfn::MAX.as_raw();
        let (get, private) = raw_source(&Never);

        for (start, nr_pages) in [
            (START, 1),
            (START, NR_PAGES),
            (END - PAGE_SIZE, 1),
            (START, 0),
            (START + 1, 1),
            (START, usize::MAX / PAGE_SIZE + 1),
            (START, NR_PAGES + 1),
            (END, 1),
            (START - PAGE_SIZE, 2),
            (usize::MAX - PAGE_SIZE + 1, 1),
        ] {
            let mut raw = description(RW);

            // SAFETY: The description is valid.
            let c = unsafe {
                bindings::mmap_action_insert_mixed(&mut raw, start, nr_pages, get, private);
                crate::error::to_result(bindings::mmap_action_prepare(&mut raw))
            };
            let rust = with_desc(RW, |desc| {
                desc.mixed_range(start, nr_pages, &Never).map(|_| ())
            });

            assert_eq!(rust, c);
        }
        for (pfn, nr_pages) in [(0, 1), (max, 1), (max, 2), (max - 1, 2), (usize::MAX, 2)] {
            let mut raw = description(RW);

            // SAFETY: The description is valid.
            let c = unsafe {
                bindings::mmap_action_insert_mixed_pfns(&mut raw, START, pfn, nr_pages);
                crate::error::to_result(bindings::mmap_action_prepare(&mut raw))
            };
            let rust = with_desc(RW, |desc| {
                desc.pfn_range(START, pfns(pfn, nr_pages)).map(|_| ())
            });

            assert_eq!(rust, c);
        }
    }

    #[test]
    fn frames_are_taken_one_by_one() {
        let token = pfns(10, 3);

        assert_eq!(token.frame(0).map(|f| f.pfn().as_raw()), Ok(10));
        assert_eq!(token.frame(2).map(|f| f.pfn().as_raw()), Ok(12));
        assert_eq!(token.frame(3).err(), Some(EINVAL));
        assert_eq!(token.frame(usize::MAX).err(), Some(EINVAL));

        let max = Pfn::MAX.as_raw();

        assert!(pfns(max, 1).frame(0).is_ok());
        assert_eq!(pfns(max, 1).frame(1).err(), Some(EINVAL));
        assert_eq!(pfns(max, 2).frame(0).err(), Some(EINVAL));
        assert_eq!(pfns(max.wrapping_add(1), 1).frame(0).err(), Some(EINVAL));
        assert_eq!(pfns(0, 0).frame(0).err(), Some(EINVAL));
    }

    #[test]
    fn source_is_mapped() -> Result {
        let next = next(0)?;
        let file = TestFile::new(5, next.clone(), |file, desc| {
            Ok(desc.insert_mixed_full(file))
        })?;
        let addr = file.map(5, SHARED)?;

        assert_eq!(next.load(Relaxed), 5);
        assert!(numbered(addr, 5));
        for i in 0..5 {
            assert_eq!(write(addr + i * PAGE_SIZE, 42 + i), Ok(()));
            assert_eq!(read(addr + i * PAGE_SIZE), Ok(42 + i));
        }
        unmap(addr, 5)?;

        // From an offset on.
        next.store(2, Relaxed);

        let addr = file.map_at(0, 3, SHARED, 2)?;

        assert_eq!(next.load(Relaxed), 5);
        for i in 0..3 {
            assert_eq!(read(addr + i * PAGE_SIZE), Ok(44 + i));
        }
        unmap(addr, 3)
    }

    #[test]
    fn source_is_copied_on_write() -> Result {
        let next = next(0)?;
        let file = TestFile::new(2, next.clone(), |file, desc| {
            Ok(desc.insert_mixed_full(file))
        })?;
        let addr = file.map(2, PRIVATE)?;

        assert_eq!(write(addr, 42), Ok(()));
        assert_eq!(write(addr + PAGE_SIZE, 43), Ok(()));
        assert_eq!(read(addr), Ok(42));
        assert_eq!(read(addr + PAGE_SIZE), Ok(43));

        next.store(0, Relaxed);

        let again = file.map(2, PRIVATE)?;

        assert!(numbered(again, 2));
        unmap(addr, 2)?;
        unmap(again, 2)
    }

    #[test]
    fn part_is_mapped() -> Result {
        let file = TestFile::new(4, next(2)?, |file, desc| {
            let range = desc.mixed_range(desc.start() + PAGE_SIZE, 1, file)?;

            Ok(MmapAction::InsertMixed(range))
        })?;
        let addr = file.map_at(0, 3, PRIVATE, 1)?;

        assert_eq!(read(addr), Err(EFAULT));
        assert_eq!(read(addr + PAGE_SIZE), Ok(3));
        assert_eq!(read(addr + 2 * PAGE_SIZE), Err(EFAULT));
        unmap(addr, 3)
    }

    #[test]
    fn frames_are_mapped() -> Result {
        for flags in [SHARED, PRIVATE] {
            let addr = map(2, flags, |file, desc| {
                let last = desc.end() - PAGE_SIZE;
                let range = desc.pfn_range(last, MappablePfns::from_page(&file.pages[0]))?;

                Ok(MmapAction::InsertMixed(range.into()))
            })?;

            assert_eq!(read(addr), Err(EFAULT));
            assert_eq!(read(addr + PAGE_SIZE), Ok(1));
            assert_eq!(write(addr + PAGE_SIZE, 42), Ok(()));
            assert_eq!(read(addr + PAGE_SIZE), Ok(42));
            unmap(addr, 2)?;
        }
        Ok(())
    }

    #[test]
    fn mixed_pages_are_mapped() -> Result {
        let addr = map(3, SHARED, |file, desc| {
            Ok(MmapAction::InsertMixedPages(
                desc.page_range(desc.start(), &file.pages)?,
            ))
        })?;

        assert!(numbered(addr, 3));
        unmap(addr, 3)
    }

    #[test]
    fn source_may_fail() -> Result {
        let next = next(0)?;
        let file = TestFile::new(HOLE + 2, next.clone(), |file, desc| {
            if desc.pgoff() != 0 {
                desc.set_error_override(EAGAIN);
            }
            Ok(desc.insert_mixed_full(file))
        })?;

        assert_eq!(file.map(HOLE + 2, SHARED), Err(ENXIO));
        assert_eq!(next.load(Relaxed), HOLE + 1);

        next.store(1, Relaxed);
        assert_eq!(file.map_at(0, HOLE + 2, SHARED, 1), Err(EAGAIN));
        Ok(())
    }

    #[test]
    fn frames_only_is_not_mixed() {
        assert_eq!(
            map(1, SHARED, |file, desc| {
                desc.set_flags(DriverFlag::PFNMAP);
                Ok(desc.insert_mixed_full(file))
            }),
            Err(EINVAL)
        );
    }
}
