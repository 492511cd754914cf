// SPDX-License-Identifier: GPL-2.0
/*
 * Counts instructions per operation on the memory devices, kcov and relay.
 *
 * One line per row: name, instructions of a batch, operations in it, with tabs
 * between. Each row is the least of several batches: a batch is short enough for
 * some to pass without a timer tick.
 */
#include "bench.h"
#include "kcov_test.h"
#include "relay_test.h"

#define BATCHES	100
#define ROUNDS	40	/* of a row that makes mappings */

static int fd_event, fd_mem, fd_null, fd_relay, fd_zero;
static struct channel channel;
static uint64_t ram, ram_len, phys;
static char *own;			/* at phys, one megabyte, and one more to copy with */
static char *buf;
static char *touched;			/* where the next first touch goes */

static void must(long got, long want, const char *what)
{
	if (got != want)
		die(what);
}

static void op_nothing(size_t len)
{
	asm volatile("" : : "r"(len) : "memory");
}

static void open_close(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0 || close(fd))
		die(path);
}

static void op_open_mem(size_t len) { open_close("/dev/mem"); }
static void op_open_null(size_t len) { open_close("/dev/null"); }
static void op_open_zero(size_t len) { open_close("/dev/zero"); }

static void map_unmap(int fd, size_t len, int flags, off_t offset)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, offset);

	if (p == MAP_FAILED || munmap(p, len))
		die("mmap");
}

static void op_mmap_mem(size_t len) { map_unmap(fd_mem, len, MAP_SHARED, ram); }
static void op_mmap_mem_private(size_t len) { map_unmap(fd_mem, len, MAP_PRIVATE, ram); }
static void op_mmap_zero_private(size_t len) { map_unmap(fd_zero, len, MAP_PRIVATE, 0); }
static void op_mmap_zero_shared(size_t len) { map_unmap(fd_zero, len, MAP_SHARED, 0); }

static void op_read_zero(size_t len) { must(read(fd_zero, buf, len), len, "read zero"); }
static void op_read_null(size_t len) { must(read(fd_null, buf, len), 0, "read null"); }
static void op_read_mem(size_t len) { must(pread(fd_mem, buf, len, phys), len, "read mem"); }
static void op_write_zero(size_t len) { must(write(fd_zero, buf, len), len, "write zero"); }
static void op_write_null(size_t len) { must(write(fd_null, buf, len), len, "write null"); }
static void op_write_mem(size_t len) { must(pwrite(fd_mem, buf, len, phys), len, "write mem"); }

static void op_lseek_mem(size_t len) { must(lseek(fd_mem, len, SEEK_SET), len, "lseek mem"); }
static void op_lseek_null(size_t len) { must(lseek(fd_null, len, SEEK_SET), 0, "lseek null"); }

static void op_kcov(size_t len)
{
	struct cover c;

	if (cover_open(&c, len / sizeof(uint64_t)) || ioctl(c.fd, KCOV_ENABLE, KCOV_TRACE_PC) ||
	    ioctl(c.fd, KCOV_DISABLE, 0))
		die("kcov");
	cover_close(&c);
}

static void op_eventfd(size_t len)
{
	uint64_t value = 1;

	must(write(fd_event, &value, sizeof(value)), sizeof(value), "write eventfd");
}

/* Sub-buffers of 4 KiB, which are written over. */
#define RELAY_SUBBUF	4096
#define RELAY_SUBBUFS	16

static void op_relay_map(size_t len)
{
	map_unmap(fd_relay, RELAY_SUBBUF * RELAY_SUBBUFS, MAP_PRIVATE, 0);
}

static void op_relay_fault(size_t len)
{
	char *p = mmap(NULL, RELAY_SUBBUF * RELAY_SUBBUFS, PROT_READ, MAP_SHARED, fd_relay, 0);

	if (p == MAP_FAILED)
		die("mmap relay");
	for (size_t at = 0; at < len; at += PAGE)
		load8(p + at);
	munmap(p, RELAY_SUBBUF * RELAY_SUBBUFS);
}

static void op_relay_write(size_t len)
{
	must(channel_write(&channel, TEST_RELAY_THIS_CPU, len / 64, 64), 0, "write relay");
}

static void op_relay_read(size_t len)
{
	op_relay_write(len);
	must(read(fd_relay, buf, len), len, "read relay");
}

static void op_relay_switch(size_t len)
{
	must(channel_flush(&channel), 0, "flush relay");
}

static void op_touch(size_t len)
{
	store8(touched, 1);
	touched += len;
}

/* ---- rows ---- */

#define TOUCHES 64

