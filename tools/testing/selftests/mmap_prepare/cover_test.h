/* SPDX-License-Identifier: GPL-2.0 */
/* The device of kcov, also for a program that is built with nolibc. */
#ifndef __MMAP_PREPARE_COVER_TEST_H
#define __MMAP_PREPARE_COVER_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define KCOV		"/sys/kernel/debug/kcov"
#define TEST_KCOV	"/sys/kernel/debug/test_kcov"
#define COVER_WORDS	(64 << 10)
/* KCOV_INIT_TRACE, which says how long the words of the kernel are, not those of a program. */
#define COVER_INIT	_IOR('c', 1, uint64_t)

#define COMMON(id)	(KCOV_SUBSYSTEM_COMMON | (id))
#define USB(id)		(KCOV_SUBSYSTEM_USB | (id))

/* An open device with its buffer. */
struct cover {
	int fd;
	size_t size;
	uint64_t *area;	/* NULL unless mapped */
};

static inline void *cover_map(int fd, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* Returns 0 or the negative errno. */
static inline int cover_open(struct cover *c, size_t words)
{
	*c = (struct cover){ .fd = open(KCOV, O_RDWR), .size = words * sizeof(uint64_t) };
	if (c->fd < 0 || ioctl(c->fd, COVER_INIT, words))
		return -errno;
	c->area = cover_map(c->fd, c->size);
	return c->area == MAP_FAILED ? -errno : 0;
}

static inline void cover_close(struct cover *c)
{
	munmap(c->area, c->size);
	close(c->fd);
}

static inline void cover_reset(struct cover *c)
{
	__atomic_store_n(&c->area[0], 0, __ATOMIC_RELAXED);
}

static inline uint64_t cover_count(struct cover *c)
{
	return __atomic_load_n(&c->area[0], __ATOMIC_ACQUIRE);
}

/* Enables kcov for the code that has @handle or @common, if these are not 0. */
static inline int cover_remote(struct cover *c, int mode, uint32_t words, uint64_t handle,
			       uint64_t common)
{
	struct {
		struct kcov_remote_arg arg;
		uint64_t handle;
	} arg = {
		.arg = {
			.trace_mode = mode, .area_size = words,
			.num_handles = !!handle, .common_handle = common,
		},
		.handle = handle,
	};

	return ioctl(c->fd, KCOV_REMOTE_ENABLE, &arg);
}

#endif
