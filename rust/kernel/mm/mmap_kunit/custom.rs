// SPDX-License-Identifier: GPL-2.0

//! KUnit tests of mappings that a hook fills, and of hooks that call others.

use super::{
    mapping::{
        peek,
        read,
        unmap,
        write,
        Backing,
        Hook,
        TestFile,
        PRIVATE,
        SHARED, //
    },
    same,
    with_desc,
    RW, //
};
use crate::{
    bindings,
    fs::File,
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        mappable::MappablePfns,
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags,
            VmaFlags, //
        },
        vmalloc::VmallocUser, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::Relaxed,
        Arc, //
    }, //
};

type Mapper<'a> = VmaMapper<'a, Backing<Ranges>>;

/// What a test has mapped.
struct Ranges {
    memory: VmallocUser,
    fill: for<'a> fn(&'a Backing<Ranges>, &Mapper<'a>) -> Result,
}

impl CustomMap for Backing<Ranges> {
    const FLAGS: DriverFlags = DriverFlags::new(&[
        DriverFlag::IO,
        DriverFlag::PFNMAP,
        DriverFlag::MIXEDMAP,
        DriverFlag::DONTEXPAND,
        DriverFlag::DONTDUMP,
    ]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        (self.state.fill)(self, mapper)
    }
}

impl MixedSource for Backing<Ranges> {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        Ok(MixedEntry::Page(self.pages.get(pgoff).ok_or(ENXIO)?))
    }
}

/// A context that is never used.
struct Context;

impl CustomMap for Context {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTEXPAND]);

    fn map<'a>(&'a self, _: &VmaMapper<'a, Self>) -> Result {
        Ok(())
    }
}

fn file(
    nr_pages: usize,
    fill: for<'a> fn(&'a Backing<Ranges>, &Mapper<'a>) -> Result,
) -> Result<TestFile<Ranges>> {
    let memory = VmallocUser::new(3)?;

    for i in 0..3 {
        memory.write(i * PAGE_SIZE, &(100 + i).to_ne_bytes())?;
    }
    TestFile::new(
        nr_pages,
        Arc::new(Ranges { memory, fill }, GFP_KERNEL)?,
        |file, desc| Ok(desc.custom(file)),
    )
}

/// Maps six pages of a file that has two.
fn map(flags: u32, fill: for<'a> fn(&'a Backing<Ranges>, &Mapper<'a>) -> Result) -> Result<usize> {
    file(2, fill)?.map(6, flags)
}

#[kunit_tests(rust_mm_custom_map)]
mod tests {
    use super::*;

    #[test]
    fn custom_is_that_of_c() {
        let context = &Context;
        let private: *mut c_void = core::ptr::from_ref(context).cast_mut().cast();
        let hook = with_desc(RW, |desc| match desc.custom(context) {
            MmapAction::Custom(custom) => custom.raw.hook,
            _ => None,
        });

        assert!(hook.is_some());
        assert!(same(
            RW,
            |desc| Ok(desc.custom(context)),
            // SAFETY: The description is valid.
            |desc| unsafe {
                bindings::vma_desc_set_flags_mask(desc, Context::FLAGS.as_vma_flags().as_raw());
                bindings::mmap_action_custom(desc, hook, private, 0, 0);
            },
        ));
    }

    #[test]
    fn ranges_of_all_kinds_are_mapped() -> Result {
        let addr = map(SHARED, |file, mapper| {
            let frame = MappablePfns::from_page(&file.pages[1]);

            if mapper.nr_pages() != 6 || mapper.pgoff() != 0 {
                return Err(ENOTTY);
            }
            mapper.insert_pages(0, &file.pages[..1])?;
            mapper.map_vmalloc(2, &file.state.memory, 1, 2)?;
            mapper.remap_pfns(5, frame, mapper.page_prot())?;
            mapper.insert_pfns(4, frame)?;
            mapper.insert_mixed(1, 1, file)
        })?;

        for (i, value) in [1, 2, 101, 102, 2, 2].into_iter().enumerate() {
            assert_eq!(read(addr + i * PAGE_SIZE), Ok(value));
        }
        // Both are the same page.
        assert_eq!(write(addr + 4 * PAGE_SIZE, 42), Ok(()));
        assert_eq!(read(addr + 5 * PAGE_SIZE), Ok(42));
        unmap(addr, 6)
    }

