// SPDX-License-Identifier: GPL-2.0
/*
 * A client of relay whose channels user space opens, fills and closes as it
 * likes, see test_relay_uapi.h.
 */
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/relay.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "test_relay_uapi.h"

struct cpu_state {
	u64 seq;
	u64 refused;
	u8 record[TEST_RELAY_MAX_RECORD];
};

struct session {
	struct rw_semaphore lock;	/* Held for writing by what excludes writers. */
	raw_spinlock_t global;		/* Held by the writer of a global buffer. */
	struct rchan *chan;
	struct dentry *dir;
	struct cpu_state __percpu *cpus;
	u32 flags;
};

static struct dentry *root;

static struct dentry *create_file(const char *name, umode_t mode, struct dentry *dir,
				  struct rchan_buf *buf, u32 flags)
{
	if (flags & TEST_RELAY_UNSAFE)
		return debugfs_create_file_unsafe(name, mode, dir, buf,
						  &relay_file_operations);
	return debugfs_create_file(name, mode, dir, buf, &relay_file_operations);
}

static struct dentry *create_buf_file(const char *name, struct dentry *dir, umode_t mode,
				      struct rchan_buf *buf, int *is_global)
{
	struct session *session = buf->chan->private_data;

	*is_global = !!(session->flags & TEST_RELAY_GLOBAL);
	/* Without a name, relay asks for the buffers only, but not for NULL. */
	return name ? create_file(name, mode, dir, buf, session->flags) : session->dir;
}

static int remove_buf_file(struct dentry *dentry)
{
	debugfs_remove(dentry);
	return 0;
}

static int subbuf_start(struct rchan_buf *buf, void *subbuf, void *prev_subbuf)
{
	struct session *session = buf->chan->private_data;

	if (!(session->flags & TEST_RELAY_OVERWRITE) && relay_buf_full(buf))
		return 0;
	if (session->flags & TEST_RELAY_RESERVE) {
		subbuf_start_reserve(buf, TEST_RELAY_HEADER);
		memset(subbuf, 'H', TEST_RELAY_HEADER);
	}
	return 1;
}

/* Not to overwrite is what relay does without a callback. */
static const struct rchan_callbacks plain_callbacks = {
	.create_buf_file	= create_buf_file,
	.remove_buf_file	= remove_buf_file,
};

static const struct rchan_callbacks callbacks = {
	.subbuf_start		= subbuf_start,
	.create_buf_file	= create_buf_file,
	.remove_buf_file	= remove_buf_file,
};

static struct rchan_buf *buffer_of(struct session *session, unsigned int cpu)
{
	if (session->flags & TEST_RELAY_GLOBAL)
		cpu = 0;
	return *per_cpu_ptr(session->chan->buf, cpu);
}

static void close_channel(struct session *session)
{
	/* Relay does not know of late files, whose buffers it frees. */
	if (session->flags & TEST_RELAY_LATE)
		debugfs_remove(session->dir);
	relay_close(session->chan);
	if (!(session->flags & TEST_RELAY_LATE))
		debugfs_remove(session->dir);
	free_percpu(session->cpus);
	session->chan = NULL;
	session->cpus = NULL;
}

static long open_channel(struct session *session, void __user *arg)
{
	struct test_relay_open open;
	bool plain;

	if (copy_from_user(&open, arg, sizeof(open)))
		return -EFAULT;
	if (session->chan)
		return -EBUSY;
	open.name[sizeof(open.name) - 1] = '\0';
	session->flags = open.flags;
	session->cpus = alloc_percpu(struct cpu_state);
	if (!session->cpus)
		return -ENOMEM;
	session->dir = debugfs_create_dir(open.name, root);
	if (IS_ERR(session->dir)) {
		free_percpu(session->cpus);
		return PTR_ERR(session->dir);
	}

	plain = !(open.flags & (TEST_RELAY_OVERWRITE | TEST_RELAY_RESERVE));
	/* A CPU that comes must find the channel, or the channel it. */
	scoped_guard(cpus_read_lock)
		session->chan = relay_open(open.flags & TEST_RELAY_LATE ? NULL : "cpu",
					   session->dir, open.subbuf_size, open.n_subbufs,
					   plain ? &plain_callbacks : &callbacks, session);
	if (!session->chan) {
		close_channel(session);
		return -ENOMEM;
	}
	return 0;
}

struct write_args {
	struct session *session;
	struct test_relay_write write;
};

static void write_record(struct session *session, const struct test_relay_write *write)
{
	struct cpu_state *state = this_cpu_ptr(session->cpus);
	struct test_relay_record *record = (void *)state->record;
	void *slot;

	record->size = write->size;
	record->cpu = smp_processor_id();
	record->seq = state->seq++;
	for (u32 i = sizeof(*record); i < write->size; i++)
		state->record[i] = record->seq + i;

	switch (write->how) {
	case TEST_RELAY_WRITE:
		relay_write(session->chan, record, write->size);
		break;
	case TEST_RELAY_WRITE_TASK:
		__relay_write(session->chan, record, write->size);
		break;
	case TEST_RELAY_SLOT:
		slot = relay_reserve(session->chan, write->size);
		if (slot)
			memcpy(slot, record, write->size);
		else
			state->refused++;
		break;
	}
}

/* On one CPU. The record is made in memory of this CPU, hence the guard. */
static void write_records(void *data)
{
	struct write_args *args = data;

	for (u32 i = 0; i < args->write.count; i++) {
		guard(irqsave)();
		if (args->session->flags & TEST_RELAY_GLOBAL) {
			/* Relay leaves it to its client that there is one at a time. */
			guard(raw_spinlock)(&args->session->global);
			write_record(args->session, &args->write);
		} else {
			write_record(args->session, &args->write);
		}
	}
}

