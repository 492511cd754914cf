// SPDX-License-Identifier: GPL-2.0
/*
 * Devices to measure mmap actions by, against loops in .mmap which do the same.
 *
 * Each kind of action has two devices, with a hook of their own: the action is
 * used by /dev/test_mmap_action_KIND, a loop by /dev/test_mmap_loop_KIND. Those
 * of test_mmap_action_rust.rs do not differ in what they map. A file can have up
 * to NR_PAGES pages, each open one having its own.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

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
	struct memory *memory = private;

	if (pgoff >= memory->nr_pages)
		return -EINVAL;
	entry->page = memory->pages[pgoff];
	return 0;
}

static int get_alternating_entry(void *private, pgoff_t pgoff,
				 struct mmap_mixed_entry *entry)
{
	struct memory *memory = private;

	if (pgoff >= memory->nr_pages)
		return -EINVAL;
	if (pgoff % 2)
		entry->pfn = frames + pgoff;
	else
		entry->page = memory->pages[pgoff];
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

	if (nr_frames) {
		if (nr_frames > NR_PAGES)
			return -EINVAL;
		err = vma_mapper_insert_mixed_pfns(mapper,
						   mapper->start + half * PAGE_SIZE,
						   frames, nr_frames);
		if (err)
			return err;
	}
	if (half > memory->nr_pages)
		return -EINVAL;
	return vma_mapper_insert_pages(mapper, mapper->start, memory->pages, half);
}

static __always_inline int map_by_action(struct vm_area_desc *desc,
					 enum action_kind kind)
{
	struct memory *memory = desc->file->private_data;
	unsigned long nr_pages = vma_desc_pages(desc);

	/* Callbacks and the custom hook check what they are asked for. */
	switch (kind) {
	case MAP_PFNS:
		if (nr_pages > memory->nr_pages)
			return -EINVAL;
		mmap_action_insert_mixed_pfns(desc, desc->start, frames, nr_pages);
		break;
	case MAP_PAGES:
		mmap_action_insert_mixed(desc, desc->start, nr_pages,
					 get_page_entry, memory);
		break;
	case MAP_ALTERNATING:
		mmap_action_insert_mixed(desc, desc->start, nr_pages,
					 get_alternating_entry, memory);
		break;
	case MAP_ARRAY:
		if (nr_pages > memory->nr_pages)
			return -EINVAL;
		mmap_action_map_kernel_pages(desc, desc->start, memory->pages,
					     nr_pages);
		break;
	case MAP_CUSTOM:
		vma_desc_set_flags(desc, VMA_MIXEDMAP_BIT);
		mmap_action_custom(desc, custom_hook, memory, 0, 0);
		break;
	}
	return 0;
}

static __always_inline int map_by_loop(struct vm_area_struct *vma,
				       enum action_kind kind)
{
	struct memory *memory = vma->vm_file->private_data;
	const unsigned long nr_pages = vma_pages(vma);
	const unsigned long half = nr_pages - nr_pages / 2;
	unsigned long addr = vma->vm_start;

	if (nr_pages > memory->nr_pages)
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

#define DEFINE_ACTION(name, kind)					\
static int name##_mmap_prepare(struct vm_area_desc *desc)		\
{									\
	return map_by_action(desc, kind);				\
}									\
									\
static const struct file_operations action_##name##_fops = {		\
	.owner		= THIS_MODULE,					\
	.open		= memory_open,					\
	.release	= memory_release,				\
	.mmap_prepare	= name##_mmap_prepare,				\
}

DEFINE_ACTION(pfns, MAP_PFNS);
DEFINE_ACTION(pages, MAP_PAGES);
DEFINE_ACTION(alternating, MAP_ALTERNATING);
DEFINE_ACTION(array, MAP_ARRAY);
DEFINE_ACTION(custom, MAP_CUSTOM);

#define DEFINE_LOOP(name, kind)						\
static int name##_mmap(struct file *file, struct vm_area_struct *vma)	\
{									\
	return map_by_loop(vma, kind);					\
}									\
									\
static const struct file_operations loop_##name##_fops = {		\
	.owner		= THIS_MODULE,					\
	.open		= memory_open,					\
	.release	= memory_release,				\
	.mmap		= name##_mmap,					\
}

DEFINE_LOOP(pfns, MAP_PFNS);
DEFINE_LOOP(pages, MAP_PAGES);
DEFINE_LOOP(alternating, MAP_ALTERNATING);
DEFINE_LOOP(array, MAP_ARRAY);
DEFINE_LOOP(custom, MAP_CUSTOM);

#define DEVICE(way_kind)						\
	{								\
		.minor	= MISC_DYNAMIC_MINOR,				\
		.name	= "test_mmap_" #way_kind,			\
		.fops	= &way_kind##_fops,				\
	}

static struct miscdevice devices[] = {
	DEVICE(action_pfns),
	DEVICE(action_pages),
	DEVICE(action_alternating),
	DEVICE(action_array),
	DEVICE(action_custom),
	DEVICE(loop_pfns),
	DEVICE(loop_pages),
	DEVICE(loop_alternating),
	DEVICE(loop_array),
	DEVICE(loop_custom),
};

static int __init test_mmap_action_init(void)
{
	int i, err;

	/* There is nothing to measure. */
	if (!frames)
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		err = misc_register(&devices[i]);
		if (err)
			goto out_deregister;
	}
	return 0;

out_deregister:
	while (i--)
		misc_deregister(&devices[i]);
	return err;
}
module_init(test_mmap_action_init);

static void __exit test_mmap_action_exit(void)
{
	for (int i = 0; i < ARRAY_SIZE(devices); i++)
		misc_deregister(&devices[i]);
}
module_exit(test_mmap_action_exit);

MODULE_DESCRIPTION("Measures mmap actions");
MODULE_LICENSE("GPL");
