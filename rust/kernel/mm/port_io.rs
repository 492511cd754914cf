// SPDX-License-Identifier: GPL-2.0

//! Access to I/O ports on behalf of user space.
//!
//! C header: [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h)

use super::raw_io::RawIo;
use crate::{
    bindings,
    error::to_result,
    initcall::Initcall,
    prelude::*,
    uaccess::{
        UserSliceReader,
        UserSliceWriter, //
    }, //
};

/// The number of I/O ports that a machine can have.
pub const NR_PORTS: usize = 1 << 16;

/// Returns whether the machine has I/O ports.
pub fn has_ports(_init: &Initcall<'_>) -> bool {
    // SAFETY: Looks at what is known about the machine once initcalls run.
    unsafe { bindings::arch_has_dev_port() }
}

impl RawIo {
    /// Reads ports to user space, a byte from each, from port `first` to the last one or as far as
    /// `to` has room.
    ///
    /// Returns how many ports were read.
    ///
    /// # Errors
    ///
    /// [`EFAULT`] if `to` is not all in user space, before any port is read, or if it cannot be
    /// written, with the ports up to there read in vain.
    pub fn read_ports(&self, first: usize, to: &mut UserSliceWriter) -> Result<usize> {
        // SAFETY: Only looks at the address.
        if !unsafe { bindings::access_ok(to.as_user_ptr().as_const_ptr(), to.len()) } {
            return Err(EFAULT);
        }
        let mut port = first;

        while port < NR_PORTS && !to.is_empty() {
            // SAFETY: By the type invariants, any port may be read. There is room for a byte, and
            // it is in user space.
            to_result(unsafe { bindings::inb_user(port, to.as_user_ptr().as_mut_ptr().cast()) })?;
            to.advance(1);
            port += 1;
        }
        Ok(port - first)
    }

    /// Writes to ports from user space, a byte to each, from port `first` to the last one or as far
    /// as `from` has bytes.
    ///
    /// Returns how many ports were written. It is fewer if user space cannot read its memory.
    ///
    /// # Errors
    ///
    /// [`EFAULT`] if `from` is not all in user space, or if not even the first byte can be read.
    pub fn write_ports(&self, first: usize, from: &mut UserSliceReader) -> Result<usize> {
        // SAFETY: Only looks at the address.
        if !unsafe { bindings::access_ok(from.as_user_ptr().as_const_ptr(), from.len()) } {
            return Err(EFAULT);
        }
        let mut port = first;

        while port < NR_PORTS && !from.is_empty() {
            // SAFETY: By the type invariants, any port may be written. There is a byte left, and it
            // is in user space.
            let ret =
                unsafe { bindings::outb_user(from.as_user_ptr().as_const_ptr().cast(), port) };
            if ret != 0 {
                if port > first {
                    break;
                }
                return Err(EFAULT);
            }
            from.advance(1);
            port += 1;
        }
        Ok(port - first)
    }
}
