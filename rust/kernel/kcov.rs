// SPDX-License-Identifier: GPL-2.0

//! Recording which code a task runs.
//!
//! The compiler calls `__sanitizer_cov_trace_*()` from instrumented code. These functions are in C,
//! and know only what the current task carries: the area that they write to, its size, and what is
//! to be recorded. The types here see to it that the area is there for as long as the task points
//! to it; what is recorded when is up to `kernel/kcov_rust.rs`.
//!
//! C header: [`include/linux/kcov.h`](srctree/include/linux/kcov.h)

mod area;
mod task;

pub use self::{
    area::{
        FreeAreas,
        RemoteArea,
        UserArea, //
    },
    task::{
        Context,
        CurrentCoverage,
        Section, //
    },
};

#[doc(hidden)]
pub use self::task::init_task;

use crate::{
    bindings,
    prelude::*,
    sync::{
        new_spinlock_irq,
        SetOnce,
        SpinLockIrq, //
    }, //
};

/// Size in words of the areas that softirqs record to.
pub const IRQ_AREA_WORDS: u32 = bindings::CONFIG_KCOV_IRQ_AREA_SIZE;

/// Returns how many areas softirqs can be using at a time: one a CPU.
#[inline]
pub fn nr_irq_areas() -> u32 {
    // SAFETY: Reads a number which is known before the first initcall.
    unsafe { bindings::num_possible_cpus() }
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The program counters of basic blocks, a word each.
    Pc,
    /// Comparisons, four words each: kind, both operands, program counter.
    Cmp,
}

impl Mode {
    #[inline]
    const fn as_raw(self) -> c_uint {
        match self {
            Self::Pc => bindings::kcov_mode_KCOV_MODE_TRACE_PC,
            Self::Cmp => bindings::kcov_mode_KCOV_MODE_TRACE_CMP,
        }
    }
}

/// Who records to the buffer of a [`Kcov`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// Nobody.
    None,
    /// The task that enabled it.
    Local,
    /// Code elsewhere, on behalf of the task that enabled it.
    Remote(Mode),
}

/// What [`Kcov::state`] guards.
pub struct State {
    /// Who records.
    pub session: Session,
    /// The number of the session, by which a section notices that it was for an earlier one.
    pub sequence: i32,
}

impl State {
    /// Ends the session.
    #[inline]
    pub fn reset(&mut self) {
        self.session = Session::None;
        self.sequence = self.sequence.wrapping_add(1);
    }
}

/// An open file of the coverage device. What C knows as `struct kcov *`.
///
/// Counted: by the file, by the task that enabled it, by each handle that it asked for, and by each
/// section of code that records on its behalf. The last of these may end in a softirq.
#[pin_data]
pub struct Kcov {
    area: SetOnce<UserArea>,
    /// Taken before the lock of the handles, also in softirqs.
    #[pin]
    pub state: SpinLockIrq<State>,
}

impl Kcov {
    /// Creates one without a buffer.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            area: SetOnce::new(),
            state <- new_spinlock_irq!(State {
                session: Session::None,
                sequence: 1,
            }),
        })
    }

    /// Returns the buffer, if it has been set.
    #[inline]
    pub fn area(&self) -> Option<&UserArea> {
        self.area.as_ref()
    }

    /// Sets the buffer, for good.
    ///
    /// # Errors
    ///
    /// [`EBUSY`] if there is one.
    pub fn set_area(&self, area: UserArea) -> Result {
        if self.area.populate(area) {
            Ok(())
        } else {
            Err(EBUSY)
        }
    }
}

/// Defines the functions that the rest of the kernel calls, with the bodies that are given.
///
/// To be used once in the kernel. They are exported to modules by `kernel/kcov.c`.
#[macro_export]
macro_rules! kcov_hooks {
    (
        task_exit: $task_exit:path,
        remote_start: $remote_start:path,
        remote_stop: $remote_stop:path $(,)?
    ) => {
        const _: () = {
            use $crate::{
                bindings::{
                    kcov_common_handle_id,
                    task_struct, //
                },
                kcov,
                prelude::export, //
            };

            /// # Safety
            ///
            /// `task` must be a copy of the current task which does not run yet.
            #[export]
            unsafe extern "C" fn kcov_task_init(task: *mut task_struct) {
                // SAFETY: By the safety requirements.
                unsafe { kcov::init_task(task) }
            }

            #[export]
            extern "C" fn kcov_task_exit(_current: *mut task_struct) {
                $task_exit()
            }

            #[export]
            extern "C" fn kcov_remote_start(handle: u64) {
                $remote_start(handle)
            }

            #[export]
            extern "C" fn kcov_remote_stop() {
                $remote_stop()
            }

            #[export]
            extern "C" fn kcov_common_handle() -> kcov_common_handle_id {
                kcov_common_handle_id {
                    val: kcov::CurrentCoverage::common_handle(),
                }
            }
        };
    };
}
