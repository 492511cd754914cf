// SPDX-License-Identifier: GPL-2.0

//! `/dev/null`.

use crate::seek::seek_nowhere;
use kernel::{
    fs::{
        file::Offset,
        file_operations::{
            FilePosition,
            SpliceWrite,
            UringCmd,
            Whence, //
        },
        CharDev,
        FileOperations,
        FileOperationsVTable,
        Kiocb,
        LocalFile, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    prelude::*,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

/// Throws away what is written.
#[inline]
pub(crate) fn discard_iter(from: &mut IovIterSource<'_>) -> Result<usize> {
    let len = from.len();

    from.advance(len);
    Ok(len)
}

/// `/dev/null`: always empty, and takes everything.
pub(crate) struct Null;

pub(crate) static NULL_FOPS: FileOperationsVTable<Null> = FileOperationsVTable::stateless();

#[vtable]
impl FileOperations for Null {
    type Host = CharDev;
    type Private = ();

    const SPLICE_WRITE: SpliceWrite = SpliceWrite::Discard;

    #[inline]
    fn llseek((): (), pos: FilePosition<'_>, _offset: Offset, _whence: Whence) -> Result<Offset> {
        seek_nowhere(pos)
    }

    #[inline]
    fn read(
        (): (),
        _file: &LocalFile,
        _to: &mut UserSliceWriter,
        _pos: &mut Offset,
    ) -> Result<usize> {
        Ok(0)
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
    fn read_iter(_kiocb: Kiocb<'_, ()>, _to: &mut IovIterDest<'_>) -> Result<usize> {
        Ok(0)
    }

    #[inline]
    fn write_iter(_kiocb: Kiocb<'_, ()>, from: &mut IovIterSource<'_>) -> Result<usize> {
        discard_iter(from)
    }

    #[inline]
    fn uring_cmd(_cmd: UringCmd<'_, ()>, _issue_flags: u32) -> Result<i32> {
        Ok(0)
    }
}
