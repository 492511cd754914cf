// SPDX-License-Identifier: GPL-2.0

//! Device memory that files hold on to.
//!
//! A [`Region`] is only worth something as long as the driver is bound to the device: after that
//! another driver may take over its registers, and once the device is unplugged, another device its
//! addresses. Files and mappings know nothing of that. Therefore they hold the region, and the
//! driver is not unbound before the last one has let go.

#[cfg(CONFIG_PCI)]
use crate::pci;
use crate::{
    device::{
        Bound,
        Device, //
    },
    devres,
    io::resource::{
        Flags,
        Region,
        Resource, //
    },
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Completion,
        Mutex, //
    }, //
};
use core::ops::Deref;

/// A region that can be [held](Self::hold) until its device is unbound.
///
/// Unbinding makes it impossible to hold the region anew, waits until nobody does any more, however
/// long that takes, and then releases it. `vfio` does the same.
///
/// # Examples
///
/// ```
/// use kernel::{
///     mm::{
///         mappable::IoMemory,
///         mmap_action::MmapAction,
///         shared_region::HeldRegion,
///         vma_desc::VmaDesc, //
///     },
///     sync::ArcBorrow, //
/// };
///
/// // Of a driver whose files have an `Arc<HeldRegion>` as their private data.
/// fn mmap_prepare<'a>(
///     registers: ArcBorrow<'a, HeldRegion>,
///     desc: &mut VmaDesc<'a>,
/// ) -> Result<MmapAction<'a>> {
///     desc.set_page_prot(desc.page_prot().noncached());
///     Ok(desc.simple_ioremap(IoMemory::from_region(ArcBorrow::into_ref(registers))?))
/// }
/// ```
#[pin_data]
pub struct SharedRegion {
    #[pin]
    held: Mutex<Option<Arc<HeldRegion>>>,
}

/// A region whose device stays bound until this is dropped.
///
/// Dereferences to the [`Region`]. Made by [`SharedRegion::hold`].
pub struct HeldRegion {
    region: Region,
    // Dropped after the region, as fields are in this order.
    _released: Released,
}

struct Released(Arc<Completion>);

/// What unbinding the device drops.
struct Owner {
    shared: Arc<SharedRegion>,
    released: Arc<Completion>,
}

impl SharedRegion {
    /// Requests all of `resource`, which must be one of the device's.
    #[cfg_attr(not(any(CONFIG_PCI, CONFIG_RUST_MMAP_KUNIT_TEST)), expect(dead_code))]
    fn request(dev: &Device<Bound>, resource: &Resource, name: &CStr) -> Result<Arc<Self>> {
        if !resource.flags().contains(Flags::IORESOURCE_MEM) {
            return Err(EINVAL);
        }

        let released = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
        // Of all memory, in which the resource is: what else is there is in use, and `/dev/mem`
        // lets go of the region.
        //
        // SAFETY: The root is static.
        let root = unsafe { Resource::from_raw(&raw mut bindings::iomem_resource) };
        let region = root
            .request_region(
                resource.start(),
                resource.size(),
                CString::try_from(name)?,
                Flags::IORESOURCE_MEM,
            )
            .ok_or(EBUSY)?;
        let held = Arc::new(
            HeldRegion {
                region,
                _released: Released(released.clone()),
            },
            GFP_KERNEL,
        )?;
        let shared = Arc::pin_init(
            pin_init!(Self {
                held <- new_mutex!(Some(held)),
            }),
            GFP_KERNEL,
        )?;
        let owner = Owner {
            shared: shared.clone(),
            released,
        };

        devres::register(dev, owner, GFP_KERNEL)?;
        Ok(shared)
    }

    /// Holds the region.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if the device is being unbound.
    pub fn hold(&self) -> Result<Arc<HeldRegion>> {
        self.held.lock().clone().ok_or(ENODEV)
    }
}

#[cfg(CONFIG_PCI)]
impl pci::Device<Bound> {
    /// Requests a PCI BAR, in the name of `name`, for files to hold.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if there is no such BAR, it has no address or it is not memory; [`EBUSY`] if it
    /// is in use; [`ENOMEM`].
    pub fn share_region(&self, bar: u32, name: &CStr) -> Result<Arc<SharedRegion>> {
        SharedRegion::request(self.as_ref(), self.resource(bar)?, name)
    }
}

