// SPDX-License-Identifier: GPL-2.0

//! A PCI driver that lets user space map the registers of its device.
//!
//! To make this driver probe, QEMU must be run with `-device edu`. `/dev/rust_mmap_ioremap` then
//! stands for BAR 0. The driver is not unbound before it is closed and unmapped everywhere.

use kernel::{
    device::Core,
    fs::{
        hosts::MiscDeviceWith,
        File,
        FileOperations,
        FileOperationsVTable,
        MiscWith, //
    },
    miscdevice::MiscDeviceOptions,
    mm::{
        mappable::IoMemory,
        mmap_action::MmapAction,
        shared_region::*,
        vma_desc::VmaDesc, //
    },
    pci,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    }, //
};

#[pin_data]
struct Edu {
    #[pin]
    _device: MiscDeviceWith<Self, Arc<SharedRegion>>,
}

#[vtable]
impl FileOperations for Edu {
    type Host = MiscWith<Self, Arc<SharedRegion>>;
    type Private = Arc<HeldRegion>;

    fn open(bar: &Arc<SharedRegion>, _file: &File) -> Result<Arc<HeldRegion>> {
        bar.hold()
    }

    fn mmap_prepare<'a>(
        bar: ArcBorrow<'a, HeldRegion>,
        desc: &mut VmaDesc<'a>,
    ) -> Result<MmapAction<'a>> {
        if !desc.may_share() {
            return Err(EINVAL);
        }
        desc.set_page_prot(desc.page_prot().noncached());
        Ok(desc.simple_ioremap(IoMemory::from_region(ArcBorrow::into_ref(bar))?))
    }
}

static REGISTERS: FileOperationsVTable<Edu> = FileOperationsVTable::new();

kernel::pci_device_table!(
    PCI_TABLE,
    <Edu as pci::Driver>::IdInfo,
    [(
        pci::DeviceId::from_id(pci::Vendor::from_raw(0x1234), 0x11e8),
        ()
    )]
);

impl pci::Driver for Edu {
    type IdInfo = ();
    type Data<'bound> = Self;

    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self, Error> + 'bound {
        let name = c"rust_mmap_ioremap";

        pin_init::pin_init_scope(move || {
            pdev.enable_device_mem()?;
            let bar = pdev.share_region(0, name)?;

            Ok(try_pin_init!(Self {
                _device <- MiscDeviceWith::register(MiscDeviceOptions { name }, &REGISTERS, bar),
            }))
        })
    }
}

kernel::module_pci_driver! {
    type: Edu,
    name: "rust_mmap_ioremap",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of mapped PCI registers in Rust",
    license: "GPL",
}
