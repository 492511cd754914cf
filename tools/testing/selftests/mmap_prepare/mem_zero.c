// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping /dev/zero: private is anonymous memory that keeps the file, shared is
 * a shmem file of its own for each mapping.
 */
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"

#define SHARED_NAME "/dev/zero (deleted)"

/* A number of /proc/meminfo in kB, or -1. */
static long meminfo_kb(const char *name)
{
	static char text[8192];
	char *at;

	if (read_text("/proc/meminfo", text, sizeof(text)) <= 0)
		return -1;
	at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -1;
}

/* ---- what private and shared mappings have in common ---- */

FIXTURE(map)
{
	int fd;
	size_t len;
	char *p;	/* eight pages, readable and writable */
	struct vma vma;
};

FIXTURE_VARIANT(map)
{
	int flags;
	const char *name;
	const char *perms;
};

FIXTURE_VARIANT_ADD(map, private) {
	.flags = MAP_PRIVATE, .name = "/dev/zero", .perms = "rw-p",
};

FIXTURE_VARIANT_ADD(map, shared) {
	.flags = MAP_SHARED, .name = SHARED_NAME, .perms = "rw-s",
};

FIXTURE_VARIANT_ADD(map, shared_validate) {
	.flags = MAP_SHARED_VALIDATE, .name = SHARED_NAME, .perms = "rw-s",
};

FIXTURE_SETUP(map)
{
	self->fd = open("/dev/zero", O_RDWR);
	ASSERT_LE(0, self->fd);
	self->len = 8 * PAGE;
	self->p = mmap(NULL, self->len, PROT_READ | PROT_WRITE, variant->flags, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(map)
{
	munmap(self->p, self->len);
	close(self->fd);
}

TEST_F(map, reads_zeroes_keeps_writes)
{
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
	memset(self->p, 'x', self->len);
	EXPECT_TRUE(filled_with(self->p, 'x', self->len));
}

TEST_F(map, proc_maps_and_smaps)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->fd, &st));
	self->p[0] = 1;
	self->p[5 * PAGE] = 1;
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ((unsigned long)self->p, self->vma.start);
	EXPECT_EQ((unsigned long)self->p + self->len, self->vma.end);
	EXPECT_EQ(0, self->vma.offset);
	EXPECT_STREQ(variant->perms, self->vma.perms);
	EXPECT_STREQ(variant->name, self->vma.name);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr mr mw")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex io pf mm de dd dc sd lo"))
		TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(2 * PAGE / 1024, self->vma.rss);
	if (variant->flags == MAP_PRIVATE) {
		EXPECT_EQ(2 * PAGE / 1024, self->vma.anon);
		EXPECT_TRUE(vma_has(&self->vma, "ac")) TH_LOG("%s", self->vma.flags);
		EXPECT_FALSE(vma_has_any(&self->vma, "sh ms")) TH_LOG("%s", self->vma.flags);
		/* The file is still the device's. */
		EXPECT_EQ(st.st_ino, self->vma.inode);
		EXPECT_EQ(makedev(self->vma.major, self->vma.minor), st.st_dev);
	} else {
		EXPECT_EQ(0, self->vma.anon);
		EXPECT_TRUE(vma_has(&self->vma, "sh ms")) TH_LOG("%s", self->vma.flags);
		EXPECT_FALSE(vma_has(&self->vma, "ac")) TH_LOG("%s", self->vma.flags);
		EXPECT_FALSE(makedev(self->vma.major, self->vma.minor) == st.st_dev &&
			     st.st_ino == self->vma.inode);
	}
}

