// SPDX-License-Identifier: GPL-2.0
/*
 * A tour of the memory devices: each is opened, read, mapped and touched. One
 * line a step: what was asked, what the kernel answered, who serves the device.
 * Exits with the number of steps that did not go as they should.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *server;
static size_t page;
static int bad;

static void line(const char *dev, int ok, const char *asked, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void line(const char *dev, int ok, const char *asked, const char *fmt, ...)
{
	char answer[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(answer, sizeof(answer), fmt, ap);
	va_end(ap);
	printf("%s %-22s %-44s %-36s [%s]\n", ok ? "ok  " : "FAIL", dev, asked, answer, server);
	bad += !ok;
}

/* Rust symbols carry the name of their crate, C ones do not. */
static const char *who_serves(const char *rust_crate)
{
	static char buf[512];
	FILE *f = fopen("/proc/kallsyms", "r");
	const char *who = "C";

	while (f && fgets(buf, sizeof(buf), f)) {
		if (strstr(buf, rust_crate)) {
			who = "Rust";
			break;
		}
	}
	if (f)
		fclose(f);
	return who;
}

static int open_step(const char *dev, int flags)
{
	int fd = open(dev, flags);

	if (fd < 0)
		line(dev, 0, "open", "%s", strerror(errno));
	else
		line(dev, 1, "open", "a file");
	return fd;
}

static void *map_step(const char *dev, int fd, const char *asked, int prot, int flags, off_t off)
{
	void *p = mmap(NULL, page, prot, flags, fd, off);

	if (p == MAP_FAILED) {
		line(dev, 0, asked, "%s", strerror(errno));
		return NULL;
	}
	line(dev, 1, asked, "mapped");
	return p;
}

static void zero(void)
{
	const char *dev = "/dev/zero";
	char buf[16] = "not zero";
	int fd = open_step(dev, O_RDWR);
	char *p, *q;

	if (fd < 0)
		return;
	line(dev, read(fd, buf, sizeof(buf)) == sizeof(buf) && !buf[0], "read 16 bytes",
	     "16 bytes, first is %d", buf[0]);
	p = map_step(dev, fd, "map a page, private", PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	if (p) {
		line(dev, *p == 0, "touch it (fault)", "a zero page, reads %d", *p);
		*p = 42;
		line(dev, *p == 42, "write 42 to it", "reads %d", *p);
	}
	q = map_step(dev, fd, "map a page, shared", PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	if (q) {
		*q = 43;
		line(dev, *q == 43, "write 43 to it (fault)", "reads %d", *q);
	}
	close(fd);
}

static void null(void)
{
	const char *dev = "/dev/null";
	int fd = open_step(dev, O_RDWR);
	char c;

	if (fd < 0)
		return;
	line(dev, write(fd, "gone", 4) == 4, "write 4 bytes", "4 bytes taken");
	line(dev, read(fd, &c, 1) == 0, "read 1 byte", "end of file");
	line(dev, mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == ENODEV,
	     "map a page", "%s", strerror(errno));
	close(fd);
}

static void full(void)
{
	const char *dev = "/dev/full";
	int fd = open_step(dev, O_RDWR);

	if (fd < 0)
		return;
	line(dev, write(fd, "x", 1) < 0 && errno == ENOSPC, "write 1 byte", "%s", strerror(errno));
	close(fd);
}

/* The frame of a page of ours, so that it can be looked at from both sides. */
static uint64_t frame_of(void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)p / page * 8) != 8)
		entry = 0;
	close(fd);
	return entry & ((1ULL << 55) - 1);
}

static void mem(void)
{
	const char *dev = "/dev/mem";
	char buf[32] = "", *mine, *p;
	uint64_t pfn;
	int fd;

	mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	strcpy(mine, "a page of this program");
	pfn = frame_of(mine);
	fd = open_step(dev, O_RDWR);
	if (fd < 0)
		return;
	pread(fd, buf, 22, pfn * page);
	line(dev, !strcmp(buf, mine), "read 22 bytes of one of our frames", "\"%s\"", buf);
	p = map_step(dev, fd, "map that frame, shared", PROT_READ | PROT_WRITE, MAP_SHARED, pfn * page);
	if (p) {
		line(dev, !strcmp(p, mine), "read through the mapping", "\"%.22s\"", p);
		strcpy(p, "written by /dev/mem");
		line(dev, !strcmp(p, mine), "write through it, look at our page", "\"%s\"", mine);
	}
	line(dev, mmap(NULL, page, PROT_READ, MAP_SHARED, fd, -2 * (off_t)page) == MAP_FAILED &&
	     errno == EINVAL, "map beyond physical memory", "%s", strerror(errno));
	close(fd);
}

static void port(void)
{
#ifdef __x86_64__
	const char *dev = "/dev/port";
	int fd = open_step(dev, O_RDONLY);
	unsigned char c = 0;

	if (fd < 0)
		return;
	line(dev, pread(fd, &c, 1, 0x61) == 1, "read port 0x61", "0x%02x", c);
	close(fd);
#endif
}

static void minimal(void)
{
	const char *dev = "/dev/rust_mmap_minimal";
	int fd;
	char *p, *q;

	if (access(dev, F_OK))
		return;
	server = "Rust";
	fd = open_step(dev, O_RDWR);
	if (fd < 0)
		return;
	p = map_step(dev, fd, "map a page, shared", PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	q = map_step(dev, fd, "map it once more", PROT_READ, MAP_SHARED, 0);
	if (p && q) {
		*p = 44;
		line(dev, *q == 44, "write 44 to the first, read the second", "reads %d", *q);
	}
	close(fd);
}

int main(void)
{
	struct utsname u;

	uname(&u);
	page = sysconf(_SC_PAGESIZE);
	server = who_serves("mem_rust");
	printf("Linux %s, %s\n", u.release, u.machine);
	zero();
	null();
	full();
	mem();
	port();
	minimal();
	printf("%s\n", bad ? "some steps went wrong" : "every step went as it should");
	return bad;
}
