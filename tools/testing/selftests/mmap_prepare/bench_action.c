// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the instructions of a mmap() that maps pages: by a loop in .mmap, by
 * an action in C, by the same action in Rust. Needs TEST_MMAP_ACTION, and the
 * number of the first page frame that its devices map as argument.
 *
 * One line per row, as those of bench.c: the name has the size in pages, and the
 * way.
 */
#include "bench.h"

#define ROUNDS		30
#define NR_PAGES	16384

static const char *const ways[] = { "loop", "c", "rust" };
/* Each has a device of each kind. */
static const char *const devices[ARRAY_SIZE(ways)] = {
	"/dev/test_mmap_loop", "/dev/test_mmap_action", "/dev/test_mmap_action_rust",
};

static const char *const kinds[] = { "pfns", "pages", "alternating", "array", "custom" };
static const int sizes[] = { 1, 16, 256, 4096, NR_PAGES };

static int fds[ARRAY_SIZE(ways)], fd_pagemap;
static uint64_t frames;

static uint64_t map(int way, int nr_pages, void **p)
{
	uint64_t start = now();

	*p = mmap((void *)(1UL << 40), nr_pages * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED_NOREPLACE, fds[way], 0);
	start = now() - start;
	if (*p == MAP_FAILED)
		die(devices[way]);
	return start;
}

/* All ways map the same: a frame which this is, or a page. */
static void check(const char *p, int kind, int nr_pages)
{
	int half = (nr_pages + 1) / 2;

	for (int i = 0; i < nr_pages; i++) {
		bool page = kind == 1 || kind == 3 || (kind == 2 && i % 2 == 0) ||
			    (kind == 4 && i < half);
		uint64_t entry, frame = frames + i - (kind == 4 ? half : 0);

		if (pread(fd_pagemap, &entry, sizeof(entry),
			  ((uintptr_t)p / PAGE + i) * sizeof(entry)) != sizeof(entry))
			die("pagemap");
		/* Present, and a page of a file. */
		if (entry >> 61 != (page ? 5 : 4) ||
		    (!page && (entry & ((1ULL << 55) - 1)) != frame)) {
			errno = 0;
			die("not what is to be mapped");
		}
	}
}

static void measure(int kind, int nr_pages, uint64_t *best)
{
	const int batches = nr_pages > 1000 ? 2 : 10;

	for (int way = 0; way < ARRAY_SIZE(ways); way++)
		best[way] = UINT64_MAX;
	for (int round = 0; round < ROUNDS; round++) {
		shift_caches();
		/* What one leaves in the page allocator's caches is there for the next. */
		for (int turn = 0; turn < ARRAY_SIZE(ways); turn++) {
			int way = (turn + round) % ARRAY_SIZE(ways);

			for (int batch = 0; batch < batches; batch++) {
				void *p;
				uint64_t took = map(way, nr_pages, &p);

				if (took < best[way])
					best[way] = took;
				if (!round && !batch)
					check(p, kind, nr_pages);
				if (munmap(p, nr_pages * PAGE))
					die("munmap");
			}
		}
	}
}

int main(int argc, char **argv)
{
	uint64_t empty = UINT64_MAX;

	fix_addresses(argv);
	frames = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	start_shifter();
	fd_pagemap = open("/proc/self/pagemap", O_RDONLY);
	if (fd_pagemap < 0)
		die("pagemap");
	for (int i = 0; i < 100; i++) {
		uint64_t start = now();
		uint64_t took = now() - start;

		if (took < empty)
			empty = took;
	}

	for (int kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		for (int way = 0; way < ARRAY_SIZE(ways); way++) {
			char name[64];

			snprintf(name, sizeof(name), "%s_%s", devices[way], kinds[kind]);
			fds[way] = open(name, O_RDWR);
			if (fds[way] < 0)
				die(name);
		}
		for (int size = 0; size < ARRAY_SIZE(sizes); size++) {
			uint64_t best[ARRAY_SIZE(ways)];

			measure(kind, sizes[size], best);
			for (int way = 0; way < ARRAY_SIZE(ways); way++) {
				char name[64];

				snprintf(name, sizeof(name), "%s %d/%s", kinds[kind], sizes[size],
					 ways[way]);
				report(name, best[way] - empty, 1);
			}
		}
		for (int way = 0; way < ARRAY_SIZE(ways); way++)
			close(fds[way]);
	}
	return 0;
}
