// SPDX-License-Identifier: GPL-2.0

//! The functions that C calls: each calls a method, and turns arguments and result into its terms.

use super::{
    FileOperations,
    FileOperationsVTable,
    FilePosition,
    Llseek,
    UnmappedAreaRequest,
    UringCmd,
    Whence, //
};
use crate::{
    bindings,
    fs::{
        file::Offset,
        File,
        FileHost,
        Kiocb,
        LocalFile, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*,
    seq_file::SeqFile,
    sync::{
        barrier::{
            smp_mb,
            Write, //
        },
        poll::PollTable, //
    },
    types::{
        ForeignOwnable,
        NotThreadSafe, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Turns the result of an operation on `len` bytes, at most, into what C expects.
///
/// C believes it: it looks for as many pages of an iterator, and goes on behind as many bytes.
#[inline]
fn transferred(len: usize, result: Result<usize>) -> isize {
    match result {
        Ok(n) => n.min(len) as isize,
        Err(err) => done(err).to_errno() as isize,
    }
}

/// Returns the error of an operation that is over: [`EINVAL`] for [`EIOCBQUEUED`], as nothing can
/// complete it later.
#[inline]
fn done(err: Error) -> Error {
    if err == EIOCBQUEUED {
        EINVAL
    } else {
        err
    }
}

// An "open file of `T`" is a file in `T::Host` with the operations of `T`, on which `open` has
// succeeded, and which is not released before the call returns.
//
// `from_raw_file` asks that no other thread is inside of `fdget_pos` without the lock of the
// position. A regular file, such as those of debugfs, has that lock, and none but `read`, `write`
// and `llseek` run inside. A device has no such lock (`FMODE_ATOMIC_POS`), so there may be such
// threads; but Rust accesses a position by `FilePosition` only, which expects them.
impl<T: FileOperations> FileOperationsVTable<T> {
    /// # Safety
    ///
    /// `inode` and `file` must be those of a file in `T::Host` that is being opened.
    pub(super) unsafe extern "C" fn open_callback(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY: By the safety requirements.
        let ctx = unsafe { T::Host::ctx(inode, file) };
        // SAFETY: The file is valid during this call. Nobody else has it yet, so nobody is using
        // its position.
        let opened = T::open(ctx, unsafe { File::from_raw_file(file) });

        match opened {
            Ok(private) => {
                // SAFETY: The file is being opened, and cannot be installed, so nobody else
                // accesses its private data.
                unsafe { (*file).private_data = private.into_foreign() };
                // Who has kept the file, and sees it as opened, sees the data. On x86 stores are in
                // order anyway.
                if !cfg!(CONFIG_X86) {
                    smp_mb(Write);
                }
                if matches!(T::LLSEEK, Llseek::Nonseekable) {
                    // SAFETY: By the safety requirements. Nobody else accesses its mode yet.
                    return unsafe { bindings::nonseekable_open(inode, file) };
                }
                0
            }
            Err(err) => err.to_errno(),
        }
    }

    /// # Safety
    ///
    /// `file` must be a file of `T` that nothing uses any more.
    pub(super) unsafe extern "C" fn release_callback(
        _inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY: The file is valid. By the type invariants, `open` put the result of
        // `into_foreign` there, or the private data is `()`. All borrows of it are over, and
        // `release` is called once.
        T::release(unsafe { T::Private::from_foreign((*file).private_data) });
        0
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    pub(super) unsafe extern "C" fn flush_callback(
        file: *mut bindings::file,
        _id: bindings::fl_owner_t,
    ) -> c_int {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        match T::flush(data, unsafe { File::from_raw_file(file) }) {
            Ok(()) => 0,
            Err(err) => err.to_errno(),
        }
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    pub(super) unsafe extern "C" fn llseek_callback(
        file: *mut bindings::file,
        offset: Offset,
        whence: c_int,
    ) -> Offset {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        let pos = FilePosition::new(unsafe { LocalFile::from_raw_file(file) });

        match T::llseek(data, pos, offset, Whence::from_raw(whence)) {
            Ok(pos) => pos,
            Err(err) => err.to_errno().into(),
        }
    }

    /// # Safety
    ///
    /// - `file` must be an open file of `T`.
    /// - `pos` must be valid and not accessed by others.
    pub(super) unsafe extern "C" fn read_callback(
        file: *mut bindings::file,
        buf: *mut c_char,
        len: usize,
        pos: *mut Offset,
    ) -> isize {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        let file = unsafe { LocalFile::from_raw_file(file) };
        let mut to = UserSlice::new(UserPtr::from_ptr(buf.cast()), len).writer();

        // SAFETY: `pos` is ours during this call. It is not NULL, since no file of `T` is a stream.
        transferred(len, T::read(data, file, &mut to, unsafe { &mut *pos }))
    }

    /// # Safety
    ///
    /// - `file` must be an open file of `T`.
    /// - `pos` must be valid and not accessed by others.
    pub(super) unsafe extern "C" fn write_callback(
        file: *mut bindings::file,
        buf: *const c_char,
        len: usize,
        pos: *mut Offset,
    ) -> isize {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        let file = unsafe { LocalFile::from_raw_file(file) };
        let mut from = UserSlice::new(UserPtr::from_ptr(buf.cast_mut().cast()), len).reader();

        // SAFETY: `pos` is ours during this call. It is not NULL, since no file of `T` is a stream.
        transferred(len, T::write(data, file, &mut from, unsafe { &mut *pos }))
    }

    /// # Safety
    ///
    /// - `kiocb` must be valid, and its file an open file of `T`.
    /// - `iter` must be valid, and a destination.
    pub(super) unsafe extern "C" fn read_iter_callback(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The caller passes a valid `kiocb` for a file of `T`.
        let kiocb = unsafe { Kiocb::from_raw(kiocb) };
        // SAFETY: The caller passes a valid `iov_iter` that is a destination.
        let to = unsafe { IovIterDest::from_raw(iter) };
        let room = to.len();
        let result = T::read_iter(kiocb, to);

        // What is behind that was not written, and may be memory of the kernel.
        transferred(room.saturating_sub(to.len()), result)
    }

    /// # Safety
    ///
    /// - `kiocb` must be valid, and its file an open file of `T`.
    /// - `iter` must be valid, and a source.
    pub(super) unsafe extern "C" fn write_iter_callback(
        kiocb: *mut bindings::kiocb,
        iter: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The caller passes a valid `kiocb` for a file of `T`.
        let kiocb = unsafe { Kiocb::from_raw(kiocb) };
        // SAFETY: The caller passes a valid `iov_iter` that is a source.
        let from = unsafe { IovIterSource::from_raw(iter) };
        let there = from.len();

        transferred(there, T::write_iter(kiocb, from))
    }

    /// # Safety
    ///
    /// `cmd` must be valid, and its file an open file of `T`.
    pub(super) unsafe extern "C" fn uring_cmd_callback(
        cmd: *mut bindings::io_uring_cmd,
        issue_flags: c_uint,
    ) -> c_int {
        // SAFETY: The caller passes a valid command for a file of `T`.
        match T::uring_cmd(unsafe { UringCmd::from_raw(cmd) }, issue_flags) {
            Ok(res) if res != EIOCBQUEUED.to_errno() => res,
            Ok(_) => EINVAL.to_errno(),
            Err(err) => done(err).to_errno(),
        }
    }

    /// # Safety
    ///
    /// - `file` must be an open file of `T`.
    /// - `table` must be NULL or valid.
    pub(super) unsafe extern "C" fn poll_callback(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> bindings::__poll_t {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        let file = unsafe { File::from_raw_file(file) };
        // SAFETY: The caller passes NULL or a valid table.
        T::poll(data, file, unsafe { PollTable::from_raw(table) })
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    pub(super) unsafe extern "C" fn ioctl_callback(
        file: *mut bindings::file,
        cmd: c_uint,
        arg: c_ulong,
    ) -> c_long {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        match T::ioctl(data, unsafe { File::from_raw_file(file) }, cmd, arg) {
            Ok(ret) => ret as c_long,
            Err(err) => err.to_errno() as c_long,
        }
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    #[cfg(CONFIG_COMPAT)]
    pub(super) unsafe extern "C" fn compat_ioctl_callback(
        file: *mut bindings::file,
        cmd: c_uint,
        arg: c_ulong,
    ) -> c_long {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        match T::compat_ioctl(data, unsafe { File::from_raw_file(file) }, cmd, arg) {
            Ok(ret) => ret as c_long,
            Err(err) => err.to_errno() as c_long,
        }
    }

    /// # Safety
    ///
    /// `desc` must be valid and ours during this call, and its file an open file of `T`.
    #[cfg(CONFIG_MMU)]
    pub(super) unsafe extern "C" fn mmap_prepare_callback(
        desc: *mut bindings::vm_area_desc,
    ) -> c_int {
        // SAFETY: `desc` is valid. The mapping that it describes keeps the file open, so the
        // private data lives as long as what the hook hands to it.
        let data = unsafe { Self::private((*desc).file) };

        // SAFETY: `desc` is valid and ours during this call.
        unsafe { crate::mm::vma_desc::VmaDesc::run_hook(desc, |desc| T::mmap_prepare(data, desc)) }
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    pub(super) unsafe extern "C" fn get_unmapped_area_callback(
        file: *mut bindings::file,
        addr: c_ulong,
        len: c_ulong,
        pgoff: c_ulong,
        flags: c_ulong,
    ) -> c_ulong {
        // INVARIANT: This is the operation, which ends after the only reference to this.
        let req = UnmappedAreaRequest {
            file,
            addr,
            len,
            pgoff,
            flags,
            _not_send: NotThreadSafe,
        };
        // SAFETY: The file is valid during this call; see above for its position.
        T::get_unmapped_area(unsafe { File::from_raw_file(file) }, &req).into_raw()
    }

    /// # Safety
    ///
    /// `file` must be an open file of `T`.
    pub(super) unsafe extern "C" fn fsync_callback(
        file: *mut bindings::file,
        start: Offset,
        end: Offset,
        datasync: c_int,
    ) -> c_int {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        let file = unsafe { LocalFile::from_raw_file(file) };

        match T::fsync(data, file, start, end, datasync != 0) {
            Ok(()) => 0,
            Err(err) => err.to_errno(),
        }
    }

    /// # Safety
    ///
    /// - `file` must be an open file of `T`.
    /// - `seq_file` must be valid and ours during this call.
    pub(super) unsafe extern "C" fn show_fdinfo_callback(
        seq_file: *mut bindings::seq_file,
        file: *mut bindings::file,
    ) {
        // SAFETY: The caller passes an open file of `T`.
        let data = unsafe { Self::private(file) };
        // SAFETY: The file is valid during this call; see above for its position.
        let file = unsafe { File::from_raw_file(file) };
        // SAFETY: The caller passes a valid `seq_file` that is ours during this call.
        T::show_fdinfo(data, unsafe { SeqFile::from_raw(seq_file) }, file);
    }
}
