// SPDX-License-Identifier: GPL-2.0

//! What `test_mmap_action.c` does with actions, in Rust: `/dev/test_mmap_action_rust`.

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

// Of each kind: user space picks one by the offset that it maps.
const NR_PAGES: usize = 16384;

struct Memory {
    pages: Pages,
    frames: MappablePfns<'static>,
}

struct Pages(KVVec<Page>);

impl MixedSource for Pages {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        let page = self.0.get(pgoff % NR_PAGES).ok_or(EINVAL)?;

        Ok(MixedEntry::Page(page))
    }
}

// Pages, where every other is a frame.
impl MixedSource for Memory {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        if pgoff % 2 == 0 {
            self.pages.entry(pgoff)
        } else {
            Ok(MixedEntry::Special(self.frames.frame(pgoff % NR_PAGES)?))
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

        mapper.insert_pages(0, self.pages.0.get(..half).ok_or(EINVAL)?)?;
        if nr_frames == 0 {
            return Ok(());
        }
        mapper.insert_pfns(half, self.frames.get(0, nr_frames)?)
    }
}

#[vtable]
impl FileOperations for Memory {
    type Host = Misc<Self>;
    type Private = KBox<Self>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
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

    fn mmap_prepare<'a>(memory: &'a Self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        match desc.pgoff() / NR_PAGES {
            0 => desc.insert_pfns_full(memory.frames),
            1 => Ok(desc.insert_mixed_full(&memory.pages)),
            2 => Ok(desc.insert_mixed_full(memory)),
            3 => desc.map_pages_full(&memory.pages.0),
            4 => Ok(desc.custom(memory)),
            _ => Err(EINVAL),
        }
    }
}

static FOPS: FileOperationsVTable<Memory> = FileOperationsVTable::new();

#[pin_data]
struct TestModule {
    #[pin]
    _device: MiscDeviceRegistration<Memory>,
}

impl kernel::InPlaceModule for TestModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let options = MiscDeviceOptions {
            name: c"test_mmap_action_rust",
        };

        try_pin_init!(Self {
            _: {
                // There is nothing to measure.
                if *module_parameters::frames.value_ref() == 0 {
                    return Err(ENODEV);
                }
            },
            _device <- MiscDeviceRegistration::register_fops(options, &FOPS),
        })
    }
}
