// SPDX-License-Identifier: GPL-2.0

//! KUnit tests of the operations of mappings.

use super::mapping::{
    read,
    unmap,
    write,
    Backing,
    Hook,
    TestFile,
    SHARED, //
};
use super::{
    bytes,
    description,
    prepare,
    RW, //
};
use crate::{
    bindings,
    mm::{
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult,
            VmHugeFault,
            VmHugeFaultError,
            VmHugeFaultResult, //
        },
        mappable::MappablePfns,
        mmap_action::MmapAction,
        virt,
        vm_ops::{
            Access,
            AccessBuffer,
            MapPages,
            VmOperations,
            VmOperationsVTable,
            VmaContext, //
        },
        vma_flags::{
            DriverFlag,
            VmaFlag,
            VmaFlags, //
        }, //
    },
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*,
    ptr::Alignment,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        ArcBorrow, //
    }, //
};
use core::ops::Range;

/// Returns the C table.
fn table<V: VmOperations>(
    ops: &'static VmOperationsVTable<V>,
) -> &'static bindings::vm_operations_struct {
    // SAFETY: The table is there for ever.
    unsafe { &*ops.as_ptr() }
}

/// Runs `f` on the mapping at `addr`.
fn with_vma<T>(
    addr: usize,
    f: impl FnOnce(*mut bindings::vm_area_struct, &bindings::vm_operations_struct) -> T,
) -> Result<T> {
    let task = current!();
    let mm = task.mm().ok_or(EINVAL)?;
    let guard = mm.mmap_read_lock();
    let vma = guard.vma_lookup(addr).ok_or(EFAULT)?.as_ptr();

    // SAFETY: The mapping is valid while it is locked, and has operations, being that of a file.
    Ok(f(vma, unsafe { &*(*vma).vm_ops }))
}

/// Nothing but a slot that is a C function.
struct Stock;

#[vtable]
impl VmOperations for Stock {
    type Data = ();
    type Mapped = ();

    const ACCESS: Access = Access::GenericPhys;
    const MAP_PAGES: MapPages = MapPages::Filemap;
}

static STOCK: VmOperationsVTable<Stock> = VmOperationsVTable::new();

/// Mappings that own a reference on counters.
pub(super) struct Counted;

pub(super) struct Counters {
    pub(super) mapped: Atomic<i32>,
    pub(super) opened: Atomic<i32>,
    pub(super) closed: Atomic<i32>,
}

impl Counters {
    pub(super) const fn new() -> Self {
        Self {
            mapped: Atomic::new(0),
            opened: Atomic::new(0),
            closed: Atomic::new(0),
        }
    }
}

#[vtable]
impl VmOperations for Counted {
    type Data = Arc<Counters>;
    type Mapped = Arc<Counters>;

    fn mapped(range: Range<usize>, pgoff: usize, data: &Arc<Counters>) -> Result<Arc<Counters>> {
        if range.is_empty() || pgoff != 0 {
            return Err(ENOSPC);
        }
        data.mapped.add(1, Relaxed);
        Ok(data.clone())
    }

    fn open(counters: ArcBorrow<'_, Counters>) -> Arc<Counters> {
        counters.opened.add(1, Relaxed);
        counters.into()
    }

    fn close(counters: Option<Arc<Counters>>) {
        match counters {
            Some(counters) => counters.closed.add(1, Relaxed),
            None => CLOSED_EARLY.add(1, Relaxed),
        }
    }

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let counters = vmf.mapped().ok_or(VmFaultError::SIGBUS)?;

        // A page that nobody but the mapping has.
        let page = Page::alloc_page(GFP_KERNEL | __GFP_ZERO).map_err(|_| VmFaultError::OOM)?;

        counters.mapped.load(Relaxed);
        Ok(vmf.page(&page))
    }
}

pub(super) static COUNTED: VmOperationsVTable<Counted> = VmOperationsVTable::new();

/// Mappings that were closed without having been mapped.
pub(super) static CLOSED_EARLY: Atomic<i32> = Atomic::new(0);

pub(super) fn counted() -> Result<(TestFile<Counters>, Arc<Counters>)> {
    let counters = Arc::new(Counters::new(), GFP_KERNEL)?;
    let file = TestFile::new(0, counters.clone(), |file, desc| {
        if desc.pgoff() == 2 {
            desc.set_error_override(EAGAIN);
        }
        desc.set_vm_ops(&COUNTED, &file.state);
        Ok(MmapAction::Nothing)
    })?;

    Ok((file, counters))
}

/// Mappings that own nothing, and are only noted.
struct Noted;

#[vtable]
impl VmOperations for Noted {
    type Data = Arc<Counters>;
    type Mapped = ();

