// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/test_mmap_leaks tells how often a file or a page is referred to; and it
 * leaks on demand, so that tests which look for leaks can be tested themselves.
 *
 * Its ioctl commands are an enum command. An open file can leak one thing, which
 * is given back when it is closed.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memory_hotplug.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pgalloc.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

enum command {
	FILE_REFS = 'F',	/* How many references has the file of a descriptor? */
	PAGE_REFS = 'P',	/* How many a page, by its frame number? */

	LEAK_FILE = 'f',	/* A reference on the file of a descriptor. */
	LEAK_PAGE = 'p',	/* A reference on a page. */
	LEAK_OBJECT = 'o',
	LEAK_TABLE = 't',	/* A page table of the process that opened this. */
	LEAK_COMMITTED = 'c',	/* A page of accounted memory. */
	LEAK_RSS = 'r',		/* A page of its resident memory. */
};

struct leak {
	struct mm_struct *mm;
	unsigned int kind;
	unsigned long hidden;	/* from kmemleak: the complement of a pointer */
};

static void *leak(struct mm_struct *mm, unsigned int kind, unsigned long arg)
{
	struct page *page;
	pgtable_t table;

	switch (kind) {
	case LEAK_FILE:
		return fget(arg) ?: ERR_PTR(-EBADF);
	case LEAK_PAGE:
		page = pfn_to_online_page(arg);
		return page && get_page_unless_zero(page) ? page : ERR_PTR(-ENXIO);
	case LEAK_OBJECT:
		return kmalloc(64, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
	case LEAK_TABLE:
		table = pte_alloc_one(mm);
		if (!table)
			return ERR_PTR(-ENOMEM);
		mm_inc_nr_ptes(mm);
		return table;
	case LEAK_COMMITTED:
		vm_acct_memory(1);
		return NULL;
	case LEAK_RSS:
		inc_mm_counter(mm, MM_FILEPAGES);
		return NULL;
	}
	return ERR_PTR(-ENOTTY);
}

static void give_back(struct leak *leak)
{
	void *what = (void *)~leak->hidden;

	switch (leak->kind) {
	case LEAK_FILE:
		fput(what);
		break;
	case LEAK_PAGE:
		put_page(what);
		break;
	case LEAK_OBJECT:
		kfree(what);
		break;
	case LEAK_TABLE:
		mm_dec_nr_ptes(leak->mm);
		pte_free(leak->mm, what);
		break;
	case LEAK_COMMITTED:
		vm_unacct_memory(1);
		break;
	case LEAK_RSS:
		dec_mm_counter(leak->mm, MM_FILEPAGES);
		break;
	}
}

static long file_refs(unsigned int fd)
{
	struct file *file = fget(fd);
	long refs;

	if (!file)
		return -EBADF;
	/* But for the one just taken. */
	refs = file_count(file) - 1;
	fput(file);
	return refs;
}

static long leaks_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct leak *this = file->private_data;
	struct page *page;
	void *what;

	switch (cmd) {
	case FILE_REFS:
		return file_refs(arg);
	case PAGE_REFS:
		page = pfn_to_online_page(arg);
		return page ? page_count(page) : -ENXIO;
	}

	if (this->kind)
		return -EBUSY;
	what = leak(this->mm, cmd, arg);
	if (IS_ERR(what))
		return PTR_ERR(what);
	this->hidden = ~(unsigned long)what;
	this->kind = cmd;
	return 0;
}

static int leaks_open(struct inode *inode, struct file *file)
{
	struct leak *this = kzalloc_obj(*this);

	if (!this)
		return -ENOMEM;
	this->mm = current->mm;
	mmgrab(this->mm);
	file->private_data = this;
	return 0;
}

static int leaks_release(struct inode *inode, struct file *file)
{
	struct leak *this = file->private_data;

	give_back(this);
	mmdrop(this->mm);
	kfree(this);
	return 0;
}

static const struct file_operations leaks_fops = {
	.owner		= THIS_MODULE,
	.open		= leaks_open,
	.unlocked_ioctl	= leaks_ioctl,
	.release	= leaks_release,
};

static struct miscdevice leaks_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "test_mmap_leaks",
	.fops	= &leaks_fops,
};
module_misc_device(leaks_device);

MODULE_DESCRIPTION("Test device that counts references, and leaks");
MODULE_LICENSE("GPL");
