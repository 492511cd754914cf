// SPDX-License-Identifier: GPL-2.0

//! Tests of the table: which slots are set, and what the functions in them do with a file.

use super::*;
use crate::{
    bindings,
    error::to_result,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};
use core::ptr;

/// A host that tells `open` the address of the inode.
struct TestHost;

impl FileHost for TestHost {
    type Ctx<'a> = usize;

    unsafe fn ctx<'a>(inode: *mut bindings::inode, _file: *mut bindings::file) -> Self::Ctx<'a> {
        inode as usize
    }
}

struct Empty;

#[vtable]
impl FileOperations for Empty {
    type Host = TestHost;
    type Private = ();
}

static EMPTY: FileOperationsVTable<Empty> = FileOperationsVTable::stateless();

struct Stock;

#[vtable]
impl FileOperations for Stock {
    type Host = TestHost;
    type Private = ();

    const LLSEEK: Llseek = Llseek::Noop;
    const SPLICE_READ: SpliceRead = SpliceRead::Copy;
    const SPLICE_WRITE: SpliceWrite = SpliceWrite::Iter;
    const FOP_FLAGS: FopFlags = FopFlags::UNSIGNED_OFFSET;

    fn read_iter(_kiocb: Kiocb<'_, ()>, to: &mut IovIterDest<'_>) -> Result<usize> {
        to.copy_to_iter(b"abc");
        Ok(to.len() + 100)
    }

    fn write_iter(_kiocb: Kiocb<'_, ()>, from: &mut IovIterSource<'_>) -> Result<usize> {
        match from.len() {
            0 => Err(EIOCBQUEUED),
            _ => Ok(usize::MAX),
        }
    }
}

static STOCK: FileOperationsVTable<Stock> = FileOperationsVTable::stateless();

/// How many private data there are.
static LIVE: Atomic<i32> = Atomic::new(0);

struct Counter {
    inode: usize,
}

impl Drop for Counter {
    fn drop(&mut self) {
        LIVE.store(LIVE.load(Relaxed) - 1, Relaxed);
    }
}

struct Full;

#[vtable]
impl FileOperations for Full {
    type Host = TestHost;
    type Private = KBox<Counter>;

    fn open(inode: usize, _file: &File) -> Result<KBox<Counter>> {
        if inode == 0 {
            return Err(ENXIO);
        }
        let counter = KBox::new(Counter { inode }, GFP_KERNEL)?;
        LIVE.store(LIVE.load(Relaxed) + 1, Relaxed);
        Ok(counter)
    }

    fn llseek(
        _data: &Counter,
        pos: FilePosition<'_>,
        offset: Offset,
        whence: Whence,
    ) -> Result<Offset> {
        let target = match whence {
            Whence::SET => offset,
            Whence::CUR => pos.get().wrapping_add(offset),
            _ => return Err(EINVAL),
        };
        pos.set(target);
        Ok(target)
    }

    fn read(
        data: &Counter,
        _file: &LocalFile,
        to: &mut UserSliceWriter,
        pos: &mut Offset,
    ) -> Result<usize> {
        *pos += data.inode as Offset;
        if to.is_empty() {
            return Err(EIOCBQUEUED);
        }
        Ok(data.inode + to.len())
    }

    fn write(
        _data: &Counter,
        _file: &LocalFile,
        _from: &mut UserSliceReader,
        _pos: &mut Offset,
    ) -> Result<usize> {
        Err(ENOSPC)
    }

    fn ioctl(data: &Counter, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        Ok((data.inode + cmd as usize + arg) as isize)
    }

    fn get_unmapped_area(_file: &File, req: &UnmappedAreaRequest) -> UnmappedArea {
        if req.is_shared() {
            Err(ENOMEM).into()
        } else {
            Ok(req.addr() + req.size() + req.pgoff()).into()
        }
    }

