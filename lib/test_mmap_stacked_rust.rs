// SPDX-License-Identifier: GPL-2.0

//! Files for others to be stacked on: a regular file in debugfs for each kind of action.
//!
//! Each open of one of them has four pages. All begin with their number, followed in the first one
//! by how many mappings the file has.

use core::ops::Range;
use kernel::{
    debugfs::{
        self,
        DebugFs, //
    },
    fs::{
        Anon,
        File,
        FileOperations,
        FileOperationsVTable, //
    },
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        fault::{
            VmFault,
            VmFaultError,
            VmFaultResult, //
        },
        mappable::MappablePfns,
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        mmap_action::MmapAction,
        vm_ops::{
            VmOperations,
            VmOperationsVTable, //
        },
        vma_desc::VmaDesc,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        },
        vmalloc::VmallocUser, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::Relaxed,
        Arc,
        ArcBorrow, //
    }, //
};

module! {
    type: TestModule,
    name: "test_mmap_stacked_rust",
    authors: ["Rust for Linux Contributors"],
    description: "Files to stack others on",
    license: "GPL",
}

const NR_PAGES: usize = 4;

#[derive(Clone, Copy)]
enum Kind {
    Nothing,
    RemapPfn,
    IoRemapPfn,
    MapKernelPages,
    InsertMixed,
    InsertMixedPages,
    Custom,
    Nested,
}

struct Test {
    kind: Kind,
    memory: Arc<VmallocUser>,
    inner: ARef<File>,
}

fn count(memory: &VmallocUser, mappings: i32) {
    // CAST: Adds modulo 2^32.
    memory.words()[1].add(mappings as u32, Relaxed);
}

#[vtable]
impl VmOperations for Test {
    type Data = Arc<VmallocUser>;
    type Mapped = Arc<VmallocUser>;

    fn mapped(_: Range<usize>, _: usize, memory: &Arc<VmallocUser>) -> Result<Arc<VmallocUser>> {
        count(memory, 1);
        Ok(memory.clone())
    }

    fn open(memory: ArcBorrow<'_, VmallocUser>) -> Arc<VmallocUser> {
        count(&memory, 1);
        memory.into()
    }

    fn close(memory: Option<Arc<VmallocUser>>) {
        if let Some(memory) = memory {
            count(&memory, -1);
        }
    }

    fn fault(vmf: VmFault<'_, Self>) -> VmFaultResult<'_> {
        vmf.page_of(vmf.mapped().ok_or(VmFaultError::SIGBUS)?.pages())
    }
}

impl MixedSource for Test {
    fn entry(&self, index: usize) -> Result<MixedEntry<'_>> {
        let page = self.memory.pages().get(index).ok_or(EINVAL)?;

        if index % 2 == 0 {
            Ok(MixedEntry::Page(page))
        } else {
            Ok(MixedEntry::Special(MappablePfns::from_page(page).frame(0)?))
        }
    }
}

impl CustomMap for Test {
    const FLAGS: DriverFlags = DriverFlags::new(&[
        DriverFlag::MIXEDMAP,
        DriverFlag::DONTEXPAND,
        DriverFlag::DONTDUMP,
    ]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        let pages = self.memory.pages();

        // If the mapping is too small, this fails when some of it has been filled.
        mapper.insert_pages(0, &pages[..1])?;
        mapper.insert_pfns(1, MappablePfns::from_page(&pages[1]))?;
        mapper.map_vmalloc(2, &self.memory, 2, 2)
    }
}

/// What [`Kind::Nested`] calls.
struct Inner(Arc<VmallocUser>);

#[vtable]
impl FileOperations for Inner {
    type Host = Anon;
    type Private = KBox<Self>;

    fn mmap_prepare<'a>(this: &'a Self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        desc.set_vm_ops(&VM_OPS, &this.0);
        desc.map_pages_full(this.0.pages().get(desc.pgoff()..).ok_or(EINVAL)?)
    }
}

#[vtable]
impl FileOperations for Test {
    type Host = DebugFs<Kind>;
    type Private = KBox<Self>;

    fn open(kind: &Kind, _file: &File) -> Result<KBox<Self>> {
        let memory = VmallocUser::new(NR_PAGES)?;

        for i in 0..NR_PAGES {
            memory.write(i * PAGE_SIZE, &(i as u32).to_ne_bytes())?;
        }

        let memory = Arc::new(memory, GFP_KERNEL)?;
        let inner = KBox::new(Inner(memory.clone()), GFP_KERNEL)?;

        Ok(KBox::new(
            Self {
                kind: *kind,
                memory,
                inner: File::anonymous(c"[inner]", &INNER, inner)?,
            },
            GFP_KERNEL,
        )?)
    }

    fn mmap_prepare<'a>(this: &'a Self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        let pages = this.memory.pages().get(desc.pgoff()..).ok_or(EINVAL)?;
        let frame = || pages.first().map(MappablePfns::from_page).ok_or(EINVAL);

        desc.set_vm_ops(&VM_OPS, &this.memory);

        match this.kind {
            Kind::Nothing => Ok(MmapAction::Nothing),
            Kind::RemapPfn => desc.remap_full(frame()?),
            Kind::IoRemapPfn => desc.io_remap_full(frame()?),
            Kind::MapKernelPages => desc.map_pages_full(pages),
            // These fail later on if the mapping is too large.
            Kind::InsertMixed => Ok(desc.insert_mixed_full(this)),
            Kind::InsertMixedPages => Ok(MmapAction::InsertMixedPages(
                desc.page_range(desc.start(), pages)?,
            )),
            Kind::Custom => Ok(desc.custom(this)),
            Kind::Nested => desc.call_nested(&this.inner, &INNER),
        }
    }
}

static VM_OPS: VmOperationsVTable<Test> = VmOperationsVTable::new();
static INNER: FileOperationsVTable<Inner> = FileOperationsVTable::anonymous();
static FOPS: FileOperationsVTable<Test> = FileOperationsVTable::new();

struct TestModule {
    _files: KVec<Pin<KBox<debugfs::File<Kind>>>>,
}

impl kernel::Module for TestModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let dir = debugfs::Dir::new(c"test_mmap_stacked");
        let mut files = KVec::new();

        for (name, kind) in [
            (c"nothing", Kind::Nothing),
            (c"remap", Kind::RemapPfn),
            (c"io_remap", Kind::IoRemapPfn),
            (c"pages", Kind::MapKernelPages),
            (c"mixed", Kind::InsertMixed),
            (c"mixed_pages", Kind::InsertMixedPages),
            (c"custom", Kind::Custom),
            (c"nested", Kind::Nested),
        ] {
            let file = dir.custom_file::<_, _, Error>(name, 0o600, Ok(kind), &FOPS);

            files.push(KBox::pin_init(file, GFP_KERNEL)?, GFP_KERNEL)?;
        }
        Ok(Self { _files: files })
    }
}
