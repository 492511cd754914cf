// SPDX-License-Identifier: GPL-2.0

//! Channels of Rust drivers.

use super::Channel;
use crate::{
    bindings,
    debugfs::Dir,
    prelude::*, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

/// What a driver decides about its channel.
pub trait Client: Send + Sync + 'static {
    /// Whether there is one buffer for all CPUs, which [`Relay::write_mut`] writes.
    const GLOBAL: bool = false;

    /// A buffer turns to its next sub-buffer. Returns whether to write to it; if not, records are
    /// dropped until there is one that may be written.
    ///
    /// If `full`, it has not been read yet. The default is to drop records then; to return [`true`]
    /// is to overwrite the oldest ones.
    ///
    /// It must not write to the channel.
    ///
    /// Context: any. Interrupts may be disabled, and the writer may be the scheduler.
    fn next_subbuf(&self, full: bool) -> bool {
        !full
    }
}

/// An open channel, with a file in debugfs for each buffer.
///
/// User space reads the files, waits for a full sub-buffer with `poll()`, or maps them: all of a
/// buffer, at offset 0. Records do not cross from one sub-buffer to the next. Those that read a
/// mapping tell the driver how far they are, for which it has [`Self::consumed`].
///
/// The channel is closed when this is dropped: the files are removed. What has one open, or mapped,
/// may go on reading what was recorded.
///
/// # Invariants
///
/// `channel` is open. Its private data is `client`, its callbacks are those of `C`.
///
/// # Examples
///
/// ```
/// use kernel::{
///     debugfs::Dir,
///     relay::{
///         Client,
///         Relay, //
///     },
/// };
///
/// struct Dropping;
///
/// impl Client for Dropping {}
///
/// let dir = Dir::new(c"rust_doctest_relay");
/// let relay = Relay::open(&dir, c"cpu", 64, 2, Dropping)?;
///
/// for _ in 0..64 * kernel::cpu::nr_cpu_ids() {
///     relay.write(b"0123456");
/// }
/// // Nobody reads, so most of it was lost.
/// assert!(relay.lost() > 0);
/// assert_eq!(relay.too_big(), 0);
///
/// assert!(Relay::open(&dir, c"none", 64, 0, Dropping).is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct Relay<C: Client> {
    channel: NonNull<Channel>,
    client: NonNull<C>,
    // The files are in there.
    _dir: Dir,
    _client: PhantomData<C>,
}

// SAFETY: A channel may be used and closed on any thread, and so may the client.
unsafe impl<C: Client> Send for Relay<C> {}

// SAFETY: As above.
unsafe impl<C: Client> Sync for Relay<C> {}

impl<C: Client> Relay<C> {
    const CALLBACKS: bindings::rchan_callbacks = bindings::rchan_callbacks {
        subbuf_start: Some(Self::subbuf_start_callback),
        create_buf_file: Some(Self::create_buf_file_callback),
        remove_buf_file: Some(Self::remove_buf_file_callback),
    };

    /// Opens a channel with `count` sub-buffers of `size` bytes in each buffer.
    ///
    /// The files are called `name` and the number of the CPU, 0 for a global buffer. May sleep.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if a buffer would have no bytes, or more than [`u32::MAX`]; [`ENOMEM`], also if
    /// there is such a file already.
    pub fn open(dir: &Dir, name: &CStr, size: usize, count: usize, client: C) -> Result<Self> {
        let parent = dir.dentry().ok_or(ENOMEM)?;
        let client = KBox::into_raw(KBox::new(client, GFP_KERNEL)?);

        // A CPU that is being started must find the channel, or the channel it.
        //
        // SAFETY: The name is a C string, the callbacks are static, and they are called with the
        // directory and the client given here, which live longer than the channel.
        let channel = unsafe {
            bindings::cpus_read_lock();
            let channel = Channel::open(
                name.as_char_ptr(),
                parent,
                size,
                count,
                &raw const *const { &Self::CALLBACKS },
                client.cast(),
            );
            bindings::cpus_read_unlock();
            channel
        }
        // SAFETY: Made above, and not used by anyone.
        .inspect_err(|_| drop(unsafe { KBox::from_raw(client) }))?;

        // INVARIANT: Just opened.
        Ok(Self {
            channel,
            // SAFETY: A box is not NULL.
            client: unsafe { NonNull::new_unchecked(client) },
            _dir: dir.clone(),
            _client: PhantomData,
        })
    }

    #[inline]
    fn channel(&self) -> &Channel {
        // SAFETY: By the type invariants.
        unsafe { self.channel.as_ref() }
    }

    /// Returns the client.
    #[inline]
    pub fn client(&self) -> &C {
        // SAFETY: By the type invariants; it is freed when this is dropped.
        unsafe { self.client.as_ref() }
    }

