// SPDX-License-Identifier: GPL-2.0

//! Operations of a mapping.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use super::{
    fault::{
        VmFault,
        VmFaultError,
        VmFaultResult,
        VmHugeFault,
        VmHugeFaultResult, //
    },
    virt::VmaRef,
    vma_flags::VmaFlags, //
};
use crate::{
    bindings,
    build_assert::const_assert,
    error::VTABLE_DEFAULT_ERROR,
    prelude::*,
    ptr::Alignment,
    types::ForeignOwnable, //
};
use core::{
    marker::PhantomData,
    ops::{
        Deref,
        Range, //
    },
    ptr::NonNull, //
};

mod table;
use table::Private;
pub use table::VmOperationsVTable;

/// How a debugger gets at memory that has no pages.
pub enum Access {
    /// Not at all, or by [`VmOperations::access`].
    None,
    /// Through a temporary kernel mapping of the frame, where the architecture can.
    ///
    /// For memory of devices: architectures warn if other memory is mapped that way.
    GenericPhys,
}

/// How pages around a fault are mapped ahead.
///
/// There is no operation to write in Rust: it runs under the RCU read lock, where nothing may
/// sleep, which no type can promise.
pub enum MapPages {
    /// Not at all.
    None,
    /// From the page cache of the file.
    Filemap,
}

