// SPDX-License-Identifier: GPL-2.0
/*
 * Code that records coverage for other tasks, on demand: what a test writes to
 * the file test_kcov in debugfs is run before the write returns.
 *
 *   task N      in a worker, section N of KCOV_SUBSYSTEM_USB
 *   self N      in the writer, section N
 *   common      in a worker, section of the common handle of the writer
 *   softirq N   in a softirq on top of the writer, section N
 *   nested N    as "common", with a softirq on top of the worker, section N
 *   hold N      as "task", but the section goes on until
 *   release     after which the code of it is run
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/kcov.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

struct test_section {
	struct work_struct work;
	struct tasklet_struct tasklet;
	struct kcov_common_handle_id common;
	unsigned int id;
	bool is_common, softirq;
};

static unsigned int test_kcov_result;

static noinline void test_kcov_task_code(unsigned int n)
{
	WRITE_ONCE(test_kcov_result, n == 0x12345678 ? 1 : 2);
}

static noinline void test_kcov_softirq_code(unsigned int n)
{
	WRITE_ONCE(test_kcov_result, n == 0x9abcdef0 ? 3 : 4);
}

static void test_kcov_in_softirq(struct tasklet_struct *tasklet)
{
	struct test_section *section = from_tasklet(section, tasklet, tasklet);

	kcov_remote_start_usb_softirq(section->id);
	test_kcov_softirq_code(section->id);
	kcov_remote_stop_softirq();
}

/* The softirq is run when it is enabled again. */
static void test_kcov_softirq(struct test_section *section)
{
	tasklet_setup(&section->tasklet, test_kcov_in_softirq);
	local_bh_disable();
	tasklet_schedule(&section->tasklet);
	local_bh_enable();
	tasklet_kill(&section->tasklet);
}

static void test_kcov_in_task(struct work_struct *work)
{
	struct test_section *section = container_of(work, struct test_section, work);

	if (section->is_common)
		kcov_remote_start_common(section->common);
	else
		kcov_remote_start_usb(section->id);
	if (section->softirq)
		test_kcov_softirq(section);
	test_kcov_task_code(section->id);
	kcov_remote_stop();
}

static DECLARE_COMPLETION(test_kcov_held);
static DECLARE_COMPLETION(test_kcov_released);
static unsigned int test_kcov_held_id;

static void test_kcov_hold(struct work_struct *work)
{
	kcov_remote_start_usb(test_kcov_held_id);
	complete(&test_kcov_held);
	wait_for_completion(&test_kcov_released);
	test_kcov_task_code(test_kcov_held_id);
	kcov_remote_stop();
}

static DECLARE_WORK(test_kcov_hold_work, test_kcov_hold);
static DEFINE_MUTEX(test_kcov_hold_lock);

static ssize_t test_kcov_write(struct file *file, const char __user *from,
			       size_t len, loff_t *pos)
{
	struct test_section section = { .common = kcov_common_handle() };
	char buf[32] = {}, word[16];

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, from, len))
		return -EFAULT;
	if (sscanf(buf, "%15s %u", word, &section.id) < 1)
		return -EINVAL;
	if (!strcmp(word, "softirq")) {
		test_kcov_softirq(&section);
		return len;
	}
	if (!strcmp(word, "self")) {
		test_kcov_in_task(&section.work);
		return len;
	}
	if (!strcmp(word, "hold")) {
		guard(mutex)(&test_kcov_hold_lock);
		if (work_busy(&test_kcov_hold_work))
			return -EBUSY;
		test_kcov_held_id = section.id;
		queue_work(system_dfl_wq, &test_kcov_hold_work);
		wait_for_completion(&test_kcov_held);
		return len;
	}
	if (!strcmp(word, "release")) {
		guard(mutex)(&test_kcov_hold_lock);
		if (!work_busy(&test_kcov_hold_work))
			return -EINVAL;
		complete(&test_kcov_released);
		flush_work(&test_kcov_hold_work);
		return len;
	}
	section.softirq = !strcmp(word, "nested");
	section.is_common = section.softirq || !strcmp(word, "common");
	if (!section.is_common && strcmp(word, "task"))
		return -EINVAL;
	INIT_WORK_ONSTACK(&section.work, test_kcov_in_task);
	queue_work(system_dfl_wq, &section.work);
	flush_work(&section.work);
	destroy_work_on_stack(&section.work);
	return len;
}

static const struct file_operations test_kcov_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= test_kcov_write,
};

static struct dentry *test_kcov_file;

static int __init test_kcov_init(void)
{
	test_kcov_file = debugfs_create_file("test_kcov", 0200, NULL, NULL, &test_kcov_fops);
	return 0;
}
module_init(test_kcov_init);

static void __exit test_kcov_exit(void)
{
	debugfs_remove(test_kcov_file);
	if (work_busy(&test_kcov_hold_work))
		complete(&test_kcov_released);
	flush_work(&test_kcov_hold_work);
}
module_exit(test_kcov_exit);

MODULE_DESCRIPTION("Code that records coverage for other tasks");
MODULE_LICENSE("GPL");
