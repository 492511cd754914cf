// SPDX-License-Identifier: GPL-2.0

//! The right to physical memory, for whoever opens the file, unasked.

// error: E0271
// says: expected this to be `()`

use kernel::{
    chrdev::Opening,
    fs::{
        CharDev,
        File,
        FileOperations,
        FileOperationsVTable, //
    },
    mm::raw_io::RawIo,
    prelude::*, //
};

kernel::builtin! {
    name: "misuse",
}

struct Mem;

#[vtable]
impl FileOperations for Mem {
    type Host = CharDev;
    type Private = RawIo;

    #[cfg(fixed)]
    fn open(_opening: Opening<'_>, _file: &File) -> Result<RawIo> {
        RawIo::acquire()
    }
}

#[cfg(not(fixed))]
static FOPS: FileOperationsVTable<Mem> = FileOperationsVTable::stateless();
#[cfg(fixed)]
static FOPS: FileOperationsVTable<Mem> = FileOperationsVTable::new();
