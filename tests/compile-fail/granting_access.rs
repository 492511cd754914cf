// SPDX-License-Identifier: GPL-2.0

//! Forbidding writes without a look at whether that was possible: a mapping may ask for them.

// error: unused_must_use
// says: this `Result` may be an `Err` variant, which should be handled

use kernel::{
    mm::vma_desc::VmaDesc,
    prelude::*, //
};

fn hook(desc: &mut VmaDesc<'_>) -> Result {
    #[cfg(not(fixed))]
    desc.try_clear_maywrite();
    #[cfg(fixed)]
    desc.try_clear_maywrite()?;
    Ok(())
}
