// SPDX-License-Identifier: GPL-2.0

//! A `close` that takes it for granted that `mapped` ran; core mm calls it all the same.

// error: E0053
// says: expected `Option<Arc<u32>>`, found `Arc<u32>`

use core::ops::Range;
use kernel::{
    mm::vm_ops::VmOperations,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

kernel::builtin! {
    name: "misuse",
}

struct Ops;

#[vtable]
impl VmOperations for Ops {
    type Data = Arc<u32>;
    type Mapped = Arc<u32>;

    fn mapped(_: Range<usize>, _: usize, data: &Arc<u32>) -> Result<Arc<u32>> {
        Ok(data.clone())
    }

    fn open(mapped: ArcBorrow<'_, u32>) -> Arc<u32> {
        mapped.into()
    }

    #[cfg(not(fixed))]
    fn close(mapped: Arc<u32>) {
        drop(mapped);
    }

    #[cfg(fixed)]
    fn close(mapped: Option<Arc<u32>>) {
        drop(mapped);
    }
}
