// SPDX-License-Identifier: GPL-2.0

//! KUnit tests of the `mmap_prepare` API.
//!
//! What the Rust code writes to a description is compared, in every byte, with what the C helpers
//! write to an equal one.

use super::{
    addr::Pfn,
    mappable::{
        IoMemory,
        MappablePfns, //
    },
    mmap_action::MmapAction,
    pgprot::PgProt,
    vma_desc::VmaDesc,
    vma_flags::{
        DriverFlag,
        DriverFlags,
        VmaFlag,
        VmaFlags, //
    }, //
};
use crate::{
    bindings,
    error::to_result,
    io::PhysAddr,
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*, //
};

mod custom;
mod fault;
#[cfg(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP)]
mod huge_fault;
mod mapping;
mod merge;
mod mixed;
mod ops;

/// User address of the mapping that is described.
const START: usize = 0x10000 * PAGE_SIZE;
/// Its size, in pages.
const NR_PAGES: usize = 4;
const END: usize = START + NR_PAGES * PAGE_SIZE;
const PGOFF: usize = 7;

const RW: VmaFlags = VmaFlags::new(&[
    VmaFlag::READ,
    VmaFlag::WRITE,
    VmaFlag::MAYREAD,
    VmaFlag::MAYWRITE,
    VmaFlag::MAYEXEC,
]);
const RW_SHARED: VmaFlags = RW.union(VmaFlags::new(&[VmaFlag::SHARED, VmaFlag::MAYSHARE]));

/// A description, whose bytes are a pattern as far as nobody has set them.
fn description(flags: VmaFlags) -> bindings::vm_area_desc {
    // SAFETY: Nothing but integers and raw pointers.
    let mut raw: bindings::vm_area_desc =
        unsafe { core::mem::transmute([0xa5u8; size_of::<bindings::vm_area_desc>()]) };

    raw.start = START;
    raw.end = END;
    raw.pgoff = PGOFF;
    raw.vma_flags = flags.as_raw();
    raw.action.type_ = bindings::mmap_action_type_MMAP_NOTHING;
    raw.action.error_override = 0;
    raw
}

fn bytes(raw: &bindings::vm_area_desc) -> &[u8] {
    // SAFETY: Nothing in it is uninitialised, as it was made of bytes.
    unsafe { core::slice::from_raw_parts(core::ptr::from_ref(raw).cast(), size_of_val(raw)) }
}

/// Runs a hook.
fn prepare<'a>(
    raw: &mut bindings::vm_area_desc,
    hook: impl FnOnce(&mut VmaDesc<'a>) -> Result<MmapAction<'a>>,
) -> Result {
    // SAFETY: Nobody else uses it, and nothing is ever mapped.
    let mut desc = unsafe { VmaDesc::from_raw(raw) };

    to_result(hook(&mut desc)?.commit(&mut desc))
}

/// Runs `f` on a description.
fn with_desc<'a, T>(flags: VmaFlags, f: impl FnOnce(&mut VmaDesc<'a>) -> T) -> T {
    let mut raw = description(flags);

    // SAFETY: Nobody else uses it, and nothing is ever mapped.
    f(&mut unsafe { VmaDesc::from_raw(&mut raw) })
}

/// Returns whether a hook in Rust and one in C do the same to a description.
fn same<'a>(
    flags: VmaFlags,
    rust: impl FnOnce(&mut VmaDesc<'a>) -> Result<MmapAction<'a>>,
    c: impl FnOnce(*mut bindings::vm_area_desc),
) -> bool {
    let mut by_rust = description(flags);
    let mut by_c = description(flags);

    c(&mut by_c);
    prepare(&mut by_rust, rust).is_ok() && bytes(&by_rust) == bytes(&by_c)
}

fn pfns(start: usize, nr_pages: usize) -> MappablePfns<'static> {
    // SAFETY: Nothing is ever mapped.
    unsafe { MappablePfns::new(Pfn::from_raw(start), nr_pages) }
}

fn io(start: PhysAddr, size: usize) -> Result<IoMemory<'static>> {
    // SAFETY: Nothing is ever mapped.
    unsafe { IoMemory::new(start, size) }
}

fn pages(nr_pages: usize) -> Result<KVec<Page>> {
    let mut pages = KVec::with_capacity(nr_pages, GFP_KERNEL)?;

    for _ in 0..nr_pages {
        pages.push(Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?, GFP_KERNEL)?;
    }
    Ok(pages)
}