    fn mapped(_: Range<usize>, _: usize, data: &Arc<Counters>) -> Result {
        data.mapped.add(1, Relaxed);
        Ok(())
    }
}

static NOTED: VmOperationsVTable<Noted> = VmOperationsVTable::new();

/// Mappings that have every operation, some of which a test can forbid.
struct Full;

struct Verdict {
    forbidden: Atomic<i32>,
    mkwrites: Atomic<i32>,
}

impl Verdict {
    const fn new() -> Self {
        Self {
            forbidden: Atomic::new(0),
            mkwrites: Atomic::new(0),
        }
    }

    fn get(&self) -> Result {
        if self.forbidden.load(Relaxed) != 0 {
            return Err(EACCES);
        }
        Ok(())
    }

    fn mkwrite(&self) -> Result<(), VmFaultError> {
        self.mkwrites.add(1, Relaxed);
        Ok(self.get()?)
    }
}

#[vtable]
impl VmOperations for Full {
    type Data = Backing<Verdict>;
    type Mapped = ();

    fn may_split(vma: VmaContext<'_, Self>, addr: usize) -> Result {
        if addr <= vma.start() || addr >= vma.end() {
            return Err(EINVAL);
        }
        vma.data().state.get()
    }

    fn mremap(vma: VmaContext<'_, Self>) -> Result {
        vma.data().state.get()
    }

    fn mprotect(vma: VmaContext<'_, Self>, range: Range<usize>, flags: VmaFlags) -> Result {
        if range.start != vma.start() || range.end != vma.end() || !flags.contains(VmaFlag::READ) {
            return Err(EINVAL);
        }
        vma.data().state.get()
    }

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let pages = &vmf.data().pages;

        if vmf.flags() & virt::flags::PFNMAP != 0 {
            let page = pages.get(vmf.pgoff()).ok_or(VmFaultError::SIGBUS)?;

            return vmf.insert_pfn(MappablePfns::from_page(page), 0);
        }
        vmf.page_of(pages)
    }

    fn huge_fault(_: VmHugeFault<'_, Self>) -> VmHugeFaultResult<'_> {
        Err(VmHugeFaultError::Fallback)
    }

    fn pagesize(_: VmaContext<'_, Self>) -> Alignment {
        Alignment::new::<{ 16 * PAGE_SIZE }>()
    }

    fn page_mkwrite(vmf: VmFault<'_, Self>) -> Result<(), VmFaultError> {
        vmf.data().state.mkwrite()
    }

    fn pfn_mkwrite(vmf: VmFault<'_, Self>) -> Result<(), VmFaultError> {
        vmf.data().state.mkwrite()
    }

    fn access(vma: VmaContext<'_, Self>, addr: usize, buffer: AccessBuffer<'_>) -> Result<usize> {
        vma.data().state.get()?;
        match buffer {
            // Less than is said.
            AccessBuffer::Read(buffer) => buffer[0] = addr as u8,
            // More than there is.
            AccessBuffer::Write(buffer) => return Ok(buffer.len() + 1),
        }
        Ok(2)
    }

    fn name(vma: VmaContext<'_, Self>) -> Option<&CStr> {
        match vma.data().state.get() {
            Ok(()) => Some(c"rust"),
            Err(_) => None,
        }
    }
}

static FULL: VmOperationsVTable<Full> = VmOperationsVTable::new();

fn full(hook: Hook<Verdict>) -> Result<(usize, Arc<Verdict>)> {
    let verdict = Arc::new(Verdict::new(), GFP_KERNEL)?;
    let file = TestFile::new(3, verdict.clone(), hook)?;

    Ok((file.map(3, SHARED)?, verdict))
}

#[kunit_tests(rust_mm_vm_ops)]
mod tests {
    use super::*;

    #[test]
    fn table_has_what_the_type_has() {
        let stock = table(&STOCK);

        assert!(stock.open.is_none() && stock.close.is_none() && stock.mapped.is_none());
        assert!(stock.may_split.is_none() && stock.mremap.is_none() && stock.mprotect.is_none());
        assert!(stock.fault.is_none() && stock.huge_fault.is_none() && stock.pagesize.is_none());
        assert!(stock.page_mkwrite.is_none() && stock.pfn_mkwrite.is_none());
        assert!(stock.name.is_none() && stock.map_pages.is_some());
        assert_eq!(stock.access.is_some(), cfg!(CONFIG_HAVE_IOREMAP_PROT));

        let counted = table(&COUNTED);

        assert!(counted.open.is_some() && counted.close.is_some() && counted.mapped.is_some());
        assert!(counted.fault.is_some() && counted.access.is_none());

        let noted = table(&NOTED);

        assert!(noted.mapped.is_some() && noted.open.is_none() && noted.close.is_none());

        let full = table(&FULL);

        assert!(full.open.is_none() && full.close.is_none() && full.mapped.is_none());
        assert!(full.may_split.is_some() && full.mremap.is_some() && full.mprotect.is_some());
        assert!(full.fault.is_some() && full.huge_fault.is_some() && full.pagesize.is_some());
        assert!(full.page_mkwrite.is_some() && full.pfn_mkwrite.is_some());
        assert!(full.name.is_some() && full.access.is_some() && full.map_pages.is_none());
    }

