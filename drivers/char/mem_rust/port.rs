// SPDX-License-Identifier: GPL-2.0

//! `/dev/port`.

use crate::seek::seek_address;
use kernel::{
    chrdev::Opening,
    fs::{
        file::Offset,
        file_operations::{
            FilePosition,
            Whence, //
        },
        CharDev,
        File,
        FileOperations,
        FileOperationsVTable,
        LocalFile, //
    },
    mm::raw_io::RawIo,
    prelude::*,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

/// `/dev/port`: I/O ports, by number.
pub(crate) struct Port;

pub(crate) static PORT_FOPS: FileOperationsVTable<Port> = FileOperationsVTable::new();

#[vtable]
impl FileOperations for Port {
    type Host = CharDev;
    type Private = RawIo;

    #[inline]
    fn open(_opening: Opening<'_>, _file: &File) -> Result<RawIo> {
        RawIo::acquire()
    }

    #[inline]
    fn llseek(
        _raw: &RawIo,
        pos: FilePosition<'_>,
        offset: Offset,
        whence: Whence,
    ) -> Result<Offset> {
        seek_address(pos, offset, whence)
    }

    #[inline]
    fn read(
        raw: &RawIo,
        _file: &LocalFile,
        to: &mut UserSliceWriter,
        pos: &mut Offset,
    ) -> Result<usize> {
        let first = *pos as usize;
        let read = raw.read_ports(first, to)?;

        *pos = first.wrapping_add(read) as Offset;
        Ok(read)
    }

    #[inline]
    fn write(
        raw: &RawIo,
        _file: &LocalFile,
        from: &mut UserSliceReader,
        pos: &mut Offset,
    ) -> Result<usize> {
        let first = *pos as usize;
        let written = raw.write_ports(first, from)?;

        *pos = first.wrapping_add(written) as Offset;
        Ok(written)
    }
}