static const struct row {
	const char *name;
	void (*op)(size_t len);
	size_t len;
	int n;		/* operations in a batch */
	int flags;	/* of the mapping that is touched, if any */
	int rounds;	/* with the caches of mappings shifted, if any */
} rows[] = {
	{ "open_close_mem",		op_open_mem,		0,	8 },
	{ "open_close_null",		op_open_null,		0,	8 },
	{ "open_close_zero",		op_open_zero,		0,	8 },
	{ "mmap_munmap_mem_4k",		op_mmap_mem,		4 << 10,	8, 0, ROUNDS },
	{ "mmap_munmap_mem_64k",	op_mmap_mem,		64 << 10,	8, 0, ROUNDS },
	{ "mmap_munmap_mem_16m",	op_mmap_mem,		16 << 20,	1 },
	{ "mmap_munmap_mem_private_4k",	op_mmap_mem_private,	4 << 10,	8, 0, ROUNDS },
	{ "mmap_munmap_zero_private_64k", op_mmap_zero_private,	64 << 10,	8, 0, ROUNDS },
	{ "mmap_munmap_zero_private_4m", op_mmap_zero_private,	4 << 20,	8, 0, ROUNDS },
	{ "mmap_munmap_zero_shared_64k", op_mmap_zero_shared,	64 << 10,	8, 0, ROUNDS },
	{ "read_zero_4k",		op_read_zero,		4 << 10,	8 },
	{ "read_zero_1m",		op_read_zero,		1 << 20,	1 },
	{ "read_null_4k",		op_read_null,		4 << 10,	8 },
	{ "read_null_1m",		op_read_null,		1 << 20,	8 },
	{ "read_mem_4k",		op_read_mem,		4 << 10,	8 },
	{ "read_mem_1m",		op_read_mem,		1 << 20,	1 },
	{ "write_zero_4k",		op_write_zero,		4 << 10,	8 },
	{ "write_zero_1m",		op_write_zero,		1 << 20,	8 },
	{ "write_null_4k",		op_write_null,		4 << 10,	8 },
	{ "write_null_1m",		op_write_null,		1 << 20,	8 },
	{ "write_mem_4k",		op_write_mem,		4 << 10,	8 },
	{ "write_mem_1m",		op_write_mem,		1 << 20,	1 },
	{ "lseek_mem",			op_lseek_mem,		4 << 10,	8 },
	{ "lseek_null",			op_lseek_null,		4 << 10,	8 },
	/* From open to close, with a buffer of that size. */
	{ "kcov_64k",			op_kcov,		64 << 10,	2, 0, ROUNDS },
	{ "kcov_1m",			op_kcov,		1 << 20,	1, 0, ROUNDS },
	{ "relay_mmap_munmap_64k",	op_relay_map,		0,		8, 0, ROUNDS },
	{ "relay_mmap_fault_64k",	op_relay_fault,		64 << 10,	2, 0, ROUNDS },
	{ "relay_write_64",		op_relay_write,		64,		8 },
	{ "relay_write_16k",		op_relay_write,		16 << 10,	8 },
	{ "relay_write_read_4k",	op_relay_read,		4 << 10,	8 },
	{ "relay_switch",		op_relay_switch,	0,		8 },
	{ "touch_zero_private",	op_touch,	4 << 10,	TOUCHES, MAP_PRIVATE, ROUNDS },
	{ "touch_zero_shared",	op_touch,	4 << 10,	TOUCHES, MAP_SHARED, ROUNDS },
};

static uint64_t measure_batch(const struct row *row)
{
	size_t len = TOUCHES * PAGE;
	uint64_t start, took;
	char *p = NULL;

	if (row->flags) {
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, row->flags, fd_zero, 0);
		if (p == MAP_FAILED || madvise(p, len, MADV_NOHUGEPAGE))
			die("mmap to touch");
		touched = p;
	}
	start = now();
	for (int i = 0; i < row->n; i++)
		row->op(row->len);
	took = now() - start;
	if (row->flags)
		munmap(p, len);
	return took;
}

/* The least time that @n operations took in one batch. */
static uint64_t measure(const struct row *row)
{
	int rounds = row->rounds ?: 1, batches = BATCHES / (row->rounds ? 4 : 1);
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < rounds; round++) {
		if (row->rounds)
			shift_caches();
		/* Two batches of warming up. */
		for (int batch = -2; batch < batches; batch++) {
			uint64_t took = measure_batch(row);

			if (batch >= 0 && took < best)
				best = took;
		}
	}
	return best;
}

/* What a basic block takes more when it is recorded. */
static void measure_block(void)
{
	struct row row = { .op = op_eventfd, .n = 8 };
	uint64_t plain, recorded, blocks;
	struct cover c;

	fd_event = eventfd(0, 0);
	if (fd_event < 0 || cover_open(&c, COVER_WORDS))
		die("kcov");
	plain = measure(&row);
	if (ioctl(c.fd, KCOV_ENABLE, KCOV_TRACE_PC))
		die("KCOV_ENABLE");
	cover_reset(&c);
	recorded = measure(&row);
	blocks = cover_count(&c) / (BATCHES + 2);
	if (ioctl(c.fd, KCOV_DISABLE, 0) || !blocks)
		die("no instrumented code");
	cover_close(&c);
	report("kcov_basic_block", recorded - plain, blocks);
}

int main(int argc, char **argv)
{
	uint64_t top;

	fix_addresses(argv);
	start_shifter();
	fd_mem = open("/dev/mem", O_RDWR);
	fd_null = open("/dev/null", O_RDWR);
	fd_zero = open("/dev/zero", O_RDWR);
	if (fd_mem < 0 || fd_null < 0 || fd_zero < 0)
		die("open");
	if (channel_open(&channel, RELAY_SUBBUF, RELAY_SUBBUFS,
			 TEST_RELAY_UNSAFE | TEST_RELAY_OVERWRITE))
		die("channel");
	fd_relay = channel_file(&channel, 0, O_RDWR);
	if (fd_relay < 0)
		die("relay");
	if (!system_ram(&ram, &ram_len, &top) || ram_len < 32 << 20)
		die("no 32 MiB of System RAM in /proc/iomem");
	/* Aligned alike wherever memory begins. */
	ram = (ram + (2 << 20) - 1) & ~((2ULL << 20) - 1);
	own = contiguous_buffer(1 << 20, &phys);
	if (!own)
		die("no memory that is contiguous");
	buf = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (buf == MAP_FAILED)
		die("mmap");
	madvise(buf, 1 << 20, MADV_NOHUGEPAGE);
	memset(buf, 'b', 1 << 20);

	for (int i = 0; i < ARRAY_SIZE(rows); i++) {
		struct row nothing = { .op = op_nothing, .n = rows[i].n };
		uint64_t empty = measure(&nothing), took = measure(&rows[i]);

		report(rows[i].name, took - empty, rows[i].n);
	}
	measure_block();
	return 0;
}