    fn fsync(
        _data: &Counter,
        _file: &LocalFile,
        start: Offset,
        end: Offset,
        datasync: bool,
    ) -> Result {
        if datasync && start < end {
            Ok(())
        } else {
            Err(EIO)
        }
    }

    #[cfg(CONFIG_MMU)]
    fn mmap_prepare<'a>(
        data: &'a Counter,
        desc: &mut VmaDesc<'a>, //
    ) -> Result<MmapAction<'a>> {
        if desc.pgoff() == data.inode {
            Ok(MmapAction::Nothing)
        } else {
            Err(ENODEV)
        }
    }
}

static FULL: FileOperationsVTable<Full> = FileOperationsVTable::new();

/// The ways of a 32-bit process to a driver, but for that of `Full`.
#[cfg(CONFIG_COMPAT)]
mod compat {
    use super::*;

    pub(super) struct Method;

    #[vtable]
    impl FileOperations for Method {
        type Host = TestHost;
        type Private = ();

        fn ioctl(_data: (), _file: &File, _cmd: u32, _arg: usize) -> Result<isize> {
            Err(EIO)
        }

        fn compat_ioctl(_data: (), _file: &File, cmd: u32, arg: usize) -> Result<isize> {
            if arg == 0 {
                return Err(EBADE);
            }
            Ok((cmd as usize + arg) as isize)
        }
    }

    pub(super) static METHOD: FileOperationsVTable<Method> = FileOperationsVTable::stateless();

    pub(super) struct Native;

    #[vtable]
    impl FileOperations for Native {
        type Host = TestHost;
        type Private = ();

        const COMPAT_IOCTL: CompatIoctl = CompatIoctl::Native;

        fn ioctl(_data: (), _file: &File, _cmd: u32, _arg: usize) -> Result<isize> {
            Err(EIO)
        }
    }

    pub(super) static NATIVE: FileOperationsVTable<Native> = FileOperationsVTable::stateless();

    pub(super) struct Nothing;

    #[vtable]
    impl FileOperations for Nothing {
        type Host = TestHost;
        type Private = ();

        const COMPAT_IOCTL: CompatIoctl = CompatIoctl::None;

        fn ioctl(_data: (), _file: &File, _cmd: u32, _arg: usize) -> Result<isize> {
            Err(EIO)
        }
    }

    pub(super) static NOTHING: FileOperationsVTable<Nothing> = FileOperationsVTable::stateless();
}

#[kunit_tests(rust_file_operations)]
mod suite {
    use super::*;

    #[test]
    fn empty_table() {
        let mut expected: bindings::file_operations = pin_init::zeroed();
        expected.owner = EMPTY.as_raw().owner;

        // SAFETY: Both are tables, which are made of pointers and integers without padding between
        // them that is not zeroed.
        let differ = unsafe {
            bindings::memcmp(
                ptr::from_ref(&expected).cast(),
                ptr::from_ref(EMPTY.as_raw()).cast(),
                size_of::<bindings::file_operations>(),
            )
        };
        assert_eq!(differ, 0);
    }

    #[test]
    fn stock_functions() {
        let table = STOCK.as_raw();

        assert_eq!(
            table.llseek.map(|f| f as *const ()),
            Some(bindings::noop_llseek as *const ())
        );
        assert_eq!(
            table.splice_read.map(|f| f as *const ()),
            Some(bindings::copy_splice_read as *const ())
        );
        assert_eq!(
            table.splice_write.map(|f| f as *const ()),
            Some(bindings::iter_file_splice_write as *const ())
        );
        assert_eq!(table.fop_flags, bindings::FOP_UNSIGNED_OFFSET);
        assert!(table.open.is_none());
        assert!(table.release.is_none());
        assert!(table.mmap.is_none());
    }

    /// A file with the operations of `Full`, which look at its position and private data only.
    struct TestFile(bindings::file);

    impl TestFile {
        fn new() -> Self {
            // SAFETY: All zeroes is a `struct file`: its fields are integers, pointers that may be
            // NULL, and locks that nobody takes.
            Self(unsafe { core::mem::zeroed() })
        }

