// SPDX-License-Identifier: GPL-2.0

//! One buffer of a channel, `struct rchan_buf` in C.

use super::{
    geometry::{
        Geometry,
        Progress, //
    },
    Channel,
};
use crate::{
    alloc::{
        allocator::{
            KVmalloc,
            Kmalloc, //
        },
        KVVec, //
    },
    bindings,
    container_of,
    page::{
        Page,
        PAGE_SHIFT, //
    },
    prelude::*,
    sync::{
        aref::{
            ARef,
            AlwaysRefCounted, //
        },
        barrier::{
            smp_mb,
            Read,
            Write, //
        }, //
    },
    types::Opaque, //
};
use core::{
    num::NonZeroUsize,
    ptr::NonNull, //
};

/// A buffer of a channel: a ring of sub-buffers, which one CPU writes, or any if there is only one.
///
/// C code writes records with inline functions that know the fields, under no lock that Rust could
/// hold. Hence fields are never borrowed: they are read and written one by one, with `READ_ONCE()`
/// and `WRITE_ONCE()`, and positions are checked after they were read.
///
/// # Invariants
///
/// - Reference-counted by its `kref`. It has one reference on its channel.
/// - `start` is the kernel address of `page_count` pages, those in `page_array`; at least as many
///   as the sub-buffers of the channel need. `padding` has one element for each sub-buffer. These
///   belong to the buffer and do not change.
#[repr(transparent)]
pub struct Buffer(Opaque<bindings::rchan_buf>);

// SAFETY: A buffer has no thread it belongs to.
unsafe impl Send for Buffer {}

// SAFETY: See the type: races of reader and writer are part of the interface.
unsafe impl Sync for Buffer {}

// SAFETY: Buffers are counted by their `kref`, and only ever made by `Buffer::new`.
unsafe impl AlwaysRefCounted for Buffer {
    #[inline]
    fn inc_ref(&self) {
        // SAFETY: The reference shows that the count is not zero.
        unsafe { bindings::refcount_inc(&raw mut (*self.as_ptr()).kref.refcount) };
    }

    #[inline]
    unsafe fn dec_ref(obj: NonNull<Self>) {
        let buf = obj.as_ptr().cast::<bindings::rchan_buf>();

        // SAFETY: The caller owns a reference.
        if unsafe { bindings::refcount_dec_and_test(&raw mut (*buf).kref.refcount) } {
            // SAFETY: It was the last one.
            unsafe { Self::destroy(buf) };
        }
    }
}

/// Orders accesses of one kind with what other CPUs see.
///
/// A macro, as the trait of the kinds is private; nothing on x86, where they never are reordered.
macro_rules! order {
    ($kind:expr) => {
        if !cfg!(CONFIG_X86) {
            smp_mb($kind);
        }
    };
}

/// Defines a pair of functions to read and write a field.
macro_rules! field {
    ($name:ident, $set:ident: $ty:ty = $($field:ident).+) => {
        #[inline]
        pub(super) fn $name(&self) -> $ty {
            // SAFETY: By the type invariants; volatile, as others may write it.
            unsafe { (&raw const (*self.as_ptr()).$($field).+).read_volatile() }
        }

        #[inline]
        pub(super) fn $set(&self, value: $ty) {
            // SAFETY: By the type invariants; volatile, as others may read it.
            unsafe { (&raw mut (*self.as_ptr()).$($field).+).write_volatile(value) };
        }
    };
}

impl Buffer {
    field!(data, set_data: *mut c_void = data);
    field!(offset, set_offset: usize = offset);
    field!(subbufs_produced, set_subbufs_produced: usize = subbufs_produced);
    field!(subbufs_consumed, set_subbufs_consumed: usize = subbufs_consumed);
    field!(bytes_consumed, set_bytes_consumed: usize = bytes_consumed);
    field!(early_bytes, set_early_bytes: usize = early_bytes);
    field!(finalized, set_finalized: c_uint = finalized);
    field!(dentry, set_dentry: *mut bindings::dentry = dentry);
    field!(full_count, set_full_count: c_uint = stats.full_count);
    field!(big_count, set_big_count: c_uint = stats.big_count);