TEST_F(map, proc_map_files)
{
	char path[96], link[64];
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)self->p,
		 (long)self->p + self->len);
	n = readlink(path, link, sizeof(link) - 1);
	ASSERT_LT(0, n);
	link[n] = '\0';
	EXPECT_STREQ(variant->name, link);
	/* Through the link one gets the file behind the mapping. */
	ASSERT_EQ(0, stat(path, &st));
	if (variant->flags == MAP_PRIVATE) {
		EXPECT_TRUE(S_ISCHR(st.st_mode));
		EXPECT_EQ(makedev(MEM_MAJOR, 5), st.st_rdev);
	} else {
		EXPECT_TRUE(S_ISREG(st.st_mode));
		EXPECT_EQ(self->len, st.st_size);
		/* Nobody has a name for it. */
		EXPECT_EQ(0, st.st_nlink);
	}
}

/* Two mappings of one open file have nothing in common. */
TEST_F(map, mappings_are_separate)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, variant->flags, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	memset(self->p, 'x', self->len);
	EXPECT_TRUE(filled_with(q, 0, self->len));
}

TEST_F(map, outlives_the_file_descriptor)
{
	close(self->fd);
	memset(self->p, 'x', self->len);
	EXPECT_TRUE(filled_with(self->p, 'x', self->len));
}

TEST_F(map, fork)
{
	self->p[0] = 'a';
	EXPECT_TRUE(IN_CHILD({
		if (self->p[0] != 'a')
			_exit(2);
		self->p[0] = 'b';
		self->p[PAGE] = 'c';
		_exit(0);
	}));
	EXPECT_EQ(variant->flags == MAP_PRIVATE ? 'a' : 'b', self->p[0]);
	EXPECT_EQ(variant->flags == MAP_PRIVATE ? 0 : 'c', self->p[PAGE]);
}

TEST_F(map, grandchildren)
{
	EXPECT_TRUE(IN_CHILD({
		self->p[0] = 'b';
		_exit(IN_CHILD({
			if (self->p[0] != 'b')
				_exit(2);
			self->p[0] = 'c';
			_exit(0);
		}) ? 0 : 3);
	}));
	EXPECT_EQ(variant->flags == MAP_PRIVATE ? 0 : 'c', self->p[0]);
}

TEST_F(map, partial_munmap)
{
	memset(self->p, 'x', self->len);
	ASSERT_EQ(0, munmap(self->p + 2 * PAGE, PAGE));
	ASSERT_EQ(0, munmap(self->p, PAGE));
	ASSERT_EQ(0, munmap(self->p + 7 * PAGE, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 2 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 7 * PAGE));
	EXPECT_TRUE(filled_with(self->p + PAGE, 'x', PAGE));
	EXPECT_TRUE(filled_with(self->p + 3 * PAGE, 'x', 4 * PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p + 3 * PAGE, &self->vma));
	EXPECT_STREQ(variant->name, self->vma.name);
	EXPECT_EQ(3 * PAGE, self->vma.offset);
}

TEST_F(map, mprotect)
{
	memset(self->p, 'x', self->len);
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, try_write(self->p, 1));
	EXPECT_EQ(0, try_read(self->p));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(filled_with(self->p, 'x', self->len));
	EXPECT_EQ(1, vmas_in(self->p, self->len));
	EXPECT_EQ(0, try_write(self->p, 1));
}

TEST_F(map, mprotect_exec)
{
	ASSERT_EQ(0, mprotect(self->p, self->len, PROT_READ | PROT_EXEC));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ('x', self->vma.perms[2]);
	EXPECT_TRUE(vma_has(&self->vma, "ex me")) TH_LOG("%s", self->vma.flags);
}

