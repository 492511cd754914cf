// SPDX-License-Identifier: GPL-2.0

//! Page faults.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use super::{
    mappable::MappablePfns,
    virt::VmaRef,
    vm_ops::{
        VmOperations,
        VmaContext, //
    },
    vma_flags::{
        VmaFlag,
        VmaFlags, //
    }, //
};
use crate::{
    alloc::AllocError,
    bindings,
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*, //
};
use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::Deref,
    ptr::NonNull, //
};

#[doc(inline)]
pub use bindings::vm_fault_t;

/// What a fault handler returns.
pub type VmFaultResult<'v> = Result<VmFaultDone<'v>, VmFaultError>;

/// What a huge fault handler returns.
pub type VmHugeFaultResult<'v> = Result<VmHugeFaultDone<'v>, VmHugeFaultError>;

/// Why a fault could not be handled.
///
/// # Examples
///
/// ```
/// use kernel::mm::fault::VmFaultError;
///
/// assert_eq!(VmFaultError::from(ENOMEM), VmFaultError::OOM);
/// assert_eq!(VmFaultError::from(EHWPOISON), VmFaultError::HWPOISON);
/// assert_eq!(VmFaultError::from(EINVAL), VmFaultError::SIGBUS);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmFaultError(vm_fault_t);

impl VmFaultError {
    /// There is nothing at this address; the process gets a `SIGBUS`.
    pub const SIGBUS: Self = Self(bindings::vm_fault_reason_VM_FAULT_SIGBUS);
    /// The access is not allowed; the process gets a `SIGSEGV`.
    pub const SIGSEGV: Self = Self(bindings::vm_fault_reason_VM_FAULT_SIGSEGV);
    /// Out of memory.
    pub const OOM: Self = Self(bindings::vm_fault_reason_VM_FAULT_OOM);
    /// The memory is damaged; the process gets a `SIGBUS` that says so.
    pub const HWPOISON: Self = Self(bindings::vm_fault_reason_VM_FAULT_HWPOISON);

    #[inline]
    pub(super) const fn as_raw(self) -> vm_fault_t {
        self.0
    }
}

impl From<AllocError> for VmFaultError {
    #[inline]
    fn from(_: AllocError) -> Self {
        Self::OOM
    }
}

/// As the C function `vmf_error()` does.
impl From<Error> for VmFaultError {
    #[inline]
    fn from(err: Error) -> Self {
        if err == ENOMEM {
            Self::OOM
        } else if err == EHWPOISON {
            Self::HWPOISON
        } else {
            Self::SIGBUS
        }
    }
}

/// Why a huge fault could not be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmHugeFaultError {
    /// No huge page can be mapped here; try a smaller one.
    Fallback,
    /// Nothing can be mapped here.
    Fault(VmFaultError),
}

impl VmHugeFaultError {
    #[inline]
    pub(super) const fn as_raw(self) -> vm_fault_t {
        match self {
            Self::Fallback => bindings::vm_fault_reason_VM_FAULT_FALLBACK,
            Self::Fault(err) => err.as_raw(),
        }
    }
}

impl From<VmFaultError> for VmHugeFaultError {
    #[inline]
    fn from(err: VmFaultError) -> Self {
        Self::Fault(err)
    }
}

/// Proof that a fault was handled: there is a page for it, or something was mapped.
///
/// Made by methods of [`VmFault`] only, and good for that fault alone.
#[must_use = "a fault is not handled unless this is returned"]
pub struct VmFaultDone<'v> {
    page: Option<CountedPage>,
    _invariant: PhantomData<fn(&'v ()) -> &'v ()>,
}

impl VmFaultDone<'_> {
    const MAPPED: Self = Self {
        page: None,
        _invariant: PhantomData,
    };

    /// Hands the page over to core mm, if there is one.
    ///
    /// # Safety
    ///
    /// `vmf` must be valid, and the fault that was handled.
    #[inline]
    pub(super) unsafe fn finish(self, vmf: *mut bindings::vm_fault) -> vm_fault_t {
        let Some(page) = self.page else {
            return bindings::vm_fault_reason_VM_FAULT_NOPAGE;
        };

        // SAFETY: Promised by the caller.
        let vma = unsafe { VmaRef::from_raw((*vmf).__bindgen_anon_1.vma) };

        // Nothing would ever put a counted page in a mapping of frames.
        if VmaFlags::from_legacy(vma.flags()).contains(VmaFlag::PFNMAP) {
            return VmFaultError::SIGBUS.as_raw();
        }
        // SAFETY: Promised by the caller.
        unsafe { (*vmf).page = page.into_raw() };
        0
    }
}

