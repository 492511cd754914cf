// SPDX-License-Identifier: GPL-2.0

//! A reference on a file that has none left and is being freed.

// error: E0050
// says: method `release` has 2 parameters but the declaration in trait

use kernel::{
    fs::{
        Anon,
        File,
        FileOperations, //
    },
    prelude::*,
    sync::{
        aref::ARef,
        Mutex, //
    }, //
};

kernel::builtin! {
    name: "misuse",
}

struct Session;

#[vtable]
impl FileOperations for Session {
    type Host = Anon;
    type Private = Pin<KBox<Mutex<Option<ARef<File>>>>>;

    #[cfg(not(fixed))]
    fn release(last: Self::Private, file: &File) {
        *last.lock() = Some(file.into());
    }

    #[cfg(fixed)]
    fn release(last: Self::Private) {
        *last.lock() = None;
    }
}
