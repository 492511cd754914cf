// SPDX-License-Identifier: GPL-2.0

//! Arithmetic of a ring of sub-buffers.
//!
//! All positions are in bytes from the start of the ring, all indices are those of sub-buffers.

#[cfg(CONFIG_RUST_RELAY_KUNIT_TEST)]
use crate::prelude::*;
use core::num::NonZeroUsize;

/// The shape of a buffer: `count` sub-buffers of `size` bytes, which together fit in a [`u32`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) size: NonZeroUsize,
    pub(super) count: NonZeroUsize,
}

/// How far the writer and the reader of a buffer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// How many sub-buffers were filled so far. It may wrap.
    pub(super) produced: usize,
    /// How many of them were read.
    pub(super) consumed: usize,
    /// How many bytes are in the sub-buffer that is being written; more than its size if the writer
    /// has stopped.
    pub(super) offset: usize,
    /// How many bytes were read of the sub-buffer that is being read.
    pub(super) bytes_consumed: usize,
    /// Where the sub-buffer starts that is being written, or was before the writer stopped.
    pub(super) writing: usize,
}

/// A place in the ring to read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The index of the sub-buffer, one of those in the ring.
    pub(super) index: usize,
    /// How many sub-buffers it comes after the one that is being read.
    pub(super) ahead: usize,
    /// How many bytes of the sub-buffer come before it.
    pub(super) offset: usize,
}

impl Progress {
    /// Returns how many full sub-buffers are waiting for the reader.
    #[inline]
    pub(super) fn ready(&self) -> usize {
        self.produced.wrapping_sub(self.consumed)
    }

    /// Counts `count` more sub-buffers as read, no more than there are.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        self.consumed = self.consumed.wrapping_add(count.min(self.ready()));
    }
}

impl Geometry {
    /// Returns the index of the `nth` sub-buffer since the start of the channel.
    #[inline]
    pub(super) fn index(self, nth: usize) -> usize {
        nth % self.count
    }

    /// Returns the index of the sub-buffer after that with `index`.
    #[inline]
    pub(super) fn next(self, index: usize) -> usize {
        match index.wrapping_add(1) {
            next if next < self.count.get() => next,
            _ => 0,
        }
    }

    /// Returns the size of the ring.
    #[inline]
    pub(super) fn total(self) -> usize {
        self.size.get().wrapping_mul(self.count.get())
    }

    /// Returns where a sub-buffer starts.
    #[inline]
    pub(super) fn start_of(self, index: usize) -> usize {
        index.wrapping_mul(self.size.get())
    }

    /// Returns the offset of a writer that has stopped, as the next sub-buffer must not be written.
    #[inline]
    pub(super) fn stopped(self) -> usize {
        self.size.get().wrapping_add(1)
    }

    /// Notes that `len` bytes of the sub-buffer `index` have been read.
    pub(super) fn note_read(
        self,
        progress: &mut Progress,
        index: usize,
        len: usize,
        padding: impl Fn(usize) -> usize,
    ) {
        let size = self.size.get();
        let in_written = progress.ready() == 0;

        if in_written && progress.offset == progress.bytes_consumed {
            return;
        }
        if progress.bytes_consumed.wrapping_add(len) > size {
            progress.consume(1);
            progress.bytes_consumed = 0;
        }
        progress.bytes_consumed = progress.bytes_consumed.wrapping_add(len);
        // It may be full to the last byte, and yet not have been left by the writer.
        if !in_written && progress.bytes_consumed.wrapping_add(padding(index)) == size {
            progress.consume(1);
            progress.bytes_consumed = 0;
        }
    }

    /// Returns whether there is anything to read, after leaving what was read and skipping what was
    /// overwritten.
    pub(super) fn readable(
        self,
        progress: &mut Progress,
        padding: impl Fn(usize) -> usize,
    ) -> bool {
        // There may be several without anything but padding.
        for _ in 0..self.count.get() {
            let consumed = progress.consumed;

            self.note_read(progress, self.index(consumed), 0, &padding);
            if progress.consumed == consumed || progress.ready() == 0 {
                break;
            }
        }

        // When all sub-buffers are full, it depends on the client whether the writer goes on.
        let there = progress.writing == self.start_of(self.index(progress.produced));
        let written = there && progress.offset <= self.size.get();

        if progress.ready() == 0 {
            return written && progress.offset != progress.bytes_consumed;
        }

        // A writer is in the sub-buffer that it overwrites until it turns to another. With just
        // one, it never does, and the offset tells.
        let overwritten = if self.count.get() > 1 { there } else { written };
        let kept = self.count.get().wrapping_sub(usize::from(overwritten));

        if progress.ready() > kept {
            progress.consumed = progress.produced.wrapping_sub(kept);
            progress.bytes_consumed = 0;
        }
        true
    }

