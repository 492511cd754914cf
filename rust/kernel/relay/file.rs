// SPDX-License-Identifier: GPL-2.0

//! The file of a buffer.

use super::{
    geometry::Progress,
    Buffer, //
};
use crate::{
    bindings,
    fs::{
        file::{
            flags,
            Offset, //
        },
        File,
        FileHost,
        LocalFile, //
    },
    mm::{
        fault::{
            VmFault,
            VmFaultResult, //
        },
        mmap_action::MmapAction,
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        }, //
    },
    prelude::*,
    sync::poll::PollTable,
    uaccess::UserSliceWriter, //
};

/// The host of relay files: those that clients make with a buffer as the data of the inode.
pub struct RelayHost(());

impl FileHost for RelayHost {
    type Ctx<'a> = &'a Buffer;

    #[inline]
    unsafe fn ctx<'a>(inode: *mut bindings::inode, _file: *mut bindings::file) -> Self::Ctx<'a> {
        // SAFETY: The file is one that `create_buf_file` made for a buffer. The file system of the
        // client does not let it be removed while it is being opened.
        unsafe { Buffer::from_raw((*inode).i_private.cast()) }
    }
}

/// The VM operations of a mapped buffer: pages are mapped as they are touched.
struct Pages;

static RELAY_VM_OPS: VmOperationsVTable<Pages> = VmOperationsVTable::new();

#[vtable]
impl VmOperations for Pages {
    type Data = Buffer;
    type Mapped = ();

    #[inline]
    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        vmf.page_of(vmf.data().pages())
    }
}

impl Buffer {
    /// Notes that `len` bytes of the sub-buffer `index` were read.
    #[inline]
    fn note_read(&self, index: usize, len: usize) {
        let before = self.progress();
        let mut after = before;

        self.geometry()
            .note_read(&mut after, index, len, |index| self.padding(index));
        self.set_read(&before, &after);
    }

    /// Returns how far writer and reader are, if there is anything to read.
    #[inline]
    fn readable(&self) -> Option<Progress> {
        let before = self.progress();
        let mut after = before;
        let any = self
            .geometry()
            .readable(&mut after, |index| self.padding(index));

        self.set_read(&before, &after);
        any.then_some(after)
    }

    /// Reads what there is, `relay_file_operations.read` in C.
    ///
    /// Returns how many bytes were copied: 0 if there is nothing to read, or `to` is not valid.
    pub fn read(&self, file: &LocalFile, to: &mut UserSliceWriter, pos: &mut Offset) -> usize {
        let geometry = self.geometry();
        let len = to.len();

        if len == 0 {
            return 0;
        }

        let Some(inode) = file.inode() else {
            return 0;
        };
        let _reader = inode.lock();

        while !to.is_empty() {
            let Some(progress) = self.readable() else {
                break;
            };
            // The padding may be newer than `progress`, which `available` knows.
            let place = geometry.read_place(&progress, |index| self.padding(index));
            let padding = self.padding(place.index);
            let count = geometry.available(&progress, place, padding).min(to.len());

            if count == 0 {
                break;
            }
            // SAFETY: By the invariants of the buffer, and what `available` promises, this reads
            // inside the buffer, whatever the writer is doing. Not by a slice, as it may write.
            let left = unsafe {
                let from = self.start().wrapping_byte_add(geometry.pos(place));
                bindings::copy_to_user(to.as_user_ptr().as_mut_ptr(), from, count)
            };
            if left != 0 {
                break;
            }
            to.advance(count);
            self.note_read(place.index, count);
            *pos = geometry.next_pos(place, count, padding) as Offset;
        }
        len.wrapping_sub(to.len())
    }

    /// Returns what the file is ready for, `relay_file_operations.poll` in C.
    ///
    /// # Safety
    ///
    /// `file` must have a reference on the buffer until it is released.
    #[inline]
    pub unsafe fn poll(&self, file: &File, table: PollTable<'_>) -> u32 {
        if self.finalized() != 0 {
            return bindings::POLLERR;
        }
        if matches!(
            file.flags() & flags::O_ACCMODE,
            flags::O_WRONLY | flags::O_ACCMODE
        ) {
            return 0;
        }
        // SAFETY: The queue is that of the buffer, on which the file has a reference by the safety
        // requirements; who waits has one of the file.
        unsafe { table.register_wait_queue(file, self.read_wait()) };
        if self.is_empty() {
            0
        } else {
            bindings::POLLIN | bindings::POLLRDNORM
        }
    }

    /// Maps all of the buffer, `relay_file_operations.mmap_prepare` in C.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if the mapping has another size, or another offset than 0.
    #[inline]
    pub fn mmap_prepare<'a>(&'a self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        if desc.size() != self.alloc_size() || desc.pgoff() != 0 {
            return Err(EINVAL);
        }
        desc.set_vm_ops(&RELAY_VM_OPS, self);
        desc.set_flags(DriverFlags::new(&[DriverFlag::DONTEXPAND]));
        Ok(MmapAction::Nothing)
    }
}
