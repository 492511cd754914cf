// SPDX-License-Identifier: GPL-2.0

//! The memory devices: mem, null, port, zero, full, random, urandom and kmsg.
//!
//! The Rust version of [`drivers/char/mem.c`](srctree/drivers/char/mem.c), of which only what
//! architectures can replace is left with `CONFIG_DEVMEM_RUST`.

use kernel::{
    chrdev::{
        self,
        DeviceNumber,
        FileOps,
        Minor,
        MinorTable, //
    },
    class::{
        Class,
        ClassOperations,
        Mode, //
    },
    current,
    fs::{
        file::Offset,
        file_operations::{
            FilePosition,
            SpliceRead,
            SpliceWrite,
            UnmappedArea,
            UnmappedAreaRequest,
            UringCmd,
            Whence, //
        },
        CharDev,
        File,
        FileOperations,
        FileOperationsVTable,
        Kiocb,
        LocalFile, //
    },
    initcall::Initcall,
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
    tty,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

#[cfg(any(CONFIG_DEVMEM, CONFIG_DEVPORT))]
use kernel::{
    chrdev::Opening,
    mm::raw_io::RawIo, //
};

#[cfg(CONFIG_DEVMEM)]
use kernel::{
    fs::file_operations::FopFlags,
    io::PhysAddr,
    mm::{
        raw_io::{
            BouncePage,
            PageAccess,
            PageSpan, //
        },
        vm_ops::{
            Access,
            VmOperations,
            VmOperationsVTable, //
        },
    },
    task::CurrentTask, //
};

#[cfg(CONFIG_DEVPORT)]
use kernel::mm::port_io;

kernel::builtin! {
    name: "mem",
}

kernel::fs_initcall!(chr_dev_init);

const DEVPORT_MINOR: usize = 4;

/// The devices by minor number. Number 2 was `/dev/kmem`.
const DEVICES: [Option<Minor>; 12] = {
    let mut devices = [None; 12];

    #[cfg(CONFIG_DEVMEM)]
    {
        devices[1] = Some(Minor::new(c"mem", FileOps::new(&MEM_FOPS)));
    }
    devices[3] = Some(
        Minor::new(c"null", FileOps::new(&NULL_FOPS))
            .nowait()
            .with_node_mode(0o666),
    );
    #[cfg(CONFIG_DEVPORT)]
    {
        devices[DEVPORT_MINOR] = Some(Minor::new(c"port", FileOps::new(&PORT_FOPS)));
    }
    devices[5] = Some(
        Minor::new(c"zero", FileOps::new(&ZERO_FOPS))
            .nowait()
            .with_node_mode(0o666),
    );
    devices[7] = Some(Minor::new(c"full", FileOps::new(&FULL_FOPS)).with_node_mode(0o666));
    devices[8] = Some(
        Minor::new(c"random", FileOps::RANDOM)
            .nowait()
            .with_node_mode(0o666),
    );
    devices[9] = Some(
        Minor::new(c"urandom", FileOps::URANDOM)
            .nowait()
            .with_node_mode(0o666),
    );
    #[cfg(CONFIG_PRINTK)]
    {
        devices[11] = Some(Minor::new(c"kmsg", FileOps::KMSG).with_node_mode(0o644));
    }
    devices
};

/// The devices as a group: the major number, and the class.
struct Memory;

impl MinorTable for Memory {
    const MAJOR: u32 = chrdev::MEM_MAJOR;
    const NAME: &'static CStr = c"mem";
    const MINORS: &'static [Option<Minor>] = &DEVICES;
}

#[vtable]
impl ClassOperations for Memory {
    const NAME: &'static CStr = c"mem";

    fn node_mode(number: DeviceNumber) -> Option<Mode> {
        Self::MINORS
            .get(number.minor() as usize)?
            .as_ref()?
            .node_mode()
    }
}

static MEM_CLASS: Class<Memory> = Class::new();

#[link_section = ".init.text"]
fn chr_dev_init(init: &Initcall<'_>) -> Result {
    if chrdev::register::<Memory>(init).is_err() {
        pr_warn!("unable to get major 1 for memory devs\n");
    }

    let class = MEM_CLASS.register(init)?;

    for (minor, device) in (0..).zip(Memory::MINORS) {
        let Some(device) = device else {
            continue;
        };

        #[cfg(CONFIG_DEVPORT)]
        if minor == DEVPORT_MINOR as u32 && !port_io::has_ports(init) {
            continue;
        }

        // A device that is missing does not stop the others.
        let _ = class.create_device(DeviceNumber::new(Memory::MAJOR, minor), device.name());
    }

    tty::init(init)
}

/// Any position will do, and is 0.
///
/// That `lseek(2)` succeeds lets `fopen()` open the device to append.
#[inline]
fn seek_nowhere(pos: FilePosition<'_>) -> Result<Offset> {
    pos.set(0);
    Ok(0)
}

/// Throws away what is written.
#[inline]
fn discard_iter(from: &mut IovIterSource<'_>) -> Result<usize> {
    let len = from.len();

    from.advance(len);
    Ok(len)
}

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

/// `/dev/null`: always empty, and takes everything.
struct Null;

static NULL_FOPS: FileOperationsVTable<Null> = FileOperationsVTable::stateless();

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

/// `/dev/zero`: zeroes without end, and takes everything. A mapping of it is fresh memory.
struct Zero;

static ZERO_FOPS: FileOperationsVTable<Zero> = FileOperationsVTable::stateless();

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
    fn get_unmapped_area(file: &File, req: &UnmappedAreaRequest) -> UnmappedArea {
        if req.is_shared() {
            // The mapping will be one of shared memory, so its rules for huge pages count.
            req.shmem_area()
        } else {
            req.huge_area(file)
        }
    }
}

