// SPDX-License-Identifier: GPL-2.0

//! Areas that coverage is recorded to.
//!
//! The first word of an area counts the entries that follow it.

use super::Mode;
use crate::{
    bindings,
    mm::vmalloc::VmallocUser,
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed,
        Release, //
    }, //
};
use core::{
    mem::size_of,
    ptr::NonNull, //
};

const WORD: usize = size_of::<u64>();

/// The buffer of a [`Kcov`](super::Kcov), which user space maps.
pub struct UserArea {
    memory: VmallocUser,
    words: u32,
}

impl UserArea {
    /// Allocates a buffer of `words` words: a counter, and what is counted. May sleep.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if that is less than two, or more than [`i32::MAX`] bytes; [`ENOMEM`].
    pub fn new(words: usize) -> Result<Self> {
        if !(2..=i32::MAX as usize / WORD).contains(&words) {
            return Err(EINVAL);
        }
        Ok(Self {
            memory: VmallocUser::new((words * WORD).div_ceil(PAGE_SIZE))?,
            words: words as u32,
        })
    }

    /// Returns the size in words.
    #[inline]
    pub(super) fn words(&self) -> u32 {
        self.words
    }

    #[inline]
    pub(super) fn as_ptr(&self) -> *mut c_void {
        self.memory.as_ptr().cast()
    }

    /// Returns the size in bytes, as asked for: it need not be a multiple of the page size.
    #[inline]
    pub fn size(&self) -> usize {
        self.words as usize * WORD
    }

    /// Returns the pages.
    #[inline]
    pub fn pages(&self) -> &[Page] {
        self.memory.pages()
    }

    /// Touches each page, so that recording does not fault.
    ///
    /// The handler of a fault in vmalloc memory may be instrumented.
    pub fn populate(&self) {
        for word in self
            .memory
            .words()
            .iter()
            .step_by(PAGE_SIZE / size_of::<u32>())
        {
            word.load(Relaxed);
        }
    }

    /// Appends the entries of `from`, as many as fit.
    ///
    /// Nothing is appended if user space left a counter there that cannot be.
    pub fn append(&self, mode: Mode, from: &RemoteArea) {
        // SAFETY: The memory is valid and aligned to pages. Nobody in the kernel accesses the
        // counter but atomically.
        let counter = unsafe { Atomic::<u64>::from_ptr(self.as_ptr().cast()) };
        let count = counter.load(Relaxed);
        let Some(room) = Room::new(mode, self.words, count, from.count()) else {
            return;
        };
        // The entries of `from` fit it.
        let len = room.len.min((from.words as usize).saturating_sub(1) * WORD);
        // SAFETY: `from` is ours, and has that many bytes behind its counter. They are initialised,
        // whatever they were recorded as.
        let entries =
            unsafe { core::slice::from_raw_parts(from.ptr.as_ptr().add(1).cast::<u8>(), len) };

        if self.memory.write(room.at, entries).is_ok() {
            // Who sees the new count sees the entries.
            counter.store(room.count, Release);
        }
    }
}

/// Where in an area entries can be appended.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    /// The place of the first one, in bytes.
    at: usize,
    /// The size of all that fit, in bytes. What is left over of an entry is not cut off.
    len: usize,
    /// The number of entries with these.
    count: u64,
}

impl Room {
    /// Looks for room for `more` entries in an area of `words` words that says to have `count`.
    ///
    /// Returns [`None`] if it cannot have that many.
    #[inline]
    fn new(mode: Mode, words: u32, count: u64, more: u64) -> Option<Self> {
        let entry = match mode {
            Mode::Pc => WORD as u64,
            Mode::Cmp => 4 * WORD as u64,
        };
        // Not zero, as an area has a counter. A `u32` of words is a `u64` of bytes.
        let size = u64::from(words) * WORD as u64;

        if count > size.checked_sub(WORD as u64)? / entry {
            return None;
        }

        let at = WORD as u64 + count * entry;
        let len = (size - at).min(more.saturating_mul(entry));

        Some(Self {
            at: at as usize,
            len: len as usize,
            count: count + len / entry,
        })
    }
}

