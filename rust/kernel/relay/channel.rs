// SPDX-License-Identifier: GPL-2.0

//! A channel: the buffers of all CPUs, `struct rchan` in C.

use super::{
    geometry::Geometry,
    Buffer,
    OPEN_CHANNELS, //
};
use crate::{
    alloc::KVec,
    bindings,
    cpu::nr_cpu_ids,
    error::from_err_ptr,
    page::page_align,
    prelude::*,
    str::CStrExt,
    sync::aref::AlwaysRefCounted,
    types::Opaque, //
};
use core::ptr::NonNull;

/// A channel, made by [`Channel::open`].
///
/// # Invariants
///
/// - Reference-counted by its `kref`: one reference until [`Channel::close`], and one for each
///   buffer.
/// - `subbuf_size` and `n_subbufs` are not zero. Neither they, `alloc_size`, `cb` nor `buf` change.
/// - `cb` has `create_buf_file` and `remove_buf_file`.
/// - Each slot of `buf` is NULL or a buffer of the channel. All are the same one if `is_global`.
#[repr(transparent)]
pub struct Channel(Opaque<bindings::rchan>);

// SAFETY: A channel has no thread it belongs to.
unsafe impl Send for Channel {}

// SAFETY: What changes after `open` is under the lock of `OPEN_CHANNELS`, or counted; or a slot,
// which is read and written at once, and whose buffer stays until the channel is closed.
unsafe impl Sync for Channel {}

/// A channel in the list of those that are open.
pub(super) struct Listed(NonNull<Channel>);

// SAFETY: As `Channel`.
unsafe impl Send for Listed {}

/// Returns the CPUs which are in `mask`.
fn cpus(mask: *const bindings::cpumask) -> impl Iterator<Item = c_uint> {
    // SAFETY: The masks of the kernel are static, and have a bit for each CPU.
    (0..nr_cpu_ids())
        .filter(move |cpu| unsafe { bindings::cpumask_test_cpu(*cpu as c_int, mask.cast_mut()) })
}

fn possible_cpus() -> impl Iterator<Item = c_uint> {
    cpus(&raw const bindings::__cpu_possible_mask)
}

fn online_cpus() -> impl Iterator<Item = c_uint> {
    cpus(&raw const bindings::__cpu_online_mask)
}

