// SPDX-License-Identifier: GPL-2.0

//! The C table of the operations of a mapping.

use super::{
    Access,
    AccessBuffer,
    MapPages,
    VmOperations,
    VmaContext, //
};
use crate::{
    bindings,
    build_assert::const_assert,
    error::from_result,
    mm::{
        fault::{
            vm_fault_t,
            VmFault,
            VmHugeFault, //
        },
        virt::VmaRef,
        vma_desc::VmaDesc,
        vma_flags::{
            VmaFlag,
            VmaFlags, //
        }, //
    },
    page::PAGE_SIZE,
    prelude::*,
    types::ForeignOwnable, //
};
use core::{
    any::TypeId,
    marker::PhantomData,
    ptr::NonNull, //
};

/// What is stored in the private data of a mapping.
///
/// Either a pointer to the data of `V`, or a pointer that owns what `mapped` returned. Only if that
/// is not `()` is there a choice; then the lowest bit is set in the first case.
pub(super) struct Private<V: VmOperations> {
    raw: *mut c_void,
    _ops: PhantomData<V>,
}

impl<V: VmOperations> Private<V> {
    const TAG: usize = 1;

    /// Whether mappings own something, once `mapped` has run.
    pub(super) const OWNED: bool = V::HAS_MAPPED && size_of::<V::Mapped>() != 0;

    #[inline]
    pub(super) fn from_raw(raw: *mut c_void) -> Self {
        Self {
            raw,
            _ops: PhantomData,
        }
    }

    #[inline]
    fn is_data(&self) -> bool {
        !Self::OWNED || self.raw.addr() & Self::TAG != 0
    }

    /// # Safety
    ///
    /// The pointer must be one to data, valid during `'v`.
    #[inline]
    pub(super) unsafe fn data<'v>(&self) -> &'v V::Data {
        if size_of::<V::Data>() == 0 {
            // SAFETY: There is nothing to point to, and a value exists: `set_vm_ops` had one.
            return unsafe { NonNull::dangling().as_ref() };
        }

        let tag = if Self::OWNED { Self::TAG } else { 0 };

        // SAFETY: Promised by the caller; the data was stored with this tag.
        unsafe { &*self.raw.wrapping_byte_sub(tag).cast_const().cast() }
    }

    /// Returns the owning pointer, if it is one.
    #[inline]
    pub(super) fn owned(&self) -> Option<*mut c_void> {
        if self.is_data() {
            None
        } else {
            Some(self.raw)
        }
    }
}

/// The operations of `V` as a table, of which there should be one, a `static`.
///
/// # Invariants
///
/// - The functions are those of `V`, or NULL.
/// - No table of another type is at the same address.
#[repr(C)]
pub struct VmOperationsVTable<V> {
    ops: bindings::vm_operations_struct,
    // If tables of two types were equal, the compiler could make them one.
    _type: TypeId,
    _ops: PhantomData<fn(V)>,
}

// SAFETY: The table is never written.
unsafe impl<V> Sync for VmOperationsVTable<V> {}

