// SPDX-License-Identifier: GPL-2.0

//! A misc device that wraps the file of another driver.
//!
//! Each open of `/dev/rust_mmap_wrapper` has such a file, with two pages of memory. The wrapper
//! lets user space map them as the other driver does, but for reading only.

use kernel::{
    fs::{
        Anon,
        File,
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    miscdevice::MiscDeviceRegistration,
    mm::{
        mmap_action::MmapAction,
        vma_desc::VmaDesc,
        vmalloc::VmallocUser, //
    },
    module_misc_device,
    prelude::*,
    sync::aref::ARef, //
};

module_misc_device! {
    type: Wrapper,
    fops: FOPS,
    name: "rust_mmap_wrapper",
    authors: ["Rust for Linux Contributors"],
    description: "Sample of a nested mmap_prepare in Rust",
    license: "GPL",
}

struct Inner;

#[vtable]
impl FileOperations for Inner {
    type Host = Anon;
    type Private = KBox<VmallocUser>;

    fn mmap_prepare<'a>(
        memory: &'a VmallocUser,
        desc: &mut VmaDesc<'a>, //
    ) -> Result<MmapAction<'a>> {
        desc.map_pages_full(memory.pages().get(desc.pgoff()..).ok_or(EINVAL)?)
    }
}

static INNER: FileOperationsVTable<Inner> = FileOperationsVTable::anonymous();

struct Wrapper(ARef<File>);

#[vtable]
impl FileOperations for Wrapper {
    type Host = Misc<Self>;
    type Private = KBox<Self>;

    fn open(_misc: &MiscDeviceRegistration<Self>, _file: &File) -> Result<Self::Private> {
        let memory = VmallocUser::new(2)?;

        memory.write(0, b"the inner file")?;

        let inner = File::anonymous(c"[inner]", &INNER, KBox::new(memory, GFP_KERNEL)?)?;

        Ok(KBox::new(Self(inner), GFP_KERNEL)?)
    }

    fn mmap_prepare<'a>(this: &'a Self, desc: &mut VmaDesc<'a>) -> Result<MmapAction<'a>> {
        desc.try_clear_maywrite()?;
        desc.call_nested(&this.0, &INNER)
    }
}

static FOPS: FileOperationsVTable<Wrapper> = FileOperationsVTable::new();