/// What to copy in [`VmOperations::access`], and where to.
pub enum AccessBuffer<'a> {
    /// Memory is to be read into the buffer, which is zeroed.
    Read(&'a mut [u8]),
    /// Memory is to be written from the buffer.
    Write(&'a [u8]),
}

/// Operations of a mapping, `struct vm_operations_struct` in C.
///
/// All are optional. What a type does not define is NULL in its table, as core mm expects.
///
/// # State
///
/// Operations work on [`Self::Data`], which belongs to the file and is the same for all of its
/// mappings.
///
/// State that each mapping owns comes from [`mapped`](Self::mapped), is duplicated by
/// [`open`](Self::open), and ends in [`close`](Self::close). It takes the place of the data, which
/// it must therefore refer to on its own, say by being an [`Arc`](crate::sync::Arc).
///
/// # Examples
///
/// Pages of a buffer, mapped as they are touched:
///
/// ```
/// use kernel::{
///     mm::{
///         fault::{
///             VmFault,
///             VmFaultResult, //
///         },
///         vm_ops::{
///             VmOperations,
///             VmOperationsVTable, //
///         },
///     },
///     page::Page, //
/// };
///
/// struct BufferOps;
///
/// #[vtable]
/// impl VmOperations for BufferOps {
///     type Data = KVec<Page>;
///     type Mapped = ();
///
///     fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
///         vmf.page_of(vmf.data())
///     }
/// }
///
/// static BUFFER_VM_OPS: VmOperationsVTable<BufferOps> = VmOperationsVTable::new();
/// ```
///
/// State of each mapping:
///
/// ```
/// use kernel::{
///     mm::vm_ops::{
///         VmOperations,
///         VmOperationsVTable, //
///     },
///     sync::{
///         Arc,
///         ArcBorrow, //
///     }, //
/// };
/// use core::ops::Range;
///
/// struct Session;
/// struct SessionOps;
///
/// #[vtable]
/// impl VmOperations for SessionOps {
///     type Data = Arc<Session>;
///     type Mapped = Arc<Session>;
///
///     fn mapped(_: Range<usize>, _: usize, session: &Arc<Session>) -> Result<Arc<Session>> {
///         Ok(session.clone())
///     }
///
///     fn open(session: ArcBorrow<'_, Session>) -> Arc<Session> {
///         session.into()
///     }
/// }
///
/// static SESSION_VM_OPS: VmOperationsVTable<SessionOps> = VmOperationsVTable::new();
/// ```
#[vtable]
pub trait VmOperations: Sized + 'static {
    /// What the operations work on. Use `()` if they need nothing.
    type Data: Sync + 'static;

    /// What each mapping owns. Use `()` if nothing; the mapping then keeps the data, as it does if
    /// this is another type without a size, which is dropped at once.
    type Mapped: ForeignOwnable + Send + Sync + 'static;

    /// How a debugger gets at memory that has no pages.
    const ACCESS: Access = Access::None;

    /// How pages around a fault are mapped ahead.
    const MAP_PAGES: MapPages = MapPages::None;

    /// A mapping has been made, at these user addresses and this offset in pages (that of
    /// [`VmaContext::pgoff`]).
    ///
    /// Returns its state. Runs once a mapping, after the action; if it fails the mapping is undone,
    /// and `mmap()` returns the error.
    ///
    /// Context: user context, may sleep; the address space is locked.
    fn mapped(_range: Range<usize>, _pgoff: usize, _data: &Self::Data) -> Result<Self::Mapped> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A mapping is about to become two, by `fork()`, `mremap()` or a split.
    ///
    /// Returns the state of the second one.
    ///
    /// Context: user context, may sleep; the address space is locked.
    fn open(_mapped: <Self::Mapped as ForeignOwnable>::Borrowed<'_>) -> Self::Mapped {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A mapping is gone.
    ///
    /// Gets its state; none if the mapping failed before [`mapped`](Self::mapped) could make one.
    /// Without this operation the state is just dropped.
    ///
    /// Context: user context, may sleep; the address space is locked.
    fn close(_mapped: Option<Self::Mapped>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Says whether the mapping may be split at the user address `addr`.
    ///
    /// An error is what `munmap()`, `mprotect()`, `mremap()` or `mmap()` in its place returns, and
    /// the mapping stays whole.
    ///
    /// Context: user context, may sleep; the address space is locked.
    fn may_split(_vma: VmaContext<'_, Self>, _addr: usize) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Says whether the mapping may be moved. Called for the mapping at its new place.
    ///
    /// An error is what `mremap()` returns, and the mapping stays where it was.
    ///
    /// Context: as [`Self::may_split`].
    fn mremap(_vma: VmaContext<'_, Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Says whether `flags` may become the flags of the user addresses `range` of the mapping.
    ///
    /// An error is what `mprotect()` returns; what comes before the mapping has changed by then.
    ///
    /// Context: as [`Self::may_split`].
    fn mprotect(_vma: VmaContext<'_, Self>, _range: Range<usize>, _flags: VmaFlags) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A page was touched that is not mapped.
    ///
    /// Context: user context, may sleep; the mapping is locked for reading.
    fn fault(_vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A page was touched where a huge one could be mapped.
    ///
    /// Context: as [`Self::fault`].
    fn huge_fault(_vmf: VmHugeFault<'_, Self>) -> VmHugeFaultResult<'_> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the size of the pages that make up the mapping in bytes, as reported to user space;
    /// no less than that of a page.
    fn pagesize(_vma: VmaContext<'_, Self>) -> Alignment {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A page is about to become writable, in a shared mapping. An error ends the access, as that
    /// of [`Self::fault`] does.
    ///
    /// Context: as [`Self::fault`].
    fn page_mkwrite(_vmf: VmFault<'_, Self>) -> Result<(), VmFaultError> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// As [`Self::page_mkwrite`], for a frame without a counted page.
    fn pfn_mkwrite(_vmf: VmFault<'_, Self>) -> Result<(), VmFaultError> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Copies to or from the user address `addr`, on behalf of a debugger.
    ///
    /// What is asked for is in the mapping, but not necessarily in one page. Returns how many bytes
    /// were copied. The access rights of the mapping are not for debuggers; denying what no one may
    /// do is up to this operation.
    ///
    /// Context: user context, may sleep; the address space is locked for reading.
    fn access(
        _vma: VmaContext<'_, Self>,
        _addr: usize,
        _buffer: AccessBuffer<'_>,
    ) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns the name of the mapping in `/proc/PID/maps`. One that has a name is always dumped.
    ///
    /// May run before [`mapped`](Self::mapped).
    fn name(_vma: VmaContext<'_, Self>) -> Option<&CStr> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A mapping whose operations are those of `V`, while one of them runs.
///
/// # Invariants
///
/// - The mapping is valid and locked, at least for reading, during `'v`.
/// - Its private data was stored by [`VmaDesc::set_vm_ops`](super::vma_desc::VmaDesc::set_vm_ops)
///   for `V`, or by an operation of `V`; unless both data and state have no size, when it is not
///   looked at.
pub struct VmaContext<'v, V: VmOperations> {
    vma: NonNull<bindings::vm_area_struct>,
    _invariant: PhantomData<fn(&'v V) -> &'v V>,
}

impl<V: VmOperations> Clone for VmaContext<'_, V> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: VmOperations> Copy for VmaContext<'_, V> {}

impl<V: VmOperations> Deref for VmaContext<'_, V> {
    type Target = VmaRef;

    #[inline]
    fn deref(&self) -> &VmaRef {
        // SAFETY: By the type invariants.
        unsafe { VmaRef::from_raw(self.vma.as_ptr()) }
    }
}

impl<'v, V: VmOperations> VmaContext<'v, V> {
    /// # Safety
    ///
    /// `vma` must meet the type invariants.
    #[inline]
    pub(super) unsafe fn from_raw(vma: *mut bindings::vm_area_struct) -> Self {
        // INVARIANT: Promised by the caller.
        Self {
            // SAFETY: The pointer is valid, hence not null.
            vma: unsafe { NonNull::new_unchecked(vma) },
            _invariant: PhantomData,
        }
    }

    #[inline]
    fn private(&self) -> Private<V> {
        // SAFETY: By the type invariants; the field changes in `mapped` and `open` only, when the
        // mapping is locked for writing.
        Private::from_raw(unsafe { (*self.vma.as_ptr()).vm_private_data })
    }

    /// Returns the data of the operations.
    ///
    /// For operations whose mappings own nothing only; what they own takes the place of the data.
    #[inline]
    pub fn data(&self) -> &'v V::Data {
        const_assert!(
            !Private::<V>::OWNED,
            "the data is replaced by what `mapped` returned: use `mapped()`"
        );

        // SAFETY: The mapping has the data ever since it was prepared. The data stays as long as
        // the file, which the mapping keeps.
        unsafe { self.private().data() }
    }

    /// Returns what [`mapped`](VmOperations::mapped) returned; [`None`] if it has yet to run.
    #[inline]
    pub fn mapped(&self) -> Option<<V::Mapped as ForeignOwnable>::Borrowed<'_>> {
        const_assert!(
            Private::<V>::OWNED,
            "no mapping has a state, as `mapped` returns none: use `data()`"
        );

        let owned = self.private().owned()?;
        // SAFETY: The mapping owns it until `close`, which does not run during the operation.
        Some(unsafe { V::Mapped::borrow(owned) })
    }

    /// Returns the offset in the file, in pages, of the user address [`start`](VmaRef::start).
    ///
    /// For a remapped private mapping it is the first frame instead.
    #[inline]
    pub fn pgoff(&self) -> usize {
        // SAFETY: By the type invariants.
        unsafe { (*self.vma.as_ptr()).vm_pgoff }
    }
}