#[kunit_tests(rust_mm_vma_flags)]
mod flags {
    use super::*;

    fn same_flags(flags: VmaFlags, raw: bindings::vma_flags_t) -> bool {
        flags.as_raw().__vma_flags == raw.__vma_flags
    }

    #[test]
    fn flags_are_those_of_c() {
        for flag in [
            VmaFlag::READ,
            VmaFlag::MAYSHARE,
            VmaFlag::PFNMAP,
            VmaFlag::IO,
            VmaFlag::DONTEXPAND,
            VmaFlag::DONTDUMP,
            VmaFlag::NOHUGEPAGE,
            #[cfg(CONFIG_64BIT)]
            VmaFlag::ALLOW_ANY_UNCACHED,
            #[cfg(CONFIG_64BIT)]
            VmaFlag::SEALED,
        ] {
            // SAFETY: Makes a set of a bit that fits it.
            let raw = unsafe { bindings::vma_flag_mask(flag.bit()) };

            assert!(same_flags(VmaFlags::new(&[flag]), raw));
        }
        // SAFETY: Returns a constant.
        assert!(same_flags(VmaFlags::SPECIAL, unsafe {
            bindings::vma_special_flags()
        }));
        // SAFETY: Returns a constant.
        assert!(same_flags(VmaFlags::REMAP, unsafe {
            bindings::vma_remap_flags()
        }));
    }

    #[test]
    fn set_flags_is_that_of_c() {
        const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTEXPAND, DriverFlag::IO]);

        assert!(same(
            RW,
            |desc| {
                desc.set_flags(FLAGS);
                Ok(MmapAction::Nothing)
            },
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::vma_desc_set_flags_mask(desc, FLAGS.as_vma_flags().as_raw())
            },
        ));
    }

    #[test]
    fn cow_is_that_of_c() {
        let read_only = VmaFlags::new(&[VmaFlag::READ, VmaFlag::MAYREAD]);

        for flags in [RW, RW_SHARED, read_only, read_only | VmaFlag::MAYWRITE] {
            let mut raw = description(flags);
            // SAFETY: The description is valid.
            let cow = unsafe { bindings::vma_desc_is_cow_mapping(&mut raw) };

            assert_eq!(flags.is_cow(), cow);
        }
    }

    #[test]
    fn access_is_cleared_unless_granted() {
        with_desc(RW, |desc| {
            assert_eq!(desc.try_clear_mayread(), Err(EPERM));
            assert_eq!(desc.try_clear_maywrite(), Err(EPERM));
            assert!(desc.flags().contains_all(RW));

            assert_eq!(desc.try_clear_mayexec(), Ok(()));
            assert!(!desc.flags().contains(VmaFlag::MAYEXEC));
            assert!(desc.flags().contains(VmaFlag::MAYWRITE));
        });
    }

    #[test]
    fn sharing_is_told_apart() {
        let read_only_file = VmaFlags::new(&[VmaFlag::MAYSHARE, VmaFlag::READ]);

        with_desc(RW, |desc| {
            assert!(!desc.is_shared() && !desc.may_share() && desc.is_cow())
        });
        with_desc(RW_SHARED, |desc| {
            assert!(desc.is_shared() && desc.may_share())
        });
        with_desc(read_only_file, |desc| {
            assert!(!desc.is_shared() && desc.may_share())
        });
    }
}

#[kunit_tests(rust_mm_mmap_action)]
mod action {
    use super::*;

    #[test]
    fn nothing_writes_nothing() {
        assert!(same(RW, |_| Ok(MmapAction::Nothing), |_| ()));
    }

