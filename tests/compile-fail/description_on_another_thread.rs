// SPDX-License-Identifier: GPL-2.0

//! A description handed to another thread, which may outlive the hook.

// error: E0277
// says: required because it appears within the type `VmaDesc<'_>`

use kernel::mm::vma_desc::VmaDesc;

fn spawn<T: Send>(_: T) {}

fn hook(desc: VmaDesc<'_>) {
    #[cfg(not(fixed))]
    spawn(desc);
    #[cfg(fixed)]
    spawn(desc.start());
}
