/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of the memory devices share. */
#ifndef __MMAP_PREPARE_MEM_TEST_H
#define __MMAP_PREPARE_MEM_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call_test.h"
#include "ikconfig.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* Newer than the headers of some C libraries. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif

#define MEM_MAJOR	1
#define PAGE		((size_t)getpagesize())
#define HUGE_PAGE	(2UL << 20)	/* of a kernel with pages of 4 KiB */

/* Runs @statement in a child, which is to _exit(); true if it did so with status 0. */
#define IN_CHILD(statement) ({					\
	int __status = -1;					\
	pid_t __pid = fork();					\
								\
	if (!__pid) {						\
		statement;					\
		_exit(1);					\
	}							\
	waitpid(__pid, &__status, 0);				\
	WIFEXITED(__status) && WEXITSTATUS(__status) == 0;	\
})

/* ---- address space, as /proc/self/smaps shows it ---- */

struct vma {
	unsigned long start, end, offset, inode;
	unsigned int major, minor;
	char perms[5];
	char name[128];
	char flags[160];	/* VmFlags, a blank before and after each */
	long rss, anon, huge, locked, thp_eligible;
};

/* The mapping that @addr lies in. */
static inline bool vma_of(const void *addr, struct vma *vma)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long a = (unsigned long)addr;
	bool inside = false, found = false;
	char line[512];

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		struct vma v = {};
		int n = 0;
		long kb;

		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &v.start, &v.end, v.perms,
			   &v.offset, &v.major, &v.minor, &v.inode, &n) == 7) {
			if (inside)
				break;
			inside = a >= v.start && a < v.end;
			if (!inside)
				continue;
			line[strcspn(line, "\n")] = '\0';
			snprintf(v.name, sizeof(v.name), "%s", line + n);
			*vma = v;
			found = true;
		} else if (!inside) {
			continue;
		} else if (sscanf(line, "Rss: %ld", &kb) == 1) {
			vma->rss = kb;
		} else if (sscanf(line, "Anonymous: %ld", &kb) == 1) {
			vma->anon = kb;
		} else if (sscanf(line, "AnonHugePages: %ld", &kb) == 1) {
			vma->huge = kb;
		} else if (sscanf(line, "Locked: %ld", &kb) == 1) {
			vma->locked = kb;
		} else if (sscanf(line, "THPeligible: %ld", &kb) == 1) {
			vma->thp_eligible = kb;
		} else if (!strncmp(line, "VmFlags:", 8)) {
			snprintf(vma->flags, sizeof(vma->flags), "%s", line + 8);
			vma->flags[strcspn(vma->flags, "\n")] = ' ';
		}
	}
	fclose(f);
	return found;
}

/* Whether the flags of @vma contain each of the two-letter words in @words. */
static inline bool vma_has(const struct vma *vma, const char *words)
{
	char word[5] = " xx ";

	for (; *words; words += words[2] ? 3 : 2) {
		word[1] = words[0];
		word[2] = words[1];
		if (!strstr(vma->flags, word))
			return false;
	}
	return true;
}

/* Whether the flags of @vma contain any of the two-letter words in @words. */
static inline bool vma_has_any(const struct vma *vma, const char *words)
{
	char word[3] = "xx";

	for (; *words; words += words[2] ? 3 : 2) {
		word[0] = words[0];
		word[1] = words[1];
		if (vma_has(vma, word))
			return true;
	}
	return false;
}

/* How many mappings lie in [addr, addr + len), in /proc/self/maps. */
static inline int vmas_in(const void *addr, size_t len)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end, a = (unsigned long)addr;
	char line[512];
	int n = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start < a + len && end > a)
			n++;
	fclose(f);
	return n;
}

/* ---- access that may fault ---- */

static sigjmp_buf __fault_env;

static inline void __fault_handler(int sig)
{
	siglongjmp(__fault_env, sig);
}

/* One load and one store, which the compiler neither drops nor joins with others. */
static inline uint8_t load8(const void *p)
{
	uint8_t value;

	asm volatile("" : "+r"(p) : : "memory");
	value = *(const uint8_t *)p;
	asm volatile("" : "+r"(value) : : "memory");
	return value;
}

