// SPDX-License-Identifier: GPL-2.0

//! Choosing an address when the address space is no longer locked, or is that of another process.

// error: E0507
// says: cannot move out of `*req` which is behind a shared reference

use kernel::{
    fs::{
        file_operations::{
            UnmappedArea,
            UnmappedAreaRequest, //
        },
        File, //
    },
    prelude::*,
    sync::Mutex, //
};

#[cfg(not(fixed))]
type Kept = UnmappedAreaRequest;
#[cfg(fixed)]
type Kept = usize;

fn get_unmapped_area(
    last: &Mutex<Option<Kept>>,
    _file: &File,
    req: &UnmappedAreaRequest,
) -> UnmappedArea {
    #[cfg(not(fixed))]
    let kept = *req;
    #[cfg(fixed)]
    let kept = req.size();

    *last.lock() = Some(kept);
    req.default_area()
}
