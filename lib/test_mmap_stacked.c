// SPDX-License-Identifier: GPL-2.0
/*
 * A device whose .mmap calls that of another file, as stacked file systems and
 * some drivers do.
 *
 * The ioctl command of /dev/test_mmap_stacked is an enum stacking, and takes the
 * path of the inner file.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

enum stacking {
	KEEP = 'k',	/* The mapping keeps the outer file. */
	SWAP = 's',	/* It keeps the inner one, as with overlayfs. */
	WRAP = 'w',	/* As KEEP, with VM operations around the inner ones: SysV shm. */
};

struct stacked {
	struct file *inner;
	const struct vm_operations_struct *vm_ops;
	enum stacking stacking;
};

static const struct vm_operations_struct *inner_ops(struct vm_area_struct *vma)
{
	struct stacked *stacked = vma->vm_file->private_data;

	return stacked->vm_ops;
}

static void wrapped_open(struct vm_area_struct *vma)
{
	if (inner_ops(vma)->open)
		inner_ops(vma)->open(vma);
}

static void wrapped_close(struct vm_area_struct *vma)
{
	if (inner_ops(vma)->close)
		inner_ops(vma)->close(vma);
}

static vm_fault_t wrapped_fault(struct vm_fault *vmf)
{
	if (!inner_ops(vmf->vma)->fault)
		return VM_FAULT_SIGBUS;
	return inner_ops(vmf->vma)->fault(vmf);
}

static const struct vm_operations_struct wrapped_ops = {
	.open	= wrapped_open,
	.close	= wrapped_close,
	.fault	= wrapped_fault,
};

static int stacked_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct stacked *stacked = file->private_data;
	struct file *inner = READ_ONCE(stacked->inner);
	int err;

	if (!inner || !can_mmap_file(inner))
		return -ENODEV;
	if (stacked->stacking == SWAP)
		vma_set_file(vma, inner);
	err = vfs_mmap(inner, vma);
	/* What became anonymous memory has no operations. */
	if (!err && stacked->stacking == WRAP && vma->vm_ops) {
		stacked->vm_ops = vma->vm_ops;
		vma->vm_ops = &wrapped_ops;
	}
	return err;
}

static DEFINE_MUTEX(stacked_lock);

static long stacked_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct stacked *stacked = file->private_data;
	struct file *inner;
	char *path;

	guard(mutex)(&stacked_lock);
	if (stacked->inner)
		return -EBUSY;
	path = strndup_user((const char __user *)arg, PATH_MAX);
	if (IS_ERR(path))
		return PTR_ERR(path);
	inner = filp_open(path, file->f_flags & O_ACCMODE, 0);
	kfree(path);
	if (IS_ERR(inner))
		return PTR_ERR(inner);
	stacked->stacking = cmd;
	WRITE_ONCE(stacked->inner, inner);
	return 0;
}

static int stacked_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc_obj(struct stacked);
	return file->private_data ? 0 : -ENOMEM;
}

static int stacked_release(struct inode *inode, struct file *file)
{
	struct stacked *stacked = file->private_data;

	if (stacked->inner)
		fput(stacked->inner);
	kfree(stacked);
	return 0;
}

static const struct file_operations stacked_fops = {
	.owner		= THIS_MODULE,
	.open		= stacked_open,
	.unlocked_ioctl	= stacked_ioctl,
	.mmap		= stacked_mmap,
	.release	= stacked_release,
};

static struct miscdevice stacked_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "test_mmap_stacked",
	.fops	= &stacked_fops,
};
module_misc_device(stacked_device);

MODULE_DESCRIPTION("Test device whose mmap is that of another file");
MODULE_LICENSE("GPL");