/// Proof that a huge page was mapped.
#[must_use = "a fault is not handled unless this is returned"]
pub struct VmHugeFaultDone<'v>(PhantomData<fn(&'v ()) -> &'v ()>);

impl VmHugeFaultDone<'_> {
    #[inline]
    pub(super) fn as_raw(&self) -> vm_fault_t {
        bindings::vm_fault_reason_VM_FAULT_NOPAGE
    }
}

/// A reference on a page.
///
/// # Invariants
///
/// Owns one reference on the page.
struct CountedPage(NonNull<bindings::page>);

impl CountedPage {
    #[inline]
    fn get(page: &Page) -> Self {
        let page = page.as_ptr();

        // SAFETY: The page is valid, being behind a reference.
        unsafe { bindings::get_page(page) };

        // INVARIANT: Just taken.
        // SAFETY: As above.
        Self(unsafe { NonNull::new_unchecked(page) })
    }

    #[inline]
    fn into_raw(self) -> *mut bindings::page {
        ManuallyDrop::new(self).0.as_ptr()
    }
}

impl Drop for CountedPage {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::put_page(self.0.as_ptr()) };
    }
}

/// A page fault in a mapping whose operations are those of `V`.
///
/// Dereferences to the mapping.
///
/// The lifetime `'v` is, as far as a handler can tell, that of the data: what is mapped by frame
/// number must last that long.
///
/// # Invariants
///
/// `vmf` is valid during the operation.
///
/// # Examples
///
/// Registers of a device, one page of them at a time:
///
/// ```
/// use kernel::{
///     mm::{
///         fault::{
///             VmFault,
///             VmFaultResult, //
///         },
///         mappable::MappablePfns,
///         shared_region::HeldRegion,
///         vm_ops::VmOperations, //
///     }, //
/// };
///
/// struct RegisterOps;
///
/// #[vtable]
/// impl VmOperations for RegisterOps {
///     type Data = HeldRegion;
///     type Mapped = ();
///
///     fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
///         vmf.insert_pfn(MappablePfns::from_region(vmf.data())?, vmf.pgoff())
///     }
/// }
/// ```
pub struct VmFault<'v, V: VmOperations> {
    vmf: NonNull<bindings::vm_fault>,
    vma: VmaContext<'v, V>,
}

impl<'v, V: VmOperations> Deref for VmFault<'v, V> {
    type Target = VmaContext<'v, V>;

    #[inline]
    fn deref(&self) -> &VmaContext<'v, V> {
        &self.vma
    }
}

impl<'v, V: VmOperations> VmFault<'v, V> {
    /// # Safety
    ///
    /// `vmf` must be valid, and describe a fault in a mapping that has the operations of `V`, until
    /// the operation returns.
    #[inline]
    pub(super) unsafe fn from_raw(vmf: *mut bindings::vm_fault) -> Self {
        // INVARIANT: Promised by the caller.
        Self {
            // SAFETY: Promised by the caller; a fault has a mapping, locked for reading.
            vma: unsafe { VmaContext::from_raw((*vmf).__bindgen_anon_1.vma) },
            // SAFETY: The pointer is valid, hence not null.
            vmf: unsafe { NonNull::new_unchecked(vmf) },
        }
    }

    #[inline]
    fn raw(&self) -> &bindings::vm_fault {
        // SAFETY: By the type invariants. Nobody else changes it during the operation.
        unsafe { self.vmf.as_ref() }
    }

    /// Returns the offset in the file of the page that was touched, in pages.
    ///
    /// It is no less than the [offset of the mapping](VmaContext::pgoff), and has no other limit.
    #[inline]
    pub fn pgoff(&self) -> usize {
        self.raw().__bindgen_anon_1.pgoff
    }

    /// Returns the user address of the page that was touched; page aligned.
    #[inline]
    pub fn address(&self) -> usize {
        self.raw().__bindgen_anon_1.address
    }

    /// Returns whether the page is to be written.
    #[inline]
    pub fn is_write(&self) -> bool {
        self.raw().flags & bindings::fault_flag_FAULT_FLAG_WRITE != 0
    }

    #[inline]
    fn vma_flags(&self) -> VmaFlags {
        VmaFlags::from_legacy(self.vma.flags())
    }

