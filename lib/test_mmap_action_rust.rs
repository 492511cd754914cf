// SPDX-License-Identifier: GPL-2.0

//! What `test_mmap_action.c` does with actions, in Rust: `/dev/test_mmap_action_rust_KIND`.

use kernel::{
    fs::{
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::{
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    mm::{
        addr::Pfn,
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        mappable::MappablePfns,
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        }, //
    },
    page::Page,
    prelude::*, //
};

module! {
    type: TestModule,
    name: "test_mmap_action_rust",
    authors: ["Rust for Linux Contributors"],
    description: "Measures mmap actions in Rust",
    license: "GPL",
    params: {
        frames: usize {
            default: 0,
            description: "First of 16384 page frames, which nothing else uses",
        },
    },
}

const NR_PAGES: usize = 16384;

// The kinds of action. Each has a device, with a hook of its own.
const PFNS: usize = 0;
const PAGES: usize = 1;
const ALTERNATING: usize = 2;
const ARRAY: usize = 3;
const CUSTOM: usize = 4;

struct Memory {
    pages: Pages,
    frames: MappablePfns<'static>,
}

struct Pages(KVVec<Page>);

impl MixedSource for Pages {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        let page = self.0.get(pgoff).ok_or(EINVAL)?;

        Ok(MixedEntry::Page(page))
    }
}

// Pages, where every other is a frame.
impl MixedSource for Memory {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        if pgoff % 2 == 0 {
            self.pages.entry(pgoff)
        } else {
            Ok(MixedEntry::Special(self.frames.frame(pgoff)?))
        }
    }
}

// Pages, the second half frames.
impl CustomMap for Memory {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    #[inline]
    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        let nr_pages = mapper.nr_pages();
        let nr_frames = nr_pages / 2;
        let half = nr_pages.div_ceil(2);

        if nr_frames != 0 {
            mapper.insert_pfns(half, self.frames.get(0, nr_frames)?)?;
        }
        mapper.insert_pages(0, self.pages.0.get(..half).ok_or(EINVAL)?)
    }
}

impl Memory {
    fn new() -> Result<KBox<Self>> {
        let start = *module_parameters::frames.value_ref();
        let mut pages = KVVec::with_capacity(NR_PAGES, GFP_KERNEL)?;

        for _ in 0..NR_PAGES {
            pages.push(Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?, GFP_KERNEL)?;
        }

        let memory = Self {
            pages: Pages(pages),
            // SAFETY: Nothing else uses them, says whoever set the parameter.
            frames: unsafe { MappablePfns::new(Pfn::from_raw(start), NR_PAGES) },
        };
        Ok(KBox::new(memory, GFP_KERNEL)?)
    }
}

struct Device<const KIND: usize>;

#[vtable]
impl<const KIND: usize> FileOperations for Device<KIND> {
    type Host = Misc<Self>;
    type Private = KBox<Memory>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        Memory::new()
    }

    fn mmap_prepare<'a>(memory: &'a Memory, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        match KIND {
            PFNS => desc.insert_pfns_full(memory.frames),
            PAGES => Ok(desc.insert_mixed_full(&memory.pages)),
            ALTERNATING => Ok(desc.insert_mixed_full(memory)),
            ARRAY => desc.map_pages_full(&memory.pages.0),
            CUSTOM => Ok(desc.custom(memory)),
            _ => Err(EINVAL),
        }
    }
}

impl<const KIND: usize> Device<KIND> {
    const FOPS: &'static FileOperationsVTable<Self> = &FileOperationsVTable::new();

    fn register(name: &'static CStr) -> impl PinInit<MiscDeviceRegistration<Self>, Error> {
        MiscDeviceRegistration::register_fops(MiscDeviceOptions { name }, Self::FOPS)
    }
}

#[pin_data]
struct TestModule {
    #[pin]
    _pfns: MiscDeviceRegistration<Device<PFNS>>,
    #[pin]
    _pages: MiscDeviceRegistration<Device<PAGES>>,
    #[pin]
    _alternating: MiscDeviceRegistration<Device<ALTERNATING>>,
    #[pin]
    _array: MiscDeviceRegistration<Device<ARRAY>>,
    #[pin]
    _custom: MiscDeviceRegistration<Device<CUSTOM>>,
}

impl kernel::InPlaceModule for TestModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: {
                // There is nothing to measure.
                if *module_parameters::frames.value_ref() == 0 {
                    return Err(ENODEV);
                }
            },
            _pfns <- Device::register(c"test_mmap_action_rust_pfns"),
            _pages <- Device::register(c"test_mmap_action_rust_pages"),
            _alternating <- Device::register(c"test_mmap_action_rust_alternating"),
            _array <- Device::register(c"test_mmap_action_rust_array"),
            _custom <- Device::register(c"test_mmap_action_rust_custom"),
        })
    }
}