/// An area of the kernel's own, for code that runs on behalf of another task.
///
/// # Invariants
///
/// `ptr` is an allocation of `vzalloc()` that this owns, of `words` words, and of two at least. All
/// are initialised; the first one is the number of entries that have been recorded.
pub struct RemoteArea {
    ptr: NonNull<u64>,
    words: u32,
}

// SAFETY: The memory is ours alone, and the same on every thread.
unsafe impl Send for RemoteArea {}

impl RemoteArea {
    /// Allocates an area of `words` words, without entries. May sleep.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`], also if that is none.
    pub fn new(words: u32) -> Result<Self> {
        if words == 0 {
            return Err(ENOMEM);
        }
        // SAFETY: Any size but zero will do.
        let ptr = unsafe { bindings::vzalloc_noprof(words.max(2) as usize * WORD) };
        let ptr: NonNull<u64> = NonNull::new(ptr.cast()).ok_or(ENOMEM)?;

        // INVARIANT: As just done. Two words are what a free one needs for its link.
        Ok(Self { ptr, words })
    }

    /// Takes over an area again.
    ///
    /// # Safety
    ///
    /// The arguments must be what [`Self::into_raw`] returned, and be used once.
    #[inline]
    pub(super) unsafe fn from_raw(ptr: *mut c_void, words: u32) -> Self {
        // INVARIANT: As when it was given away.
        Self {
            // SAFETY: By the safety requirements.
            ptr: unsafe { NonNull::new_unchecked(ptr.cast()) },
            words,
        }
    }

    #[inline]
    pub(super) fn into_raw(self) -> (*mut c_void, u32) {
        let this = core::mem::ManuallyDrop::new(self);

        (this.ptr.as_ptr().cast(), this.words)
    }

    #[inline]
    fn count(&self) -> u64 {
        // SAFETY: By the type invariants.
        unsafe { self.ptr.read() }
    }
}

impl Drop for RemoteArea {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::vfree(self.ptr.as_ptr().cast()) };
    }
}

/// Areas that nobody uses, linked by their first words.
///
/// # Invariants
///
/// At the start of each area there is an `Option<RemoteArea>`, the next one.
pub struct FreeAreas {
    first: Option<RemoteArea>,
}

impl FreeAreas {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self { first: None }
    }

    /// Adds an area.
    #[inline]
    pub fn put(&mut self, area: RemoteArea) {
        const { assert!(size_of::<Option<RemoteArea>>() <= 2 * WORD) };

        let link = area.ptr.cast();

        // INVARIANT: Written next.
        // SAFETY: The area is ours, and large enough by its type invariants.
        unsafe { link.write(self.first.replace(area)) };
    }

    /// Removes an area of `words` words, without entries.
    #[inline]
    pub fn take(&mut self, words: u32) -> Option<RemoteArea> {
        let mut link = &mut self.first;

        while link.as_ref()?.words != words {
            // SAFETY: By the type invariants.
            link = unsafe { link.as_mut()?.ptr.cast().as_mut() };
        }

        let ptr = link.as_ref()?.ptr;
        // SAFETY: By the type invariants. It is not in the list any more.
        let next = unsafe { ptr.cast().read() };

        // SAFETY: The area is ours, and the link is not needed any more.
        unsafe { ptr.write(0) };
        core::mem::replace(link, next)
    }
}

impl Default for FreeAreas {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(CONFIG_RUST_KCOV_KUNIT_TEST)]
#[kunit_tests(rust_kcov)]
mod tests {
    use super::*;

    fn room(mode: Mode, words: u32, count: u64, more: u64) -> Option<(usize, usize, u64)> {
        Room::new(mode, words, count, more).map(|room| (room.at, room.len, room.count))
    }

    #[test]
    fn room_for_pcs() {
        assert_eq!(room(Mode::Pc, 2, 0, 0), Some((8, 0, 0)));
        assert_eq!(room(Mode::Pc, 2, 0, 5), Some((8, 8, 1)));
        assert_eq!(room(Mode::Pc, 2, 1, 5), Some((16, 0, 1)));
        assert_eq!(room(Mode::Pc, 2, 2, 5), None);
        assert_eq!(room(Mode::Pc, 512, 100, 7), Some((808, 56, 107)));
        assert_eq!(room(Mode::Pc, 512, 510, 7), Some((4088, 8, 511)));
        assert_eq!(room(Mode::Pc, 512, 511, 7), Some((4096, 0, 511)));
        assert_eq!(room(Mode::Pc, 512, u64::MAX, 7), None);
        assert_eq!(room(Mode::Pc, 0, 0, 1), None);
    }

