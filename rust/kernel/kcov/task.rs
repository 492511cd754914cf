// SPDX-License-Identifier: GPL-2.0

//! What the current task carries for the functions that record.

use super::{
    Kcov,
    Mode,
    RemoteArea, //
};
use crate::{
    bindings,
    interrupt::LocalInterruptDisabled,
    prelude::*,
    sync::{
        barrier::barrier,
        Arc,
        ArcBorrow, //
    },
    task::Task, //
};
use core::marker::PhantomData;

/// A context whose code can be recorded on behalf of another task.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A task.
    Task,
    /// A softirq, on top of whatever task.
    Softirq,
}

impl Context {
    /// Returns the context this runs in; [`None`] in a hardware interrupt and beyond.
    #[inline]
    pub fn current() -> Option<Self> {
        // SAFETY: Can be called anywhere.
        if unsafe { bindings::in_task() } {
            Some(Self::Task)
        // SAFETY: As above.
        } else if unsafe { bindings::in_softirq_really() } {
            Some(Self::Softirq)
        } else {
            None
        }
    }
}

/// Code that is recorded on behalf of another task.
pub struct Section {
    /// Who asked for it.
    pub kcov: Arc<Kcov>,
    /// What it is recorded to.
    pub area: RemoteArea,
    /// The number of the session.
    pub sequence: i32,
}

/// The coverage state of the current task.
///
/// Interrupts are disabled, so that the state is not changed by a softirq halfway.
///
/// # Invariants
///
/// - `task` is the current one.
/// - If `task.kcov` is not NULL, it is a counted reference to a [`Kcov`], and `kcov_area` is either
///   the buffer of that or a [`RemoteArea`] of `kcov_size` words. So it is with `kcov_saved_*`.
/// - If `task.kcov_remote` is not NULL, it is a counted reference to a [`Kcov`].
pub struct CurrentCoverage<'irq> {
    task: *mut bindings::task_struct,
    _irq: PhantomData<&'irq LocalInterruptDisabled>,
}

impl<'irq> CurrentCoverage<'irq> {
    /// Returns that of the current task.
    ///
    /// # Safety
    ///
    /// What an interrupt ends must be a section that it began, after [`Self::enter_softirq`]: the
    /// task may be recording to its own at this moment.
    #[inline]
    pub unsafe fn get(_irq: &'irq LocalInterruptDisabled) -> Self {
        // INVARIANT: The task stays the current one for as long as interrupts are disabled. The
        // fields are zero at first, and but for the mode they are written here only.
        Self {
            task: Task::current_raw(),
            _irq: PhantomData,
        }
    }

    /// Returns the handle that threads working for the current task are to use, or 0.
    #[inline]
    pub fn common_handle() -> u64 {
        if Context::current() != Some(Context::Task) {
            return 0;
        }
        // SAFETY: The current task is valid, and only it changes the handle.
        unsafe { (*Task::current_raw()).kcov_handle }
    }

    /// Returns whether the task is in a section.
    #[inline]
    pub fn in_section(&self) -> bool {
        // SAFETY: By the type invariants, here and below.
        unsafe { !(*self.task).kcov.is_null() }
    }

    /// Returns whether the section, if the task is in one, is one of `kcov`.
    #[inline]
    pub fn in_section_of(&self, kcov: &Kcov) -> bool {
        // SAFETY: As above.
        unsafe { core::ptr::eq((*self.task).kcov.cast(), kcov) }
    }

    /// Returns whether what the task runs is recorded to the buffer of a [`Kcov`] itself.
    #[inline]
    fn in_local_section(&self) -> bool {
        // SAFETY: By the type invariants. The reference is not given up meanwhile, as that happens
        // on this thread.
        unsafe {
            let kcov: *const Kcov = (*self.task).kcov.cast();

            !kcov.is_null()
                && (*kcov).area().map(|area| area.as_ptr()) == Some((*self.task).kcov_area)
        }
    }

