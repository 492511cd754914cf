// SPDX-License-Identifier: GPL-2.0

//! Code coverage for fuzzing: the device, and coverage of code that works for other tasks.
//!
//! The Rust version of [`kernel/kcov.c`](srctree/kernel/kcov.c), of which only the functions that
//! instrumented code calls are left with `CONFIG_KCOV_RUST`.

use core::mem::{
    offset_of,
    ManuallyDrop, //
};
use kernel::{
    debugfs::{
        self,
        DebugFs, //
    },
    fs::{
        file_operations::{
            CompatIoctl,
            Llseek, //
        },
        File,
        FileOperations,
        FileOperationsVTable, //
    },
    initcall::Initcall,
    interrupt::local_interrupt_disable,
    ioctl::{
        _IO,
        _IOR,
        _IOW, //
    },
    kcov::{
        self,
        Context,
        CurrentCoverage,
        FreeAreas,
        Kcov,
        Mode,
        RemoteArea,
        Section,
        Session,
        UserArea, //
    },
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        }, //
    },
    prelude::*,
    rbtree::{
        Entry,
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        new_spinlock_irq,
        Arc,
        ArcBorrow,
        SetOnce,
        SpinLockIrq, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    },
    warn_on, //
};

kernel::builtin! {
    name: "kcov",
}

kernel::device_initcall!(kcov_init);

kernel::kcov_hooks! {
    task_exit: task_exit,
    remote_start: remote_start,
    remote_stop: remote_stop,
}

const KCOV_INIT_TRACE: u32 = _IOR::<usize>(b'c' as u32, 1);
const KCOV_ENABLE: u32 = _IO(b'c' as u32, 100);
const KCOV_DISABLE: u32 = _IO(b'c' as u32, 101);
/// The size is that of the argument without its handles.
const KCOV_REMOTE_ENABLE: u32 = _IOW::<[u64; 3]>(b'c' as u32, 102);

const KCOV_TRACE_PC: usize = 0;
const KCOV_TRACE_CMP: usize = 1;

const KCOV_REMOTE_MAX_HANDLES: usize = 0x100;

/// Code that is recorded on behalf of a task when it says so by the handle.
struct Remote {
    kcov: Arc<Kcov>,
    mode: Mode,
    /// Size of the areas that tasks record to.
    words: u32,
    sequence: i32,
}

/// What all sections share.
struct Remotes {
    by_handle: RBTree<u64, Remote>,
    task_areas: FreeAreas,
    softirq_areas: FreeAreas,
}

/// Set when the device comes up. Before that, nobody can have asked for a handle.
///
/// The lock is taken inside that of a [`Kcov`].
static REMOTES: SetOnce<ManuallyDrop<Pin<KBox<SpinLockIrq<Remotes>>>>> = SetOnce::new();

impl Remotes {
    /// Adds a handle.
    fn add(&mut self, handle: u64, remote: impl FnOnce() -> Remote) -> Result {
        match self.by_handle.entry(handle) {
            Entry::Vacant(entry) => {
                let node = RBTreeNodeReservation::new(GFP_ATOMIC)?;

                entry.insert(remote(), node);
                Ok(())
            }
            Entry::Occupied(_) => Err(EEXIST),
        }
    }

    /// Removes all handles of `kcov`, which the caller has another reference to.
    fn remove(&mut self, kcov: &Kcov) {
        let mut cursor = self.by_handle.cursor_front_mut();

        while let Some(at) = cursor {
            cursor = if core::ptr::eq(&*at.current().1.kcov, kcov) {
                at.remove_current().0
            } else {
                at.move_next()
            };
        }
    }

    fn areas(&mut self, context: Context) -> &mut FreeAreas {
        match context {
            Context::Task => &mut self.task_areas,
            Context::Softirq => &mut self.softirq_areas,
        }
    }
}

