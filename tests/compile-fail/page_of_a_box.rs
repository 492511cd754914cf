// SPDX-License-Identifier: GPL-2.0

//! The page of an object: user space would go on writing to it when it is no longer borrowed.

// error: E0308
// says: expected `&Page`, found `&BorrowedPage<'_>`

use kernel::{
    mm::{
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult, //
        },
        vm_ops::VmOperations, //
    },
    page::{
        AsPageIter,
        Page, //
    },
    prelude::*,
    sync::Mutex, //
};

kernel::builtin! {
    name: "misuse",
}

#[pin_data]
struct Device {
    #[pin]
    flags: Mutex<VBox<[bool; 64]>>,
    page: Page,
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    type Data = Device;
    type Mapped = ();

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        let device = vmf.data();
        let mut flags = device.flags.lock();
        let page = flags.page_iter().next().ok_or(VmFaultError::SIGBUS)?;

        #[cfg(not(fixed))]
        return Ok(vmf.page(&page));

        #[cfg(fixed)]
        Ok(vmf.page(&device.page))
    }
}
