/* SPDX-License-Identifier: GPL-2.0 */
/* One request at a time through io_uring, with nothing but system calls. */
#ifndef __MMAP_PREPARE_URING_H
#define __MMAP_PREPARE_URING_H

#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct uring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

/* Returns 0, or the errno of the call that failed. */
static inline int uring_open(struct uring *r)
{
	struct io_uring_params p = {};
	size_t len;
	char *ring;

	r->fd = syscall(__NR_io_uring_setup, 4, &p);
	if (r->fd < 0)
		return errno;
	len = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	if (len < p.sq_off.array + p.sq_entries * sizeof(int))
		len = p.sq_off.array + p.sq_entries * sizeof(int);
	/* IORING_FEAT_SINGLE_MMAP: both rings are in one mapping. */
	ring = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		    IORING_OFF_SQ_RING);
	if (ring == MAP_FAILED)
		return errno;
	r->sqes = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe),
		       PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQES);
	if (r->sqes == MAP_FAILED)
		return errno;
	r->sq_tail = (void *)(ring + p.sq_off.tail);
	r->sq_mask = (void *)(ring + p.sq_off.ring_mask);
	r->sq_array = (void *)(ring + p.sq_off.array);
	r->cq_head = (void *)(ring + p.cq_off.head);
	r->cq_tail = (void *)(ring + p.cq_off.tail);
	r->cq_mask = (void *)(ring + p.cq_off.ring_mask);
	r->cqes = (void *)(ring + p.cq_off.cqes);
	return 0;
}

/* Runs @sqe, and returns its result. */
static inline int uring_run(struct uring *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *r->sq_tail, slot = tail & *r->sq_mask, head = *r->cq_head;
	int res;

	r->sqes[slot] = *sqe;
	r->sq_array[slot] = slot;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	while (syscall(__NR_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		return -EIO;
	res = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

static inline int uring_rw(struct uring *r, int op, int fd, void *buf, unsigned int len,
			   long long off, unsigned int sqe_flags)
{
	struct io_uring_sqe sqe = {
		.opcode = op,
		.flags = sqe_flags,
		.fd = fd,
		.addr = (uintptr_t)buf,
		.len = len,
		.off = off,
	};

	return uring_run(r, &sqe);
}

#endif