        fn as_ptr(&mut self) -> *mut bindings::file {
            &raw mut self.0
        }

        /// Opens the file with what `TestHost` makes of `inode`.
        fn open(&mut self, inode: usize) -> Result {
            let open = FULL.as_raw().open.ok_or(EINVAL)?;

            // SAFETY: The file is ours. `TestHost` does not look at the inode.
            to_result(unsafe { open(inode as *mut bindings::inode, self.as_ptr()) })
        }

        fn release(mut self) -> Result {
            let release = FULL.as_raw().release.ok_or(EINVAL)?;

            // SAFETY: The file is ours, and goes away.
            to_result(unsafe { release(ptr::null_mut(), self.as_ptr()) })
        }
    }

    #[test]
    fn open_and_release() -> Result {
        let live = LIVE.load(Relaxed);
        let mut file = TestFile::new();

        assert_eq!(file.open(0), Err(ENXIO));
        assert!(file.0.private_data.is_null());
        assert_eq!(LIVE.load(Relaxed), live);

        file.open(0x1000)?;
        assert_eq!(LIVE.load(Relaxed), live + 1);

        file.release()?;
        assert_eq!(LIVE.load(Relaxed), live);
        Ok(())
    }

    #[test]
    fn read_and_write() -> Result {
        let read = FULL.as_raw().read.ok_or(EINVAL)?;
        let write = FULL.as_raw().write.ok_or(EINVAL)?;
        let mut file = TestFile::new();
        let mut pos = 0;
        file.open(0x1000)?;

        // No more than is asked for, and nothing that comes later.
        for (len, expected) in [(7, 7), (0, EINVAL.to_errno() as isize)] {
            // SAFETY: The file is open, and the position is ours. The buffer is not accessed.
            let ret = unsafe { read(file.as_ptr(), ptr::null_mut(), len, &raw mut pos) };
            assert_eq!(ret, expected);
        }
        assert_eq!(pos, 0x2000);

        // SAFETY: As above.
        let ret = unsafe { write(file.as_ptr(), ptr::null(), 7, &raw mut pos) };
        assert_eq!(ret, ENOSPC.to_errno() as isize);
        assert_eq!(pos, 0x2000);
        file.release()
    }

    /// C code that believes a result looks for pages which are not there, or waits.
    #[test]
    fn results_are_possible_ones() -> Result {
        let read_iter = STOCK.as_raw().read_iter.ok_or(EINVAL)?;
        let write_iter = STOCK.as_raw().write_iter.ok_or(EINVAL)?;
        let mut file = TestFile::new();
        // SAFETY: Both may be all zeroes: integers, and pointers that may be NULL.
        let (mut kiocb, mut iter): (bindings::kiocb, bindings::iov_iter) =
            unsafe { core::mem::zeroed() };
        let mut buf = [0u8; 7];
        let kvec = bindings::kvec {
            iov_base: buf.as_mut_ptr().cast(),
            iov_len: buf.len(),
        };

        kiocb.ki_filp = file.as_ptr();
        for (source, len, expected) in [(0, 7, 3), (1, 7, 7), (1, 0, EINVAL.to_errno() as isize)] {
            // SAFETY: The buffer is ours, and has as many bytes. The operations have no private
            // data.
            let ret = unsafe {
                bindings::iov_iter_kvec(&raw mut iter, source, &raw const kvec, 1, len);
                let call = if source == 0 { read_iter } else { write_iter };
                call(&raw mut kiocb, &raw mut iter)
            };
            assert_eq!(ret, expected);
        }
        Ok(())
    }

