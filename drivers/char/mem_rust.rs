// SPDX-License-Identifier: GPL-2.0

//! The memory devices: mem, null, port, zero, full, random, urandom and kmsg.
//!
//! The Rust version of [`drivers/char/mem.c`](srctree/drivers/char/mem.c), of which only what
//! architectures can replace is left with `CONFIG_DEVMEM_RUST`.

use kernel::{
    chrdev::{
        self,
        DeviceNumber,
        FileOps,
        Minor,
        MinorTable, //
    },
    class::{
        Class,
        ClassOperations,
        Mode, //
    },
    initcall::Initcall,
    prelude::*,
    tty, //
};

#[cfg(CONFIG_DEVPORT)]
use kernel::mm::port_io;

#[cfg(CONFIG_DEVMEM)]
#[path = "mem_rust/mem.rs"]
mod mem;
#[path = "mem_rust/null.rs"]
mod null;
#[cfg(CONFIG_DEVPORT)]
#[path = "mem_rust/port.rs"]
mod port;
#[path = "mem_rust/seek.rs"]
mod seek;
#[path = "mem_rust/zero.rs"]
mod zero;

kernel::builtin! {
    name: "mem",
}

kernel::fs_initcall!(chr_dev_init);

const DEVPORT_MINOR: usize = 4;

/// The devices by minor number. Number 2 was `/dev/kmem`.
const DEVICES: [Option<Minor>; 12] = {
    let mut devices = [None; 12];

    #[cfg(CONFIG_DEVMEM)]
    {
        devices[1] = Some(Minor::new(c"mem", FileOps::new(&mem::MEM_FOPS)));
    }
    devices[3] = Some(
        Minor::new(c"null", FileOps::new(&null::NULL_FOPS))
            .nowait()
            .with_node_mode(0o666),
    );
    #[cfg(CONFIG_DEVPORT)]
    {
        devices[DEVPORT_MINOR] = Some(Minor::new(c"port", FileOps::new(&port::PORT_FOPS)));
    }
    devices[5] = Some(
        Minor::new(c"zero", FileOps::new(&zero::ZERO_FOPS))
            .nowait()
            .with_node_mode(0o666),
    );
    devices[7] = Some(Minor::new(c"full", FileOps::new(&zero::FULL_FOPS)).with_node_mode(0o666));
    devices[8] = Some(
        Minor::new(c"random", FileOps::RANDOM)
            .nowait()
            .with_node_mode(0o666),
    );
    devices[9] = Some(
        Minor::new(c"urandom", FileOps::URANDOM)
            .nowait()
            .with_node_mode(0o666),
    );
    #[cfg(CONFIG_PRINTK)]
    {
        devices[11] = Some(Minor::new(c"kmsg", FileOps::KMSG).with_node_mode(0o644));
    }
    devices
};

/// The devices as a group: the major number, and the class.
struct Memory;

impl MinorTable for Memory {
    const MAJOR: u32 = chrdev::MEM_MAJOR;
    const NAME: &'static CStr = c"mem";
    const MINORS: &'static [Option<Minor>] = &DEVICES;
}

#[vtable]
impl ClassOperations for Memory {
    const NAME: &'static CStr = c"mem";

    fn node_mode(number: DeviceNumber) -> Option<Mode> {
        Self::MINORS
            .get(number.minor() as usize)?
            .as_ref()?
            .node_mode()
    }
}

static MEM_CLASS: Class<Memory> = Class::new();

#[link_section = ".init.text"]
fn chr_dev_init(init: &Initcall<'_>) -> Result {
    if chrdev::register::<Memory>(init).is_err() {
        pr_warn!("unable to get major 1 for memory devs\n");
    }

    let class = MEM_CLASS.register(init)?;

    for (minor, device) in (0..).zip(Memory::MINORS) {
        let Some(device) = device else {
            continue;
        };

        #[cfg(CONFIG_DEVPORT)]
        if minor == DEVPORT_MINOR as u32 && !port_io::has_ports(init) {
            continue;
        }

        // A device that is missing does not stop the others.
        let _ = class.create_device(DeviceNumber::new(Memory::MAJOR, minor), device.name());
    }

    tty::init(init)
}
