// SPDX-License-Identifier: GPL-2.0

//! The C interface of relay.
//!
//! The Rust version of [`kernel/relay.c`](srctree/kernel/relay.c): these functions turn what C
//! passes into the types of [`kernel::relay`].

use core::ptr::NonNull;
use kernel::{
    fs::{
        file::Offset,
        file_operations::Llseek,
        File,
        FileOperations,
        FileOperationsVTable,
        LocalFile, //
    },
    initcall::EarlyInitcall,
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    prelude::*,
    relay::{
        self,
        raw::{
            dentry,
            rchan,
            rchan_buf,
            rchan_callbacks,
            RELAY_STATS_BUF_FULL,
            RELAY_STATS_LAST,
            RELAY_STATS_WRT_BIG, //
        },
        Buffer,
        Channel,
        RelayHost, //
    },
    sync::{
        aref::ARef,
        poll::PollTable, //
    },
    uaccess::UserSliceWriter, //
};

kernel::builtin! {
    name: "relay",
}

kernel::early_initcall!(relay_init);

#[link_section = ".init.text"]
fn relay_init(init: &EarlyInitcall<'_>) -> Result {
    // SAFETY: This is the early initcall.
    unsafe { relay::init(init) };
    Ok(())
}

/// An open file of a buffer.
struct RelayFile;

#[vtable]
impl FileOperations for RelayFile {
    type Host = RelayHost;
    type Private = ARef<Buffer>;

    const LLSEEK: Llseek = Llseek::Nonseekable;

    #[inline]
    fn open(buf: &Buffer, _file: &File) -> Result<ARef<Buffer>> {
        Ok(buf.into())
    }

    #[inline]
    fn read(
        buf: &Buffer,
        file: &LocalFile,
        to: &mut UserSliceWriter,
        pos: &mut Offset,
    ) -> Result<usize> {
        Ok(buf.read(file, to, pos))
    }

    #[inline]
    fn poll(buf: &Buffer, file: &File, table: PollTable<'_>) -> u32 {
        // SAFETY: What was opened is this buffer; `ARef<Buffer>` keeps it until the file is gone.
        unsafe { buf.poll(file, table) }
    }

    #[inline]
    fn mmap_prepare<'a>(buf: &'a Buffer, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        buf.mmap_prepare(desc)
    }
}

#[no_mangle]
static relay_file_operations: FileOperationsVTable<RelayFile> = FileOperationsVTable::new();

/// # Safety
///
/// As [`Channel::open`].
#[export]
unsafe extern "C" fn relay_open(
    base_filename: *const c_char,
    parent: *mut dentry,
    subbuf_size: usize,
    n_subbufs: usize,
    cb: *const rchan_callbacks,
    private_data: *mut c_void,
) -> *mut rchan {
    // SAFETY: By the safety requirements.
    let channel = unsafe {
        Channel::open(
            base_filename,
            parent,
            subbuf_size,
            n_subbufs,
            cb,
            private_data,
        )
    };

    channel.map_or(core::ptr::null_mut(), |channel| channel.as_ptr().cast())
}

/// # Safety
///
/// `chan` must be NULL, or an open channel that nobody writes to, which this closes.
#[export]
unsafe extern "C" fn relay_close(chan: *mut rchan) {
    if let Some(chan) = NonNull::new(chan.cast::<Channel>()) {
        // SAFETY: By the safety requirements.
        unsafe { Channel::close(chan) };
    }
}

/// # Safety
///
/// `chan` must be NULL, or an open channel that nobody writes to meanwhile.
#[export]
unsafe extern "C" fn relay_reset(chan: *mut rchan) {
    // SAFETY: By the safety requirements.
    unsafe {
        if let Some(chan) = channel(chan) {
            chan.reset();
        }
    }
}

/// # Safety
///
/// `chan` must be NULL, or an open channel that nobody writes to meanwhile.
#[export]
unsafe extern "C" fn relay_flush(chan: *mut rchan) {
    // SAFETY: By the safety requirements.
    unsafe {
        if let Some(chan) = channel(chan) {
            chan.flush();
        }
    }
}

/// # Safety
///
/// `chan` must be NULL or an open channel.
#[export]
unsafe extern "C" fn relay_subbufs_consumed(chan: *mut rchan, cpu: c_uint, consumed: usize) {
    // SAFETY: By the safety requirements.
    if let Some(chan) = unsafe { channel(chan) } {
        chan.consume(cpu, consumed);
    }
}

/// # Safety
///
/// `chan` must be NULL or an open channel.
#[export]
unsafe extern "C" fn relay_stats(chan: *mut rchan, flags: c_int) -> usize {
    // SAFETY: By the safety requirements.
    let Some(chan) = (unsafe { channel(chan) }) else {
        return 0;
    };
    let (full, big) = chan.stats();

    if flags > RELAY_STATS_LAST as c_int {
        0
    } else if flags & RELAY_STATS_BUF_FULL as c_int != 0 {
        full as usize
    } else if flags & RELAY_STATS_WRT_BIG as c_int != 0 {
        big as usize
    } else {
        0
    }
}

/// # Safety
///
/// `buf` must be a buffer of an open channel.
#[export]
unsafe extern "C" fn relay_buf_full(buf: *mut rchan_buf) -> c_int {
    // SAFETY: By the safety requirements.
    unsafe { Buffer::from_raw(buf) }.is_full().into()
}

/// # Safety
///
/// `buf` must be a buffer of an open channel, of which the caller is the only writer.
#[export]
unsafe extern "C" fn relay_switch_subbuf(buf: *mut rchan_buf, length: usize) -> usize {
    // SAFETY: By the safety requirements.
    unsafe { Buffer::from_raw(buf).switch(length) }
}

/// Called when a CPU is about to be started.
///
/// # Safety
///
/// `cpu` must be a possible CPU.
#[export]
unsafe extern "C" fn relay_prepare_cpu(cpu: c_uint) -> c_int {
    // SAFETY: By the safety requirements.
    match unsafe { Channel::prepare_cpu(cpu) } {
        Ok(()) => 0,
        Err(_) => ENOMEM.to_errno(),
    }
}

/// # Safety
///
/// `chan` must be NULL, or an open channel for `'a`.
unsafe fn channel<'a>(chan: *mut rchan) -> Option<&'a Channel> {
    if chan.is_null() {
        None
    } else {
        // SAFETY: By the safety requirements.
        Some(unsafe { Channel::from_raw(chan) })
    }
}