    /// Has core mm map `page`, which gets a reference for that.
    ///
    /// In a mapping that is [`VmaFlag::PFNMAP`] the fault then ends in a `SIGBUS`.
    #[inline]
    pub fn page(&self, page: &Page) -> VmFaultDone<'v> {
        VmFaultDone {
            page: Some(CountedPage::get(page)),
            _invariant: PhantomData,
        }
    }

    /// As [`Self::page`], of the page at [`Self::pgoff`] in `pages`.
    ///
    /// # Errors
    ///
    /// [`VmFaultError::SIGBUS`] if it is beyond the last one.
    #[inline]
    pub fn page_of(&self, pages: &[Page]) -> VmFaultResult<'v> {
        match pages.get(self.pgoff()) {
            Some(page) => Ok(self.page(page)),
            None => Err(VmFaultError::SIGBUS),
        }
    }

    /// Maps `page`, in a mapping that is [`VmaFlag::MIXEDMAP`].
    ///
    /// # Errors
    ///
    /// [`VmFaultError::SIGBUS`] if the mapping is not, or the page cannot be mapped;
    /// [`VmFaultError::OOM`].
    pub fn insert_page(&self, page: &Page) -> VmFaultResult<'v> {
        if !self.vma_flags().contains(VmaFlag::MIXEDMAP) {
            return Err(VmFaultError::SIGBUS);
        }
        // SAFETY: The fault is valid. Core mm checks the page, and takes its own reference.
        inserted(unsafe {
            bindings::vmf_insert_page_mkwrite(self.vmf.as_ptr(), page.as_ptr(), false)
        })
    }

    /// Maps the `index`th frame of `pfns`, in a mapping that is [`VmaFlag::PFNMAP`].
    ///
    /// # Errors
    ///
    /// [`VmFaultError::SIGBUS`] if the mapping is not, is copy-on-write, or if there is no such
    /// frame; [`VmFaultError::OOM`].
    pub fn insert_pfn(&self, pfns: MappablePfns<'v>, index: usize) -> VmFaultResult<'v> {
        let flags = self.vma_flags();

        // Core mm stops the machine at these.
        if !flags.contains(VmaFlag::PFNMAP) || flags.contains(VmaFlag::MIXEDMAP) || flags.is_cow() {
            return Err(VmFaultError::SIGBUS);
        }
        let pfn = frame(pfns, index, 1)?;
        // SAFETY: The mapping is locked, and its flags were checked. The frame may be mapped until
        // the file is released, which the mapping keeps from happening.
        inserted(unsafe { bindings::vmf_insert_pfn(self.vma.as_ptr(), self.address(), pfn) })
    }

    /// Maps the `index`th frame of `pfns`, in a mapping that is [`VmaFlag::MIXEDMAP`].
    ///
    /// # Errors
    ///
    /// [`VmFaultError::SIGBUS`] if the mapping is not, or if there is no such frame;
    /// [`VmFaultError::OOM`].
    pub fn insert_mixed(&self, pfns: MappablePfns<'v>, index: usize) -> VmFaultResult<'v> {
        let flags = self.vma_flags();

        if !flags.contains(VmaFlag::MIXEDMAP) || flags.contains(VmaFlag::PFNMAP) {
            return Err(VmFaultError::SIGBUS);
        }
        let pfn = frame(pfns, index, 1)?;
        // SAFETY: The mapping is locked, and its flags were checked. The frame may be mapped until
        // the file is released, which the mapping keeps from happening.
        inserted(unsafe { bindings::vmf_insert_mixed(self.vma.as_ptr(), self.address(), pfn) })
    }
}

/// A page fault where a huge page could be mapped.
///
/// Dereferences to the mapping.
pub struct VmHugeFault<'v, V: VmOperations> {
    vmf: VmFault<'v, V>,
    order: u32,
}

impl<'v, V: VmOperations> Deref for VmHugeFault<'v, V> {
    type Target = VmaContext<'v, V>;

    #[inline]
    fn deref(&self) -> &VmaContext<'v, V> {
        &self.vmf.vma
    }
}

impl<'v, V: VmOperations> VmHugeFault<'v, V> {
    /// # Safety
    ///
    /// As [`VmFault::from_raw`], and `order` is the one that core mm asks for.
    #[inline]
    pub(super) unsafe fn from_raw(vmf: *mut bindings::vm_fault, order: u32) -> Self {
        Self {
            // SAFETY: Promised by the caller.
            vmf: unsafe { VmFault::from_raw(vmf) },
            order,
        }
    }