impl Channel {
    /// # Safety
    ///
    /// `ptr` must meet the type invariants for `'a`.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::rchan) -> &'a Self {
        // SAFETY: Promised by the caller.
        unsafe { &*ptr.cast::<Self>() }
    }

    /// Returns the C structure.
    #[inline]
    pub fn as_ptr(&self) -> *mut bindings::rchan {
        self.0.get()
    }

    /// Opens a channel with a buffer for each CPU, or just one if the client says so. Each has
    /// `n_subbufs` sub-buffers of `subbuf_size` bytes.
    ///
    /// May sleep.
    ///
    /// # Errors
    ///
    /// - [`EINVAL`] if a size or a callback is missing, or a buffer would have more than
    ///   [`u32::MAX`] bytes.
    /// - [`ENOMEM`], also if the client cannot create a file.
    ///
    /// # Safety
    ///
    /// - `base_filename` must be NULL or a C string.
    /// - `cb` must be NULL or valid until the channel and all of its files are closed, with
    ///   functions that can be called with `parent` and the buffers of this channel.
    pub unsafe fn open(
        base_filename: *const c_char,
        parent: *mut bindings::dentry,
        subbuf_size: usize,
        n_subbufs: usize,
        cb: *const bindings::rchan_callbacks,
        private_data: *mut c_void,
    ) -> Result<NonNull<Self>> {
        let limit = u32::MAX as usize;
        let size = subbuf_size.checked_mul(n_subbufs).ok_or(EINVAL)?;

        if size == 0 || size > limit || cb.is_null() {
            return Err(EINVAL);
        }
        // SAFETY: Promised by the caller.
        if unsafe { (*cb).create_buf_file.is_none() || (*cb).remove_buf_file.is_none() } {
            return Err(EINVAL);
        }

        let mut channel = KBox::new(pin_init::zeroed::<bindings::rchan>(), GFP_KERNEL)?;

        channel.version = bindings::RELAYFS_CHANNEL_VERSION;
        channel.n_subbufs = n_subbufs;
        channel.subbuf_size = subbuf_size;
        channel.alloc_size = page_align(size).ok_or(EINVAL)?;
        channel.parent = parent;
        channel.private_data = private_data;
        channel.cb = cb;
        if !base_filename.is_null() {
            // SAFETY: Promised by the caller.
            let name = unsafe { CStr::from_char_ptr(base_filename) }.to_bytes();
            let room = channel.base_filename.len() - 1;

            channel.has_base_filename = 1;
            for (to, from) in channel.base_filename[..room].iter_mut().zip(name) {
                *to = *from;
            }
        }
        // SAFETY: The count is part of the channel, which is ours alone.
        unsafe { bindings::refcount_set(&raw mut channel.kref.refcount, 1) };
        // SAFETY: May be called in this context.
        channel.buf = unsafe { bindings::rchan_alloc_slots() };
        if channel.buf.is_null() {
            return Err(ENOMEM);
        }

        // INVARIANT: All was set above.
        // SAFETY: A box is not NULL.
        let channel = unsafe { NonNull::new_unchecked(KBox::into_raw(channel).cast::<Self>()) };
        // SAFETY: This is our reference on it.
        let this = unsafe { channel.as_ref() };
        let mut channels = OPEN_CHANNELS.lock();

        let opened = channels
            .reserve(1, GFP_KERNEL)
            .map_err(Error::from)
            .and_then(|()| online_cpus().try_for_each(|cpu| this.open_slot(cpu)));
        if opened.is_ok() && channels.push_within_capacity(Listed(channel)).is_ok() {
            return Ok(channel);
        }

        this.close_buffers();
        drop(channels);
        // SAFETY: This is our reference on it, given up.
        unsafe { Self::put(this) };
        Err(ENOMEM)
    }

    /// Closes a channel, and what clients gave to it is not used after that. May sleep.
    ///
    /// Files that are open, and mappings, go on to work on what has been recorded.
    ///
    /// # Safety
    ///
    /// `this` must be the result of [`Channel::open`], to be closed once. Nobody may write to it.
    pub unsafe fn close(this: NonNull<Self>) {
        // SAFETY: The channel is open.
        let channel = unsafe { this.as_ref() };
        let mut channels = OPEN_CHANNELS.lock();

        channel.close_buffers();
        channels.retain(|listed| listed.0 != this);
        drop(channels);
        // SAFETY: The reference of the opener, given up.
        unsafe { Self::put(channel) };
    }

    /// Makes the buffers of a CPU that is about to be started, in all channels.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`].
    ///
    /// # Safety
    ///
    /// `cpu` must be a possible CPU.
    pub unsafe fn prepare_cpu(cpu: c_uint) -> Result {
        let channels = OPEN_CHANNELS.lock();

        for listed in channels.iter() {
            // SAFETY: A channel in the list is open.
            let channel = unsafe { listed.0.as_ref() };

            if channel.buffer(cpu).is_none() {
                channel.open_slot(cpu).inspect_err(|_| {
                    pr_err!("relay: cpu {cpu} buffer creation failed\n");
                })?;
            }
        }
        Ok(())
    }

    /// Drops what was recorded.
    ///
    /// # Safety
    ///
    /// Nobody may write to the channel meanwhile.
    pub unsafe fn reset(&self) {
        // SAFETY: Promised by the caller.
        self.buffers(|| OPEN_CHANNELS.lock(), |buf| unsafe { buf.reset() });
    }

    /// Has all buffers turn to the next sub-buffer, so that readers get all there is.
    ///
    /// # Safety
    ///
    /// Nobody may write to the channel meanwhile.
    pub unsafe fn flush(&self) {
        self.buffers(
            || OPEN_CHANNELS.lock(),
            |buf| {
                // SAFETY: Promised by the caller.
                unsafe { buf.switch(0) };
            },
        );
    }

    /// Counts `count` sub-buffers of the buffer of `cpu` as read.
    pub fn consume(&self, cpu: c_uint, count: usize) {
        if count > self.geometry().count.get() || !possible_cpus().any(|possible| possible == cpu) {
            return;
        }
        if let Some(buf) = self.buffer(cpu) {
            buf.consume(count);
        }
    }

    /// Returns how often a record was dropped as the buffer was full, and as it was too big.
    ///
    /// Those of CPUs which are offline now do count.
    pub fn stats(&self) -> (c_uint, c_uint) {
        let mut sum: (c_uint, c_uint) = (0, 0);

        self.buffers(
            || (),
            |buf| {
                sum.0 = sum.0.wrapping_add(buf.full_count());
                sum.1 = sum.1.wrapping_add(buf.big_count());
            },
        );
        sum
    }

    /// Returns the shape of the buffers.
    #[inline]
    pub(super) fn geometry(&self) -> Geometry {
        // SAFETY: By the type invariants, both are not zero, and do not change.
        unsafe { Geometry::new_unchecked((*self.as_ptr()).subbuf_size, (*self.as_ptr()).n_subbufs) }
    }

    /// Returns the size of a buffer in memory; page aligned.
    #[inline]
    pub(super) fn alloc_size(&self) -> usize {
        // SAFETY: By the type invariants, this does not change.
        unsafe { (*self.as_ptr()).alloc_size }
    }

    /// Returns the functions of the client.
    #[inline]
    pub(super) fn callbacks(&self) -> &bindings::rchan_callbacks {
        // SAFETY: By the type invariants; valid by the safety requirements of `open`.
        unsafe { &*(*self.as_ptr()).cb }
    }

    /// Takes a reference.
    #[inline]
    pub(super) fn get(&self) {
        // SAFETY: The count is not zero, as this is a reference.
        unsafe { bindings::refcount_inc(&raw mut (*self.as_ptr()).kref.refcount) };
    }

    /// Gives up a reference.
    ///
    /// # Safety
    ///
    /// The caller must own one, and must not use `channel` any more.
    pub(super) unsafe fn put(channel: *const Self) {
        let raw = channel.cast_mut().cast::<bindings::rchan>();

        // SAFETY: Promised by the caller. After the last one the channel is ours, made as a box.
        unsafe {
            if bindings::refcount_dec_and_test(&raw mut (*raw).kref.refcount) {
                bindings::free_percpu((*raw).buf.cast());
                drop(KBox::from_raw(raw));
            }
        }
    }

    fn is_global(&self) -> bool {
        // SAFETY: By the type invariants; set when the first buffer is made.
        unsafe { (&raw const (*self.as_ptr()).is_global).read_volatile() != 0 }
    }

    fn slot(&self, cpu: c_uint) -> *mut bindings::rchan_buf {
        // SAFETY: There is a slot for each possible CPU.
        unsafe { bindings::rchan_slot(self.as_ptr(), cpu).read_volatile() }
    }

    fn set_slot(&self, cpu: c_uint, buf: *mut bindings::rchan_buf) {
        // SAFETY: There is a slot for each possible CPU.
        unsafe { bindings::rchan_slot(self.as_ptr(), cpu).write_volatile(buf) };
    }

    /// Returns the buffer of `cpu`, if there is one.
    fn buffer(&self, cpu: c_uint) -> Option<&Buffer> {
        let buf = NonNull::new(self.slot(cpu))?;

        // SAFETY: By the type invariants.
        Some(unsafe { Buffer::from_raw(buf.as_ptr()) })
    }

    /// Calls `f` for each buffer. If there is more than one, what `lock` returns is held meanwhile:
    /// with the list locked, no buffer comes or goes.
    fn buffers<G>(&self, lock: impl FnOnce() -> G, f: impl FnMut(&Buffer)) {
        if self.is_global() {
            self.buffer(0).into_iter().for_each(f);
        } else {
            let _guard = lock();

            possible_cpus()
                .filter_map(|cpu| self.buffer(cpu))
                .for_each(f);
        }
    }

    /// Forgets a buffer that is being freed.
    pub(super) fn forget_buffer(&self, buf: *mut bindings::rchan_buf) {
        // SAFETY: The caller owns the buffer.
        let cpu = unsafe { (*buf).cpu };

        if self.slot(cpu) == buf {
            self.set_slot(cpu, core::ptr::null_mut());
        }
    }

    /// Has the client create the file of a buffer.
    fn create_file(&self, buf: &Buffer, cpu: c_uint) -> Result<*mut bindings::dentry> {
        let raw = self.as_ptr();
        let create = self.callbacks().create_buf_file.ok_or(EINVAL)?;
        // SAFETY: By the type invariants.
        let named = unsafe { (*raw).has_base_filename != 0 };
        let (name, parent) = if named {
            // SAFETY: The base name is a C string.
            unsafe {
                let base = (&raw const (*raw).base_filename).cast::<c_char>();
                let format = c"%s%d".as_char_ptr();
                (
                    bindings::kasprintf(GFP_KERNEL.as_raw(), format, base, cpu),
                    (*raw).parent,
                )
            }
        } else {
            (core::ptr::null_mut(), core::ptr::null_mut())
        };
        if named && name.is_null() {
            return Err(ENOMEM);
        }

        // SAFETY: The client gets what it was promised in the documentation of the callback.
        let dentry = unsafe {
            create(
                name,
                parent,
                bindings::S_IRUSR as bindings::umode_t,
                buf.as_ptr(),
                &raw mut (*raw).is_global,
            )
        };
        // SAFETY: Made by `kasprintf`, or NULL.
        unsafe { bindings::kfree(name.cast()) };

        let dentry = from_err_ptr(dentry)?;
        if dentry.is_null() {
            return Err(ENOMEM);
        }
        if named {
            // SAFETY: The client made a file. What it needs when open is counted.
            #[cfg(CONFIG_DEBUG_FS)]
            unsafe {
                bindings::debugfs_keep_open_proxy(
                    dentry,
                    &raw const bindings::relay_file_operations,
                )
            };
            // SAFETY: The client made a file, which has an inode.
            unsafe { (*(*dentry).d_inode).i_size = buf.early_bytes() as i64 };
            buf.set_dentry(dentry);
        }
        Ok(dentry)
    }

    /// Makes the buffer of `cpu`. To be called with the list locked.
    fn open_slot(&self, cpu: c_uint) -> Result {
        if self.is_global() {
            self.set_slot(cpu, self.slot(0));
            return Ok(());
        }

        let buf = Buffer::new(self, cpu)?;

        self.create_file(&buf, cpu)?;
        buf.begin_first();

        let raw = buf.as_ptr();
        if self.is_global() {
            // SAFETY: Nobody else looks at this before the buffer is freed.
            unsafe { (*raw).cpu = 0 };
            self.set_slot(0, raw);
        }
        self.set_slot(cpu, raw);
        core::mem::forget(buf);
        Ok(())
    }

    /// Closes all buffers. To be called with the list locked.
    fn close_buffers(&self) {
        self.buffers(
            || (),
            |buf| {
                buf.finalize();
                if let Some(remove) = self.callbacks().remove_buf_file {
                    // SAFETY: The file is the one that the client made.
                    unsafe { remove(buf.dentry()) };
                }
                // SAFETY: The reference is the one that `open_slot` left.
                unsafe { Buffer::dec_ref(NonNull::from(buf)) };
            },
        );
    }
}

/// The type of the list of open channels.
pub(super) type List = KVec<Listed>;
