/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What test_relay.c understands. Each open file of
 * /sys/kernel/debug/test_relay/control has a channel of its own, whose files are
 * /sys/kernel/debug/test_relay/NAME/cpuN.
 */
#ifndef _LIB_TEST_RELAY_UAPI_H
#define _LIB_TEST_RELAY_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define TEST_RELAY_MAX_RECORD	4096
#define TEST_RELAY_HEADER	16

/* The files are made by debugfs_create_file_unsafe(). */
#define TEST_RELAY_UNSAFE	0x01
/* What is full is written over. */
#define TEST_RELAY_OVERWRITE	0x02
/* One buffer for all CPUs, which take turns. */
#define TEST_RELAY_GLOBAL	0x04
/* Without files until TEST_RELAY_FILES. */
#define TEST_RELAY_LATE		0x08
/* Each sub-buffer starts with TEST_RELAY_HEADER bytes of 'H'. */
#define TEST_RELAY_RESERVE	0x10

struct test_relay_open {
	char name[32];
	__aligned_u64 subbuf_size;
	__aligned_u64 n_subbufs;
	__u32 flags;
};

enum test_relay_how {
	TEST_RELAY_WRITE,	/* relay_write() */
	TEST_RELAY_WRITE_TASK,	/* __relay_write() */
	TEST_RELAY_SLOT,	/* relay_reserve() */
};

#define TEST_RELAY_THIS_CPU	(~0U)
#define TEST_RELAY_ALL_CPUS	(~0U - 1)

/* @count records of @size bytes; on another CPU or all they come from an interrupt. */
struct test_relay_write {
	__u32 cpu;
	__u32 how;
	__u32 count;
	__u32 size;
};

/* Starts every record. Byte i of the rest is the low byte of seq + i. */
struct test_relay_record {
	__u32 size;
	__u32 cpu;
	__u64 seq;		/* from 0, of this CPU, whether written or lost */
};

struct test_relay_consume {
	__u32 cpu;
	__aligned_u64 subbufs;
};

/* The fields of one buffer, and the statistics of the channel. */
struct test_relay_stat {
	__u32 cpu;		/* in */
	__u32 subbuf;		/* in: whose padding */
	__u64 padding;
	__u64 seq;		/* of the next record */
	__u64 refused;		/* records that relay_reserve() had no slot for */
	__u64 produced;
	__u64 consumed;
	__u64 offset;
	__u64 early_bytes;
	__u64 alloc_size;
	__u32 full;
	__u32 buf_full;		/* of RELAY_STATS_BUF_FULL */
	__u32 wrt_big;		/* of RELAY_STATS_WRT_BIG */
	__u32 full_count;	/* of this buffer */
};

#define TEST_RELAY_OPEN		_IOW('R', 0x80, struct test_relay_open)
#define TEST_RELAY_CLOSE	_IO('R', 0x81)
#define TEST_RELAY_WRITE_RECORDS _IOW('R', 0x82, struct test_relay_write)
#define TEST_RELAY_FLUSH	_IO('R', 0x83)
#define TEST_RELAY_RESET	_IO('R', 0x84)
#define TEST_RELAY_CONSUME	_IOW('R', 0x85, struct test_relay_consume)
#define TEST_RELAY_STAT		_IOWR('R', 0x86, struct test_relay_stat)
#define TEST_RELAY_FILES	_IO('R', 0x87)

#endif