TEST_F(map, mremap_shrink_and_move)
{
	char *at = mmap(NULL, self->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;

	memset(self->p, 'x', self->len);
	ASSERT_EQ(self->p, mremap(self->p, self->len, 6 * PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 6 * PAGE));
	q = mremap(self->p, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at);
	ASSERT_EQ(at, q);
	EXPECT_TRUE(filled_with(q, 'x', 6 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_STREQ(variant->name, self->vma.name);
	EXPECT_EQ(0, self->vma.offset);
	/* Only the middle. */
	ASSERT_EQ(self->p, mremap(q + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				  self->p));
	EXPECT_TRUE(filled_with(self->p, 'x', PAGE));
	EXPECT_EQ(SIGSEGV, try_read(q + 2 * PAGE));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(2 * PAGE, self->vma.offset);
}

TEST_F(map, mremap_grow)
{
	size_t more = self->len + 4 * PAGE;
	char *q;

	memset(self->p, 'x', self->len);
	q = mremap(self->p, self->len, more, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	self->p = q;
	EXPECT_TRUE(filled_with(q, 'x', self->len));
	if (variant->flags == MAP_PRIVATE) {
		EXPECT_TRUE(filled_with(q + self->len, 0, 4 * PAGE));
		EXPECT_EQ(0, try_write(q + more - 1, 1));
	} else {
		/* The file does not grow with the mapping. */
		EXPECT_EQ(SIGBUS, try_read(q + self->len));
		EXPECT_EQ(SIGBUS, try_write(q + more - 1, 1));
	}
	self->len = more;
}

TEST_F(map, mremap_duplicate)
{
	char *q;

	if (variant->flags == MAP_PRIVATE) {
		EXPECT_ERRNO(EINVAL, mremap(self->p, 0, self->len, MREMAP_MAYMOVE));
		return;
	}
	q = mremap(self->p, 0, self->len, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	memset(self->p, 'x', self->len);
	EXPECT_TRUE(filled_with(q, 'x', self->len));
}

TEST_F(map, mremap_dontunmap)
{
	char *q;

	memset(self->p, 'x', self->len);
	q = mremap(self->p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_TRUE(filled_with(q, 'x', self->len));
	EXPECT_TRUE(filled_with(self->p, variant->flags == MAP_PRIVATE ? 0 : 'x', self->len));
}

TEST_F(map, madvise)
{
	static const int fine[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
				    MADV_COLD, MADV_PAGEOUT, MADV_DONTDUMP, MADV_DODUMP,
				    MADV_DONTFORK, MADV_DOFORK, MADV_KEEPONFORK, MADV_HUGEPAGE,
				    MADV_NOHUGEPAGE, MADV_POPULATE_READ, MADV_POPULATE_WRITE };
	bool private = variant->flags == MAP_PRIVATE;

	for (int i = 0; i < ARRAY_SIZE(fine); i++) {
		EXPECT_EQ(0, madvise(self->p, self->len, fine[i]))
			TH_LOG("advice %d", fine[i]);
	}

	memset(self->p, 'x', self->len);
	ASSERT_EQ(0, madvise(self->p, PAGE, MADV_DONTNEED));
	EXPECT_TRUE(filled_with(self->p, private ? 0 : 'x', PAGE));
	EXPECT_TRUE(filled_with(self->p + PAGE, 'x', PAGE));
	/* Anonymous memory is what private is, except where the file shows. */
	EXPECT_EQ(private ? 0 : -EINVAL, SYSRET(madvise(self->p, PAGE, MADV_FREE)));
	EXPECT_ERRNO(EINVAL, madvise(self->p, PAGE, MADV_WIPEONFORK));
	EXPECT_EQ(private ? -EACCES : 0, SYSRET(madvise(self->p + PAGE, PAGE, MADV_REMOVE)));
	EXPECT_TRUE(filled_with(self->p + PAGE, private ? 'x' : 0, PAGE));
	EXPECT_TRUE(filled_with(self->p + 2 * PAGE, 'x', PAGE));
}

TEST_F(map, madvise_dontfork)
{
	ASSERT_EQ(0, madvise(self->p, self->len, MADV_DONTFORK));
	EXPECT_TRUE(IN_CHILD(_exit(try_read(self->p) == SIGSEGV ? 0 : 2)));
	ASSERT_EQ(0, madvise(self->p, self->len, MADV_DOFORK));
	EXPECT_TRUE(IN_CHILD(_exit(try_read(self->p))));
}

TEST_F(map, mlock)
{
	ASSERT_EQ(0, mlock(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(self->len / 1024, self->vma.rss);
	EXPECT_EQ(self->len / 1024, self->vma.locked);
	EXPECT_ERRNO(EINVAL, madvise(self->p, PAGE, MADV_DONTNEED));
	ASSERT_EQ(0, munlock(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
}

TEST_F(map, mincore)
{
	unsigned char vec[8];

	self->p[3 * PAGE] = 1;
	ASSERT_EQ(0, mincore(self->p, self->len, vec));
	for (int i = 0; i < 8; i++) {
		EXPECT_EQ(i == 3, vec[i] & 1)
			TH_LOG("page %d", i);
	}
}

TEST_F(map, msync)
{
	EXPECT_EQ(0, msync(self->p, self->len, MS_ASYNC));
	EXPECT_EQ(0, msync(self->p, self->len, MS_SYNC));
	EXPECT_EQ(0, msync(self->p, self->len, MS_INVALIDATE));
}

/* Pages of the mapping serve as buffers, also from another process's view. */
TEST_F(map, as_a_buffer)
{
	char buf[3] = {};
	struct iovec local = { buf, 3 }, remote = { self->p + PAGE - 1, 3 };
	int mem = open("/proc/self/mem", O_RDWR), p[2];

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(3, write(p[1], "abc", 3));
	EXPECT_EQ(3, read(p[0], self->p + PAGE - 1, 3));
	EXPECT_EQ(3, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(0, memcmp(buf, "abc", 3));
	EXPECT_EQ(3, pwrite(mem, "def", 3, (off_t)self->p + PAGE - 1));
	EXPECT_EQ(0, memcmp(self->p + PAGE - 1, "def", 3));
	/* The device read into its own mapping. */
	EXPECT_EQ(self->len, read(self->fd, self->p, self->len));
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
}

TEST_F(map, offset)
{
	char *q = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, variant->flags, self->fd, PAGE);

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(PAGE, self->vma.offset);
	EXPECT_TRUE(filled_with(q, 0, 3 * PAGE));
	/* The shmem file is as long as the mapping, wherever that begins in it. */
	EXPECT_EQ(variant->flags == MAP_PRIVATE ? 0 : SIGBUS, try_read(q + 3 * PAGE));

	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, variant->flags, self->fd, 1));
	q = mmap(NULL, PAGE, PROT_READ, variant->flags, self->fd, -2 * (off_t)PAGE);
	EXPECT_NE(MAP_FAILED, q);
}

TEST_F(map, offset_overflow)
{
	/* The first page is addressable, the second is not. */
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, 2 * PAGE, PROT_READ, variant->flags, self->fd,
				     -(off_t)PAGE));
}

TEST_F(map, populate)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, variant->flags | MAP_POPULATE,
		       self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(self->len / 1024, self->vma.rss);
}

TEST_F(map, locked)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, variant->flags | MAP_LOCKED,
		       self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(self->len / 1024, self->vma.rss);
}

TEST_F(map, fixed_over_another)
{
	char *q;

	memset(self->p, 'x', self->len);
	/* Itself, anonymous memory, itself. */
	q = mmap(self->p + PAGE, PAGE, PROT_READ | PROT_WRITE, variant->flags | MAP_FIXED,
		 self->fd, 0);
	ASSERT_EQ(self->p + PAGE, q);
	EXPECT_TRUE(filled_with(self->p, 'x', PAGE));
	EXPECT_TRUE(filled_with(q, 0, PAGE));
	EXPECT_TRUE(filled_with(q + PAGE, 'x', 6 * PAGE));
	q = mmap(self->p, self->len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(self->p, q);
	memset(q, 'y', self->len);
	q = mmap(self->p, self->len, PROT_READ | PROT_WRITE, variant->flags | MAP_FIXED,
		 self->fd, 0);
	ASSERT_EQ(self->p, q);
	EXPECT_TRUE(filled_with(q, 0, self->len));
	EXPECT_ERRNO(EEXIST, mmap(self->p, PAGE, PROT_READ, variant->flags | MAP_FIXED_NOREPLACE,
				  self->fd, 0));
}

TEST_F(map, hint)
{
	char *q;

	ASSERT_EQ(0, munmap(self->p, self->len));
	q = mmap(self->p, self->len, PROT_READ, variant->flags, self->fd, 0);
	EXPECT_EQ(self->p, q);
	/* Taken: some other place. */
	q = mmap(self->p, self->len, PROT_READ, variant->flags, self->fd, 0);
	EXPECT_NE(MAP_FAILED, q);
	EXPECT_NE(self->p, q);
	/* Impossible: none. */
	EXPECT_ERRNO(ENOMEM, mmap(NULL, 1UL << 60, PROT_READ, variant->flags, self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(self->p + 1, PAGE, PROT_READ, variant->flags | MAP_FIXED,
				  self->fd, 0));
}

/* MAP_SYNC is for files with FOP_MMAP_SYNC. */
TEST_F(map, sync)
{
	if (variant->flags == MAP_SHARED_VALIDATE) {
		EXPECT_ERRNO(EOPNOTSUPP, mmap(NULL, PAGE, PROT_READ, variant->flags | MAP_SYNC,
					      self->fd, 0));
	} else {
		EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, variant->flags | MAP_SYNC,
					   self->fd, 0));
	}
}

TEST_F(map, exec_and_none)
{
	char *q = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, variant->flags, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ('x', self->vma.perms[2]);
	q = mmap(NULL, PAGE, PROT_NONE, variant->flags, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(SIGSEGV, try_read(q));
	ASSERT_EQ(0, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, try_write(q, 1));
}

/* Neither files nor pages stay behind. */
TEST_F(map, no_leak)
{
	long before, after;

	for (int warm = 0; warm < 2; warm++) {
		before = meminfo_kb("\nShmem:");
		ASSERT_LE(0, before);
		for (int i = 0; i < 300; i++) {
			char *q = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
				       variant->flags | MAP_POPULATE, self->fd, 0);

			ASSERT_NE(MAP_FAILED, q);
			ASSERT_EQ(0, munmap(q, 16 * PAGE));
		}
		after = meminfo_kb("\nShmem:");
	}
	/* 19 MB if each stayed. */
	EXPECT_GT(before + 1024, after);
}

/* Mapping after mapping replaces one at the same place. */
TEST_F(map, replace_without_leak)
{
	long before = meminfo_kb("\nShmem:");

	for (int i = 0; i < 300; i++) {
		ASSERT_EQ(self->p, mmap(self->p, self->len, PROT_READ | PROT_WRITE,
					variant->flags | MAP_FIXED | MAP_POPULATE, self->fd, 0));
	}
	EXPECT_GT(before + 1024, meminfo_kb("\nShmem:"));
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
}

TEST_F(map, accounting)
{
	size_t len = 256UL << 20;
	long before = meminfo_kb("\nCommitted_AS:"), during;
	char *q = mmap(NULL, len, PROT_READ | PROT_WRITE, variant->flags, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	during = meminfo_kb("\nCommitted_AS:");
	ASSERT_EQ(0, munmap(q, len));
	/* Once, not never and not twice; the counter is a little blurred. */
	EXPECT_LT(before + (192 << 10), during);
	EXPECT_GT(before + (384 << 10), during);
	EXPECT_GT(before + (64 << 10), meminfo_kb("\nCommitted_AS:"));
}

/* More than there can ever be is refused, unless it need not be there. */
TEST_F(map, overcommit)
{
	size_t len = 1UL << 40;
	char *q;

	EXPECT_ERRNO(ENOMEM, mmap(NULL, len, PROT_READ | PROT_WRITE, variant->flags, self->fd, 0));
	/* A refused mapping leaves no account. */
	EXPECT_GT(1L << 30, meminfo_kb("\nCommitted_AS:"));
	q = mmap(NULL, len, PROT_READ | PROT_WRITE,
		 (variant->flags == MAP_PRIVATE ? MAP_PRIVATE : MAP_SHARED) | MAP_NORESERVE,
		 self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, try_write(q + len / 2, 1));
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "nr")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(0, munmap(q, len));
}

/* ---- rights of the open file ---- */

TEST(readonly_file_shared)
{
	int fd = open("/dev/zero", O_RDONLY);
	struct vma vma;
	char *p;

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_TRUE(filled_with(p, 0, 4 * PAGE));
	ASSERT_TRUE(vma_of(p, &vma));
	/* Shared memory all the same, though it can never be written. */
	EXPECT_STREQ(SHARED_NAME, vma.name);
	EXPECT_STREQ("r--s", vma.perms);
	EXPECT_TRUE(vma_has(&vma, "rd mr ms")) TH_LOG("%s", vma.flags);
	EXPECT_FALSE(vma_has_any(&vma, "wr mw sh ac")) TH_LOG("%s", vma.flags);
	EXPECT_EQ(0, vma.anon);
	EXPECT_ERRNO(EACCES, mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(SIGSEGV, try_write(p, 1));
}

TEST(readonly_file_private)
{
	int fd = open("/dev/zero", O_RDONLY);
	struct vma vma;
	char *p;

	ASSERT_LE(0, fd);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, try_write(p, 'x'));
	EXPECT_EQ('x', p[0]);
	ASSERT_TRUE(vma_of(p, &vma));
	EXPECT_STREQ("/dev/zero", vma.name);
	EXPECT_TRUE(vma_has(&vma, "mw")) TH_LOG("%s", vma.flags);
}

TEST(writeonly_file)
{
	int fd = open("/dev/zero", O_WRONLY);

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_PRIVATE, fd, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0));
}

/* ---- merging ---- */

TEST(private_neighbours)
{
	int fd = open("/dev/zero", O_RDWR);
	char *area = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_FIXED;

	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED, area);
	/* Offsets that go on: one mapping. */
	ASSERT_EQ(area, mmap(area, 2 * PAGE, prot, flags, fd, 0));
	ASSERT_EQ(area + 2 * PAGE, mmap(area + 2 * PAGE, 2 * PAGE, prot, flags, fd, 2 * PAGE));
	EXPECT_EQ(1, vmas_in(area, 4 * PAGE));
	/* Offsets that do not: two. */
	ASSERT_EQ(area + 4 * PAGE, mmap(area + 4 * PAGE, 2 * PAGE, prot, flags, fd, 0));
	EXPECT_EQ(2, vmas_in(area, 6 * PAGE));
	/* Another file, and plain anonymous memory: three, four. */
	fd = open("/dev/zero", O_RDWR);
	ASSERT_EQ(area + 6 * PAGE, mmap(area + 6 * PAGE, PAGE, prot, flags, fd, 2 * PAGE));
	EXPECT_EQ(3, vmas_in(area, 7 * PAGE));
	ASSERT_EQ(area + 7 * PAGE, mmap(area + 7 * PAGE, PAGE, prot, flags | MAP_ANONYMOUS, -1, 0));
	EXPECT_EQ(4, vmas_in(area, 8 * PAGE));
	memset(area, 'x', 8 * PAGE);
	EXPECT_TRUE(filled_with(area, 'x', 8 * PAGE));
}

TEST(shared_neighbours)
{
	int fd = open("/dev/zero", O_RDWR);
	char *area = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_FIXED;

	ASSERT_LE(0, fd);
	/* Each has a file of its own: never one mapping. */
	ASSERT_EQ(area, mmap(area, 2 * PAGE, prot, flags, fd, 0));
	ASSERT_EQ(area + 2 * PAGE, mmap(area + 2 * PAGE, 2 * PAGE, prot, flags, fd, 2 * PAGE));
	EXPECT_EQ(2, vmas_in(area, 4 * PAGE));
}

/* ---- huge pages ---- */

static size_t huge_size(void)
{
	char text[32];

	if (read_text("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text,
		      sizeof(text)) <= 0)
		return 0;
	return atol(text);
}

TEST(private_is_aligned_for_huge_pages)
{
	int fd = open("/dev/zero", O_RDWR);
	size_t huge = huge_size();

	ASSERT_LE(0, fd);
	ASSERT_TRUE(ikconfig("TRANSPARENT_HUGEPAGE"));
	ASSERT_LT(0, huge);
	for (int i = 1; i <= 4; i++) {
		char *p, *q;

		p = mmap(NULL, huge * i + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(0, (unsigned long)p % huge) TH_LOG("%p", p);
		/* Less than a huge page goes where there is room. */
		q = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
		ASSERT_NE(MAP_FAILED, q);
		EXPECT_NE(0, (unsigned long)q % huge) TH_LOG("%p", q);
	}
}

/* The address follows the offset, so that file and memory are aligned alike. */
TEST(private_alignment_follows_the_offset)
{
	int fd = open("/dev/zero", O_RDWR);
	size_t huge = huge_size();
	char *p;

	ASSERT_LE(0, fd);
	ASSERT_LT(0, huge);
	p = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 5 * PAGE);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(5 * PAGE, (unsigned long)p % huge) TH_LOG("%p", p);
}

TEST(private_gets_huge_pages)
{
	int fd = open("/dev/zero", O_RDWR);
	size_t huge = huge_size();
	struct vma vma;
	char *p;

	ASSERT_LE(0, fd);
	ASSERT_LT(0, huge);
	p = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, madvise(p, 2 * huge, MADV_HUGEPAGE));
	p[0] = 1;
	p[huge] = 1;
	ASSERT_TRUE(vma_of(p, &vma));
	EXPECT_EQ(1, vma.thp_eligible);
	EXPECT_EQ(2 * huge / 1024, vma.huge);
	EXPECT_TRUE(filled_with(p + 1, 0, huge - 1));
	/* Splitting one in the middle keeps the contents. */
	memset(p, 'x', 2 * huge);
	ASSERT_EQ(0, munmap(p + huge + huge / 2, PAGE));
	EXPECT_TRUE(filled_with(p, 'x', huge + huge / 2));
	EXPECT_TRUE(filled_with(p + huge + huge / 2 + PAGE, 'x', huge / 2 - PAGE));
}

