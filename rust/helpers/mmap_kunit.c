// SPDX-License-Identifier: GPL-2.0
/*
 * What rust/kernel/mm/mmap_kunit.rs compares the Rust code with.
 */

#include <linux/mm.h>

__rust_helper void rust_helper_mmap_action_remap(struct vm_area_desc *desc,
						 unsigned long start,
						 unsigned long start_pfn,
						 unsigned long size)
{
	mmap_action_remap(desc, start, start_pfn, size);
}

__rust_helper void rust_helper_mmap_action_remap_full(struct vm_area_desc *desc,
						      unsigned long start_pfn)
{
	mmap_action_remap_full(desc, start_pfn);
}

__rust_helper void rust_helper_mmap_action_ioremap(struct vm_area_desc *desc,
						   unsigned long start,
						   unsigned long start_pfn,
						   unsigned long size)
{
	mmap_action_ioremap(desc, start, start_pfn, size);
}

__rust_helper void
rust_helper_mmap_action_ioremap_full(struct vm_area_desc *desc,
				     unsigned long start_pfn)
{
	mmap_action_ioremap_full(desc, start_pfn);
}

__rust_helper void
rust_helper_mmap_action_simple_ioremap(struct vm_area_desc *desc,
				       phys_addr_t start, unsigned long size)
{
	mmap_action_simple_ioremap(desc, start, size);
}

__rust_helper void
rust_helper_mmap_action_map_kernel_pages(struct vm_area_desc *desc,
					 unsigned long start,
					 struct page **pages,
					 unsigned long nr_pages)
{
	mmap_action_map_kernel_pages(desc, start, pages, nr_pages);
}

__rust_helper void
rust_helper_mmap_action_map_kernel_pages_full(struct vm_area_desc *desc,
					      struct page **pages)
{
	mmap_action_map_kernel_pages_full(desc, pages);
}

__rust_helper void rust_helper_vma_desc_set_anonymous(struct vm_area_desc *desc)
{
	vma_desc_set_anonymous(desc);
}

__rust_helper void rust_helper_vma_desc_set_flags_mask(struct vm_area_desc *desc,
						       vma_flags_t flags)
{
	vma_desc_set_flags_mask(desc, flags);
}

__rust_helper bool
rust_helper_vma_desc_is_cow_mapping(struct vm_area_desc *desc)
{
	return vma_desc_is_cow_mapping(desc);
}

__rust_helper vma_flags_t rust_helper_vma_flag_mask(unsigned int bit)
{
	return mk_vma_flags(bit);
}

__rust_helper vma_flags_t rust_helper_vma_special_flags(void)
{
	return VMA_SPECIAL_FLAGS;
}

__rust_helper vma_flags_t rust_helper_vma_remap_flags(void)
{
	return VMA_REMAP_FLAGS;
}

__rust_helper void
rust_helper_mmap_action_insert_mixed(struct vm_area_desc *desc,
				     unsigned long start,
				     unsigned long nr_pages,
				     mmap_get_mixed_fn *get, void *private)
{
	mmap_action_insert_mixed(desc, start, nr_pages, get, private);
}

__rust_helper void
rust_helper_mmap_action_insert_mixed_pfns(struct vm_area_desc *desc,
					  unsigned long start,
					  unsigned long start_pfn,
					  unsigned long nr_pages)
{
	mmap_action_insert_mixed_pfns(desc, start, start_pfn, nr_pages);
}

__rust_helper void
rust_helper_mmap_action_custom(struct vm_area_desc *desc, mmap_custom_fn *hook,
			       void *private, unsigned long arg0,
			       unsigned long arg1)
{
	mmap_action_custom(desc, hook, private, arg0, arg1);
}
