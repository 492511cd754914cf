// SPDX-License-Identifier: GPL-2.0

//! Relay: records of the kernel, in buffers that user space reads or maps.
//!
//! C header: [`include/linux/relay.h`](srctree/include/linux/relay.h)
//!
//! Reference: <https://docs.kernel.org/filesystems/relay.html>
//!
//! A driver opens a [`Relay`]. The rest is what [`kernel/relay_rust.rs`] makes the C interface of:
//! C clients and Rust ones use the same channels.
//!
//! [`kernel/relay_rust.rs`]: srctree/kernel/relay_rust.rs

use crate::{
    initcall::EarlyInitcall,
    prelude::*,
    sync::global_lock, //
};

mod buffer;
mod channel;
#[cfg(CONFIG_DEBUG_FS)]
mod client;
mod file;
mod geometry;

#[cfg(CONFIG_DEBUG_FS)]
pub use self::client::{
    Client,
    Relay, //
};
#[doc(hidden)]
pub use self::{
    buffer::Buffer,
    channel::Channel,
    file::RelayHost, //
};

/// The C types that the C interface is made of.
#[doc(hidden)]
pub mod raw {
    pub use bindings::{
        dentry,
        rchan,
        rchan_buf,
        rchan_callbacks,
        RELAY_STATS_BUF_FULL,
        RELAY_STATS_LAST,
        RELAY_STATS_WRT_BIG, //
    };
}

global_lock! {
    // SAFETY: `init` is called before a second CPU is started, and before there are drivers.
    unsafe(uninit) static OPEN_CHANNELS: Mutex<channel::List> = channel::List::new();
}

/// Makes the list of channels usable.
///
/// # Safety
///
/// To be called once, as an early initcall.
#[doc(hidden)]
pub unsafe fn init(_init: &EarlyInitcall<'_>) {
    // SAFETY: Promised by the caller.
    unsafe { OPEN_CHANNELS.init() };
}
