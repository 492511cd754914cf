// SPDX-License-Identifier: GPL-2.0
/*
 * Devices to measure mmap actions by, against loops in .mmap which do the same.
 *
 * /dev/test_mmap_action uses actions, /dev/test_mmap_loop does not, and neither
 * does test_mmap_action_rust.rs differ in what it maps. The offset of a mapping
 * in pages is an enum action_kind. It can have up to NR_PAGES pages, each open
 * file having its own.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

/* Of each kind: userland picks one by the offset it maps. */
#define NR_PAGES	16384UL

static unsigned long frames;
module_param(frames, ulong, 0);
MODULE_PARM_DESC(frames, "First of 16384 page frames, which nothing else uses");

enum action_kind {
	MAP_PFNS,	/* Consecutive special PFNs. */
	MAP_PAGES,	/* Pages from a callback. */
	MAP_ALTERNATING,/* Pages, where every other is a special PFN. */
	MAP_ARRAY,	/* Pages from an array. */
	MAP_CUSTOM,	/* Pages from an array, the second half special PFNs. */
};

struct memory {
	struct page **pages;
	unsigned long nr_pages;
};

static int memory_release(struct inode *inode, struct file *file)
{
	struct memory *memory = file->private_data;

	while (memory->nr_pages)
		__free_page(memory->pages[--memory->nr_pages]);
	kvfree(memory->pages);
	kfree(memory);
	return 0;
}

static int memory_open(struct inode *inode, struct file *file)
{
	struct memory *memory = kzalloc_obj(*memory);

	if (!memory)
		return -ENOMEM;
	file->private_data = memory;
	memory->pages = kvmalloc_objs(*memory->pages, NR_PAGES);
	if (!memory->pages)
		goto out_release;
	for (; memory->nr_pages < NR_PAGES; memory->nr_pages++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page)
			goto out_release;
		memory->pages[memory->nr_pages] = page;
	}
	return 0;

out_release:
	memory_release(inode, file);
	return -ENOMEM;
}

static int get_page_entry(void *private, pgoff_t pgoff,
			  struct mmap_mixed_entry *entry)
{
	const unsigned long index = pgoff % NR_PAGES;
	struct memory *memory = private;

	if (index >= memory->nr_pages)
		return -EINVAL;
	entry->page = memory->pages[index];
	return 0;
}

static int get_alternating_entry(void *private, pgoff_t pgoff,
				 struct mmap_mixed_entry *entry)
{
	const unsigned long index = pgoff % NR_PAGES;
	struct memory *memory = private;

	if (index >= memory->nr_pages)
		return -EINVAL;
	if (index % 2)
		entry->pfn = frames + index;
	else
		entry->page = memory->pages[index];
	return 0;
}

static int custom_hook(const struct vma_mapper *mapper, void *private,
		       const unsigned long *args)
{
	unsigned long nr_pages = (mapper->end - mapper->start) >> PAGE_SHIFT;
	unsigned long nr_frames = nr_pages / 2;
	unsigned long half = nr_pages - nr_frames;
	struct memory *memory = private;
	int err;

	if (half > memory->nr_pages)
		return -EINVAL;
	err = vma_mapper_insert_pages(mapper, mapper->start, memory->pages, half);
	if (err || !nr_frames)
		return err;
	if (nr_frames > NR_PAGES)
		return -EINVAL;
	return vma_mapper_insert_mixed_pfns(mapper,
					    mapper->start + half * PAGE_SIZE,
					    frames, nr_frames);
}

static int action_mmap_prepare(struct vm_area_desc *desc)
{
	struct memory *memory = desc->file->private_data;
	unsigned long nr_pages = vma_desc_pages(desc);

	if (nr_pages > memory->nr_pages)
		return -EINVAL;

	switch (desc->pgoff / NR_PAGES) {
	case MAP_PFNS:
		mmap_action_insert_mixed_pfns(desc, desc->start, frames, nr_pages);
		return 0;
	case MAP_PAGES:
		mmap_action_insert_mixed(desc, desc->start, nr_pages,
					 get_page_entry, memory);
		return 0;
	case MAP_ALTERNATING:
		mmap_action_insert_mixed(desc, desc->start, nr_pages,
					 get_alternating_entry, memory);
		return 0;
	case MAP_ARRAY:
		mmap_action_map_kernel_pages(desc, desc->start, memory->pages,
					     nr_pages);
		return 0;
	case MAP_CUSTOM:
		vma_desc_set_flags(desc, VMA_MIXEDMAP_BIT);
		mmap_action_custom(desc, custom_hook, memory, 0, 0);
		return 0;
	}
	return -EINVAL;
}

static int loop_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct memory *memory = file->private_data;
	const unsigned long kind = vma->vm_pgoff / NR_PAGES;
	const unsigned long nr_pages = vma_pages(vma);
	const unsigned long half = nr_pages - nr_pages / 2;
	unsigned long addr = vma->vm_start;

	if (nr_pages > memory->nr_pages || kind > MAP_CUSTOM)
		return -EINVAL;

	vm_flags_set(vma, VM_MIXEDMAP);
	for (unsigned long i = 0; i < nr_pages; i++, addr += PAGE_SIZE) {
		int err;

		if (kind == MAP_PFNS || (kind == MAP_ALTERNATING && i % 2) ||
		    (kind == MAP_CUSTOM && i >= half)) {
			unsigned long pfn = frames + i;

			if (kind == MAP_CUSTOM)
				pfn -= half;
			err = vm_fault_to_errno(vmf_insert_mixed(vma, addr, pfn), 0);
		} else {
			err = vm_insert_page(vma, addr, memory->pages[i]);
		}
		if (err)
			return err;
	}
	return 0;
}

static const struct file_operations action_fops = {
	.owner		= THIS_MODULE,
	.open		= memory_open,
	.release	= memory_release,
	.mmap_prepare	= action_mmap_prepare,
};

static const struct file_operations loop_fops = {
	.owner		= THIS_MODULE,
	.open		= memory_open,
	.release	= memory_release,
	.mmap		= loop_mmap,
};

static struct miscdevice action_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "test_mmap_action",
	.fops	= &action_fops,
};

static struct miscdevice loop_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "test_mmap_loop",
	.fops	= &loop_fops,
};

static int __init test_mmap_action_init(void)
{
	int err;

	/* There is nothing to measure. */
	if (!frames)
		return -ENODEV;
	err = misc_register(&action_device);
	if (err)
		return err;
	err = misc_register(&loop_device);
	if (err)
		misc_deregister(&action_device);
	return err;
}
module_init(test_mmap_action_init);

static void __exit test_mmap_action_exit(void)
{
	misc_deregister(&loop_device);
	misc_deregister(&action_device);
}
module_exit(test_mmap_action_exit);

MODULE_DESCRIPTION("Measures mmap actions");
MODULE_LICENSE("GPL");