    #[test]
    fn remap_is_that_of_c() {
        assert!(same(
            RW_SHARED,
            |desc| Ok(MmapAction::RemapPfn(
                desc.pfn_range(START + PAGE_SIZE, pfns(0x123, 2))?
            )),
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::mmap_action_remap(desc, START + PAGE_SIZE, 0x123, 2 * PAGE_SIZE)
            },
        ));
        assert!(same(
            RW,
            |desc| desc.remap_full(pfns(0x123, NR_PAGES)),
            // SAFETY: The description is valid.
            |desc| unsafe { bindings::mmap_action_remap_full(desc, 0x123) },
        ));
    }

    #[test]
    fn ioremap_is_that_of_c() {
        assert!(same(
            RW_SHARED,
            |desc| Ok(MmapAction::IoRemapPfn(
                desc.pfn_range(END - PAGE_SIZE, pfns(0x123, 1))?
            )),
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::mmap_action_ioremap(desc, END - PAGE_SIZE, 0x123, PAGE_SIZE)
            },
        ));
        assert!(same(
            RW,
            |desc| desc.io_remap_full(pfns(0x123, NR_PAGES + 1)),
            // SAFETY: The description is valid.
            |desc| unsafe { bindings::mmap_action_ioremap_full(desc, 0x123) },
        ));
    }

    #[test]
    fn simple_ioremap_is_that_of_c() {
        assert!(same(
            RW,
            |desc| Ok(desc.simple_ioremap(io(0x12345678, 0x9876)?)),
            // SAFETY: The description is valid.
            |desc| unsafe { bindings::mmap_action_simple_ioremap(desc, 0x12345678, 0x9876) },
        ));
    }

    #[test]
    fn map_kernel_pages_is_that_of_c() -> Result {
        let pages = pages(NR_PAGES)?;
        let raw: *mut *mut bindings::page = pages.as_ptr().cast_mut().cast();

        assert!(same(
            RW,
            |desc| Ok(MmapAction::MapKernelPages(
                desc.page_range(START + PAGE_SIZE, &pages[..2])?
            )),
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::mmap_action_map_kernel_pages(desc, START + PAGE_SIZE, raw, 2)
            },
        ));
        assert!(same(
            RW,
            |desc| desc.map_pages_full(&pages),
            // SAFETY: The description is valid.
            |desc| unsafe { bindings::mmap_action_map_kernel_pages_full(desc, raw) },
        ));
        // SAFETY: All of the array are valid pointers to pages.
        assert!((0..NR_PAGES).all(|i| unsafe { *raw.add(i) } == pages[i].as_ptr()));
        Ok(())
    }

    #[test]
    fn anonymous_is_that_of_c() {
        assert!(same(
            RW,
            |desc| Ok(desc.anonymous()),
            // SAFETY: The description is valid.
            |desc| unsafe { bindings::vma_desc_set_anonymous(desc) },
        ));
    }

    #[test]
    fn protection_is_the_last_one() {
        assert!(same(
            RW_SHARED,
            |desc| {
                let action = desc.remap_full(pfns(0x123, NR_PAGES))?;

                desc.set_page_prot(desc.page_prot().noncached());
                Ok(action)
            },
            // SAFETY: The description is valid.
            |desc| unsafe {
                (*desc).page_prot = bindings::pgprot_noncached((*desc).page_prot);
                bindings::mmap_action_remap_full(desc, 0x123);
            },
        ));
    }

    #[test]
    fn memory_type_is_that_of_c() {
        type Rust = fn(PgProt) -> PgProt;
        type C = unsafe extern "C" fn(bindings::pgprot_t) -> bindings::pgprot_t;

        const TYPES: [(Rust, C); 5] = [
            (PgProt::noncached, bindings::pgprot_noncached),
            (PgProt::writecombine, bindings::pgprot_writecombine),
            (PgProt::device, bindings::pgprot_device),
            (PgProt::decrypted, bindings::pgprot_decrypted),
            (PgProt::encrypted, bindings::pgprot_encrypted),
        ];

        for (rust, c) in TYPES {
            assert!(same(
                RW,
                |desc| {
                    desc.set_page_prot(rust(desc.page_prot()));
                    Ok(MmapAction::Nothing)
                },
                // SAFETY: The description is valid, and any protection will do.
                |desc| unsafe { (*desc).page_prot = c((*desc).page_prot) },
            ));
        }
    }

    #[test]
    fn error_override_stays() -> Result {
        let mut raw = description(RW);

        prepare(&mut raw, |desc| {
            desc.set_error_override(EAGAIN);
            desc.remap_full(pfns(0x123, NR_PAGES))
        })?;
        assert_eq!(raw.action.error_override, EAGAIN.to_errno());
        Ok(())
    }

    #[test]
    fn kernel_pages_are_no_frames() -> Result {
        let pages = pages(NR_PAGES)?;
        let mut raw = description(RW);

        prepare(&mut raw, |desc| {
            desc.set_flags(DriverFlag::PFNMAP);
            desc.map_pages_full(&pages)
        })?;

        // SAFETY: The description is valid.
        let ret = to_result(unsafe { bindings::mmap_action_prepare(&mut raw) });

        assert_eq!(ret, Err(EINVAL));
        Ok(())
    }

    #[test]
    fn shared_memory_is_not_anonymous() {
        let read_only_file = VmaFlags::new(&[VmaFlag::MAYSHARE, VmaFlag::READ]);

        assert_eq!(
            prepare(
                &mut description(read_only_file),
                |desc| Ok(desc.anonymous())
            ),
            Err(EINVAL)
        );
    }

    /// Without an MMU, a range of frames is where the frames are.
    #[test]
    fn nommu_maps_frames_in_place() {
        with_desc(RW, |desc| {
            let Ok(action) = desc.remap_full(pfns(START / PAGE_SIZE, NR_PAGES)) else {
                return assert!(false);
            };

            assert_eq!(action.commit_nommu(desc), Ok(()));
            assert!(desc.flags().contains_all(VmaFlags::REMAP));
        });
        with_desc(RW, |desc| {
            let Ok(action) = desc.remap_full(pfns(0x123, NR_PAGES)) else {
                return assert!(false);
            };

            assert_eq!(action.commit_nommu(desc), Err(EINVAL));
        });
    }
}