    /// Returns where to read next: not in the padding at the end of a sub-buffer.
    pub(super) fn read_place(self, progress: &Progress, padding: impl Fn(usize) -> usize) -> Place {
        let size = self.size.get();
        let after = |place: Place, offset| Place {
            index: self.next(place.index),
            ahead: place.ahead.wrapping_add(1),
            offset,
        };

        let mut place = Place {
            index: self.index(progress.consumed),
            ahead: 0,
            offset: progress.bytes_consumed,
        };
        if place.offset >= size {
            place = after(place, place.offset.wrapping_sub(size));
        }
        if place.offset >= size.saturating_sub(padding(place.index)) {
            place = after(place, 0);
        }
        place
    }

    /// Returns how many bytes can be read at `place`, in one piece.
    ///
    /// `padding` is that of the sub-buffer there, looked at after `progress`: the writer may have
    /// left that sub-buffer since. The bytes lie in the sub-buffer whatever all of these are.
    pub(super) fn available(self, progress: &Progress, place: Place, padding: usize) -> usize {
        let full = self.size.get().saturating_sub(padding);

        let end = if place.ahead < progress.ready() {
            full
        } else if place.ahead == progress.ready() && progress.writing == self.start_of(place.index)
        {
            progress.offset.min(full)
        } else {
            0
        };
        end.saturating_sub(place.offset)
    }

    /// Returns the position of `place`.
    #[inline]
    pub(super) fn pos(self, place: Place) -> usize {
        self.start_of(place.index).wrapping_add(place.offset)
    }

    /// Returns the position after `len` bytes at `place` have been read.
    #[inline]
    pub(super) fn next_pos(self, place: Place, len: usize, padding: usize) -> usize {
        let mut end = self.pos(place).wrapping_add(len);

        if place.offset.wrapping_add(len).wrapping_add(padding) == self.size.get() {
            end = end.wrapping_add(padding);
        }
        if end >= self.total() {
            0
        } else {
            end
        }
    }
}

#[cfg(CONFIG_RUST_RELAY_KUNIT_TEST)]
#[kunit_tests(rust_relay_geometry)]
mod tests {
    use super::*;

    fn ring() -> Geometry {
        Geometry {
            size: NonZeroUsize::new(100).unwrap(),
            count: NonZeroUsize::new(4).unwrap(),
        }
    }

    fn progress(produced: usize, consumed: usize, offset: usize, read: usize) -> Progress {
        Progress {
            produced,
            consumed,
            offset,
            bytes_consumed: read,
            writing: produced % 4 * 100,
        }
    }

    fn place(index: usize, ahead: usize, offset: usize) -> Place {
        Place {
            index,
            ahead,
            offset,
        }
    }

    #[test]
    fn empty_until_written() {
        assert!(!ring().readable(&mut progress(0, 0, 0, 0), |_| 0));
        assert!(ring().readable(&mut progress(0, 0, 1, 0), |_| 0));
        assert!(!ring().readable(&mut progress(0, 0, 1, 1), |_| 0));
        assert!(ring().readable(&mut progress(1, 0, 0, 0), |_| 0));
        assert!(!ring().readable(&mut progress(1, 1, 0, 0), |_| 0));
    }

    #[test]
    fn stopped_writer_leaves_what_is_full() {
        // It may have been told to stop, or not yet.
        for offset in [101, 0] {
            let mut at = progress(4, 0, offset, 0);
            at.writing = 300;
            assert!(ring().readable(&mut at, |_| 0));
            assert_eq!(at.consumed, 0);
            at.consumed = 4;
            assert!(!ring().readable(&mut at, |_| 0));
        }

        // With one sub-buffer, only the offset tells.
        for (offset, consumed) in [(101, 0), (10, 1)] {
            let mut at = progress(1, 0, offset, 0);
            let count = NonZeroUsize::MIN;
            at.writing = 0;
            assert!(Geometry { count, ..ring() }.readable(&mut at, |_| 0));
            assert_eq!(at.consumed, consumed);
        }
    }

    #[test]
    fn overwritten_is_skipped() {
        let mut at = progress(9, 2, 10, 50);

        assert!(ring().readable(&mut at, |_| 0));
        assert_eq!(at, progress(9, 6, 10, 0));
        // Those with nothing but padding are left.
        let mut at = progress(3, 0, 0, 0);
        assert!(!ring().readable(&mut at, |_| 100));
        assert_eq!(at, progress(3, 3, 0, 0));
        // The counts of sub-buffers wrap.
        let mut at = progress(2, usize::MAX - 3, 10, 50);
        assert!(ring().readable(&mut at, |_| 0));
        assert_eq!(at, progress(2, usize::MAX, 10, 0));
    }

