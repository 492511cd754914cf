// SPDX-License-Identifier: GPL-2.0

//! Protection and memory type of page table entries.
//!
//! C header: [`include/linux/pgtable.h`](srctree/include/linux/pgtable.h)

use crate::bindings;

/// The bits a page table entry gets besides the frame: access rights, caching, encryption.
///
/// What they mean is the architecture's business. Start from
/// [`VmaDesc::page_prot`](super::vma_desc::VmaDesc::page_prot), whose access rights match the
/// mapping, and change the memory type.
///
/// # Examples
///
/// ```
/// use kernel::mm::{
///     pgprot::PgProt,
///     vma_desc::VmaDesc, //
/// };
///
/// fn uncached(desc: &mut VmaDesc<'_>) {
///     let prot: PgProt = desc.page_prot();
///
///     desc.set_page_prot(prot.noncached());
/// }
/// ```
#[must_use = "a protection has no effect until it is set with `VmaDesc::set_page_prot`"]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct PgProt(bindings::pgprot_t);

impl PgProt {
    /// Wraps a raw value.
    #[inline]
    pub(crate) const fn from_raw(raw: bindings::pgprot_t) -> Self {
        Self(raw)
    }

    /// Returns the raw value.
    #[inline]
    pub(crate) const fn as_raw(self) -> bindings::pgprot_t {
        self.0
    }
}

#[cfg(CONFIG_MMU)]
impl PgProt {
    /// Uncached, for device registers.
    #[inline]
    pub fn noncached(self) -> Self {
        // SAFETY: Computes one value of another; any value will do.
        Self(unsafe { bindings::pgprot_noncached(self.0) })
    }

    /// Uncached, but writes may be combined; for frame buffers and the like.
    #[inline]
    pub fn writecombine(self) -> Self {
        // SAFETY: Computes one value of another; any value will do.
        Self(unsafe { bindings::pgprot_writecombine(self.0) })
    }

    /// Device memory in the architecture's strict sense; the same as [`Self::noncached`] where
    /// there is no stricter one.
    #[inline]
    pub fn device(self) -> Self {
        // SAFETY: Computes one value of another; any value will do.
        Self(unsafe { bindings::pgprot_device(self.0) })
    }

    /// Shared with the hypervisor, in a guest whose memory is encrypted.
    #[inline]
    pub fn decrypted(self) -> Self {
        // SAFETY: Computes one value of another; any value will do.
        Self(unsafe { bindings::pgprot_decrypted(self.0) })
    }

    /// Private to the guest, in a guest whose memory is encrypted.
    #[inline]
    pub fn encrypted(self) -> Self {
        // SAFETY: Computes one value of another; any value will do.
        Self(unsafe { bindings::pgprot_encrypted(self.0) })
    }
}
