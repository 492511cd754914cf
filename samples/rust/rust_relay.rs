// SPDX-License-Identifier: GPL-2.0

//! A relay channel.
//!
//! `/sys/kernel/debug/rust_relay/cpuN` is the buffer of a CPU: four sub-buffers of 16 KiB, to be
//! read, or mapped as a whole. What a `write()` of up to 64 bytes to `produce` brings is a record.

use kernel::{
    debugfs::{
        self,
        DebugFs,
        Dir, //
    },
    fs::{
        file::Offset,
        File,
        FileOperations,
        FileOperationsVTable,
        LocalFile, //
    },
    prelude::*,
    relay::{
        Client,
        Relay, //
    },
    sizes::SZ_16K,
    sync::{
        Arc,
        ArcBorrow, //
    },
    uaccess::UserSliceReader, //
};

module! {
    type: RelayModule,
    name: "rust_relay",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of a relay channel in Rust",
    license: "GPL",
}

struct DropNewest;

impl Client for DropNewest {}

struct Producer(Relay<DropNewest>);

#[vtable]
impl FileOperations for Producer {
    type Host = DebugFs<Arc<Self>>;
    type Private = Arc<Self>;

    fn open(producer: &Arc<Self>, _file: &File) -> Result<Arc<Self>> {
        Ok(producer.clone())
    }

    fn write(
        producer: ArcBorrow<'_, Self>,
        _file: &LocalFile,
        from: &mut UserSliceReader,
        _pos: &mut Offset,
    ) -> Result<usize> {
        let mut record = [0; 64];
        let record = record.get_mut(..from.len()).ok_or(EINVAL)?;

        from.read_slice(record)?;
        producer.0.write(record);
        Ok(record.len())
    }
}

static PRODUCER: FileOperationsVTable<Producer> = FileOperationsVTable::new();

#[pin_data]
struct RelayModule {
    #[pin]
    _produce: debugfs::File<Arc<Producer>>,
}

impl kernel::InPlaceModule for RelayModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(|| {
            let dir = Dir::new(c"rust_relay");
            let relay = Relay::open(&dir, c"cpu", SZ_16K, 4, DropNewest)?;
            let producer = Arc::new(Producer(relay), GFP_KERNEL)?;

            Ok(try_pin_init!(Self {
                _produce <- dir.custom_file(c"produce", 0o600, producer, &PRODUCER),
            }? Error))
        })
    }
}