    #[test]
    fn overwritten_is_skipped_while_the_writer_turns() {
        // It leaves the last sub-buffer of a ring, and has asked the client or not.
        for offset in [101, 0] {
            for (consumed, read, kept, left) in [(0, 30, 5, 0), (4, 30, 5, 0), (5, 30, 5, 30)] {
                let mut at = progress(9, consumed, offset, read);
                at.writing = 0;
                assert!(ring().readable(&mut at, |_| 0));
                assert_eq!((at.consumed, at.bytes_consumed), (kept, left));
            }
        }

        // Of one sub-buffer, nothing is kept but what is full.
        let one = Geometry {
            count: NonZeroUsize::MIN,
            ..ring()
        };
        for (offset, kept) in [(101, 8), (10, 9)] {
            let mut at = progress(9, 0, offset, 30);
            at.writing = 0;
            assert!(one.readable(&mut at, |_| 0));
            assert_eq!((at.consumed, at.bytes_consumed), (kept, 0));
        }
    }

    #[test]
    fn padding_is_not_read() {
        let padding = |_| 20;

        assert_eq!(
            ring().read_place(&progress(2, 1, 0, 79), padding),
            place(1, 0, 79)
        );
        assert_eq!(
            ring().read_place(&progress(2, 1, 0, 80), padding),
            place(2, 1, 0)
        );
        assert_eq!(
            ring().read_place(&progress(4, 3, 0, 80), padding),
            place(0, 1, 0)
        );
        // It has been read, and not been left by the writer.
        assert_eq!(
            ring().read_place(&progress(3, 3, 100, 100), padding),
            place(0, 1, 0)
        );
        assert_eq!(
            ring().available(&progress(3, 1, 0, 79), place(1, 0, 79), 20),
            1
        );
        assert_eq!(ring().next_pos(place(1, 0, 0), 80, 20), 200);
        assert_eq!(ring().next_pos(place(1, 0, 0), 79, 20), 179);
        assert_eq!(ring().next_pos(place(3, 0, 0), 80, 20), 0);
        assert_eq!(ring().next_pos(place(3, 0, 0), 100, 0), 0);
    }

    #[test]
    fn available_up_to_the_writer() {
        assert_eq!(
            ring().available(&progress(1, 1, 30, 0), place(1, 0, 0), 0),
            30
        );
        assert_eq!(
            ring().available(&progress(1, 1, 30, 30), place(1, 0, 30), 0),
            0
        );
        // The writer has just left it.
        assert_eq!(
            ring().available(&progress(1, 1, 80, 30), place(1, 0, 30), 20),
            50
        );
        assert_eq!(
            ring().available(&progress(1, 1, 101, 30), place(1, 0, 30), 20),
            50
        );
        assert_eq!(
            ring().available(&progress(1, 1, 80, 80), place(2, 1, 0), 0),
            0
        );
        // It is about to begin the next one, of which the offset may be already.
        let mut at = progress(2, 1, 40, 30);
        at.writing = 100;
        assert_eq!(ring().available(&at, place(1, 0, 30), 20), 50);
        assert_eq!(ring().available(&at, place(2, 1, 0), 20), 0);
    }

    #[test]
    fn nothing_beyond_a_sub_buffer_is_available() {
        for padding in [0, 1, 99, 100, 101, usize::MAX] {
            for offset in [0, 1, 99, 100, 101, usize::MAX] {
                for read in [0, 1, 99, 100, 199, usize::MAX] {
                    for (produced, consumed) in [(0, 0), (1, 0), (3, 0), (4, 0)] {
                        let at = progress(produced, consumed, offset, read);
                        let place = ring().read_place(&at, |_| padding);
                        let available = ring().available(&at, place, padding);
                        assert!(place.index < 4);
                        assert!(available == 0 || place.offset + available <= 100);
                    }
                }
            }
        }
    }

    #[test]
    fn read_sub_buffers_are_counted() {
        let mut at = progress(2, 0, 10, 0);

        ring().note_read(&mut at, 0, 60, |_| 20);
        assert_eq!(at, progress(2, 0, 10, 60));
        ring().note_read(&mut at, 0, 20, |_| 20);
        assert_eq!(at, progress(2, 1, 10, 0));

        // Full, but not left by the writer yet.
        for offset in [100, 101] {
            let mut at = progress(1, 1, offset, 0);
            ring().note_read(&mut at, 1, 100, |_| 0);
            assert_eq!(at, progress(1, 1, offset, 100));
        }

        // Never more than there are.
        let mut at = progress(3, 2, 0, 0);
        at.consume(4);
        assert_eq!(at.ready(), 0);
    }
}
