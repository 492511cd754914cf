// SPDX-License-Identifier: GPL-2.0

//! A source that tells frames by number.

// error: E0308
// says: expected `MappablePfn<'_>`, found `Pfn`

use kernel::{
    io::resource::Region,
    mm::{
        addr::Pfn,
        mappable::MappablePfns,
        mixed::{
            MixedEntry,
            MixedSource, //
        },
    },
    prelude::*, //
};

struct Source(Region);

impl MixedSource for Source {
    fn entry(&self, index: usize) -> Result<MixedEntry<'_>> {
        #[cfg(not(fixed))]
        let frame = Pfn::from_raw(index);
        #[cfg(fixed)]
        let frame = MappablePfns::from_region(&self.0)?.frame(index)?;

        Ok(MixedEntry::Special(frame))
    }
}
