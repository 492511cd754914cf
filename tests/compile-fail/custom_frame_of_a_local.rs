// SPDX-License-Identifier: GPL-2.0

//! The frame of a page that is freed when the hook returns, and stays mapped.

// error: E0597
// says: argument requires that `page` is borrowed for `'a`

use kernel::{
    mm::{
        custom_map::{
            CustomMap,
            VmaMapper, //
        },
        mappable::MappablePfns,
        vma_flags::{
            DriverFlag,
            DriverFlags, //
        },
    },
    page::Page,
    prelude::*, //
};

struct Filler(Page);

impl CustomMap for Filler {
    const FLAGS: DriverFlags = DriverFlags::new(&[DriverFlag::MIXEDMAP]);

    fn map<'a>(&'a self, mapper: &VmaMapper<'a, Self>) -> Result {
        #[cfg(not(fixed))]
        {
            let page = Page::alloc_page(GFP_KERNEL)?;

            mapper.insert_pfns(0, MappablePfns::from_page(&page))
        }
        #[cfg(fixed)]
        mapper.insert_pfns(0, MappablePfns::from_page(&self.0))
    }
}