impl Deref for HeldRegion {
    type Target = Region;

    #[inline]
    fn deref(&self) -> &Region {
        &self.region
    }
}

impl Drop for Released {
    fn drop(&mut self) {
        self.0.complete_all();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let held = self.shared.held.lock().take();

        drop(held);
        self.released.wait_for_completion();
    }
}

#[cfg(CONFIG_RUST_MMAP_KUNIT_TEST)]
#[kunit_tests(rust_mm_shared_region)]
mod tests {
    use super::*;
    use crate::{
        bindings,
        error::to_result,
        faux,
        io::PhysAddr,
        mm::mappable::{
            IoMemory,
            MappablePfns, //
        },
        page::PAGE_SIZE, //
    };

    /// Runs `test` with a device and with `size` bytes of addresses that nobody else uses.
    fn with_resource(
        size: usize,
        flags: u32,
        test: impl FnOnce(faux::Registration, &Resource) -> Result,
    ) -> Result {
        let device = faux::Registration::new(c"rust_mm_shared_region", None)?;
        let mut raw = KBox::new(
            bindings::resource {
                flags: flags as usize,
                ..Default::default()
            },
            GFP_KERNEL,
        )?;

        // SAFETY: It stays where it is, until it is released below.
        to_result(unsafe {
            bindings::allocate_resource(
                &raw mut bindings::iomem_resource,
                &raw mut *raw,
                size as PhysAddr,
                0,
                PhysAddr::MAX,
                PAGE_SIZE as PhysAddr,
                None,
                core::ptr::null_mut(),
            )
        })?;
        // SAFETY: The resource is valid until it is released.
        let result = test(device, unsafe { Resource::from_raw(&raw mut *raw) });

        // SAFETY: Allocated above.
        to_result(unsafe { bindings::release_resource(&raw mut *raw) })?;
        result
    }

    fn bound(device: &faux::Registration) -> &Device<Bound> {
        let device: &faux::Device<Bound> = device.as_ref();

        device.as_ref()
    }

    #[test]
    fn region_is_held() -> Result {
        with_resource(
            4 * PAGE_SIZE,
            bindings::IORESOURCE_MEM,
            |device, resource| {
                let shared = SharedRegion::request(bound(&device), resource, c"one")?;
                let again = SharedRegion::request(bound(&device), resource, c"another");

                assert_eq!(again.err(), Some(EBUSY));

                let (held, other) = (shared.hold()?, shared.hold()?);
                let pfns = MappablePfns::from_region(&held)?;

                assert_eq!(pfns.start().as_raw() * PAGE_SIZE, resource.start() as usize);
                assert_eq!(pfns.nr_pages(), 4);
                assert_eq!(IoMemory::from_region(&held)?.size(), 4 * PAGE_SIZE);
                drop(held);
                assert_eq!(other.start(), resource.start());
                drop(other);

                // Unbinds the device.
                drop(device);
                assert_eq!(shared.hold().err(), Some(ENODEV));
                Ok(())
            },
        )?;

        // It has been released.
        with_resource(PAGE_SIZE, bindings::IORESOURCE_MEM, |device, resource| {
            SharedRegion::request(bound(&device), resource, c"one").map(|_| ())
        })
    }

    #[test]
    fn ports_and_parts_of_pages_are_refused() -> Result {
        with_resource(PAGE_SIZE, bindings::IORESOURCE_IO, |device, resource| {
            let shared = SharedRegion::request(bound(&device), resource, c"ports");

            assert_eq!(shared.err(), Some(EINVAL));
            Ok(())
        })?;
        with_resource(
            PAGE_SIZE / 2,
            bindings::IORESOURCE_MEM,
            |device, resource| {
                let shared = SharedRegion::request(bound(&device), resource, c"half a page")?;
                let held = shared.hold()?;

                assert_eq!(IoMemory::from_region(&held).err(), Some(EINVAL));
                assert_eq!(MappablePfns::from_region(&held).err(), Some(EINVAL));
                Ok(())
            },
        )
    }
}