    /// Returns the size of the huge page: two to the power of this, in pages.
    #[inline]
    pub fn order(&self) -> u32 {
        self.order
    }

    /// Returns the offset in the file of the page that was touched, in pages.
    ///
    /// As [`VmFault::pgoff`]; it need not be where a huge page starts.
    #[inline]
    pub fn pgoff(&self) -> usize {
        self.vmf.pgoff()
    }

    /// Returns the user address of the page that was touched; page aligned.
    #[inline]
    pub fn address(&self) -> usize {
        self.vmf.address()
    }

    /// Returns whether the page is to be written.
    #[inline]
    pub fn is_write(&self) -> bool {
        self.vmf.is_write()
    }

    /// Maps as many frames as make a huge page, from the `index`th of `pfns` on.
    ///
    /// The mapping must be [`VmaFlag::PFNMAP`] or [`VmaFlag::MIXEDMAP`], and not copy-on-write. An
    /// address must be given the same frame until it is unmapped: else core mm warns, and leaves
    /// what is there.
    ///
    /// # Errors
    ///
    /// - [`VmHugeFaultError::Fallback`] if the architecture cannot mark a huge page as one whose
    ///   pages are not counted (`ARCH_SUPPORTS_PMD_PFNMAP`, `_PUD_PFNMAP`), there are fewer frames,
    ///   they do not start where a huge page can, or it would reach beyond the mapping.
    /// - [`VmFaultError::SIGBUS`] if the mapping has not the right flags; [`VmFaultError::OOM`].
    pub fn insert_pfn(&self, pfns: MappablePfns<'v>, index: usize) -> VmHugeFaultResult<'v> {
        let flags = self.vmf.vma_flags();

        // Core mm stops the machine at these.
        if flags.contains(VmaFlag::PFNMAP) == flags.contains(VmaFlag::MIXEDMAP) || flags.is_cow() {
            return Err(VmFaultError::SIGBUS.into());
        }

        // OVERFLOW: `order` is that of an entry in a page table, which the address space holds.
        let nr_pages = 1usize << self.order;
        let size = nr_pages * PAGE_SIZE;
        let start = self.address() & !(size - 1);
        let pfn = frame(pfns, index, nr_pages).map_err(|_| VmHugeFaultError::Fallback)?;

        if pfn & (nr_pages - 1) != 0 || start < self.start() || self.end() - start < size {
            return Err(VmHugeFaultError::Fallback);
        }

        let vmf = self.vmf.vmf.as_ptr();
        let write = self.is_write();

        let ret = match self.order {
            #[cfg(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP)]
            bindings::HUGE_PMD_ORDER => {
                // SAFETY: The fault is valid, core mm asked for this order, and the flags were
                // checked. The frames may be mapped until the file is released, which the mapping
                // prevents.
                Some(unsafe { bindings::vmf_insert_pfn_pmd(vmf, pfn, write) })
            }
            #[cfg(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP)]
            bindings::HUGE_PUD_ORDER => {
                // SAFETY: As above.
                Some(unsafe { bindings::vmf_insert_pfn_pud(vmf, pfn, write) })
            }
            _ => {
                let _ = (vmf, write);
                None
            }
        };

        match ret.map(inserted) {
            Some(Ok(_)) => Ok(VmHugeFaultDone(PhantomData)),
            Some(Err(err)) => Err(err.into()),
            None => Err(VmHugeFaultError::Fallback),
        }
    }
}

/// Returns the first of `nr_pages` frames of `pfns` from the `index`th on.
#[inline]
fn frame(pfns: MappablePfns<'_>, index: usize, nr_pages: usize) -> Result<usize, VmFaultError> {
    match pfns.get(index, nr_pages) {
        Ok(pfns) => Ok(pfns.start().as_raw()),
        Err(_) => Err(VmFaultError::SIGBUS),
    }
}

/// Tells success from failure in what a `vmf_insert_*()` function returned.
#[inline]
fn inserted<'v>(ret: vm_fault_t) -> VmFaultResult<'v> {
    if ret == bindings::vm_fault_reason_VM_FAULT_NOPAGE {
        Ok(VmFaultDone::MAPPED)
    } else {
        Err(VmFaultError(ret))
    }
}