    /// Writes a record to the buffer of this CPU, with interrupts disabled.
    ///
    /// It may be dropped, and is then counted in [`Self::lost`] or [`Self::too_big`].
    ///
    /// Context: any but an NMI.
    #[inline]
    pub fn write(&self, record: &[u8]) {
        const {
            assert!(
                !C::GLOBAL,
                "a global buffer has one writer at a time: use `write_mut`"
            )
        };

        // SAFETY: The buffer is that of this CPU, which does nothing else meanwhile.
        unsafe { self.write_alone(record) };
    }

    /// Writes a record as [`Self::write`] does, be the buffer global or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{
    ///     debugfs::Dir,
    ///     relay::{
    ///         Client,
    ///         Relay, //
    ///     },
    /// };
    ///
    /// struct OneForAll;
    ///
    /// impl Client for OneForAll {
    ///     const GLOBAL: bool = true;
    /// }
    ///
    /// let dir = Dir::new(c"rust_doctest_relay_global");
    /// let mut relay = Relay::open(&dir, c"all", 64, 2, OneForAll)?;
    ///
    /// relay.write_mut(b"0123456");
    /// relay.flush();
    /// assert_eq!(relay.lost(), 0);
    /// // Nobody has read the first sub-buffer.
    /// relay.flush();
    /// assert_eq!(relay.lost(), 1);
    /// relay.write_mut(&[0; 65]);
    /// assert_eq!(relay.too_big(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn write_mut(&mut self, record: &[u8]) {
        // SAFETY: Nobody else has this.
        unsafe { self.write_alone(record) };
    }

    /// # Safety
    ///
    /// Nobody else may be writing to the buffer.
    #[inline]
    unsafe fn write_alone(&self, record: &[u8]) {
        // SAFETY: Promised by the caller. The channel is open, so there is a buffer for each CPU
        // that runs.
        unsafe {
            bindings::relay_write(
                self.channel().as_ptr(),
                record.as_ptr().cast(),
                record.len(),
            )
        };
    }

    /// Lets readers have what is in sub-buffers that are not full. May sleep.
    #[inline]
    pub fn flush(&mut self) {
        // SAFETY: Nobody writes to it, as nobody else has this.
        unsafe { self.channel().flush() };
    }

    /// Notes that a program has read `count` sub-buffers of the buffer of `cpu` in its mapping.
    #[inline]
    pub fn consumed(&self, cpu: u32, count: usize) {
        self.channel().consume(cpu, count);
    }

    /// Returns how often a record found no sub-buffer to write to, or overwrote one.
    #[inline]
    pub fn lost(&self) -> u32 {
        self.channel().stats().0
    }

    /// Returns how many records were larger than a sub-buffer.
    #[inline]
    pub fn too_big(&self) -> u32 {
        self.channel().stats().1
    }

    /// # Safety
    ///
    /// `buf` must be a buffer of a channel with these callbacks.
    unsafe extern "C" fn subbuf_start_callback(
        buf: *mut bindings::rchan_buf,
        _subbuf: *mut c_void,
        _prev: *mut c_void,
    ) -> c_int {
        // SAFETY: By the safety requirements and the type invariants.
        let (buf, client) = unsafe {
            (
                super::Buffer::from_raw(buf),
                &*(*(*buf).chan).private_data.cast::<C>(),
            )
        };

        client.next_subbuf(buf.is_full()).into()
    }

    /// # Safety
    ///
    /// `filename` must be a C string, `parent` a directory in debugfs, `buf` a buffer of the
    /// channel, `is_global` valid.
    unsafe extern "C" fn create_buf_file_callback(
        filename: *const c_char,
        parent: *mut bindings::dentry,
        mode: bindings::umode_t,
        buf: *mut bindings::rchan_buf,
        is_global: *mut c_int,
    ) -> *mut bindings::dentry {
        // SAFETY: By the safety requirements. The operations are static, and for buffers.
        unsafe {
            *is_global = C::GLOBAL.into();
            bindings::debugfs_create_file_unsafe(
                filename,
                mode,
                parent,
                buf.cast(),
                &raw const bindings::relay_file_operations,
            )
        }
    }

    /// # Safety
    ///
    /// `dentry` must be what `create_buf_file_callback` returned.
    unsafe extern "C" fn remove_buf_file_callback(dentry: *mut bindings::dentry) -> c_int {
        // SAFETY: By the safety requirements.
        unsafe { bindings::debugfs_remove(dentry) };
        0
    }
}

impl<C: Client> Drop for Relay<C> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, and nobody writes to it, as nobody else has this. Then
        // nobody uses the client.
        unsafe {
            Channel::close(self.channel);
            drop(KBox::from_raw(self.client.as_ptr()));
        }
    }
}