#[kunit_tests(rust_mm_mmap_ranges)]
mod ranges {
    use super::*;

    const HUGE: usize = usize::MAX / PAGE_SIZE;

    fn pfn_range(start: usize, pfns: MappablePfns<'static>) -> Result {
        with_desc(RW, |desc| desc.pfn_range(start, pfns).map(|_| ()))
    }

    fn page_range(start: usize, pages: &[Page]) -> Result {
        with_desc(RW, |desc| desc.page_range(start, pages).map(|_| ()))
    }

    #[test]
    fn description_is_measured() {
        with_desc(RW, |desc| {
            assert_eq!(desc.start(), START);
            assert_eq!(desc.end(), END);
            assert_eq!(desc.size(), NR_PAGES * PAGE_SIZE);
            assert_eq!(desc.nr_pages(), NR_PAGES);
            assert_eq!(desc.pgoff(), PGOFF);
        });
    }

    #[test]
    fn range_is_inside() {
        assert_eq!(pfn_range(START, pfns(1, 1)), Ok(()));
        assert_eq!(pfn_range(START, pfns(1, NR_PAGES)), Ok(()));
        assert_eq!(pfn_range(END - PAGE_SIZE, pfns(1, 1)), Ok(()));

        assert_eq!(pfn_range(START, pfns(1, NR_PAGES + 1)), Err(EFAULT));
        assert_eq!(pfn_range(END - PAGE_SIZE, pfns(1, 2)), Err(EFAULT));
        assert_eq!(pfn_range(START - PAGE_SIZE, pfns(1, 1)), Err(EFAULT));
        assert_eq!(pfn_range(START - PAGE_SIZE, pfns(1, 2)), Err(EFAULT));
        assert_eq!(pfn_range(END, pfns(1, 1)), Err(EFAULT));
        assert_eq!(pfn_range(0, pfns(1, 1)), Err(EFAULT));
    }

    #[test]
    fn range_is_aligned_and_not_empty() {
        assert_eq!(pfn_range(START + 1, pfns(1, 1)), Err(EINVAL));
        assert_eq!(pfn_range(START + PAGE_SIZE - 1, pfns(1, 1)), Err(EINVAL));
        assert_eq!(pfn_range(START, pfns(1, 0)), Err(EINVAL));
        assert_eq!(pfn_range(END, pfns(1, 0)), Err(EINVAL));
    }

    #[test]
    fn range_does_not_wrap() {
        assert_eq!(pfn_range(START, pfns(1, HUGE)), Err(EINVAL));
        assert_eq!(pfn_range(START, pfns(1, HUGE + 1)), Err(EINVAL));
        assert_eq!(pfn_range(START, pfns(1, usize::MAX)), Err(EINVAL));
        // Ends at START again.
        assert_eq!(pfn_range(START, pfns(1, HUGE + 1 + NR_PAGES)), Err(EINVAL));
        assert_eq!(
            pfn_range(usize::MAX - PAGE_SIZE + 1, pfns(1, 1)),
            Err(EINVAL)
        );
    }

