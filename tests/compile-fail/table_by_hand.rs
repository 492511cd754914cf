// SPDX-License-Identifier: GPL-2.0

//! A table of file operations made by hand, with the raw hook in it.

// error: E0451
// says: fields `raw` and `_ops` of struct `FileOperationsVTable` are private

use core::marker::PhantomData;
use kernel::{
    bindings,
    fs::{
        FileOperations,
        FileOperationsVTable,
        Misc, //
    },
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Device;

#[vtable]
impl FileOperations for Device {
    type Host = Misc<Self>;
    type Private = ();
}

#[cfg(not(fixed))]
unsafe extern "C" fn raw_mmap(
    _file: *mut bindings::file,
    _vma: *mut bindings::vm_area_struct,
) -> c_int {
    0
}

#[cfg(not(fixed))]
static FOPS: FileOperationsVTable<Device> = FileOperationsVTable {
    raw: bindings::file_operations {
        mmap: Some(raw_mmap),
        ..pin_init::zeroed()
    },
    _ops: PhantomData,
};
#[cfg(fixed)]
static FOPS: FileOperationsVTable<Device> = FileOperationsVTable::stateless();