/// The kinds of handles, in the topmost byte.
const SUBSYSTEM_COMMON: u64 = 0;
const SUBSYSTEM_USB: u64 = 1 << 56;
const INSTANCE_MASK: u64 = 0xffff_ffff;

/// Whether a handle is that of one instance of a subsystem.
fn is_uncommon_handle(handle: u64) -> bool {
    handle & !INSTANCE_MASK == SUBSYSTEM_USB
}

/// Whether a handle is one that a process chose.
fn is_common_handle(handle: u64) -> bool {
    handle & !INSTANCE_MASK == SUBSYSTEM_COMMON && handle & INSTANCE_MASK != 0
}

fn mode_of(arg: usize) -> Result<Mode> {
    match arg {
        KCOV_TRACE_PC => Ok(Mode::Pc),
        KCOV_TRACE_CMP if cfg!(CONFIG_KCOV_ENABLE_COMPARISONS) => Ok(Mode::Cmp),
        KCOV_TRACE_CMP => Err(ENOTSUPP),
        _ => Err(EINVAL),
    }
}

/// Records what the current task runs.
fn enable(kcov: ArcBorrow<'_, Kcov>, arg: usize) -> Result {
    let irq = local_interrupt_disable();
    let mut state = kcov.state.lock_with(&irq);
    // SAFETY: This is a task.
    let task = unsafe { CurrentCoverage::get(&irq) };

    if state.session != Session::None {
        return Err(EINVAL);
    }
    let area = kcov.area().ok_or(EINVAL)?;
    if task.in_section() {
        return Err(EBUSY);
    }

    let mode = mode_of(arg)?;

    area.populate();
    task.start_local(kcov, state.sequence, mode)?;
    state.session = Session::Local;
    Ok(())
}

/// What the argument of `KCOV_REMOTE_ENABLE` begins with. Other handles follow.
#[derive(FromBytes)]
#[repr(C)]
struct RemoteArg {
    trace_mode: u32,
    area_words: u32,
    nr_handles: u32,
    _padding: u32,
    common_handle: u64,
}

impl RemoteArg {
    /// Reads all of it.
    fn read(user: UserPtr, bytes: &mut KVec<u8>) -> Result<(Self, impl Iterator<Item = u64> + '_)> {
        let nr_handles = user.wrapping_byte_add(offset_of!(Self, nr_handles));
        let nr_handles: u32 = UserSlice::new(nr_handles, size_of::<u32>())
            .reader()
            .read()?;

        if nr_handles as usize > KCOV_REMOTE_MAX_HANDLES {
            return Err(EINVAL);
        }

        let size = size_of::<Self>() + nr_handles as usize * size_of::<u64>();

        UserSlice::new(user, size).read_all(bytes, GFP_KERNEL)?;

        let (arg, handles) = Self::read_from_prefix(bytes).map_err(|_| EINVAL)?;

        // It was read once more.
        if arg.nr_handles != nr_handles {
            return Err(EINVAL);
        }
        let handles = handles
            .chunks_exact(size_of::<u64>())
            .filter_map(|handle| Some(u64::from_ne_bytes(*handle.first_chunk()?)));

        Ok((arg, handles))
    }
}