    #[test]
    fn page_range_is_checked() -> Result {
        let pages = pages(NR_PAGES + 1)?;

        assert_eq!(page_range(START, &pages[..NR_PAGES]), Ok(()));
        assert_eq!(page_range(END - PAGE_SIZE, &pages[..1]), Ok(()));
        assert_eq!(page_range(START, &pages), Err(EFAULT));
        assert_eq!(page_range(START - PAGE_SIZE, &pages[..1]), Err(EFAULT));
        assert_eq!(page_range(START, &[]), Err(EINVAL));
        assert_eq!(page_range(START + 8, &pages[..1]), Err(EINVAL));
        assert_eq!(
            page_range(usize::MAX - PAGE_SIZE + 1, &pages[..1]),
            Err(EINVAL)
        );

        with_desc(RW, |desc| {
            assert!(desc.map_pages_full(&pages).is_ok());
            assert!(desc.map_pages_full(&pages[1..]).is_ok());
            assert_eq!(desc.map_pages_full(&pages[2..]).err(), Some(EINVAL));
            assert_eq!(desc.map_pages_full(&[]).err(), Some(EINVAL));
        });
        Ok(())
    }

    #[test]
    fn frames_are_addressable() {
        let last = Pfn::MAX.as_raw();

        assert_eq!(pfn_range(START, pfns(0, 1)), Ok(()));
        assert_eq!(pfn_range(START, pfns(last, 1)), Ok(()));
        assert_eq!(pfn_range(START, pfns(last - 1, 2)), Ok(()));
        assert_eq!(pfn_range(START, pfns(last, 2)), Err(EINVAL));
        assert_eq!(pfn_range(START, pfns(last.wrapping_add(1), 1)), Err(EINVAL));
        assert_eq!(pfn_range(START, pfns(usize::MAX, 1)), Err(EINVAL));
        assert_eq!(pfn_range(START, pfns(usize::MAX, 2)), Err(EINVAL));
    }

    #[test]
    fn full_range_has_enough_frames() {
        let last = Pfn::MAX.as_raw();

        for (pfns, ok) in [
            (pfns(0, NR_PAGES), true),
            (pfns(0, last + 1), true),
            (pfns(0, usize::MAX), false),
            (pfns(0, NR_PAGES - 1), false),
            (pfns(0, 0), false),
            (pfns(last - NR_PAGES + 1, NR_PAGES), true),
            (pfns(last - NR_PAGES + 2, NR_PAGES), false),
            (pfns(usize::MAX, NR_PAGES), false),
        ] {
            let ret = if ok { None } else { Some(EINVAL) };

            with_desc(RW, |desc| {
                assert_eq!(desc.remap_full(pfns).err(), ret);
                assert_eq!(desc.io_remap_full(pfns).err(), ret);
            });
        }
    }

    #[test]
    fn tokens_are_divided() {
        let token = pfns(10, 3);
        let part = |offset, nr_pages| {
            token
                .get(offset, nr_pages)
                .map(|part| (part.start().as_raw(), part.nr_pages()))
        };

        assert_eq!(part(0, 3), Ok((10, 3)));
        assert_eq!(part(2, 1), Ok((12, 1)));
        assert_eq!(part(3, 0), Ok((13, 0)));
        assert_eq!(part(3, 1), Err(EINVAL));
        assert_eq!(part(2, 2), Err(EINVAL));
        assert_eq!(part(1, usize::MAX), Err(EINVAL));
        assert_eq!(part(usize::MAX, 1), Err(EINVAL));
        assert_eq!(pfns(usize::MAX, 3).get(1, 1).err(), Some(EINVAL));
    }

    #[test]
    fn device_memory_does_not_wrap() {
        assert!(io(0, 1).is_ok());
        assert!(io(0, usize::MAX).is_ok());
        assert!(io(PhysAddr::MAX, 1).is_ok());
        assert_eq!(io(0, 0).err(), Some(EINVAL));
        assert_eq!(io(PhysAddr::MAX, 2).err(), Some(EINVAL));
        assert_eq!(io(PhysAddr::MAX, usize::MAX).err(), Some(EINVAL));
    }

    #[test]
    fn frame_numbers_do_not_wrap() {
        let last = PhysAddr::MAX - (PAGE_SIZE - 1) as PhysAddr;

        assert_eq!(Pfn::from_phys(0), Some(Pfn::from_raw(0)));
        assert_eq!(Pfn::from_phys(last), Some(Pfn::MAX));
        assert_eq!(Pfn::from_phys(last + 1), None);
        assert_eq!(Pfn::from_phys(1), None);
        assert_eq!(Pfn::MAX.checked_add(0), Some(Pfn::MAX));
        assert_eq!(Pfn::MAX.checked_add(1), None);
        assert_eq!(Pfn::from_raw(1).checked_add(usize::MAX), None);
        assert_eq!(Pfn::from_raw(usize::MAX).checked_add(1), None);
    }
}
