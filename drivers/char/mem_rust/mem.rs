// SPDX-License-Identifier: GPL-2.0

//! `/dev/mem`.

use crate::seek::seek_address;
use kernel::{
    chrdev::Opening,
    current,
    fs::{
        file::Offset,
        file_operations::{
            FilePosition,
            FopFlags,
            Whence, //
        },
        CharDev,
        File,
        FileOperations,
        FileOperationsVTable,
        LocalFile, //
    },
    io::PhysAddr,
    mm::{
        mmap_action::MmapAction,
        raw_io::{
            BouncePage,
            PageAccess,
            PageSpan,
            RawIo, //
        },
        vm_ops::{
            Access,
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc, //
    },
    prelude::*,
    task::CurrentTask,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

/// Lets others run, and returns whether a signal wants this task.
#[inline]
fn interrupted(task: &CurrentTask) -> bool {
    task.cond_resched();
    task.signal_pending()
}

/// `/dev/mem`: physical memory, by address.
pub(crate) struct Mem;

pub(crate) static MEM_FOPS: FileOperationsVTable<Mem> = FileOperationsVTable::new();

static MEM_VM_OPS: VmOperationsVTable<Mem> = VmOperationsVTable::new();

#[vtable]
impl VmOperations for Mem {
    type Data = ();
    type Mapped = ();

    // For debuggers.
    const ACCESS: Access = Access::GenericPhys;
}

#[vtable]
impl FileOperations for Mem {
    type Host = CharDev;
    type Private = RawIo;

    const FOP_FLAGS: FopFlags = FopFlags::UNSIGNED_OFFSET;

    #[inline]
    fn open(mut opening: Opening<'_>, _file: &File) -> Result<RawIo> {
        let raw = RawIo::acquire()?;

        opening.share_iomem_mapping(&raw);
        Ok(raw)
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
        let Some(start) = RawIo::address(*pos) else {
            return Ok(0);
        };
        if !raw.is_valid(start, to.len()) {
            return Err(EFAULT);
        }

        let mut bounce = BouncePage::new()?;
        let mut addr = start;

        while !to.is_empty() {
            let span = PageSpan::new(addr, to.len());

            match raw.access(span) {
                PageAccess::Denied => return Err(EPERM),
                PageAccess::Hidden => {
                    if to.clear(span.len()) != 0 {
                        return Err(EFAULT);
                    }
                }
                PageAccess::Full => raw.read(span, &mut bounce, to)?,
            }
            addr = addr.wrapping_add(span.len() as PhysAddr);
            if to.is_empty() || interrupted(current!()) {
                break;
            }
        }

        let read = addr.wrapping_sub(start);
        *pos = pos.wrapping_add(read as Offset);
        Ok(read as usize)
    }

    #[inline]
    fn write(
        raw: &RawIo,
        _file: &LocalFile,
        from: &mut UserSliceReader,
        pos: &mut Offset,
    ) -> Result<usize> {
        let Some(start) = RawIo::address(*pos) else {
            return Err(EFBIG);
        };
        if !raw.is_valid(start, from.len()) {
            return Err(EFAULT);
        }

        let mut addr = start;

        while !from.is_empty() {
            let span = PageSpan::new(addr, from.len());
            let written = match raw.access(span) {
                PageAccess::Denied => return Err(EPERM),
                PageAccess::Hidden => {
                    from.skip(span.len())?;
                    span.len()
                }
                PageAccess::Full => raw.write(span, from),
            };

            addr = addr.wrapping_add(written as PhysAddr);
            if written != span.len() {
                if addr == start {
                    return Err(EFAULT);
                }
                break;
            }
            if from.is_empty() || interrupted(current!()) {
                break;
            }
        }

        let written = addr.wrapping_sub(start);
        *pos = pos.wrapping_add(written as Offset);
        Ok(written as usize)
    }

    #[inline]
    fn mmap_prepare<'a>(raw: &'a RawIo, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        let action = raw.remap_full(desc)?;

        desc.set_vm_ops(&MEM_VM_OPS, &());
        desc.set_error_override(EAGAIN);
        Ok(action)
    }
}