/// Records what others run on behalf of the current task.
fn remote_enable(kcov: ArcBorrow<'_, Kcov>, user: UserPtr) -> Result {
    let mut bytes = KVec::new();
    let (arg, handles) = RemoteArg::read(user, &mut bytes)?;
    let remotes = REMOTES.as_ref().ok_or(EINVAL)?;
    let irq = local_interrupt_disable();
    let mut state = kcov.state.lock_with(&irq);
    // SAFETY: This is a task.
    let task = unsafe { CurrentCoverage::get(&irq) };

    if state.session != Session::None || kcov.area().is_none() {
        return Err(EINVAL);
    }
    if task.has_remote() {
        return Err(EBUSY);
    }

    let mode = mode_of(arg.trace_mode as usize)?;
    let common = arg.common_handle;
    let mut remotes = remotes.lock_with(&irq);
    let mut add = |handle, is_valid: bool| {
        if !is_valid {
            return Err(EINVAL);
        }
        remotes.add(handle, || Remote {
            kcov: kcov.into(),
            mode,
            words: arg.area_words,
            sequence: state.sequence,
        })
    };
    let mut result = Ok(());

    for handle in handles {
        result = result.and_then(|()| add(handle, is_uncommon_handle(handle)));
    }
    if common != 0 {
        result = result.and_then(|()| add(common, is_common_handle(common)));
    }
    if result.is_err() {
        task.clear_handle();
        remotes.remove(&kcov);
        state.reset();
        return result;
    }
    state.session = Session::Remote(mode);
    task.set_remote(kcov.into(), common);
    Ok(())
}

/// Ends what [`remote_enable`] began.
fn remote_reset(kcov: &Kcov) {
    let irq = local_interrupt_disable();
    let mut state = kcov.state.lock_with(&irq);

    if let Some(remotes) = REMOTES.as_ref() {
        remotes.lock_with(&irq).remove(kcov);
    }
    state.reset();
}

/// Ends what the current task began.
fn disable(kcov: &Kcov, arg: usize) -> Result {
    let irq = local_interrupt_disable();
    // SAFETY: This is a task.
    let task = unsafe { CurrentCoverage::get(&irq) };

    if arg != 0 {
        return Err(EINVAL);
    }
    // The file has a reference, too: what is given up here is not the last one.
    if task.has_remote_of(kcov) {
        remote_reset(kcov);
        task.take_remote();
    } else if task.in_section_of(kcov) && task.stop_local().is_some() {
        kcov.state.lock_with(&irq).reset();
    } else {
        return Err(EINVAL);
    }
    Ok(())
}

struct KcovFile;

#[vtable]
impl FileOperations for KcovFile {
    type Host = DebugFs<()>;
    type Private = Arc<Kcov>;

    const LLSEEK: Llseek = Llseek::Nonseekable;
    const COMPAT_IOCTL: CompatIoctl = CompatIoctl::Native;

    #[inline]
    fn open(_data: &(), _file: &File) -> Result<Arc<Kcov>> {
        Arc::pin_init(Kcov::new(), GFP_KERNEL)
    }

    #[inline]
    fn ioctl(kcov: ArcBorrow<'_, Kcov>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            KCOV_INIT_TRACE => kcov.set_area(UserArea::new(arg)?)?,
            KCOV_ENABLE => enable(kcov, arg)?,
            KCOV_DISABLE => disable(&kcov, arg)?,
            KCOV_REMOTE_ENABLE => remote_enable(kcov, UserPtr::from_addr(arg))?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    /// Maps all of the buffer, at once: page faults would be recorded.
    #[inline]
    fn mmap_prepare<'a>(
        kcov: ArcBorrow<'a, Kcov>,
        desc: &mut VmaDesc<'a>,
    ) -> Result<MmapAction<'a>> {
        let area = ArcBorrow::into_ref(kcov).area().ok_or(EINVAL)?;

        if desc.pgoff() != 0 || desc.size() != area.size() {
            return Err(EINVAL);
        }
        desc.set_flags(DriverFlags::new(&[DriverFlag::DONTEXPAND]));
        desc.map_pages_full(area.pages())
    }
}

static KCOV_FOPS: FileOperationsVTable<KcovFile> = FileOperationsVTable::new();

/// The current task exits.
fn task_exit() {
    let (local, remote) = {
        let irq = local_interrupt_disable();
        // SAFETY: This is a task.
        let task = unsafe { CurrentCoverage::get(&irq) };
        let local = task.stop_local();

        // A section on behalf of another task ought to have ended.
        warn_on!(task.in_section());
        (local, task.take_remote())
    };

    if let Some(kcov) = local {
        kcov.state.lock().reset();
    }
    if let Some(kcov) = remote {
        remote_reset(&kcov);
    }
}