static inline uint32_t load32(const void *p)
{
	uint32_t value;

	asm volatile("" : "+r"(p) : : "memory");
	value = *(const uint32_t *)p;
	asm volatile("" : "+r"(value) : : "memory");
	return value;
}

static inline void store32(void *p, uint32_t value)
{
	asm volatile("" : "+r"(p) : : "memory");
	*(uint32_t *)p = value;
	asm volatile("" : : : "memory");
}

static inline void store8(void *p, uint8_t value)
{
	asm volatile("" : "+r"(p) : : "memory");
	*(uint8_t *)p = value;
	asm volatile("" : : : "memory");
}

/* Returns 0, or the signal that the access raised. */
static inline int __try_access(void *p, int value)
{
	struct sigaction sa = { .sa_handler = __fault_handler }, segv, bus;
	int sig;

	sigaction(SIGSEGV, &sa, &segv);
	sigaction(SIGBUS, &sa, &bus);
	sig = sigsetjmp(__fault_env, 1);
	if (!sig) {
		if (value < 0)
			load8(p);
		else
			store8(p, value);
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return sig;
}

static inline int try_read(const void *p)
{
	return __try_access((void *)p, -1);
}

static inline int try_write(void *p, unsigned char value)
{
	return __try_access(p, value);
}

/* Whether @len bytes at @p are all @value. */
static inline bool filled_with(const void *p, int value, size_t len)
{
	const unsigned char *c = p;

	return !len || (c[0] == value && !memcmp(c, c + 1, len - 1));
}

/* A page without access after @len usable bytes; returns the first of them. */
static inline char *buffer_before_hole(size_t len)
{
	size_t pages = (len + PAGE - 1) / PAGE * PAGE;
	char *p = mmap(NULL, pages + PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED || munmap(p + pages, PAGE) ||
	    mmap(p + pages, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		return NULL;
	return p + pages - len;
}

/* ---- physical memory ---- */

/* The physical address of a page of ours, or 0. Needs CAP_SYS_ADMIN. */
static inline uint64_t phys_of(const void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, 8, (uintptr_t)p / PAGE * 8) != 8 || !(entry >> 63))
		entry = 0;
	close(fd);
	return (entry & ((1ULL << 55) - 1)) * PAGE;
}

/*
 * @len bytes of our own that are contiguous in physical memory, and stay where
 * they are. Returns NULL if the kernel has no such memory left.
 */
static inline char *contiguous_buffer(size_t len, uint64_t *phys)
{
	size_t huge = HUGE_PAGE;
	char *p, *q;

	p = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (len > huge || p == MAP_FAILED)
		return NULL;
	q = (char *)(((uintptr_t)p + huge - 1) / huge * huge);
	madvise(q, huge, MADV_HUGEPAGE);
	memset(q, 0, len);
	if (mlock(q, len))
		return NULL;
	*phys = phys_of(q);
	if (!*phys)
		return NULL;
	for (size_t i = 0; i < len; i += PAGE)
		if (phys_of(q + i) != *phys + i)
			return NULL;
	return q;
}

/* The longest "System RAM" of /proc/iomem, and where the last one ends. */
static inline bool system_ram(uint64_t *start, uint64_t *len, uint64_t *top)
{
	FILE *f = fopen("/proc/iomem", "r");
	unsigned long long s, e;
	char line[160];

	*len = 0;
	*top = 0;
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == ' ' || !strstr(line, "System RAM"))
			continue;
		if (sscanf(line, "%llx-%llx", &s, &e) != 2 || e <= s)
			continue;
		if (e - s + 1 > *len) {
			*start = s;
			*len = e - s + 1;
		}
		*top = e + 1;
	}
	fclose(f);
	return *len;
}

/* ---- rights ---- */

/* Gives up one capability for good (in this process). */
static inline int drop_capability(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -1;
	data[cap / 32].effective &= ~(1u << (cap % 32));
	data[cap / 32].permitted &= ~(1u << (cap % 32));
	data[cap / 32].inheritable &= ~(1u << (cap % 32));
	return syscall(SYS_capset, &head, data);
}

static inline ssize_t read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	if (n >= 0)
		buf[n] = '\0';
	close(fd);
	return n;
}

#endif
