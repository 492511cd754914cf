// SPDX-License-Identifier: GPL-2.0

//! `/dev/zero` and `/dev/full`.

use crate::{
    null::discard_iter,
    seek::seek_nowhere, //
};
use kernel::{
    current,
    fs::{
        file::Offset,
        file_operations::{
            FilePosition,
            SpliceRead,
            SpliceWrite,
            UnmappedArea,
            UnmappedAreaRequest,
            Whence, //
        },
        CharDev,
        File,
        FileOperations,
        FileOperationsVTable,
        Kiocb,
        LocalFile, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc, //
    },
    page::PAGE_SIZE,
    prelude::*,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

/// Fills `to` with zeroes, page by page so that nobody has to wait for long.
#[inline]
fn zero_iter(nowait: bool, to: &mut IovIterDest<'_>) -> Result<usize> {
    let task = current!();
    let mut written: usize = 0;

    while !to.is_empty() {
        let zeroed = to.zero(to.len().min(PAGE_SIZE));
        written = written.wrapping_add(zeroed);

        let stop = if zeroed == 0 && !to.is_empty() {
            EFAULT
        } else if task.signal_pending() {
            ERESTARTSYS
        } else if !task.need_resched() {
            continue;
        } else if nowait {
            EAGAIN
        } else {
            task.cond_resched();
            continue;
        };
        return if written != 0 { Ok(written) } else { Err(stop) };
    }
    Ok(written)
}

/// Clears `to` page by page until a signal comes, and returns how many bytes are left.
//
// Not inline, so that reading a page, which is what most do, needs no registers for the loop.
#[inline(never)]
fn clear_pages(mut to: UserSliceWriter) -> usize {
    let task = current!();

    while to.len() > PAGE_SIZE {
        let left = to.clear(PAGE_SIZE);
        if left != 0 {
            return to.len().wrapping_sub(PAGE_SIZE).wrapping_add(left);
        }
        if task.signal_pending() {
            return to.len();
        }
        task.cond_resched();
    }
    to.clear(PAGE_SIZE)
}

/// `/dev/zero`: zeroes without end, and takes everything. A mapping of it is fresh memory.
pub(crate) struct Zero;

pub(crate) static ZERO_FOPS: FileOperationsVTable<Zero> = FileOperationsVTable::stateless();

#[vtable]
impl FileOperations for Zero {
    type Host = CharDev;
    type Private = ();

    const SPLICE_READ: SpliceRead = SpliceRead::Copy;
    const SPLICE_WRITE: SpliceWrite = SpliceWrite::Discard;

    #[inline]
    fn llseek((): (), pos: FilePosition<'_>, _offset: Offset, _whence: Whence) -> Result<Offset> {
        seek_nowhere(pos)
    }

    #[inline]
    fn read(
        (): (),
        _file: &LocalFile,
        to: &mut UserSliceWriter,
        _pos: &mut Offset,
    ) -> Result<usize> {
        let len = to.len();
        let left = if len > PAGE_SIZE {
            clear_pages(to.take())
        } else {
            to.clear(len)
        };

        if left == 0 {
            return Ok(len);
        }
        match len.wrapping_sub(left) {
            0 => Err(EFAULT),
            cleared => Ok(cleared),
        }
    }

    #[inline]
    fn write(
        (): (),
        _file: &LocalFile,
        from: &mut UserSliceReader,
        _pos: &mut Offset,
    ) -> Result<usize> {
        Ok(from.len())
    }

    #[inline]
    fn read_iter(kiocb: Kiocb<'_, ()>, to: &mut IovIterDest<'_>) -> Result<usize> {
        zero_iter(kiocb.nowait(), to)
    }

    #[inline]
    fn write_iter(_kiocb: Kiocb<'_, ()>, from: &mut IovIterSource<'_>) -> Result<usize> {
        discard_iter(from)
    }

    #[inline]
    fn mmap_prepare<'a>((): (), desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        // Not `is_shared()`, which is not set if the file is open for reading only.
        if desc.may_share() {
            desc.shmem_zero_setup()
        } else {
            Ok(desc.anonymous())
        }
    }

    #[inline]
    fn get_unmapped_area(_file: &File, req: &UnmappedAreaRequest) -> UnmappedArea {
        if req.is_shared() {
            // The mapping will be one of shared memory, so its rules for huge pages count.
            req.shmem_area()
        } else {
            req.huge_area()
        }
    }
}

/// `/dev/full`: zeroes without end, and takes nothing.
pub(crate) struct Full;

pub(crate) static FULL_FOPS: FileOperationsVTable<Full> = FileOperationsVTable::stateless();

#[vtable]
impl FileOperations for Full {
    type Host = CharDev;
    type Private = ();

    const SPLICE_READ: SpliceRead = SpliceRead::Copy;

    #[inline]
    fn llseek((): (), pos: FilePosition<'_>, _offset: Offset, _whence: Whence) -> Result<Offset> {
        seek_nowhere(pos)
    }

    #[inline]
    fn read_iter(kiocb: Kiocb<'_, ()>, to: &mut IovIterDest<'_>) -> Result<usize> {
        zero_iter(kiocb.nowait(), to)
    }

    #[inline]
    fn write(
        (): (),
        _file: &LocalFile,
        _from: &mut UserSliceReader,
        _pos: &mut Offset,
    ) -> Result<usize> {
        Err(ENOSPC)
    }
}