static long write_channel(struct session *session, void __user *arg)
{
	struct write_args args = { .session = session };

	if (copy_from_user(&args.write, arg, sizeof(args.write)))
		return -EFAULT;
	if (args.write.size < sizeof(struct test_relay_record) ||
	    args.write.size > TEST_RELAY_MAX_RECORD || args.write.how > TEST_RELAY_SLOT)
		return -EINVAL;

	switch (args.write.cpu) {
	case TEST_RELAY_THIS_CPU:
		write_records(&args);
		return 0;
	case TEST_RELAY_ALL_CPUS:
		on_each_cpu(write_records, &args, true);
		return 0;
	}
	return smp_call_function_single(args.write.cpu, write_records, &args, true);
}

static long stat_channel(struct session *session, struct test_relay_stat __user *arg)
{
	struct test_relay_stat stat;
	struct rchan_buf *buf;

	if (copy_from_user(&stat, arg, sizeof(stat)))
		return -EFAULT;
	if (stat.cpu >= nr_cpu_ids || stat.subbuf >= session->chan->n_subbufs)
		return -EINVAL;
	buf = buffer_of(session, stat.cpu);
	if (!buf)
		return -ENODEV;
	stat.padding = buf->padding[stat.subbuf];
	stat.seq = per_cpu_ptr(session->cpus, stat.cpu)->seq;
	stat.refused = per_cpu_ptr(session->cpus, stat.cpu)->refused;
	stat.produced = READ_ONCE(buf->subbufs_produced);
	stat.consumed = READ_ONCE(buf->subbufs_consumed);
	stat.offset = READ_ONCE(buf->offset);
	stat.early_bytes = buf->early_bytes;
	stat.alloc_size = session->chan->alloc_size;
	stat.full = relay_buf_full(buf);
	stat.buf_full = relay_stats(session->chan, RELAY_STATS_BUF_FULL);
	stat.wrt_big = relay_stats(session->chan, RELAY_STATS_WRT_BIG);
	stat.full_count = buf->stats.full_count;
	return copy_to_user(arg, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static long consume_channel(struct session *session, void __user *arg)
{
	struct test_relay_consume consume;

	if (copy_from_user(&consume, arg, sizeof(consume)))
		return -EFAULT;
	if (consume.cpu >= nr_cpu_ids)
		return -EINVAL;
	relay_subbufs_consumed(session->chan, consume.cpu, consume.subbufs);
	return 0;
}

static long create_late_files(struct session *session)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct rchan_buf *buf = *per_cpu_ptr(session->chan->buf, cpu);
		char name[16];

		if (!buf)
			continue;
		snprintf(name, sizeof(name), "cpu%u", cpu);
		create_file(name, 0400, session->dir, buf, session->flags);
		if (session->flags & TEST_RELAY_GLOBAL)
			break;
	}
	return 0;
}

static long control_locked(struct session *session, unsigned int cmd, void __user *arg)
{
	if (cmd == TEST_RELAY_OPEN)
		return open_channel(session, arg);
	if (!session->chan)
		return -ENODEV;

	switch (cmd) {
	case TEST_RELAY_CLOSE:
		close_channel(session);
		return 0;
	case TEST_RELAY_FILES:
		return create_late_files(session);
	case TEST_RELAY_WRITE_RECORDS:
		return write_channel(session, arg);
	case TEST_RELAY_FLUSH:
		relay_flush(session->chan);
		return 0;
	case TEST_RELAY_RESET:
		relay_reset(session->chan);
		return 0;
	case TEST_RELAY_CONSUME:
		return consume_channel(session, arg);
	case TEST_RELAY_STAT:
		return stat_channel(session, arg);
	}
	return -ENOTTY;
}

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct session *session = file->private_data;

	switch (cmd) {
	case TEST_RELAY_OPEN:
	case TEST_RELAY_CLOSE:
	case TEST_RELAY_FILES:
	case TEST_RELAY_FLUSH:
	case TEST_RELAY_RESET: {
		guard(rwsem_write)(&session->lock);
		return control_locked(session, cmd, (void __user *)arg);
	}
	default: {
		guard(rwsem_read)(&session->lock);
		return control_locked(session, cmd, (void __user *)arg);
	}
	}
}

static int control_open(struct inode *inode, struct file *file)
{
	struct session *session = kzalloc_obj(*session);

	if (!session)
		return -ENOMEM;
	init_rwsem(&session->lock);
	raw_spin_lock_init(&session->global);
	file->private_data = session;
	return nonseekable_open(inode, file);
}

static int control_release(struct inode *inode, struct file *file)
{
	struct session *session = file->private_data;

	if (session->chan)
		close_channel(session);
	kfree(session);
	return 0;
}

static const struct file_operations control_fops = {
	.owner		= THIS_MODULE,
	.open		= control_open,
	.release	= control_release,
	.unlocked_ioctl	= control_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static int __init test_relay_init(void)
{
	root = debugfs_create_dir("test_relay", NULL);
	/* What stands before the other kind of file passes no compat_ioctl on. */
	debugfs_create_file_unsafe("control", 0600, root, NULL, &control_fops);
	return 0;
}
module_init(test_relay_init);

static void __exit test_relay_exit(void)
{
	debugfs_remove(root);
}
module_exit(test_relay_exit);

MODULE_DESCRIPTION("Channels of relay to test it by");
MODULE_LICENSE("GPL");
