/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs that count instructions share.
 *
 * Under QEMU with -icount shift=0,sleep=off -smp 1 a guest instruction takes
 * one nanosecond of the guest's time, so that the clock is the counter, and
 * counts the same in every run. Elsewhere the figures are plain nanoseconds.
 */
#ifndef __MMAP_PREPARE_BENCH_H
#define __MMAP_PREPARE_BENCH_H

#include <sys/personality.h>
#include <time.h>

#include "mem_test.h"

static inline void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline void report(const char *name, uint64_t took, uint64_t n)
{
	printf("%s\t%llu\t%llu\n", name, (unsigned long long)took, (unsigned long long)n);
}

/*
 * What an allocation costs depends on how full its cache is, hence on all that
 * was allocated since boot. A child that keeps one mapping more each time shifts
 * the caches of a mapping's parts, so that the least over some rounds does not.
 */
static int ask, answer;

static inline void start_shifter(void)
{
	int asked[2], answered[2];
	char c;

	if (pipe(asked) || pipe(answered))
		die("pipe");
	ask = asked[1];
	answer = answered[0];
	if (fork())
		return;
	close(ask);
	for (int prot = PROT_READ; read(asked[0], &c, 1) == 1; prot ^= PROT_WRITE) {
		mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (write(answered[1], &c, 1) != 1)
			break;
	}
	_exit(0);
}

static inline void shift_caches(void)
{
	char c = 0;

	if (write(ask, &c, 1) != 1 || read(answer, &c, 1) != 1)
		die("shift_caches");
}

/* Where a mapping lies decides how many page tables it needs. */
static inline void fix_addresses(char **argv)
{
	if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
		personality(ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
		die("execv");
	}
}

#endif