/// Begins a section of code that is recorded if somebody asked for the handle.
///
/// In a task or in a softirq; one at a time in each.
fn remote_start(handle: u64) {
    if warn_on!(handle != 0 && !is_common_handle(handle) && !is_uncommon_handle(handle)) {
        return;
    }
    let (Some(context), Some(remotes)) = (Context::current(), REMOTES.as_ref()) else {
        return;
    };

    let (kcov, mode, words, sequence, area) = {
        let irq = local_interrupt_disable();
        // SAFETY: This ends nothing.
        let task = unsafe { CurrentCoverage::get(&irq) };

        if warn_on!(match context {
            Context::Task => task.in_section(),
            Context::Softirq => task.in_softirq_section(),
        }) {
            return;
        }

        let mut remotes = remotes.lock_with(&irq);
        let Some(remote) = remotes.by_handle.get(&handle) else {
            return;
        };
        let words = match context {
            Context::Task => remote.words,
            Context::Softirq => kcov::IRQ_AREA_WORDS,
        };

        (
            remote.kcov.clone(),
            remote.mode,
            words,
            remote.sequence,
            remotes.areas(context).take(words),
        )
    };
    let area = match (area, context) {
        (Some(area), _) => area,
        (None, Context::Task) => match RemoteArea::new(words) {
            Ok(area) => area,
            Err(_) => return,
        },
        (None, Context::Softirq) => return,
    };

    let irq = local_interrupt_disable();
    // SAFETY: This ends nothing, and a softirq has the section of the task put aside.
    let task = unsafe { CurrentCoverage::get(&irq) };

    if context == Context::Softirq {
        task.enter_softirq();
    }

    let section = Section {
        kcov,
        area,
        sequence,
    };

    task.start_remote(section, mode);
}

/// Ends what [`remote_start`] began, if it did, and hands over what was recorded.
fn remote_stop() {
    let (Some(context), Some(remotes)) = (Context::current(), REMOTES.as_ref()) else {
        return;
    };
    // Given up last, and with interrupts as they were: it may be the last reference.
    let kcov;
    let irq = local_interrupt_disable();
    // SAFETY: A softirq ends what it has begun, see below.
    let task = unsafe { CurrentCoverage::get(&irq) };

    match context {
        Context::Task if warn_on!(task.in_softirq_section()) => return,
        Context::Softirq if !task.in_softirq_section() => return,
        _ => (),
    }
    // This does not end what the task itself enabled.
    let Some(section) = task.stop_remote() else {
        return;
    };
    if task.in_softirq_section() {
        task.leave_softirq();
    }
    kcov = section.kcov;

    let state = kcov.state.lock_with(&irq);

    // The session may be over, and another one may have begun.
    if let (Session::Remote(mode), Some(user)) = (state.session, kcov.area()) {
        if state.sequence == section.sequence {
            user.append(mode, &section.area);
        }
    }
    drop(state);
    remotes.lock_with(&irq).areas(context).put(section.area);
}

#[link_section = ".init.text"]
fn kcov_init(init: &Initcall<'_>) -> Result {
    let remotes = KBox::pin_init(
        new_spinlock_irq!(init!(Remotes {
            by_handle: RBTree::new(),
            task_areas: FreeAreas::new(),
            softirq_areas: FreeAreas::new(),
        })),
        GFP_KERNEL,
    )?;
    let remotes = ManuallyDrop::new(remotes);

    // Softirqs cannot allocate them.
    for _ in 0..kcov::nr_irq_areas() {
        let area = RemoteArea::new(kcov::IRQ_AREA_WORDS)?;

        remotes.lock().softirq_areas.put(area);
    }
    REMOTES.populate(remotes);
    debugfs::create_permanent_file(init, c"kcov", 0o600, &(), &KCOV_FOPS);
    Ok(())
}
