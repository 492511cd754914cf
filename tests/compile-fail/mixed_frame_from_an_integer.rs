// SPDX-License-Identifier: GPL-2.0

//! A source that tells frames by number.

// error: E0308
// says: expected `MappablePfn<'_>`, found `Pfn`

use kernel::{
    mm::{
        addr::Pfn,
        mappable::MappablePfns,
        mixed::{
            MixedEntry,
            MixedSource, //
        },
        shared_region::HeldRegion, //
    },
    prelude::*, //
};

struct Source(HeldRegion);

impl MixedSource for Source {
    fn entry(&self, pgoff: usize) -> Result<MixedEntry<'_>> {
        #[cfg(not(fixed))]
        let frame = Pfn::from_raw(pgoff);
        #[cfg(fixed)]
        let frame = MappablePfns::from_region(&self.0)?.frame(pgoff)?;

        Ok(MixedEntry::Special(frame))
    }
}