    /// # Safety
    ///
    /// `ptr` must meet the type invariants for `'a`.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::rchan_buf) -> &'a Self {
        // SAFETY: Promised by the caller.
        unsafe { &*ptr.cast::<Self>() }
    }

    /// Returns the C structure.
    #[inline]
    pub fn as_ptr(&self) -> *mut bindings::rchan_buf {
        self.0.get()
    }

    /// Makes the buffer of `cpu`, without data and without a file.
    pub(super) fn new(channel: &Channel, cpu: c_uint) -> Result<ARef<Self>> {
        let count = channel.geometry().count.get();

        if count > bindings::KMALLOC_MAX_SIZE as usize / size_of::<usize>() {
            return Err(ENOMEM);
        }

        let raw = KBox::<bindings::rchan_buf>::new_uninit(GFP_KERNEL | __GFP_ZERO)?;
        // SAFETY: All fields may be zero. With lockdep, the bindings do not know that.
        let raw = unsafe { raw.assume_init() };
        let padding = KVec::from_elem(0usize, count, GFP_KERNEL)?;
        let nr_pages = channel.alloc_size() >> PAGE_SHIFT;
        let mut pages = KVVec::with_capacity(nr_pages, GFP_KERNEL)?;

        for _ in 0..nr_pages {
            pages.push(Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?, GFP_KERNEL)?;
        }
        // CAST: A `Page` is a pointer to a `struct page`, and a buffer has no more than 4 GiB.
        // SAFETY: The pages are valid.
        let start = unsafe { bindings::vmap_kernel(pages.as_mut_ptr().cast(), nr_pages as c_uint) };
        if start.is_null() {
            return Err(ENOMEM);
        }

        // Nothing fails from here on.
        let (pages, ..) = pages.into_raw_parts();
        let (padding, ..) = padding.into_raw_parts();
        let raw = KBox::into_raw(raw);

        channel.get();
        // SAFETY: The buffer is ours alone so far.
        unsafe {
            (*raw).start = start;
            (*raw).data = start;
            (*raw).chan = channel.as_ptr();
            (*raw).page_array = pages.cast();
            (*raw).page_count = nr_pages as c_uint;
            (*raw).padding = padding;
            (*raw).cpu = cpu;
            bindings::rchan_buf_init(raw, Some(Self::wake_callback));
        }

        // INVARIANT: All parts were made above, and the channel was counted.
        // SAFETY: The count is one, which is this reference.
        Ok(unsafe { ARef::from_raw(NonNull::new_unchecked(raw.cast())) })
    }

    /// # Safety
    ///
    /// `raw` must be a buffer that nobody has a reference on any more.
    unsafe fn destroy(raw: *mut bindings::rchan_buf) {
        // SAFETY: By the type invariants, everything here belongs to the buffer. No wakeup is
        // queued: `finalize` waited for it, when there were no writers any more, or there never
        // was one.
        unsafe {
            bindings::vunmap((*raw).start);

            let nr_pages = (*raw).page_count as usize;
            drop(Vec::<Page, KVmalloc>::from_raw_parts(
                (*raw).page_array.cast(),
                nr_pages,
                nr_pages,
            ));

            let channel = Channel::from_raw((*raw).chan);
            let count = channel.geometry().count.get();
            drop(Vec::<usize, Kmalloc>::from_raw_parts(
                (*raw).padding,
                count,
                count,
            ));
            channel.forget_buffer(raw);
            drop(KBox::from_raw(raw));
            Channel::put(channel);
        }
    }

    /// Returns the channel.
    #[inline]
    pub(super) fn channel(&self) -> &Channel {
        // SAFETY: By the type invariants.
        unsafe { Channel::from_raw((*self.as_ptr()).chan) }
    }

    /// Returns the shape of the ring.
    #[inline]
    pub(super) fn geometry(&self) -> Geometry {
        self.channel().geometry()
    }

    /// Returns the size of the memory in bytes; page aligned.
    #[inline]
    pub(super) fn alloc_size(&self) -> usize {
        self.channel().alloc_size()
    }

    /// Returns the pages of the memory.
    #[inline]
    pub(super) fn pages(&self) -> &[Page] {
        // SAFETY: By the type invariants.
        unsafe {
            core::slice::from_raw_parts(
                (*self.as_ptr()).page_array.cast(),
                (*self.as_ptr()).page_count as usize,
            )
        }
    }

    /// Returns the kernel address of the memory.
    #[inline]
    pub(super) fn start(&self) -> *mut c_void {
        // SAFETY: By the type invariants.
        unsafe { (*self.as_ptr()).start }
    }

    /// Returns the queue of those that wait for a full sub-buffer.
    #[inline]
    pub(super) fn read_wait(&self) -> *mut bindings::wait_queue_head {
        // SAFETY: By the type invariants.
        unsafe { &raw mut (*self.as_ptr()).read_wait }
    }

    /// Returns how many bytes at the end of a sub-buffer are not used.
    #[inline]
    pub(super) fn padding(&self, index: usize) -> usize {
        // SAFETY: By the type invariants; the caller took `index` from `Geometry::index`, or
        // `Geometry::next`.
        unsafe { (*self.as_ptr()).padding.add(index).read_volatile() }
    }

    #[inline]
    fn set_padding(&self, index: usize, bytes: usize) {
        // SAFETY: As in `padding`.
        unsafe { (*self.as_ptr()).padding.add(index).write_volatile(bytes) };
    }

    /// Returns how far writer and reader are, at one moment between two switches.
    #[inline]
    pub(super) fn progress(&self) -> Progress {
        loop {
            let produced = self.subbufs_produced();

            order!(Read);
            let progress = Progress {
                produced,
                consumed: self.subbufs_consumed(),
                offset: self.offset(),
                bytes_consumed: self.bytes_consumed(),
                writing: self.data().addr().wrapping_sub(self.start().addr()),
            };

            order!(Read);
            if self.subbufs_produced() == produced {
                return progress;
            }
        }
    }

    /// Stores the part of `to` that belongs to the reader, if it differs from `from`.
    #[inline]
    pub(super) fn set_read(&self, from: &Progress, to: &Progress) {
        if from.consumed != to.consumed {
            self.set_subbufs_consumed(to.consumed);
        }
        if from.bytes_consumed != to.bytes_consumed {
            self.set_bytes_consumed(to.bytes_consumed);
        }
    }

    /// Counts `count` more sub-buffers as read, no more than there are.
    #[inline]
    pub(super) fn consume(&self, count: usize) {
        let mut progress = self.progress();

        progress.consume(count);
        self.set_subbufs_consumed(progress.consumed);
    }

    /// Returns whether all sub-buffers are waiting to be read.
    #[inline]
    pub fn is_full(&self) -> bool {
        let ready = self
            .subbufs_produced()
            .wrapping_sub(self.subbufs_consumed());

        ready >= self.geometry().count.get()
    }

    /// Returns whether no full sub-buffer is waiting to be read.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.subbufs_produced() == self.subbufs_consumed()
    }

    /// Starts afresh: drops what has been recorded.
    ///
    /// # Safety
    ///
    /// Nobody may write to the buffer meanwhile.
    pub(super) unsafe fn reset(&self) {
        // SAFETY: By the type invariants; it was initialised with the buffer.
        unsafe { bindings::irq_work_sync(&raw mut (*self.as_ptr()).wakeup_work) };

        self.set_subbufs_produced(0);
        self.set_subbufs_consumed(0);
        self.set_bytes_consumed(0);
        self.set_finalized(0);
        self.set_data(self.start());
        self.set_offset(0);
        self.set_full_count(0);
        self.set_big_count(0);
        for index in 0..self.geometry().count.get() {
            self.set_padding(index, 0);
        }
        self.begin_first();
    }

    /// Tells the client about the first sub-buffer, to which it cannot object.
    #[inline]
    pub(super) fn begin_first(&self) {
        self.begin(self.start(), core::ptr::null_mut());
    }

    /// Ends the use by the channel: readers are told that no more will come.
    pub(super) fn finalize(&self) {
        self.set_finalized(1);
        // SAFETY: As in `reset`.
        unsafe { bindings::irq_work_sync(&raw mut (*self.as_ptr()).wakeup_work) };
    }

    /// Asks the client whether to write to the sub-buffer `new`.
    ///
    /// Without a client's say, a full buffer is left as it is.
    #[inline]
    fn begin(&self, new: *mut c_void, old: *mut c_void) -> bool {
        let full = self.is_full();

        if full {
            self.set_full_count(self.full_count().wrapping_add(1));
        }
        match self.channel().callbacks().subbuf_start {
            // SAFETY: It gets what it was promised: its buffer, and addresses in there.
            Some(subbuf_start) => unsafe { subbuf_start(self.as_ptr(), new, old) != 0 },
            None => !full,
        }
    }

    /// Notes that a record does not fit in a sub-buffer, and returns 0.
    #[cold]
    fn too_big(&self) -> usize {
        self.set_big_count(self.big_count().wrapping_add(1));
        0
    }

    /// Notes that records are to be dropped until the client says otherwise, and returns 0.
    #[cold]
    fn stop(&self) -> usize {
        self.set_offset(self.geometry().stopped());
        0
    }

    /// Returns `len`, or 0 if it does not fit behind the `offset` bytes that the client reserved.
    #[cold]
    fn behind_reserved(&self, len: usize, offset: usize, size: usize) -> usize {
        if len.wrapping_add(offset) > size {
            return self.too_big();
        }
        len
    }

    /// Makes the file longer by `bytes`.
    #[inline]
    fn grow_file(&self, bytes: usize) {
        let dentry = self.dentry();

        if dentry.is_null() {
            return self.grow_early(bytes);
        }
        // SAFETY: The client keeps the file until it is told to remove it. A size that a reader
        // sees half-written is one of the reasons why no one should rely on it.
        unsafe {
            let size = &raw mut (*(*dentry).d_inode).i_size;
            size.write_volatile(size.read_volatile().wrapping_add(bytes as i64));
        }
    }

    /// Notes by how much the file is to be longer when there is one.
    #[cold]
    fn grow_early(&self, bytes: usize) {
        self.set_early_bytes(self.early_bytes().wrapping_add(bytes));
    }

    /// Turns to the next sub-buffer, for a record of `len` bytes.
    ///
    /// Returns `len`, or 0 if the record is to be dropped.
    ///
    /// Context: any, also with interrupts disabled and locks of the scheduler held.
    ///
    /// # Safety
    ///
    /// The caller must be the only writer.
    pub unsafe fn switch(&self, len: usize) -> usize {
        let geometry = self.geometry();
        let size = geometry.size.get();

        if len > size {
            return self.too_big();
        }

        let produced = self.subbufs_produced();
        let offset = self.offset();
        let mut index = geometry.index(produced);

        if offset != geometry.stopped() {
            self.set_padding(index, size.wrapping_sub(offset));
            index = geometry.next(index);
            // Before it is one more: with just one sub-buffer, a reader would else take it for one
            // that is being overwritten, and skip what it has not read.
            order!(Write);
            self.set_offset(geometry.stopped());
            order!(Write);
            self.set_subbufs_produced(produced.wrapping_add(1));
            self.grow_file(offset);

            // The scheduler may be the writer, so nobody can be woken from here. Readers that do
            // not see the new count are seen to be waiting.
            //
            // SAFETY: By the type invariants; both were initialised with the buffer.
            unsafe { bindings::rchan_queue_wakeup(self.as_ptr()) };
        }

        let new = self
            .start()
            .wrapping_byte_add(self.geometry().start_of(index));

        if !self.begin(new, self.data()) {
            return self.stop();
        }

        let size = self.geometry().size.get();
        let offset = self.offset();
        let fits = if offset > size {
            // Not before the client was asked, as with just one sub-buffer this is all that a
            // reader can tell by that the writer has stopped.
            self.set_offset(0);
            len
        } else {
            self.behind_reserved(len, offset, size)
        };

        self.set_data(new);
        self.set_padding(index, 0);
        fits
    }

    /// # Safety
    ///
    /// `work` must be that of a buffer.
    unsafe extern "C" fn wake_callback(work: *mut bindings::irq_work) {
        // SAFETY: By the safety requirements. The buffer waits for its work before it is freed.
        unsafe {
            let raw = container_of!(work, bindings::rchan_buf, wakeup_work);
            bindings::__wake_up(
                &raw mut (*raw).read_wait,
                bindings::TASK_INTERRUPTIBLE,
                1,
                core::ptr::null_mut(),
            );
        }
    }
}

impl Geometry {
    /// # Safety
    ///
    /// Neither may be zero.
    #[inline]
    pub(super) unsafe fn new_unchecked(size: usize, count: usize) -> Self {
        // SAFETY: Promised by the caller.
        unsafe {
            Self {
                size: NonZeroUsize::new_unchecked(size),
                count: NonZeroUsize::new_unchecked(count),
            }
        }
    }
}