/// `/dev/full`: zeroes without end, and takes nothing.
struct Full;

static FULL_FOPS: FileOperationsVTable<Full> = FileOperationsVTable::stateless();

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

/// Sets the position to an address.
///
/// All of them are valid, those that are negative as an [`Offset`] too, but for the last few: the
/// caller would take them for errors.
#[cfg(any(CONFIG_DEVMEM, CONFIG_DEVPORT))]
#[inline]
fn seek_address(pos: FilePosition<'_>, offset: Offset, whence: Whence) -> Result<Offset> {
    let _guard = pos.inode().lock();

    let to = match whence {
        Whence::SET => offset,
        Whence::CUR => offset.wrapping_add(pos.get()),
        _ => return Err(EINVAL),
    };
    if (-4095..0).contains(&to) {
        return Err(EOVERFLOW);
    }
    pos.set(to);
    pos.force_success();
    Ok(to)
}

/// Lets others run, and returns whether a signal wants this task.
#[cfg(CONFIG_DEVMEM)]
#[inline]
fn interrupted(task: &CurrentTask) -> bool {
    task.cond_resched();
    task.signal_pending()
}

/// `/dev/mem`: physical memory, by address.
#[cfg(CONFIG_DEVMEM)]
struct Mem;

#[cfg(CONFIG_DEVMEM)]
static MEM_FOPS: FileOperationsVTable<Mem> = FileOperationsVTable::new();

#[cfg(CONFIG_DEVMEM)]
static MEM_VM_OPS: VmOperationsVTable<Mem> = VmOperationsVTable::new();

#[cfg(CONFIG_DEVMEM)]
#[vtable]
impl VmOperations for Mem {
    type Data = ();
    type Mapped = ();

    // For debuggers.
    const ACCESS: Access = Access::GenericPhys;
}

#[cfg(CONFIG_DEVMEM)]
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

/// `/dev/port`: I/O ports, by number.
#[cfg(CONFIG_DEVPORT)]
struct Port;

#[cfg(CONFIG_DEVPORT)]
static PORT_FOPS: FileOperationsVTable<Port> = FileOperationsVTable::new();

#[cfg(CONFIG_DEVPORT)]
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