    #[test]
    fn llseek() -> Result {
        let llseek = FULL.as_raw().llseek.ok_or(EINVAL)?;
        let mut file = TestFile::new();
        file.open(0x1000)?;

        for (offset, whence, expected) in [
            (100, bindings::SEEK_SET, 100),
            // What is negative is an error to C, and none of our business.
            (-200, bindings::SEEK_CUR, -100),
            (0, bindings::SEEK_END, EINVAL.to_errno().into()),
        ] {
            // SAFETY: The file is open.
            let ret = unsafe { llseek(file.as_ptr(), offset, whence as c_int) };
            assert_eq!(ret, expected);
        }
        assert_eq!(file.0.f_pos, -100);
        file.release()
    }

    #[test]
    fn ioctl_and_fsync() -> Result {
        let ioctl = FULL.as_raw().unlocked_ioctl.ok_or(EINVAL)?;
        let fsync = FULL.as_raw().fsync.ok_or(EINVAL)?;
        let mut file = TestFile::new();
        file.open(0x1000)?;

        // SAFETY: The file is open, here and below.
        let ret = unsafe { ioctl(file.as_ptr(), 2, 3) };
        assert_eq!(ret, 0x1005);

        // SAFETY: As above.
        let ret = unsafe { fsync(file.as_ptr(), 0, 1, 1) };
        assert_eq!(ret, 0);

        // SAFETY: As above.
        let ret = unsafe { fsync(file.as_ptr(), 0, 1, 0) };
        assert_eq!(ret, EIO.to_errno());
        file.release()
    }

    #[cfg(CONFIG_COMPAT)]
    #[test]
    fn compat_ioctl() -> Result {
        let slot = |table: &bindings::file_operations| table.compat_ioctl.map(|f| f as *const ());
        let method = compat::METHOD.as_raw().compat_ioctl.ok_or(EINVAL)?;
        let native = compat::NATIVE.as_raw();
        let mut file = TestFile::new();

        // SAFETY: The file has no private data, here and below.
        let ret = unsafe { method(file.as_ptr(), 2, 3) };
        assert_eq!(ret, 5);

        // SAFETY: As above.
        let ret = unsafe { method(file.as_ptr(), 2, 0) };
        assert_eq!(ret, EBADE.to_errno() as c_long);

        assert_eq!(
            slot(FULL.as_raw()),
            bindings::compat_ptr_ioctl.map(|f| f as *const ())
        );
        assert!(slot(native).is_some());
        assert_eq!(slot(native), native.unlocked_ioctl.map(|f| f as *const ()));
        assert!(slot(compat::NOTHING.as_raw()).is_none());
        assert!(slot(STOCK.as_raw()).is_none());
        Ok(())
    }

    #[test]
    fn get_unmapped_area() -> Result {
        let area = FULL.as_raw().get_unmapped_area.ok_or(EINVAL)?;
        let mut file = TestFile::new();
        let shared = bindings::MAP_SHARED as c_ulong;

        // SAFETY: The file is valid.
        let ret = unsafe { area(file.as_ptr(), 0x10000, 0x2000, 5, 0) };
        assert_eq!(ret, 0x12005);

        // SAFETY: As above.
        let ret = unsafe { area(file.as_ptr(), 0x10000, 0x2000, 5, shared) };
        assert_eq!(ret, ENOMEM.to_errno() as c_ulong);
        Ok(())
    }

    #[cfg(CONFIG_MMU)]
    #[test]
    fn mmap_prepare() -> Result {
        let mmap_prepare = FULL.as_raw().mmap_prepare.ok_or(EINVAL)?;
        let mut file = TestFile::new();
        let mut desc: bindings::vm_area_desc = pin_init::zeroed();
        file.open(0x1000)?;
        desc.file = file.as_ptr();
        desc.pgoff = 0x1000;

        // SAFETY: The file is open, and the description is ours.
        let ret = unsafe { mmap_prepare(&raw mut desc) };
        assert_eq!(ret, 0);
        assert_eq!(desc.action.type_, bindings::mmap_action_type_MMAP_NOTHING);

        desc.pgoff = 0;
        // SAFETY: As above.
        let ret = unsafe { mmap_prepare(&raw mut desc) };
        assert_eq!(ret, ENODEV.to_errno());
        file.release()
    }
}