    #[test]
    fn source_is_told_the_file_offset() -> Result {
        let file = file(3, |file, mapper| mapper.insert_mixed(1, 1, file))?;
        let addr = file.map_at(0, 2, SHARED, 1)?;

        assert_eq!(read(addr + PAGE_SIZE), Ok(3));
        unmap(addr, 2)
    }

    #[test]
    fn gaps_stay_empty() -> Result {
        let addr = map(PRIVATE, |file, mapper| {
            mapper.insert_pages(1, &file.pages[..1])?;
            mapper.insert_pages(4, &file.pages[1..])
        })?;

        for i in [0, 2, 3, 5] {
            assert_eq!(read(addr + i * PAGE_SIZE), Err(EFAULT));
        }
        assert_eq!(write(addr + PAGE_SIZE, 42), Ok(()));
        assert_eq!(read(addr + PAGE_SIZE), Ok(42));
        assert_eq!(read(addr + 4 * PAGE_SIZE), Ok(2));
        unmap(addr, 6)
    }

    #[test]
    fn ranges_are_checked() -> Result {
        let addr = map(SHARED, |file, mapper| {
            let pages = &file.pages[..];
            let memory = &file.state.memory;
            let frame = MappablePfns::from_page(&pages[0]);
            let none = frame.get(1, 0)?;
            let prot = mapper.page_prot();

            for offset in [6, 7, usize::MAX / PAGE_SIZE, usize::MAX] {
                assert_eq!(mapper.insert_pages(offset, pages), Err(EFAULT));
                assert_eq!(mapper.insert_mixed(offset, 1, file), Err(EFAULT));
                assert_eq!(mapper.insert_pfns(offset, frame), Err(EFAULT));
                assert_eq!(mapper.remap_pfns(offset, frame, prot), Err(EFAULT));
                assert_eq!(mapper.map_vmalloc(offset, memory, 0, 1), Err(EFAULT));
            }
            assert_eq!(mapper.insert_pages(5, pages), Err(EFAULT));
            assert_eq!(mapper.insert_mixed(5, 2, file), Err(EFAULT));
            assert_eq!(mapper.insert_mixed(0, usize::MAX, file), Err(EINVAL));
            assert_eq!(mapper.map_vmalloc(5, memory, 0, 2), Err(EFAULT));

            assert_eq!(mapper.insert_pages(0, &[]), Err(EINVAL));
            assert_eq!(mapper.insert_mixed(0, 0, file), Err(EINVAL));
            assert_eq!(mapper.insert_pfns(0, none), Err(EINVAL));
            assert_eq!(mapper.remap_pfns(0, none, prot), Err(EINVAL));
            assert_eq!(mapper.map_vmalloc(0, memory, 0, 0), Err(EINVAL));

            // More than there is to map.
            assert_eq!(mapper.map_vmalloc(0, memory, 0, 4), Err(EINVAL));
            assert_eq!(mapper.map_vmalloc(0, memory, 3, 1), Err(EINVAL));
            assert_eq!(mapper.map_vmalloc(0, memory, usize::MAX, 1), Err(EINVAL));
            // What comes before the error stays.
            assert_eq!(mapper.insert_mixed(0, 3, file), Err(ENXIO));
            assert_eq!(mapper.insert_pages(1, pages), Err(EBUSY));
            assert_eq!(mapper.insert_pfns(1, frame), Err(EBUSY));
            assert_eq!(mapper.remap_pfns(1, frame, prot), Err(EBUSY));
            assert_eq!(mapper.map_vmalloc(1, memory, 0, 1), Err(EBUSY));
            Ok(())
        })?;

        assert_eq!(read(addr + PAGE_SIZE), Ok(2));
        unmap(addr, 6)
    }

    #[test]
    fn remapped_frames_are_not_copied() -> Result {
        let addr = map(PRIVATE, |file, mapper| {
            let frame = MappablePfns::from_page(&file.pages[0]);

            assert_eq!(mapper.remap_pfns(0, frame, mapper.page_prot()), Err(EINVAL));
            Ok(())
        })?;

        unmap(addr, 6)
    }

    #[test]
    fn hook_may_fail() {
        assert_eq!(map(SHARED, |_, _| Err(ENOTTY)), Err(ENOTTY));
        assert_eq!(
            map(SHARED, |file, mapper| {
                mapper.insert_pages(0, &file.pages)?;
                mapper.insert_pages(5, &file.pages)
            }),
            Err(EFAULT)
        );
    }

