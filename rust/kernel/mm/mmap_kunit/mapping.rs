// SPDX-License-Identifier: GPL-2.0

//! KUnit tests that map a file, in an address space of their own.

use super::pages;
use crate::{
    bindings,
    fs::{
        Anon,
        File,
        FileOperations,
        FileOperationsVTable, //
    },
    io::PhysAddr,
    mm::{
        mappable::{
            IoMemory,
            MappablePfns, //
        },
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vma_flags::DriverFlag, //
    },
    page::{
        Page,
        PAGE_SHIFT,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};
use core::{
    marker::PhantomData,
    mem::size_of, //
};

pub(super) const RW: u32 = bindings::PROT_READ | bindings::PROT_WRITE;
pub(super) const SHARED: u32 = bindings::MAP_SHARED;
pub(super) const PRIVATE: u32 = bindings::MAP_PRIVATE;

/// What a test wants its file to do.
pub(super) type Hook<T> = for<'a> fn(&'a Backing<T>, &mut VmaDesc<'a>) -> Result<MmapAction<'a>>;

/// The private data of a file.
pub(super) struct Backing<T> {
    hook: Hook<T>,
    pub(super) pages: KVec<Page>,
    pub(super) state: Arc<T>,
}

#[vtable]
impl<T: Send + Sync + 'static> FileOperations for Backing<T> {
    type Host = Anon;
    type Private = KBox<Self>;

    fn mmap_prepare<'a>(this: &'a Self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        (this.hook)(this, desc)
    }
}

impl<T: Send + Sync + 'static> Backing<T> {
    pub(super) const FOPS: &'static FileOperationsVTable<Backing<T>> =
        &FileOperationsVTable::anonymous();
}

/// A file that can be mapped.
pub(super) struct TestFile<T>(pub(super) ARef<File>, PhantomData<T>);

impl<T: Send + Sync + 'static> TestFile<T> {
    /// Makes a file of pages that start with their number, counted from one.
    pub(super) fn new(nr_pages: usize, state: Arc<T>, hook: Hook<T>) -> Result<Self> {
        let pages = pages(nr_pages)?;

        for (i, page) in pages.iter().enumerate() {
            poke(page, i + 1)?;
        }

        let backing = KBox::new(Backing { hook, pages, state }, GFP_KERNEL)?;
        let file = File::anonymous(c"[rust_mmap_kunit]", Backing::<T>::FOPS, backing)?;

        Ok(Self(file, PhantomData))
    }

    /// Maps the file from the page offset `pgoff` on.
    pub(super) fn map_at(
        &self,
        addr: usize,
        nr_pages: usize,
        flags: u32,
        pgoff: usize,
    ) -> Result<usize> {
        // SAFETY: This is the task of a test, and the file is valid.
        let ret = unsafe {
            bindings::kunit_vm_mmap(
                bindings::kunit_get_current_test(),
                self.0.as_ptr(),
                addr,
                nr_pages * PAGE_SIZE,
                RW as usize,
                flags as usize,
                pgoff * PAGE_SIZE,
            )
        };

        // CAST: Errors are negative numbers of the same size.
        match ret as isize {
            0 => Err(ENOMEM),
            errno @ -4095..=-1 => Err(Error::from_errno(errno as c_int)),
            _ => Ok(ret),
        }
    }

    pub(super) fn map(&self, nr_pages: usize, flags: u32) -> Result<usize> {
        self.map_at(0, nr_pages, flags, 0)
    }
}

/// Makes a file with no state and maps all of it.
fn map(nr_pages: usize, flags: u32, hook: Hook<()>) -> Result<usize> {
    let file = TestFile::new(nr_pages, Arc::new((), GFP_KERNEL)?, hook)?;

    file.map(nr_pages, flags)
}

pub(super) fn unmap(addr: usize, nr_pages: usize) -> Result {
    // SAFETY: No mapping of this address space is in use by the kernel.
    crate::error::to_result(unsafe { bindings::vm_munmap(addr, nr_pages * PAGE_SIZE) })
}

/// Reads a number from user space.
pub(super) fn read(addr: usize) -> Result<usize> {
    UserSlice::new(UserPtr::from_addr(addr), size_of::<usize>())
        .reader()
        .read()
}

/// Writes a number to user space.
pub(super) fn write(addr: usize, value: usize) -> Result {
    UserSlice::new(UserPtr::from_addr(addr), size_of::<usize>())
        .writer()
        .write(&value)
}

/// Writes a number to the start of a page.
fn poke(page: &Page, value: usize) -> Result {
    // SAFETY: The source is a number; races with user space, of which there is one task, are none.
    unsafe { page.write_raw((&raw const value).cast(), 0, size_of::<usize>()) }
}

/// Reads the number at the start of a page.
pub(super) fn peek(page: &Page) -> Result<usize> {
    let mut value = 0usize;

    // SAFETY: The destination is a number; races with user space, of which there is one task, are
    // none.
    unsafe { page.read_raw((&raw mut value).cast(), 0, size_of::<usize>())? };
    Ok(value)
}

#[kunit_tests(rust_mm_mapping)]
mod tests {
    use super::*;

    #[test]
    fn kernel_pages_are_mapped() -> Result {
        let addr = map(3, SHARED, |file, desc| desc.map_pages_full(&file.pages))?;

        for i in 0..3 {
            assert_eq!(read(addr + i * PAGE_SIZE), Ok(i + 1));
        }
        assert_eq!(write(addr + PAGE_SIZE, 42), Ok(()));
        assert_eq!(read(addr + PAGE_SIZE), Ok(42));
        unmap(addr, 3)
    }