    /// Or a mapping of one type would be taken for one of the other.
    #[test]
    fn tables_of_two_types_are_two() {
        struct Other;

        #[vtable]
        impl VmOperations for Other {
            type Data = u64;
            type Mapped = ();

            const ACCESS: Access = Access::GenericPhys;
            const MAP_PAGES: MapPages = MapPages::Filemap;
        }

        const STOCK: &VmOperationsVTable<Stock> = &VmOperationsVTable::new();
        const OTHER: &VmOperationsVTable<Other> = &VmOperationsVTable::new();

        assert!(STOCK.as_ptr() != OTHER.as_ptr());
    }

    #[test]
    fn ops_are_stored_as_in_c() -> Result {
        let mut raw = description(RW);

        prepare(&mut raw, |desc| {
            desc.set_vm_ops(&STOCK, &());
            Ok(MmapAction::Nothing)
        })?;

        let mut expected = description(RW);

        expected.vm_ops = STOCK.as_ptr();
        assert!(bytes(&raw) == bytes(&expected));

        let counters = Arc::new(Counters::new(), GFP_KERNEL)?;

        prepare(&mut raw, |desc| {
            desc.set_vm_ops(&COUNTED, &counters);
            assert!(desc.flags().contains(VmaFlag::DONTEXPAND));
            Ok(MmapAction::Nothing)
        })?;
        assert_eq!(raw.private_data.addr(), (&raw const counters).addr() + 1);
        Ok(())
    }

    #[test]
    fn state_follows_the_mapping() -> Result {
        let (file, counters) = counted()?;
        let mappings = || {
            counters.mapped.load(Relaxed) + counters.opened.load(Relaxed)
                - counters.closed.load(Relaxed)
        };

        let addr = file.map(3, SHARED)?;
        assert_eq!((counters.mapped.load(Relaxed), mappings()), (1, 1));

        // One becomes two.
        unmap(addr + PAGE_SIZE, 1)?;
        assert_eq!(counters.mapped.load(Relaxed), 1);
        assert_eq!(mappings(), 2);

        assert_eq!(read(addr), Ok(0));
        assert_eq!(write(addr + 2 * PAGE_SIZE, 42), Ok(()));
        assert_eq!(read(addr + 2 * PAGE_SIZE), Ok(42));

        unmap(addr, 3)?;
        assert_eq!(mappings(), 0);
        Ok(())
    }

    #[test]
    fn mapping_with_state_is_not_merged() -> Result {
        let (file, counters) = counted()?;
        let addr = file.map(2, SHARED)?;

        // What is freed is mapped again, next to the rest.
        unmap(addr, 1)?;
        assert_eq!(
            file.map_at(addr, 1, SHARED | bindings::MAP_FIXED, 0),
            Ok(addr)
        );
        assert_eq!(counters.mapped.load(Relaxed), 2);
        unmap(addr, 2)
    }

    #[test]
    fn mapping_without_state_keeps_the_data() -> Result {
        let counters = Arc::new(Counters::new(), GFP_KERNEL)?;
        let file = TestFile::new(0, counters.clone(), |file, desc| {
            desc.set_flags(DriverFlag::MIXEDMAP);
            desc.set_vm_ops(&NOTED, &file.state);
            // Not merged already.
            assert!(!desc.flags().contains(VmaFlag::DONTEXPAND));
            Ok(MmapAction::Nothing)
        })?;
        let addr = file.map(3, SHARED)?;

        assert_eq!(counters.mapped.load(Relaxed), 1);
        unmap(addr + PAGE_SIZE, 1)?;

        for addr in [addr, addr + 2 * PAGE_SIZE] {
            let task = current!();
            let guard = task.mm().ok_or(EINVAL)?.mmap_read_lock();
            let vma = guard.vma_lookup(addr).ok_or(EFAULT)?;
            let noted = NOTED.context(vma).ok_or(EINVAL)?;

            assert!(core::ptr::eq(&**noted.data(), &*counters));
            assert!(COUNTED.context(vma).is_none());
        }
        assert_eq!(counters.mapped.load(Relaxed), 1);
        unmap(addr, 3)
    }