impl<V: VmOperations> VmOperationsVTable<V> {
    /// Makes the table.
    // A table has to be in a `static`, where `Default` cannot be used.
    #[expect(clippy::new_without_default)]
    pub const fn new() -> Self {
        const_assert!(
            !Private::<V>::OWNED || V::HAS_OPEN,
            "state of a mapping must be duplicated when the mapping is: `open` is missing"
        );
        const_assert!(
            Private::<V>::OWNED || (!V::HAS_OPEN && !V::HAS_CLOSE),
            "`open` and `close` work on what `mapped` returns: `mapped` is missing, or returns `()`"
        );
        const_assert!(
            !Private::<V>::OWNED
                || (V::Mapped::FOREIGN_ALIGN >= 2
                    && (align_of::<V::Data>() >= 2 || size_of::<V::Data>() == 0)),
            "the lowest bit of the private data is in use: align `Data` and `Mapped` to 2 bytes or more"
        );
        const_assert!(
            !V::HAS_ACCESS || matches!(V::ACCESS, Access::None),
            "both `ACCESS` and `access` are set: leave one out"
        );

        macro_rules! slot {
            ($has:ident, $callback:ident) => {
                slot!(if V::$has, $callback)
            };
            (if $has:expr, $callback:ident) => {
                if $has {
                    Some(Self::$callback)
                } else {
                    None
                }
            };
        }

        // INVARIANT: The functions are those of `V`, and the table has its type in it.
        #[allow(
            clippy::needless_update,
            reason = "there are more operations with NUMA and others"
        )]
        Self {
            ops: bindings::vm_operations_struct {
                open: slot!(HAS_OPEN, open_callback),
                close: slot!(if Private::<V>::OWNED, close_callback),
                mapped: slot!(HAS_MAPPED, mapped_callback),
                may_split: slot!(HAS_MAY_SPLIT, may_split_callback),
                mremap: slot!(HAS_MREMAP, mremap_callback),
                mprotect: slot!(HAS_MPROTECT, mprotect_callback),
                fault: slot!(HAS_FAULT, fault_callback),
                huge_fault: slot!(HAS_HUGE_FAULT, huge_fault_callback),
                map_pages: match V::MAP_PAGES {
                    MapPages::None => None,
                    MapPages::Filemap => Some(bindings::filemap_map_pages),
                },
                pagesize: slot!(HAS_PAGESIZE, pagesize_callback),
                page_mkwrite: slot!(HAS_PAGE_MKWRITE, page_mkwrite_callback),
                pfn_mkwrite: slot!(HAS_PFN_MKWRITE, pfn_mkwrite_callback),
                access: match V::ACCESS {
                    Access::None => slot!(HAS_ACCESS, access_callback),
                    #[cfg(CONFIG_HAVE_IOREMAP_PROT)]
                    Access::GenericPhys => Some(bindings::generic_access_phys),
                    #[cfg(not(CONFIG_HAVE_IOREMAP_PROT))]
                    Access::GenericPhys => None,
                },
                name: slot!(HAS_NAME, name_callback),
                ..pin_init::zeroed()
            },
            _type: TypeId::of::<V>(),
            _ops: PhantomData,
        }
    }

    #[inline]
    pub(in crate::mm) fn as_ptr(&'static self) -> *const bindings::vm_operations_struct {
        &raw const self.ops
    }

    /// Returns the mapping as one that has these operations; [`None`] if it has others.
    ///
    /// For drivers that find their mappings by address, where user space can put another.
    #[inline]
    pub fn context<'v>(&'static self, vma: &'v VmaRef) -> Option<VmaContext<'v, V>> {
        let raw = vma.as_ptr();

        // SAFETY: The mapping is valid, and its operations do not change while it is locked.
        if !core::ptr::eq(unsafe { (*raw).vm_ops }, self.as_ptr()) {
            return None;
        }
        // SAFETY: The mapping is locked as long as the reference lives. By the type invariants this
        // is the table of `V`, which only `set_vm_ops` gives to a mapping, along with the data.
        Some(unsafe { VmaContext::from_raw(raw) })
    }

    /// Returns what to store as the private data of a mapping, if anything.
    #[inline]
    fn private_of(data: &V::Data) -> Option<*mut c_void> {
        let empty = size_of::<V::Data>() == 0;
        let data = if empty {
            core::ptr::null()
        } else {
            core::ptr::from_ref(data)
        };
        let data = data.cast_mut().cast::<c_void>();

        if Private::<V>::OWNED {
            Some(data.wrapping_byte_add(Private::<V>::TAG))
        } else if empty {
            None
        } else {
            Some(data)
        }
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations. Runs before all others except
    /// `name`.
    unsafe extern "C" fn mapped_callback(
        start: c_ulong,
        end: c_ulong,
        pgoff: c_ulong,
        _file: *const bindings::file,
        private: *mut *mut c_void,
    ) -> c_int {
        from_result(|| {
            // SAFETY: Core mm passes the private data of the mapping, which `set_vm_ops` stored; it
            // is valid as long as the file.
            let data = unsafe { Private::<V>::from_raw(*private).data() };
            let mapped = V::mapped(start..end, pgoff, data)?;

            if Private::<V>::OWNED {
                // SAFETY: Core mm wants to be told the new private data.
                unsafe { *private = mapped.into_foreign() };
            }
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// Called by core mm, for a copy of a mapping that has these operations.
    unsafe extern "C" fn open_callback(vma: *mut bindings::vm_area_struct) {
        // SAFETY: The copy is ours alone; its private data is that of the original.
        let private = unsafe { &raw mut (*vma).vm_private_data };

        // SAFETY: As above.
        if let Some(owned) = Private::<V>::from_raw(unsafe { *private }).owned() {
            // SAFETY: The original keeps it, and is locked.
            let copy = V::open(unsafe { V::Mapped::borrow(owned) });

            // SAFETY: As above. The copy owns this from now on.
            unsafe { *private = copy.into_foreign() };
        }
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations, as the last one.
    unsafe extern "C" fn close_callback(vma: *mut bindings::vm_area_struct) {
        // SAFETY: The mapping is locked for writing.
        let owned = Private::<V>::from_raw(unsafe { (*vma).vm_private_data }).owned();
        // SAFETY: `mapped_callback` or `open_callback` stored the pointer. As this is the last
        // operation, nobody borrows from it and nobody will take it again.
        let mapped = owned.map(|owned| unsafe { V::Mapped::from_foreign(owned) });

        if V::HAS_CLOSE {
            V::close(mapped);
        }
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations.
    unsafe extern "C" fn may_split_callback(
        vma: *mut bindings::vm_area_struct,
        addr: c_ulong,
    ) -> c_int {
        // SAFETY: Core mm has locked the mapping for writing.
        let vma = unsafe { VmaContext::from_raw(vma) };

        from_result(|| V::may_split(vma, addr).map(|()| 0))
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations.
    unsafe extern "C" fn mremap_callback(vma: *mut bindings::vm_area_struct) -> c_int {
        // SAFETY: Core mm has locked the mapping for writing.
        let vma = unsafe { VmaContext::from_raw(vma) };

        from_result(|| V::mremap(vma).map(|()| 0))
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations.
    unsafe extern "C" fn mprotect_callback(
        vma: *mut bindings::vm_area_struct,
        start: c_ulong,
        end: c_ulong,
        flags: c_ulong,
    ) -> c_int {
        // SAFETY: Core mm has locked the mapping for writing.
        let vma = unsafe { VmaContext::from_raw(vma) };

        from_result(|| V::mprotect(vma, start..end, VmaFlags::from_legacy(flags)).map(|()| 0))
    }

    /// # Safety
    ///
    /// Called by core mm, for a fault in a mapping that has these operations.
    unsafe extern "C" fn fault_callback(vmf: *mut bindings::vm_fault) -> vm_fault_t {
        // SAFETY: `vmf` is valid during the call, and the mapping is locked.
        match V::fault(unsafe { VmFault::from_raw(vmf) }) {
            // SAFETY: This is the fault that was handled.
            Ok(done) => unsafe { done.finish(vmf) },
            Err(err) => err.as_raw(),
        }
    }

    /// # Safety
    ///
    /// Called by core mm, for a fault in a mapping that has these operations.
    unsafe extern "C" fn huge_fault_callback(
        vmf: *mut bindings::vm_fault,
        order: c_uint,
    ) -> vm_fault_t {
        // SAFETY: `vmf` is valid during the call, and the mapping is locked.
        match V::huge_fault(unsafe { VmHugeFault::from_raw(vmf, order) }) {
            Ok(done) => done.as_raw(),
            Err(err) => err.as_raw(),
        }
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations.
    unsafe extern "C" fn pagesize_callback(vma: *mut bindings::vm_area_struct) -> c_ulong {
        // SAFETY: Core mm has locked the mapping for reading.
        let vma = unsafe { VmaContext::from_raw(vma) };

        V::pagesize(vma).as_usize().max(PAGE_SIZE)
    }

    /// # Safety
    ///
    /// Called by core mm, for a fault in a mapping that has these operations.
    unsafe extern "C" fn page_mkwrite_callback(vmf: *mut bindings::vm_fault) -> vm_fault_t {
        // SAFETY: `vmf` is valid during the call, and the mapping is locked.
        match V::page_mkwrite(unsafe { VmFault::from_raw(vmf) }) {
            // SAFETY: Core mm has set the page, and has a reference on it.
            Ok(()) => unsafe { bindings::vmf_page_mkwrite_finish(vmf) },
            Err(err) => err.as_raw(),
        }
    }

    /// # Safety
    ///
    /// Called by core mm, for a fault in a mapping that has these operations.
    unsafe extern "C" fn pfn_mkwrite_callback(vmf: *mut bindings::vm_fault) -> vm_fault_t {
        // SAFETY: `vmf` is valid during the call, and the mapping is locked.
        match V::pfn_mkwrite(unsafe { VmFault::from_raw(vmf) }) {
            Ok(()) => 0,
            Err(err) => err.as_raw(),
        }
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations. `buf` must be valid for `len`
    /// bytes: for writes, or for reads if `write` is not zero.
    unsafe extern "C" fn access_callback(
        vma: *mut bindings::vm_area_struct,
        addr: c_ulong,
        buf: *mut c_void,
        len: c_int,
        write: c_int,
    ) -> c_int {
        // SAFETY: Core mm has locked the mapping for reading.
        let vma = unsafe { VmaContext::from_raw(vma) };
        // Core mm asks for all that it still wants, be it beyond the mapping.
        //
        // CAST: The length is not negative.
        let size = (len as usize).min(vma.end().saturating_sub(addr));
        let buffer = if write != 0 {
            // SAFETY: Promised by the caller, and nobody writes to it meanwhile.
            AccessBuffer::Write(unsafe { core::slice::from_raw_parts(buf.cast(), size) })
        } else {
            // Nobody has written to it, and user space is going to be told what it contains.
            //
            // SAFETY: Promised by the caller, and nobody else uses it meanwhile.
            AccessBuffer::Read(unsafe {
                core::ptr::write_bytes(buf.cast::<u8>(), 0, size);
                core::slice::from_raw_parts_mut(buf.cast(), size)
            })
        };

        // CAST: No more than `len`.
        from_result(|| V::access(vma, addr, buffer).map(|copied| copied.min(size) as c_int))
    }

    /// # Safety
    ///
    /// Called by core mm, for a mapping that has these operations.
    unsafe extern "C" fn name_callback(vma: *mut bindings::vm_area_struct) -> *const c_char {
        // SAFETY: Core mm has locked the mapping for reading. The lifetime is as long as it uses
        // the name.
        match V::name(unsafe { VmaContext::from_raw(vma) }) {
            Some(name) => name.as_char_ptr(),
            None => core::ptr::null(),
        }
    }
}

/// # Operations of a mapping
impl<'a> VmaDesc<'a> {
    /// Sets the operations of the mapping, and the data that they work on.
    ///
    /// A mapping that is merged with its neighbour gets the operations and the data of that one,
    /// which are of the same file, but not necessarily the same. So what depends on the offset is
    /// for the operations to find out, not for the hook. A mapping whose operations have
    /// [`mapped`](VmOperations::mapped) is not merged, as the operation would be left out: it gets
    /// [`VmaFlag::DONTEXPAND`], unless it already has another flag to that effect.
    #[inline]
    pub fn set_vm_ops<V: VmOperations>(
        &mut self,
        ops: &'static VmOperationsVTable<V>,
        data: &'a V::Data,
    ) {
        self.raw_mut().vm_ops = ops.as_ptr();
        if let Some(private) = VmOperationsVTable::<V>::private_of(data) {
            self.raw_mut().private_data = private;
        }
        if V::HAS_MAPPED && !self.flags().contains_any(VmaFlags::SPECIAL) {
            self.add_flags(VmaFlags::new(&[VmaFlag::DONTEXPAND]));
        }
    }
}