    #[test]
    fn error_is_overridden() -> Result {
        fn fill<'a>(_: &'a Backing<Ranges>, _: &Mapper<'a>) -> Result {
            Err(ENOTTY)
        }

        let memory = VmallocUser::new(1)?;
        let file = TestFile::new(
            0,
            Arc::new(Ranges { memory, fill }, GFP_KERNEL)?,
            |file, desc| {
                desc.set_error_override(EAGAIN);
                Ok(desc.custom(file))
            },
        )?;

        assert_eq!(file.map(1, SHARED), Err(EAGAIN));
        Ok(())
    }
}

#[kunit_tests(rust_mm_vmalloc)]
mod vmalloc {
    use super::*;

    #[test]
    fn size_is_checked() {
        assert_eq!(VmallocUser::new(0).err(), Some(EINVAL));
        assert_eq!(VmallocUser::new(usize::MAX).err(), Some(ENOMEM));
        assert_eq!(
            VmallocUser::new(usize::MAX / PAGE_SIZE + 1).err(),
            Some(ENOMEM)
        );
    }

    #[test]
    fn access_is_checked() -> Result {
        let memory = VmallocUser::new(1)?;
        let mut byte = [0xff];

        assert_eq!(memory.read(PAGE_SIZE - 1, &mut byte), Ok(()));
        assert_eq!(byte, [0]);
        assert_eq!(memory.read(PAGE_SIZE, &mut byte), Err(EINVAL));
        assert_eq!(memory.read(usize::MAX, &mut byte), Err(EINVAL));
        assert_eq!(memory.read(PAGE_SIZE, &mut []), Ok(()));
        assert_eq!(memory.write(PAGE_SIZE, &byte), Err(EINVAL));
        assert_eq!(memory.words().len(), PAGE_SIZE / 4);
        Ok(())
    }

    #[test]
    fn memory_is_shared_with_user_space() -> Result {
        // More pages than fit a page of pointers.
        const NR_PAGES: usize = PAGE_SIZE / 8 + 1;

        let memory = Arc::new(VmallocUser::new(NR_PAGES)?, GFP_KERNEL)?;
        let file = TestFile::new(0, memory.clone(), |file, desc| {
            desc.map_pages_full(file.state.pages())
        })?;
        let addr = file.map(NR_PAGES, SHARED)?;
        let last = (NR_PAGES - 1) * PAGE_SIZE;

        assert_eq!(memory.pages().len(), NR_PAGES);
        assert_eq!(file.map(NR_PAGES + 1, SHARED), Err(EINVAL));

        assert_eq!(read(addr + last), Ok(0));
        assert_eq!(write(addr + last, 42), Ok(()));
        assert_eq!(peek(&memory.pages()[NR_PAGES - 1]), Ok(42));

        let word = &memory.words()[last / 4];

        word.store(7, Relaxed);
        word.load(Relaxed);

        let mut value = [0; size_of::<usize>()];

        memory.read(last, &mut value)?;
        assert_eq!(read(addr + last), Ok(usize::from_ne_bytes(value)));
        assert_ne!(usize::from_ne_bytes(value), 42);

        // The mapping keeps the pages.
        drop(memory);
        drop(file);
        assert_eq!(read(addr + last), Ok(usize::from_ne_bytes(value)));
        unmap(addr, NR_PAGES)
    }
}

/// The private data of a wrapper.
struct Inner(ARef<File>);

impl Inner {
    fn call<'a>(&'a self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        desc.call_nested(&self.0, Backing::<()>::FOPS)
    }
}

/// Makes a file whose hook is `outer`, around one of two pages whose hook is `inner`.
fn wrapper(outer: Hook<Inner>, inner: Hook<()>) -> Result<TestFile<Inner>> {
    let inner = TestFile::new(2, Arc::new((), GFP_KERNEL)?, inner)?;

    TestFile::new(1, Arc::new(Inner(inner.0), GFP_KERNEL)?, outer)
}

#[kunit_tests(rust_mm_nested)]
mod nested {
    use super::*;

