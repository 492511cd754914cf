// SPDX-License-Identifier: GPL-2.0

//! How the memory devices seek.

use kernel::{
    fs::{
        file::Offset,
        file_operations::FilePosition, //
    },
    prelude::*, //
};

#[cfg(any(CONFIG_DEVMEM, CONFIG_DEVPORT))]
use kernel::fs::file_operations::Whence;

/// Any position will do, and is 0.
///
/// That `lseek(2)` succeeds lets `fopen()` open the device to append.
#[inline]
pub(crate) fn seek_nowhere(pos: FilePosition<'_>) -> Result<Offset> {
    pos.set(0);
    Ok(0)
}

/// Sets the position to an address.
///
/// All of them are valid, those that are negative as an [`Offset`] too, but for the last few: the
/// caller would take them for errors.
#[cfg(any(CONFIG_DEVMEM, CONFIG_DEVPORT))]
#[inline]
pub(crate) fn seek_address(
    pos: FilePosition<'_>,
    offset: Offset,
    whence: Whence,
) -> Result<Offset> {
    let inode = pos.inode();
    let set = |to: Offset| {
        if (-4095..0).contains(&to) {
            return Err(EOVERFLOW);
        }
        pos.set(to);
        pos.force_success();
        Ok(to)
    };

    // Locked in each arm, so that `whence` need not be kept meanwhile.
    match whence {
        Whence::SET => {
            let _guard = inode.lock();
            set(offset)
        }
        Whence::CUR => {
            let _guard = inode.lock();
            set(offset.wrapping_add(pos.get()))
        }
        _ => Err(EINVAL),
    }
}
