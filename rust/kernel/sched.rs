// SPDX-License-Identifier: GPL-2.0

//! What the scheduler and the signal code want of a task.
//!
//! C headers: [`include/linux/sched.h`](srctree/include/linux/sched.h),
//! [`include/linux/thread_info.h`](srctree/include/linux/thread_info.h)

use crate::{
    bindings,
    task::{
        CurrentTask,
        Task, //
    }, //
};

impl Task {
    /// Returns whether one of the flags in `mask`, a set of `1 << TIF_*`, is set.
    ///
    /// They may be set at any time by anybody. If this cannot look at them, because they are not in
    /// the task, it returns `true`.
    #[inline]
    pub(crate) fn test_flags(&self, mask: usize) -> bool {
        #[cfg(CONFIG_THREAD_INFO_IN_TASK)]
        {
            // SAFETY: The task is valid. The volatile read stands for `READ_ONCE()`.
            let flags = unsafe { (&raw const (*self.as_ptr()).thread_info.flags).read_volatile() };

            flags & mask as crate::ffi::c_ulong != 0
        }

        #[cfg(not(CONFIG_THREAD_INFO_IN_TASK))]
        {
            let _ = mask;
            true
        }
    }
}

impl CurrentTask {
    /// Lets other tasks run if the scheduler wants that. May sleep.
    ///
    /// There is nothing to do in a kernel that can be preempted anywhere.
    #[inline]
    pub fn cond_resched(&self) {
        // Then the C macro is empty as well, and a call would be all that is left of it.
        if cfg!(all(
            CONFIG_PREEMPTION,
            not(CONFIG_PREEMPT_DYNAMIC),
            not(CONFIG_DEBUG_ATOMIC_SLEEP)
        )) {
            return;
        }
        // SAFETY: This is the current task, in a context where it may sleep.
        unsafe { bindings::cond_resched() };
    }

    /// Returns whether the scheduler wants another task on this CPU.
    #[inline]
    pub fn need_resched(&self) -> bool {
        self.test_flags(1 << bindings::TIF_NEED_RESCHED)
            && (cfg!(CONFIG_THREAD_INFO_IN_TASK)
                // SAFETY: Looks at the flags of the current task, wherever they are.
                || unsafe { bindings::need_resched() })
    }
}
