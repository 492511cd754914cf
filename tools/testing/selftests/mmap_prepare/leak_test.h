/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looking for leaks. Needs kselftest_harness.h, DEBUG_KMEMLEAK,
 * MEM_ALLOC_PROFILING and TEST_MMAP_LEAKS.
 */
#ifndef __MMAP_PREPARE_LEAK_TEST_H
#define __MMAP_PREPARE_LEAK_TEST_H

#include <sys/ioctl.h>

#include "mem_test.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define KMEMLEAK	DEBUGFS "kmemleak"
#define LEAKS		"/dev/test_mmap_leaks"
#define FILE_REFS	'F'	/* of a descriptor */
#define PAGE_REFS	'P'	/* of a page frame */

/* Where tests map. Nothing else is there, for 2^40 bytes. */
#define BASE		((char *)(1UL << 44))
#define MAX_PAGES	16

/* Runs before all others: what has leaked so far is not theirs. */
TEST(what_has_leaked_before)
{
	ASSERT_EQ(0, write_text(KMEMLEAK, "scan"));
	ASSERT_EQ(0, write_text(KMEMLEAK, "clear"));
}

/* The objects that nothing refers to, as text; returns its length, or -1. */
static inline ssize_t find_leaks(char *text, size_t size)
{
	/*
	 * Nothing is reported that is younger than five seconds, or has changed since
	 * the scan before. Nor is an object of which the allocator keeps a pointer in a
	 * cache of a CPU, so the kernel is to be run with slab_debug=F.
	 */
	sleep(6);
	for (int i = 0; i < 2; i++)
		if (write_text(KMEMLEAK, "scan"))
			return -1;
	return read_text(KMEMLEAK, text, size);
}

/* How many bytes there are of pages that Rust has allocated, which kmemleak cannot tell. */
static inline long rust_pages(void)
{
	FILE *file = fopen("/proc/allocinfo", "r");
	long bytes = -1;
	char line[512];

	while (file && bytes < 0 && fgets(line, sizeof(line), file))
		if (strstr(line, "func:rust_helper_alloc_pages"))
			bytes = atol(line);
	if (file)
		fclose(file);
	return bytes;
}

/* What a mapping changes. The unit is a kilobyte where it is not one. */
enum count {
	MAPPINGS, VM_SIZE, VM_PTE, RSS_ANON, RSS_FILE, RSS_SHMEM, COMMITTED, DESCRIPTORS,
	REFS_OF_FILE, REFS_OF_PAGES, NR_COUNTS
};

static const char *const count_names[NR_COUNTS] = {
	"mappings", "VmSize:", "VmPTE:", "RssAnon:", "RssFile:", "RssShmem:", "Committed_AS:",
	"descriptors", "references on the file", "references on pages",
};

/* Counts, and that also for file @fd, if not -1, and for those of @pfns that are not 0. */
static inline void take_counts(int leaks, int fd, const uint64_t *pfns, long *counts)
{
	static char text[8192];

	counts[MAPPINGS] = vmas_in(BASE, 1UL << 40);
	read_text("/proc/self/status", text, sizeof(text));
	for (int i = VM_SIZE; i <= COMMITTED; i++) {
		const char *p;

		if (i == COMMITTED)
			read_text("/proc/meminfo", text, sizeof(text));
		p = strstr(text, count_names[i]);
		counts[i] = p ? atol(p + strlen(count_names[i])) : -1;
	}
	counts[DESCRIPTORS] = 0;
	for (int i = 0; i < 1024; i++)
		counts[DESCRIPTORS] += fcntl(i, F_GETFD) >= 0;
	counts[REFS_OF_FILE] = fd < 0 ? 0 : ioctl(leaks, FILE_REFS, fd);
	counts[REFS_OF_PAGES] = 0;
	for (int i = 0; i < MAX_PAGES; i++)
		counts[REFS_OF_PAGES] += pfns[i] ? ioctl(leaks, PAGE_REFS, pfns[i]) : 0;
}

/* The name of something that is not as it was, or could not be counted; or NULL. */
static inline const char *changed(const long *before, const long *now)
{
	for (int i = 0; i < NR_COUNTS; i++)
		if (now[i] < 0 || before[i] != now[i])
			return count_names[i];
	return NULL;
}

#endif
