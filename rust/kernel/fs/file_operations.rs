// SPDX-License-Identifier: GPL-2.0

//! Operations of an open file.
//!
//! A driver implements [`FileOperations`] and puts a [`FileOperationsVTable`] of its type in a
//! `static`; where the file lives (a misc device, a character device) is the [`FileHost`] it names.
//!
//! C headers: [`include/linux/fs.h`](srctree/include/linux/fs.h)
//!
//! Reference: <https://docs.kernel.org/filesystems/vfs.html#the-file-object>

#[cfg(CONFIG_MMU)]
use crate::mm::{
    mmap_action::MmapAction,
    vma_desc::VmaDesc, //
};
use crate::{
    error::VTABLE_DEFAULT_ERROR,
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
    sync::poll::PollTable,
    types::ForeignOwnable,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

mod callbacks;
mod position;
mod slots;
mod unmapped_area;
mod uring_cmd;
mod vtable;

#[cfg(CONFIG_RUST_FILE_OPERATIONS_KUNIT_TEST)]
mod tests;

pub use self::{
    position::{
        FilePosition,
        Whence, //
    },
    slots::{
        CompatIoctl,
        FopFlags,
        Llseek,
        SpliceRead,
        SpliceWrite, //
    },
    unmapped_area::{
        UnmappedArea,
        UnmappedAreaRequest, //
    },
    uring_cmd::UringCmd,
    vtable::FileOperationsVTable, //
};

/// What a file operation of `T` is given of the file's private data.
pub type Borrowed<'a, T> = <<T as FileOperations>::Private as ForeignOwnable>::Borrowed<'a>;

/// What [`FileOperations::open`] of `T` is given by the place where the file lives.
pub type OpenContext<'a, T> = <<T as FileOperations>::Host as FileHost>::Ctx<'a>;

/// The operations of a file.
///
/// Each method is one slot of the C table, and each is optional: a slot whose method is not
/// implemented is NULL, so that the kernel does what it does for a C driver that leaves the slot
/// out. Slots that are commonly filled with a function of the kernel itself are constants
/// ([`LLSEEK`], [`SPLICE_READ`], …); the table then holds that function.
///
/// There is no `mmap` here. A driver maps memory with [`mmap_prepare`], which describes the mapping
/// and lets the kernel perform it.
///
/// # Private data
///
/// [`open`] returns the [`Private`] data of the file, every other method borrows it, and
/// [`release`] gets it back once nothing uses the file any more: no file descriptor, no call in
/// progress and no mapping. A type without [`open`] has `()` as its private data.
///
/// # Examples
///
/// A misc device that reads as a text:
///
/// ```
/// use kernel::{
///     fs::{
///         file::Offset,
///         FileOperations,
///         FileOperationsVTable,
///         LocalFile,
///         Misc, //
///     },
///     miscdevice::{
///         MiscDeviceOptions,
///         MiscDeviceRegistration, //
///     },
///     uaccess::UserSliceWriter, //
/// };
///
/// struct Hello;
///
/// #[vtable]
/// impl FileOperations for Hello {
///     type Host = Misc<Self>;
///     type Private = ();
///
///     fn read(
///         _data: (),
///         _file: &LocalFile,
///         to: &mut UserSliceWriter,
///         pos: &mut Offset,
///     ) -> Result<usize> {
///         to.write_slice_file(b"Hello!\n", pos)
///     }
/// }
///
/// static HELLO: FileOperationsVTable<Hello> = FileOperationsVTable::stateless();
///
/// // What is not implemented is NULL.
/// assert!(HELLO.as_raw().read.is_some());
/// assert!(HELLO.as_raw().write.is_none());
/// assert!(HELLO.as_raw().release.is_none());
///
/// let options = MiscDeviceOptions {
///     name: c"rust_doctest_hello",
/// };
/// let hello = KBox::pin_init(
///     MiscDeviceRegistration::register_fops(options, &HELLO),
///     GFP_KERNEL,
/// )?;
/// # drop(hello);
/// # Ok::<(), Error>(())
/// ```
///
/// [`LLSEEK`]: Self::LLSEEK
/// [`SPLICE_READ`]: Self::SPLICE_READ
/// [`mmap_prepare`]: Self::mmap_prepare
/// [`open`]: Self::open
/// [`release`]: Self::release
/// [`Private`]: Self::Private
#[vtable]
pub trait FileOperations: Sized + 'static {
    /// Where the file lives, and so what [`open`](Self::open) is told.
    type Host: FileHost;

    /// The data of one open file.
    type Private: ForeignOwnable + Send + Sync + 'static;

    /// `llseek`, if [`llseek`](Self::llseek) is not implemented.
    const LLSEEK: Llseek = Llseek::None;

    /// `splice_read`.
    const SPLICE_READ: SpliceRead = SpliceRead::None;

    /// `splice_write`.
    const SPLICE_WRITE: SpliceWrite = SpliceWrite::None;

    /// `compat_ioctl`, if [`ioctl`](Self::ioctl) is implemented and `compat_ioctl` is not.
    const COMPAT_IOCTL: CompatIoctl = CompatIoctl::Ptr;

    /// `fop_flags`.
    const FOP_FLAGS: FopFlags = FopFlags::empty();

    /// Opens the file and makes its private data.
    ///
    /// An error is what `open(2)` returns.
    ///
    /// Context: user context, may sleep.
    fn open(_ctx: OpenContext<'_, Self>, _file: &File) -> Result<Self::Private> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Called when nothing uses the file any more.
    ///
    /// If not implemented, the private data is dropped. The file is not passed: its last reference
    /// is gone, so nobody may take another one.
    fn release(data: Self::Private) {
        drop(data);
    }

    /// Called each time that a file descriptor of the file is closed.
    ///
    /// An error is what `close(2)` returns; the descriptor is gone all the same.
    fn flush(_data: Borrowed<'_, Self>, _file: &File) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets the file position for `lseek(2)` and returns it.
    ///
    /// The kernel has checked that `whence` is one that it knows. It does not check the result.
    ///
    /// # Examples
    ///
    /// A device without an end, whose position is any number of bytes:
    ///
    /// ```
    /// # use kernel::fs::{
    /// #     file::Offset,
    /// #     file_operations::{FilePosition, Whence},
    /// #     FileOperations, FileOperationsVTable, Misc,
    /// # };
    /// # struct Endless;
    /// # #[vtable]
    /// # impl FileOperations for Endless {
    /// #     type Host = Misc<Self>;
    /// #     type Private = ();
    /// fn llseek(
    ///     _data: (),
    ///     pos: FilePosition<'_>,
    ///     offset: Offset,
    ///     whence: Whence,
    /// ) -> Result<Offset> {
    ///     let new = match whence {
    ///         Whence::SET => offset,
    ///         Whence::CUR => pos.get().checked_add(offset).ok_or(EOVERFLOW)?,
    ///         _ => return Err(EINVAL),
    ///     };
    ///     if new < 0 {
    ///         return Err(EINVAL);
    ///     }
    ///     pos.set(new);
    ///     Ok(new)
    /// }
    /// # }
    /// # static ENDLESS: FileOperationsVTable<Endless> = FileOperationsVTable::stateless();
    /// # assert!(ENDLESS.as_raw().llseek.is_some());
    /// ```
    fn llseek(
        _data: Borrowed<'_, Self>,
        _pos: FilePosition<'_>,
        _offset: Offset,
        _whence: Whence,
    ) -> Result<Offset> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Reads from the file at `pos`, to user space.
    ///
    /// Returns how many bytes were read and advances `pos` by as much.
    fn read(
        _data: Borrowed<'_, Self>,
        _file: &LocalFile,
        _to: &mut UserSliceWriter,
        _pos: &mut Offset,
    ) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes to the file at `pos`, from user space.
    ///
    /// Returns how many bytes were written and advances `pos` by as much.
    fn write(
        _data: Borrowed<'_, Self>,
        _file: &LocalFile,
        _from: &mut UserSliceReader,
        _pos: &mut Offset,
    ) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Reads from the file at [`Kiocb::ki_pos`], to any kind of buffer.
    ///
    /// Returns how many bytes were read; more than were put into the buffer count as that many.
    fn read_iter(
        _kiocb: Kiocb<'_, Self::Private>,
        _to: &mut IovIterDest<'_>, //
    ) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes to the file at [`Kiocb::ki_pos`], from any kind of buffer.
    ///
    /// Returns how many bytes were written; more than the buffer holds count as that many.
    fn write_iter(
        _kiocb: Kiocb<'_, Self::Private>,
        _from: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Performs an `io_uring` passthrough command.
    ///
    /// `_issue_flags` are `IO_URING_F_*`. The value is the result of the completion queue entry.
    fn uring_cmd(_cmd: UringCmd<'_, Self::Private>, _issue_flags: u32) -> Result<i32> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns what the file is ready for, as a set of `POLL*`, after adding the caller to the
    /// wait queues of that with [`PollTable::register_wait`].
    fn poll(_data: Borrowed<'_, Self>, _file: &File, _table: PollTable<'_>) -> u32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Handles `ioctl(2)`.
    ///
    /// `cmd` is usually taken apart with the functions of [`kernel::ioctl`](mod@crate::ioctl). The
    /// error for one that is not known is [`ENOTTY`].
    fn ioctl(_data: Borrowed<'_, Self>, _file: &File, _cmd: u32, _arg: usize) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Handles `ioctl(2)` of a 32-bit process on a 64-bit kernel. `arg` has 32 bits, too.
    ///
    /// Needed only if the layout of an argument differs. See [`CompatIoctl`] for what happens
    /// without it. With `CONFIG_COMPAT` only, as what implements it must be.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _data: Borrowed<'_, Self>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Decides about a mapping of the file before it exists.
    ///
    /// `desc` describes the mapping that `mmap(2)` asks for. The method may edit it, and returns
    /// what the kernel shall do once the mapping is there, or an error to refuse it.
    ///
    /// `'a` is the life of the private data. It lasts until [`release`](Self::release), hence
    /// longer than every mapping of the file, so what the action or the VM operations need can be
    /// borrowed from there, or be `'static`. It cannot come from anywhere else: the method has to
    /// work for every `'a`.
    ///
    /// The method may be called for a mapping that is then merged into another, or that fails. It
    /// must therefore not count or reserve anything.
    ///
    /// An error is what `mmap(2)` returns.
    ///
    /// Context: user context, may sleep; the address space is locked.
    #[cfg(CONFIG_MMU)]
    fn mmap_prepare<'a>(
        _data: Borrowed<'a, Self>,
        _desc: &mut VmaDesc<'a>,
    ) -> Result<MmapAction<'a>> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Chooses the address of a mapping of the file.
    ///
    /// The kernel checks that the address is page-aligned, else `mmap(2)` fails with [`EINVAL`],
    /// and in range, else with [`ENOMEM`].
    ///
    /// # Examples
    ///
    /// A device with memory that is best mapped with huge pages:
    ///
    /// ```
    /// # use kernel::fs::{
    /// #     file_operations::{UnmappedArea, UnmappedAreaRequest},
    /// #     File, FileOperations, FileOperationsVTable, Misc,
    /// # };
    /// # struct Big;
    /// # #[vtable]
    /// # impl FileOperations for Big {
    /// #     type Host = Misc<Self>;
    /// #     type Private = ();
    /// fn get_unmapped_area(_file: &File, req: &UnmappedAreaRequest) -> UnmappedArea {
    ///     if req.size() > SZ_1G {
    ///         return Err(ENOMEM).into();
    ///     }
    ///     req.huge_area()
    /// }
    /// # }
    /// # use kernel::sizes::SZ_1G;
    /// # static BIG: FileOperationsVTable<Big> = FileOperationsVTable::stateless();
    /// # assert!(BIG.as_raw().get_unmapped_area.is_some());
    /// ```
    fn get_unmapped_area(_file: &File, _req: &UnmappedAreaRequest) -> UnmappedArea {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes bytes `start..=end` of the file to stable storage.
    ///
    /// With `datasync`, only what is needed to read them back.
    fn fsync(
        _data: Borrowed<'_, Self>,
        _file: &LocalFile,
        _start: Offset,
        _end: Offset,
        _datasync: bool,
    ) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Adds lines to `/proc/<pid>/fdinfo/<fd>`.
    fn show_fdinfo(_data: Borrowed<'_, Self>, _m: &SeqFile, _file: &File) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}