    #[test]
    fn room_for_comparisons() {
        // Four words and the counter do not fit.
        assert_eq!(room(Mode::Cmp, 4, 0, 1), Some((8, 24, 0)));
        assert_eq!(room(Mode::Cmp, 5, 0, 1), Some((8, 32, 1)));
        assert_eq!(room(Mode::Cmp, 5, 1, 1), Some((40, 0, 1)));
        assert_eq!(room(Mode::Cmp, 5, 2, 1), None);
        assert_eq!(room(Mode::Cmp, 512, 126, 3), Some((4040, 56, 127)));
        assert_eq!(room(Mode::Cmp, 512, 127, 3), Some((4072, 24, 127)));
        assert_eq!(room(Mode::Cmp, 512, 128, 3), None);
    }

    #[test]
    fn room_does_not_overflow() {
        let all = u64::from(u32::MAX);

        assert_eq!(
            room(Mode::Pc, u32::MAX, 0, u64::MAX),
            Some((8, (all as usize - 1) * 8, all - 1))
        );
        assert_eq!(room(Mode::Cmp, u32::MAX, u64::MAX / 32, 1), None);
        assert_eq!(room(Mode::Cmp, u32::MAX, 1 << 59, 1), None);
    }

    fn recorded(words: u32, entries: &[u64]) -> Result<RemoteArea> {
        let area = RemoteArea::new(words)?;

        // SAFETY: The area is ours, and the tests give no more than fit.
        unsafe {
            area.ptr.write(entries.len() as u64);
            core::slice::from_raw_parts_mut(area.ptr.as_ptr().add(1), entries.len())
                .copy_from_slice(entries);
        }
        Ok(area)
    }

    fn word(area: &UserArea, index: usize) -> Result<u64> {
        let mut bytes = [0; WORD];

        area.memory.read(index * WORD, &mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    #[test]
    fn append() -> Result {
        let area = UserArea::new(6)?;

        area.append(Mode::Pc, &recorded(4, &[1, 2, 3])?);
        area.append(Mode::Pc, &recorded(4, &[4, 5, 6])?);
        for (index, expected) in [5, 1, 2, 3, 4, 5, 0].into_iter().enumerate() {
            assert_eq!(word(&area, index)?, expected);
        }

        // What user space wrote there is not believed.
        area.memory.write(0, &u64::MAX.to_ne_bytes())?;
        area.append(Mode::Pc, &recorded(4, &[7, 8, 9])?);
        assert_eq!(word(&area, 0)?, u64::MAX);
        assert_eq!(word(&area, 1)?, 1);
        Ok(())
    }

    #[test]
    fn sizes() {
        assert_eq!(UserArea::new(0).err(), Some(EINVAL));
        assert_eq!(UserArea::new(1).err(), Some(EINVAL));
        assert_eq!(
            UserArea::new(i32::MAX as usize / WORD + 1).err(),
            Some(EINVAL)
        );
        assert_eq!(UserArea::new(usize::MAX).err(), Some(EINVAL));
        assert_eq!(
            UserArea::new(2).map(|area| (area.size(), area.pages().len())),
            Ok((16, 1))
        );
        assert_eq!(
            UserArea::new(513).map(|area| (area.size(), area.pages().len())),
            Ok((4104, 2))
        );
        assert_eq!(RemoteArea::new(0).err(), Some(ENOMEM));
    }

    #[test]
    fn free_areas() -> Result {
        let mut free = FreeAreas::new();

        assert!(free.take(1).is_none());
        for words in [1, 2, 3, 2] {
            free.put(RemoteArea::new(words)?);
        }
        assert!(free.take(4).is_none());
        assert_eq!(
            free.take(1).map(|area| (area.words, area.count())),
            Some((1, 0))
        );
        assert_eq!(free.take(2).map(|area| area.words), Some(2));
        assert_eq!(free.take(2).map(|area| area.words), Some(2));
        assert!(free.take(2).is_none());
        assert_eq!(free.take(3).map(|area| area.words), Some(3));
        assert!(free.take(3).is_none());
        Ok(())
    }
}