    #[test]
    fn stores_reach_the_page_of_a_shared_mapping() -> Result {
        let page = Arc::new(Page::alloc_page(GFP_KERNEL)?, GFP_KERNEL)?;
        let file = TestFile::new(0, page.clone(), |file, desc| {
            desc.map_pages_full(core::slice::from_ref(&*file.state))
        })?;
        let addr = file.map(1, SHARED)?;

        assert_eq!(write(addr, 42), Ok(()));
        assert_eq!(peek(&page), Ok(42));
        unmap(addr, 1)
    }

    #[test]
    fn part_is_mapped() -> Result {
        let addr = map(3, SHARED, |file, desc| {
            let range = desc.page_range(desc.start() + PAGE_SIZE, &file.pages[1..2])?;

            Ok(MmapAction::MapKernelPages(range))
        })?;

        assert_eq!(read(addr), Err(EFAULT));
        assert_eq!(read(addr + PAGE_SIZE), Ok(2));
        assert_eq!(read(addr + 2 * PAGE_SIZE), Err(EFAULT));
        unmap(addr, 3)
    }

    #[test]
    fn frames_are_mapped() -> Result {
        let addr = map(1, SHARED, |file, desc| {
            desc.remap_full(MappablePfns::from_page(&file.pages[0]))
        })?;

        assert_eq!(read(addr), Ok(1));
        assert_eq!(write(addr, 42), Ok(()));
        assert_eq!(read(addr), Ok(42));
        unmap(addr, 1)
    }

    #[test]
    fn private_frames_are_copied() -> Result {
        let page = Arc::new(Page::alloc_page(GFP_KERNEL)?, GFP_KERNEL)?;
        let file = TestFile::new(0, page.clone(), |file, desc| {
            desc.remap_full(MappablePfns::from_page(&file.state))
        })?;

        poke(&page, 1)?;

        let addr = file.map(1, PRIVATE)?;

        assert_eq!(read(addr), Ok(1));
        assert_eq!(write(addr, 42), Ok(()));
        assert_eq!(read(addr), Ok(42));
        assert_eq!(peek(&page), Ok(1));
        unmap(addr, 1)
    }

    #[test]
    fn part_of_frames_is_mapped_if_not_copied() -> Result {
        let hook: Hook<()> = |file, desc| {
            let last = desc.end() - PAGE_SIZE;
            let range = desc.pfn_range(last, MappablePfns::from_page(&file.pages[0]))?;

            Ok(MmapAction::RemapPfn(range))
        };
        let addr = map(2, SHARED, hook)?;

        assert_eq!(read(addr), Err(EFAULT));
        assert_eq!(read(addr + PAGE_SIZE), Ok(1));
        assert_eq!(map(2, PRIVATE, hook), Err(EINVAL));
        unmap(addr, 2)
    }

    #[test]
    fn device_frames_are_mapped() -> Result {
        let addr = map(1, SHARED, |file, desc| {
            desc.io_remap_full(MappablePfns::from_page(&file.pages[0]))
        })?;

        assert_eq!(read(addr), Ok(1));
        unmap(addr, 1)
    }

    #[test]
    fn device_memory_is_mapped_at_its_offset() -> Result {
        let hook: Hook<()> = |file, desc| {
            let pfn = MappablePfns::from_page(&file.pages[0]).start().as_raw();
            let start = (pfn as PhysAddr) << PAGE_SHIFT;

            // SAFETY: The page is not used for anything else as long as there is the file.
            Ok(desc.simple_ioremap(unsafe {
                IoMemory::new(start - PAGE_SIZE as PhysAddr, 2 * PAGE_SIZE)?
            }))
        };
        let file = TestFile::new(1, Arc::new((), GFP_KERNEL)?, hook)?;
        let addr = file.map_at(0, 1, SHARED, 1)?;

        assert_eq!(read(addr), Ok(1));
        assert_eq!(file.map_at(0, 2, SHARED, 1), Err(EINVAL));
        assert_eq!(file.map_at(0, 1, SHARED, 2), Err(EINVAL));
        unmap(addr, 1)
    }

    #[test]
    fn hook_may_fail() {
        assert_eq!(map(1, SHARED, |_, _| Err(ENOTTY)), Err(ENOTTY));
        assert_eq!(
            map(2, SHARED, |file, desc| {
                let range = desc.page_range(desc.start() + PAGE_SIZE, &file.pages)?;

                Ok(MmapAction::MapKernelPages(range))
            }),
            Err(EFAULT)
        );
        assert_eq!(
            map(1, SHARED, |file, desc| {
                desc.set_flags(DriverFlag::PFNMAP);
                desc.map_pages_full(&file.pages)
            }),
            Err(EINVAL)
        );
        assert_eq!(
            map(1, SHARED, |file, desc| {
                desc.set_flags(DriverFlag::MIXEDMAP);
                desc.remap_full(MappablePfns::from_page(&file.pages[0]))
            }),
            Err(EINVAL)
        );
    }

    #[test]
    fn write_is_forbidden_for_good() {
        assert_eq!(
            map(1, SHARED, |_, desc| {
                desc.try_clear_maywrite()?;
                Ok(MmapAction::Nothing)
            }),
            Err(EPERM)
        );
    }

    #[test]
    fn memory_without_a_file_is_zero() -> Result {
        let shared = map(2, SHARED, |_, desc| desc.shmem_zero_setup())?;
        let private = map(2, PRIVATE, |_, desc| Ok(desc.anonymous()))?;

        for addr in [shared, private] {
            assert_eq!(read(addr), Ok(0));
            assert_eq!(write(addr, 42), Ok(()));
            assert_eq!(read(addr), Ok(42));
            assert_eq!(read(addr + PAGE_SIZE), Ok(0));
            unmap(addr, 2)?;
        }
        assert_eq!(map(2, SHARED, |_, desc| Ok(desc.anonymous())), Err(EINVAL));
        Ok(())
    }
}
