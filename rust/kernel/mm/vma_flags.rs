// SPDX-License-Identifier: GPL-2.0

//! Flags of a mapping.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use crate::{
    bindings,
    prelude::*, //
};
use core::ops::BitOr;

const WORDS: usize = size_of::<bindings::vma_flags_t>() / size_of::<c_ulong>();

/// One flag of a mapping, `vma_flag_t` in C.
///
/// Flags that a 32-bit kernel has no room for exist on 64 bits only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmaFlag(u32);

macro_rules! vma_flags {
    ($($(#[$meta:meta])* $name:ident = $bit:ident,)*) => {
        impl VmaFlag {
            $($(#[$meta])* pub const $name: Self = Self::new(bindings::$bit);)*
        }
    };
}

vma_flags! {
    /// Pages can be read.
    READ = VMA_READ_BIT,
    /// Pages can be written.
    WRITE = VMA_WRITE_BIT,
    /// Pages can be executed.
    EXEC = VMA_EXEC_BIT,
    /// `MAP_SHARED` of a file open for writing.
    SHARED = VMA_SHARED_BIT,
    /// `mprotect()` may make the mapping readable.
    MAYREAD = VMA_MAYREAD_BIT,
    /// `mprotect()` may make the mapping writable.
    MAYWRITE = VMA_MAYWRITE_BIT,
    /// `mprotect()` may make the mapping executable.
    MAYEXEC = VMA_MAYEXEC_BIT,
    /// `MAP_SHARED`, also of a file open for reading only.
    MAYSHARE = VMA_MAYSHARE_BIT,
    /// Frames without a `struct page`, or whose `struct page` must be left alone.
    PFNMAP = VMA_PFNMAP_BIT,
    /// Pages are locked into memory.
    LOCKED = VMA_LOCKED_BIT,
    /// Device memory; keep out of core dumps and away from `access_process_vm()`.
    IO = VMA_IO_BIT,
    /// Not inherited over `fork()`.
    DONTCOPY = VMA_DONTCOPY_BIT,
    /// Neither merged nor expanded by `mremap()`.
    DONTEXPAND = VMA_DONTEXPAND_BIT,
    /// Counts against the memory commit limit.
    ACCOUNT = VMA_ACCOUNT_BIT,
    /// Is not to be counted.
    NORESERVE = VMA_NORESERVE_BIT,
    /// Belongs to hugetlbfs.
    HUGETLB = VMA_HUGETLB_BIT,
    /// Page faults are synchronous (DAX).
    SYNC = VMA_SYNC_BIT,
    /// Contents are wiped in the child of a `fork()`.
    WIPEONFORK = VMA_WIPEONFORK_BIT,
    /// Left out of core dumps.
    DONTDUMP = VMA_DONTDUMP_BIT,
    /// Both counted pages and bare frames.
    MIXEDMAP = VMA_MIXEDMAP_BIT,
    /// Huge pages are wanted.
    HUGEPAGE = VMA_HUGEPAGE_BIT,
    /// Huge pages are not wanted.
    NOHUGEPAGE = VMA_NOHUGEPAGE_BIT,
}

#[cfg(CONFIG_64BIT)]
vma_flags! {
    /// A guest may choose the memory type of this device memory.
    ALLOW_ANY_UNCACHED = VMA_ALLOW_ANY_UNCACHED_BIT,
    /// The mapping cannot be changed any more.
    SEALED = VMA_SEALED_BIT,
}

impl VmaFlag {
    const fn new(bit: u32) -> Self {
        assert!((bit as usize) < WORDS * c_ulong::BITS as usize);
        Self(bit)
    }

    #[cfg(CONFIG_RUST_MMAP_KUNIT_TEST)]
    pub(super) const fn bit(self) -> u32 {
        self.0
    }
}

/// A set of flags of a mapping, `vma_flags_t` in C.
///
/// # Examples
///
/// ```
/// use kernel::mm::vma_flags::{
///     VmaFlag,
///     VmaFlags, //
/// };
///
/// const RW: VmaFlags = VmaFlags::new(&[VmaFlag::READ, VmaFlag::WRITE]);
/// let flags = RW | VmaFlag::IO;
///
/// assert!(flags.contains(VmaFlag::IO));
/// assert!(flags.contains_all(RW));
/// assert!(flags.contains_any(VmaFlags::SPECIAL));
/// assert!(!flags.contains_all(VmaFlags::REMAP));
/// assert!(VmaFlags::empty().is_empty());
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct VmaFlags(bindings::vma_flags_t);

impl VmaFlags {
    /// Any of these keeps a mapping from being merged with its neighbour.
    pub const SPECIAL: Self = Self::new(&[
        VmaFlag::IO,
        VmaFlag::DONTEXPAND,
        VmaFlag::PFNMAP,
        VmaFlag::MIXEDMAP,
    ]);

    /// What every remapped range of frames gets.
    pub const REMAP: Self = Self::new(&[
        VmaFlag::IO,
        VmaFlag::PFNMAP,
        VmaFlag::DONTEXPAND,
        VmaFlag::DONTDUMP,
    ]);

    /// Returns the set without a flag.
    #[inline]
    pub const fn empty() -> Self {
        Self(bindings::vma_flags_t {
            __vma_flags: [0; WORDS],
        })
    }

    /// Returns the set of `flags`.
    #[inline]
    pub const fn new(flags: &[VmaFlag]) -> Self {
        let mut set = Self::empty();
        let mut i = 0;

        while i < flags.len() {
            set = set.with(flags[i]);
            i += 1;
        }
        set
    }

    #[inline]
    pub(crate) const fn from_raw(raw: bindings::vma_flags_t) -> Self {
        Self(raw)
    }

    /// Makes a set of the first word, which is what [`VmaRef::flags`](super::virt::VmaRef::flags)
    /// gives.
    #[inline]
    pub const fn from_legacy(word: c_ulong) -> Self {
        let mut set = Self::empty();

        set.0.__vma_flags[0] = word;
        set
    }

    #[inline]
    pub(crate) const fn as_raw(self) -> bindings::vma_flags_t {
        self.0
    }

    #[inline]
    const fn with(mut self, flag: VmaFlag) -> Self {
        let bits = c_ulong::BITS;

        self.0.__vma_flags[(flag.0 / bits) as usize] |= 1 << (flag.0 % bits);
        self
    }

    /// Returns whether `flag` is in the set.
    #[inline]
    pub const fn contains(self, flag: VmaFlag) -> bool {
        self.contains_any(Self::empty().with(flag))
    }

    /// Returns whether any flag of `other` is in the set.
    #[inline]
    pub const fn contains_any(self, other: Self) -> bool {
        let mut i = 0;

        while i < WORDS {
            if self.0.__vma_flags[i] & other.0.__vma_flags[i] != 0 {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Returns whether all flags of `other` are in the set.
    #[inline]
    pub const fn contains_all(self, other: Self) -> bool {
        let mut i = 0;

        while i < WORDS {
            if other.0.__vma_flags[i] & !self.0.__vma_flags[i] != 0 {
                return false;
            }
            i += 1;
        }
        true
    }

    /// Returns whether no flag is in the set.
    #[inline]
    pub const fn is_empty(self) -> bool {
        Self::empty().contains_all(self)
    }

    /// Returns the flags that are in either set.
    #[inline]
    pub const fn union(mut self, other: Self) -> Self {
        let mut i = 0;

        while i < WORDS {
            self.0.__vma_flags[i] |= other.0.__vma_flags[i];
            i += 1;
        }
        self
    }

    /// Returns the flags of this set that are not in `other`.
    #[inline]
    pub const fn difference(mut self, other: Self) -> Self {
        let mut i = 0;

        while i < WORDS {
            self.0.__vma_flags[i] &= !other.0.__vma_flags[i];
            i += 1;
        }
        self
    }

    /// Returns whether writing gives the process its own copy of a page.
    ///
    /// True of a private mapping that is, or could be made, writable.
    #[inline]
    pub const fn is_cow(self) -> bool {
        self.contains(VmaFlag::MAYWRITE) && !self.contains(VmaFlag::SHARED)
    }
}

impl BitOr<VmaFlag> for VmaFlags {
    type Output = Self;

    #[inline]
    fn bitor(self, flag: VmaFlag) -> Self {
        self.with(flag)
    }
}

impl BitOr for VmaFlags {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

/// A flag that a driver may set on a mapping of its own.
///
/// Not among them: the access and sharing flags, which are the user's and the file's to decide, and
/// those by which core mm keeps its own books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverFlag(VmaFlag);

macro_rules! driver_flags {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        impl DriverFlag {
            $($(#[$meta])*
            #[doc = concat!("See [`VmaFlag::", stringify!($name), "`].")]
            pub const $name: Self = Self(VmaFlag::$name);)*
        }
    };
}

driver_flags! {
    IO,
    PFNMAP,
    MIXEDMAP,
    DONTCOPY,
    DONTEXPAND,
    DONTDUMP,
    HUGEPAGE,
    NOHUGEPAGE,
    #[cfg(CONFIG_64BIT)]
    ALLOW_ANY_UNCACHED,
}

/// A set of flags that a driver may set.
///
/// # Examples
///
/// ```
/// use kernel::mm::vma_flags::{
///     DriverFlag,
///     DriverFlags, //
/// };
///
/// const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::DONTEXPAND, DriverFlag::DONTDUMP]);
///
/// assert!(FLAGS.as_vma_flags().contains_all(
///     (DriverFlag::DONTDUMP | DriverFlag::DONTEXPAND).as_vma_flags()
/// ));
/// ```
#[derive(Clone, Copy)]
pub struct DriverFlags(VmaFlags);

impl DriverFlags {
    /// Returns the set of `flags`.
    #[inline]
    pub const fn new(flags: &[DriverFlag]) -> Self {
        let mut set = VmaFlags::empty();
        let mut i = 0;

        while i < flags.len() {
            set = set.with(flags[i].0);
            i += 1;
        }
        Self(set)
    }

    /// Returns the same flags as a plain set.
    #[inline]
    pub const fn as_vma_flags(self) -> VmaFlags {
        self.0
    }
}

impl From<DriverFlag> for DriverFlags {
    #[inline]
    fn from(flag: DriverFlag) -> Self {
        Self(VmaFlags::empty().with(flag.0))
    }
}

impl BitOr for DriverFlag {
    type Output = DriverFlags;

    #[inline]
    fn bitor(self, other: Self) -> DriverFlags {
        DriverFlags::from(self) | other
    }
}

impl BitOr<DriverFlag> for DriverFlags {
    type Output = Self;

    #[inline]
    fn bitor(self, flag: DriverFlag) -> Self {
        Self(self.0.with(flag.0))
    }
}