TEST(shared_large)
{
	int fd = open("/dev/zero", O_RDWR);
	size_t len = 3 * huge_size() + PAGE;
	char *p;

	ASSERT_LE(0, fd);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	memset(p, 'x', len);
	EXPECT_TRUE(IN_CHILD(_exit(filled_with(p, 'x', len) ? 0 : 2)));
}

/* ---- odds and ends ---- */

/* Many at a time, each with a file of its own; gone when one call unmaps all. */
TEST(many_shared)
{
	int fd = open("/dev/zero", O_RDWR), n = 1000;
	long shmem = meminfo_kb("\nShmem:");
	char *area = mmap(NULL, n * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, area);
	for (int i = 0; i < n; i++) {
		char *p = mmap(area + i * PAGE, PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_FIXED, fd, 0);

		ASSERT_EQ(area + i * PAGE, p);
		p[0] = i;
	}
	EXPECT_EQ(n, vmas_in(area, n * PAGE));
	EXPECT_LT(shmem + 3000, meminfo_kb("\nShmem:"));
	for (int i = 0; i < n; i++)
		EXPECT_EQ((char)i, area[i * PAGE]);
	ASSERT_EQ(0, munmap(area, n * PAGE));
	EXPECT_GT(shmem + 1024, meminfo_kb("\nShmem:"));
}

TEST(nonlinear)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, p);
	for (int i = 0; i < 4; i++)
		p[i * PAGE] = 'a' + i;
	ASSERT_EQ(0, remap_file_pages(p, PAGE, 0, 3, 0));
	EXPECT_EQ('d', p[0]);
	p[3 * PAGE] = 'z';
	EXPECT_EQ('z', p[0]);

	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	EXPECT_ERRNO(EINVAL, remap_file_pages(p, PAGE, 0, 3, 0));
}

TEST_HARNESS_MAIN