    #[test]
    fn mapped_may_fail() -> Result {
        let (file, counters) = counted()?;
        let early = CLOSED_EARLY.load(Relaxed);

        assert_eq!(file.map_at(0, 1, SHARED, 1), Err(ENOSPC));
        assert_eq!(CLOSED_EARLY.load(Relaxed), early + 1);
        // The second page offset has an override.
        assert_eq!(file.map_at(0, 1, SHARED, 2), Err(EAGAIN));
        assert_eq!(CLOSED_EARLY.load(Relaxed), early + 2);
        assert_eq!(counters.closed.load(Relaxed), 0);
        Ok(())
    }

    #[test]
    fn page_becomes_writable_once() -> Result {
        let (addr, verdict) = full(|file, desc| {
            desc.set_vm_ops(&FULL, file);
            Ok(MmapAction::Nothing)
        })?;

        assert_eq!(read(addr), Ok(1));
        assert_eq!(verdict.mkwrites.load(Relaxed), 0);
        assert_eq!(write(addr, 42), Ok(()));
        assert_eq!(write(addr, 43), Ok(()));
        assert_eq!(verdict.mkwrites.load(Relaxed), 1);
        assert_eq!(read(addr), Ok(43));

        verdict.forbidden.store(1, Relaxed);
        assert_eq!(write(addr, 44), Ok(()));
        assert_eq!(write(addr + PAGE_SIZE, 44), Err(EFAULT));
        assert_eq!(read(addr + PAGE_SIZE), Ok(2));
        verdict.forbidden.store(0, Relaxed);
        unmap(addr, 3)
    }

    #[test]
    fn frame_becomes_writable_once() -> Result {
        let (addr, verdict) = full(|file, desc| {
            desc.set_flags(DriverFlag::PFNMAP);
            desc.set_vm_ops(&FULL, file);
            Ok(MmapAction::Nothing)
        })?;

        assert_eq!(read(addr), Ok(1));
        assert_eq!(write(addr, 42), Ok(()));
        assert_eq!(write(addr, 43), Ok(()));
        assert_eq!(verdict.mkwrites.load(Relaxed), 1);
        assert_eq!(read(addr), Ok(43));

        verdict.forbidden.store(1, Relaxed);
        assert_eq!(read(addr + PAGE_SIZE), Ok(2));
        assert_eq!(write(addr + PAGE_SIZE, 44), Err(EFAULT));
        verdict.forbidden.store(0, Relaxed);
        unmap(addr, 3)
    }

    #[test]
    fn split_may_be_forbidden() -> Result {
        let (addr, verdict) = full(|file, desc| {
            desc.set_vm_ops(&FULL, file);
            Ok(MmapAction::Nothing)
        })?;

        verdict.forbidden.store(1, Relaxed);
        assert_eq!(unmap(addr, 1), Err(EACCES));
        assert_eq!(unmap(addr, 3), Ok(()));
        Ok(())
    }

    #[test]
    fn operations_are_called_with_what_c_passes() -> Result {
        let (addr, verdict) = full(|file, desc| {
            desc.set_vm_ops(&FULL, file);
            Ok(MmapAction::Nothing)
        })?;
        let end = addr + 3 * PAGE_SIZE;
        let errno = EACCES.to_errno();

        for (forbidden, ret) in [(0, 0), (1, errno)] {
            verdict.forbidden.store(forbidden, Relaxed);

            // SAFETY: The mapping is locked, and the operations are its own.
            let done = with_vma(addr, |vma, ops| unsafe {
                let mut buffer = [0xa5u8; 2];
                let buf: *mut c_void = buffer.as_mut_ptr().cast();

                ops.mprotect
                    .is_some_and(|f| f(vma, addr, end, bindings::VM_READ) == ret)
                    && ops.mremap.is_some_and(|f| f(vma) == ret)
                    && ops
                        .may_split
                        .is_some_and(|f| f(vma, addr + PAGE_SIZE) == ret)
                    && ops.pagesize.is_some_and(|f| f(vma) == 16 * PAGE_SIZE)
                    && ops
                        .name
                        .is_some_and(|f| f(vma).is_null() == (forbidden != 0))
                    && ops.access.is_some_and(|f| {
                        f(vma, addr + 7, buf, 2, 0) == if forbidden == 0 { 2 } else { errno }
                    })
                    && ops.access.is_some_and(|f| {
                        f(vma, addr, buf, 2, 1) == if forbidden == 0 { 2 } else { errno }
                    })
                    && ops.access.is_some_and(|f| {
                        f(vma, end - 1, buf, 2, 1) == if forbidden == 0 { 1 } else { errno }
                    })
                    && (forbidden != 0 || buffer == [7, 0])
            })?;

            assert!(done);
        }
        unmap(addr, 3)
    }
}