    #[test]
    fn inner_action_is_done() -> Result {
        let file = wrapper(
            |file, desc| {
                let outer = desc.file().as_ptr();
                let action = file.state.call(desc)?;

                assert!(desc.file().as_ptr() == outer);
                Ok(action)
            },
            |file, desc| {
                desc.set_flags(DriverFlag::DONTEXPAND);
                desc.map_pages_full(&file.pages)
            },
        )?;
        let addr = file.map(2, SHARED)?;

        assert_eq!(read(addr + PAGE_SIZE), Ok(2));
        // It is the outer file that is mapped, and it keeps the other.
        drop(file);
        assert_eq!(write(addr + PAGE_SIZE, 42), Ok(()));
        assert_eq!(read(addr + PAGE_SIZE), Ok(42));
        unmap(addr, 2)
    }

    #[test]
    fn inner_action_is_dropped_unless_returned() -> Result {
        let file = wrapper(
            |file, desc| {
                let _ = file.state.call(desc)?;

                Ok(MmapAction::Nothing)
            },
            |file, desc| desc.map_pages_full(&file.pages),
        )?;
        let addr = file.map(2, SHARED)?;

        assert_eq!(read(addr), Err(EFAULT));
        unmap(addr, 2)
    }

    #[test]
    fn inner_failure_leaves_no_trace() -> Result {
        let file = wrapper(
            |file, desc| {
                assert_eq!(file.state.call(desc).err(), Some(ENOTTY));
                assert!(!desc.flags().contains_any(VmaFlags::SPECIAL));
                desc.map_pages_full(&file.pages)
            },
            |_, desc| {
                desc.set_flags(DriverFlag::DONTEXPAND | DriverFlag::PFNMAP);
                desc.set_error_override(EAGAIN);
                Err(ENOTTY)
            },
        )?;
        let addr = file.map(1, SHARED)?;

        assert_eq!(read(addr), Ok(1));
        unmap(addr, 1)
    }

    #[test]
    fn inner_custom_map_is_filled() -> Result {
        let inner = file(2, |file, mapper| mapper.insert_pages(0, &file.pages))?;
        let file = TestFile::new(
            0,
            Arc::new(Inner(inner.0), GFP_KERNEL)?,
            |file: &Backing<Inner>, desc| desc.call_nested(&file.state.0, Backing::<Ranges>::FOPS),
        )?;
        let addr = file.map(2, SHARED)?;

        assert_eq!(read(addr), Ok(1));
        unmap(addr, 2)
    }

    #[test]
    fn inner_file_must_be_open() -> Result {
        let inner = TestFile::new(1, Arc::new((), GFP_KERNEL)?, |file, desc| {
            desc.map_pages_full(&file.pages)
        })?;
        let inner = Arc::new(Inner(inner.0), GFP_KERNEL)?;
        let file = TestFile::new(0, inner.clone(), |file, desc| file.state.call(desc))?;
        // SAFETY: The file is valid, and nobody else uses it.
        let mode = unsafe { &raw mut (*inner.0.as_ptr()).f_mode };

        assert!(inner.0.inode().is_some());
        // As one whose `open` has not returned, or has failed.
        // SAFETY: As above.
        unsafe { *mode &= !bindings::FMODE_OPENED };
        assert_eq!(file.map(1, SHARED), Err(EINVAL));
        assert!(inner.0.inode().is_none());
        // SAFETY: As above.
        unsafe { *mode |= bindings::FMODE_OPENED };

        let addr = file.map(1, SHARED)?;

        assert_eq!(read(addr), Ok(1));
        unmap(addr, 1)
    }

    #[test]
    fn inner_errors() -> Result {
        // Another file in the place of this one.
        let file = wrapper(
            |file, desc| file.state.call(desc),
            |_, desc| desc.shmem_zero_setup(),
        )?;

        assert_eq!(file.map(1, SHARED), Err(EINVAL));

        // A file of other operations.
        let file = wrapper(
            |file, desc| desc.call_nested(&file.state.0, Backing::<Inner>::FOPS),
            |_, _| Ok(MmapAction::Nothing),
        )?;

        assert_eq!(file.map(1, SHARED), Err(EINVAL));

        // An action that fails.
        let file = wrapper(
            |file, desc| file.state.call(desc),
            |file, desc| {
                desc.set_error_override(EAGAIN);
                desc.map_pages_full(&file.pages)
            },
        )?;

        assert_eq!(file.map(3, SHARED), Err(EINVAL));
        Ok(())
    }
}
