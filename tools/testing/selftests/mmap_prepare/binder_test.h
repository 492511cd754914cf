/* SPDX-License-Identifier: GPL-2.0 */
/* Binder without a library: binderfs, devices, and the two ends of a call. */
#ifndef __MMAP_PREPARE_BINDER_TEST_H
#define __MMAP_PREPARE_BINDER_TEST_H

#include <linux/android/binder.h>
#include <linux/android/binderfs.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "mem_test.h"

/* Mounts a binderfs of our own with one device, whose path is returned. */
static inline const char *binder_device(void)
{
	static char dir[32] = "/tmp/binderXXXXXX", path[64];
	struct binderfs_device device = { .name = "test" };
	int fd, left;

	/* The driver is going to complain on what may be our terminal, too: let that drain. */
	for (int i = 0; i < 100 && !ioctl(STDOUT_FILENO, TIOCOUTQ, &left) && left; i++)
		usleep(1000);

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    !mkdtemp(dir) || mount(NULL, dir, "binder", 0, NULL))
		return NULL;
	snprintf(path, sizeof(path), "%s/binder-control", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BINDER_CTL_ADD, &device))
		return NULL;
	close(fd);
	snprintf(path, sizeof(path), "%s/test", dir);
	return path;
}

/* An open device, with its buffer and what the kernel said but nobody looked at yet. */
struct peer {
	int fd, flags;
	char *map;
	size_t len, pos, end;
	char said[512];
};

static inline bool peer_open(struct peer *peer, const char *path, int flags)
{
	memset(peer, 0, sizeof(*peer));
	peer->flags = flags;
	peer->fd = open(path, O_RDWR | O_CLOEXEC | flags);
	return peer->fd >= 0;
}

static inline bool peer_map(struct peer *peer, size_t len)
{
	peer->len = len;
	peer->map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, peer->fd, 0);
	return peer->map != MAP_FAILED;
}

/* Returns what was read, or the negative errno. */
static inline long peer_write_read(struct peer *peer, const void *in, size_t in_len, void *out,
				   size_t out_len)
{
	struct binder_write_read bwr = {
		.write_buffer = (uintptr_t)in, .write_size = in_len,
		.read_buffer = (uintptr_t)out, .read_size = out_len,
	};
	long ret = SYSRET(ioctl(peer->fd, BINDER_WRITE_READ, &bwr));

	if (ret)
		return ret;
	return bwr.write_consumed == in_len ? (long)bwr.read_consumed : -EIO;
}

/* Gives one command. */
static inline bool peer_command(struct peer *peer, uint32_t code, const void *arg, size_t len)
{
	char command[sizeof(code) + sizeof(struct binder_transaction_data)];

	memcpy(command, &code, sizeof(code));
	memcpy(command + sizeof(code), arg, len);
	return !peer_write_read(peer, command, sizeof(code) + len, NULL, 0);
}

/* Makes this end the one that calls go to. */
static inline bool peer_serve(struct peer *peer)
{
	struct flat_binder_object manager = {
		.hdr.type = BINDER_TYPE_BINDER, .flags = FLAT_BINDER_FLAG_ACCEPTS_FDS,
	};

	return !ioctl(peer->fd, BINDER_SET_CONTEXT_MGR_EXT, &manager) &&
		peer_command(peer, BC_ENTER_LOOPER, NULL, 0);
}

/* @command is BC_TRANSACTION, to the server, or BC_REPLY. */
static inline bool peer_send(struct peer *peer, uint32_t command, uint32_t code,
			     const void *data, size_t len, bool object)
{
	static const binder_size_t offset;
	struct binder_transaction_data tr = {
		.code = code,
		.flags = TF_ACCEPT_FDS,
		.data.ptr.buffer = (uintptr_t)data,
		.data_size = len,
		.data.ptr.offsets = (uintptr_t)&offset,
		.offsets_size = object ? sizeof(offset) : 0,
	};

	return peer_command(peer, command, &tr, sizeof(tr));
}

static inline bool peer_free(struct peer *peer, const struct binder_transaction_data *tr)
{
	return peer_command(peer, BC_FREE_BUFFER, &tr->data.ptr.buffer,
			    sizeof(tr->data.ptr.buffer));
}

/*
 * The next thing that the kernel says, other than how far it has come: 0 if
 * that is nothing, for a file that does not block. References on objects of
 * ours are granted.
 */
static inline uint32_t peer_receive(struct peer *peer, struct binder_transaction_data *tr)
{
	uint32_t code, done;
	char *arg;

	for (;;) {
		if (peer->pos == peer->end) {
			struct pollfd ready = { .fd = peer->fd, .events = POLLIN };
			long n;

			/* Asked first, as Rust complains when there is nothing to read. */
			if ((peer->flags & O_NONBLOCK) && !poll(&ready, 1, 0))
				return 0;
			n = peer_write_read(peer, NULL, 0, peer->said, sizeof(peer->said));
			if (n <= 0)
				return n == -EAGAIN ? 0 : n;
			peer->pos = 0;
			peer->end = n;
		}
		memcpy(&code, peer->said + peer->pos, sizeof(code));
		arg = peer->said + peer->pos + sizeof(code);
		peer->pos += sizeof(code) + _IOC_SIZE(code);

		switch (code) {
		case BR_TRANSACTION:
		case BR_REPLY:
			memcpy(tr, arg, sizeof(*tr));
			return code;
		case BR_INCREFS:
		case BR_ACQUIRE:
			done = code == BR_INCREFS ? BC_INCREFS_DONE : BC_ACQUIRE_DONE;
			if (!peer_command(peer, done, arg, sizeof(struct binder_ptr_cookie)))
				return -EIO;
			break;
		case BR_NOOP:
		case BR_TRANSACTION_COMPLETE:
		case BR_SPAWN_LOOPER:
		case BR_RELEASE:
		case BR_DECREFS:
			break;
		default:
			return code;
		}
	}
}

#endif
