// SPDX-License-Identifier: GPL-2.0

//! A file that is made with private data its operations do not know.

// error: E0308
// says: expected `Box<u32, Kmalloc>`, found `Box<u64, Kmalloc>`

use kernel::{
    fs::{
        Anon,
        File,
        FileOperations,
        FileOperationsVTable, //
    },
    prelude::*,
    sync::aref::ARef, //
};

kernel::builtin! {
    name: "misuse",
}

struct Session;

#[vtable]
impl FileOperations for Session {
    type Host = Anon;
    type Private = KBox<u32>;
}

static SESSION: FileOperationsVTable<Session> = FileOperationsVTable::anonymous();

fn open(known: KBox<u32>, unknown: KBox<u64>) -> Result<ARef<File>> {
    #[cfg(not(fixed))]
    let private = unknown;
    #[cfg(fixed)]
    let private = known;

    File::anonymous(c"[session]", &SESSION, private)
}