    /// Records to the buffer of `kcov` itself what the task runs.
    ///
    /// The task must not be in a section, else that is never ended.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if `kcov` has no buffer.
    #[inline]
    pub fn start_local(&self, kcov: ArcBorrow<'_, Kcov>, sequence: i32, mode: Mode) -> Result {
        let area = kcov.area().ok_or(EINVAL)?;
        let (ptr, words) = (area.as_ptr(), area.words());
        let kcov = Arc::into_raw(kcov.into());

        // INVARIANT: A reference of the task's own, and the buffer of what it refers to.
        //
        // SAFETY: As just said.
        unsafe { self.begin(kcov, ptr, words, sequence, mode.as_raw()) };
        Ok(())
    }

    /// Begins a section on behalf of another task.
    ///
    /// The task must not be in a section, else that is never ended.
    #[inline]
    pub fn start_remote(&self, section: Section, mode: Mode) {
        let (ptr, words) = section.area.into_raw();
        let kcov = Arc::into_raw(section.kcov);

        // INVARIANT: This gives away what the section owns.
        //
        // SAFETY: As just said.
        unsafe { self.begin(kcov, ptr, words, section.sequence, mode.as_raw()) };
    }

    /// # Safety
    ///
    /// The first three arguments must be as the type invariants say.
    #[inline]
    unsafe fn begin(
        &self,
        kcov: *const Kcov,
        area: *mut c_void,
        words: u32,
        sequence: i32,
        mode: c_uint,
    ) {
        let task = self.task;

        // SAFETY: By the type invariants. `kcov_mode` is also accessed by C, when an interrupt
        // calls an instrumented function: it must be the last to be set.
        unsafe {
            (*task).kcov = kcov.cast_mut().cast();
            (*task).kcov_size = words;
            (*task).kcov_area = area;
            (*task).kcov_sequence = sequence;
            barrier();
            (&raw mut (*task).kcov_mode).write_volatile(mode);
        }
    }

    /// Stops recording to the buffer of a [`Kcov`] itself, and returns that.
    #[inline]
    pub fn stop_local(&self) -> Option<Arc<Kcov>> {
        if !self.in_local_section() {
            return None;
        }
        // SAFETY: By the type invariants. The pointers are forgotten.
        unsafe {
            let kcov = Arc::from_raw((*self.task).kcov.cast());

            clear(self.task);
            Some(kcov)
        }
    }

    /// Ends the section on behalf of another task, if the task is in one.
    #[inline]
    pub fn stop_remote(&self) -> Option<Section> {
        let task = self.task;

        if !self.in_section() || self.in_local_section() {
            return None;
        }
        // SAFETY: By the type invariants. The pointers are forgotten.
        unsafe {
            let section = Section {
                kcov: Arc::from_raw((*task).kcov.cast()),
                area: RemoteArea::from_raw((*task).kcov_area, (*task).kcov_size),
                sequence: (*task).kcov_sequence,
            };

            clear(task);
            Some(section)
        }
    }

    /// Returns whether a softirq is in a section of its own.
    #[inline]
    pub fn in_softirq_section(&self) -> bool {
        // SAFETY: By the type invariants.
        unsafe { (*self.task).kcov_softirq != 0 }
    }

    /// Puts the section of the task aside, if it is in one, for that of a softirq.
    #[inline]
    pub fn enter_softirq(&self) {
        let task = self.task;

        // INVARIANT: The section moves as a whole.
        //
        // SAFETY: By the type invariants.
        unsafe {
            if self.in_section() {
                (*task).kcov_saved_mode = (&raw const (*task).kcov_mode).read_volatile();
                (*task).kcov_saved_size = (*task).kcov_size;
                (*task).kcov_saved_area = (*task).kcov_area;
                (*task).kcov_saved_sequence = (*task).kcov_sequence;
                (*task).kcov_saved_kcov = (*task).kcov;
                clear(task);
            }
            (*task).kcov_softirq = 1;
        }
    }

    /// Goes on with what [`Self::enter_softirq`] put aside. The softirq's section must have ended.
    #[inline]
    pub fn leave_softirq(&self) {
        let task = self.task;

        // INVARIANT: The section moves as a whole.
        //
        // SAFETY: By the type invariants.
        unsafe {
            (*task).kcov_softirq = 0;
            if !(*task).kcov_saved_kcov.is_null() {
                self.begin(
                    (*task).kcov_saved_kcov.cast(),
                    (*task).kcov_saved_area,
                    (*task).kcov_saved_size,
                    (*task).kcov_saved_sequence,
                    (*task).kcov_saved_mode,
                );
                forget_saved(task);
            }
        }
    }

    /// Returns whether others record for the task.
    #[inline]
    pub fn has_remote(&self) -> bool {
        // SAFETY: By the type invariants.
        unsafe { !(*self.task).kcov_remote.is_null() }
    }

    /// Returns whether others record for the task, to the buffer of `kcov`.
    #[inline]
    pub fn has_remote_of(&self, kcov: &Kcov) -> bool {
        // SAFETY: By the type invariants.
        unsafe { core::ptr::eq((*self.task).kcov_remote.cast(), kcov) }
    }

    /// Has others record for the task, which must have [no such](Self::has_remote) yet.
    ///
    /// Threads that work for it and its children use `common_handle`, if that is not 0.
    #[inline]
    pub fn set_remote(&self, kcov: Arc<Kcov>, common_handle: u64) {
        // INVARIANT: The reference is given away.
        //
        // SAFETY: By the type invariants.
        unsafe {
            (*self.task).kcov_remote = Arc::into_raw(kcov).cast_mut().cast();
            if common_handle != 0 {
                (*self.task).kcov_handle = common_handle;
            }
        }
    }

    /// Has nobody record for the task any more.
    #[inline]
    pub fn take_remote(&self) -> Option<Arc<Kcov>> {
        if !self.has_remote() {
            return None;
        }
        // SAFETY: By the type invariants. The pointer is forgotten.
        unsafe {
            let kcov = Arc::from_raw((*self.task).kcov_remote.cast());

            (*self.task).kcov_remote = core::ptr::null_mut();
            self.clear_handle();
            Some(kcov)
        }
    }

    /// Forgets the handle of the task.
    #[inline]
    pub fn clear_handle(&self) {
        // SAFETY: By the type invariants.
        unsafe { (*self.task).kcov_handle = 0 };
    }
}

/// Ends recording, without a look at what was recorded to.
///
/// # Safety
///
/// `task` must be the current one, with interrupts disabled, or not run yet.
#[inline]
unsafe fn clear(task: *mut bindings::task_struct) {
    // SAFETY: By the safety requirements. `kcov_mode` must be the first to change.
    unsafe {
        (&raw mut (*task).kcov_mode).write_volatile(bindings::kcov_mode_KCOV_MODE_DISABLED);
        barrier();
        (*task).kcov = core::ptr::null_mut();
        (*task).kcov_size = 0;
        (*task).kcov_area = core::ptr::null_mut();
    }
}

/// # Safety
///
/// As for [`clear`].
#[inline]
unsafe fn forget_saved(task: *mut bindings::task_struct) {
    // SAFETY: By the safety requirements.
    unsafe {
        (*task).kcov_saved_mode = 0;
        (*task).kcov_saved_size = 0;
        (*task).kcov_saved_area = core::ptr::null_mut();
        (*task).kcov_saved_kcov = core::ptr::null_mut();
        (*task).kcov_saved_sequence = 0;
    }
}

/// Gives a new task nothing of what its parent, the current task, has; but the handle.
///
/// # Safety
///
/// `task` must be a copy of the current task which does not run yet.
#[doc(hidden)]
#[inline]
pub unsafe fn init_task(task: *mut bindings::task_struct) {
    // SAFETY: By the safety requirements.
    unsafe {
        clear(task);
        forget_saved(task);
        (*task).kcov_sequence = 0;
        (*task).kcov_remote = core::ptr::null_mut();
        (*task).kcov_handle = (*Task::current_raw()).kcov_handle;
        (*task).kcov_softirq = 0;
    }
}
