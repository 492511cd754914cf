// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping /dev/mem.
 *
 * What is mapped is memory of our own, whose physical address comes from
 * /proc/self/pagemap. With STRICT_DEVMEM that must be refused, and everything
 * but the contents is checked on memory of the firmware instead.
 */
#include <sys/prctl.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"

#define NPAGES 8

/*
 * Addresses that are no memory but can be read, on the machines of QEMU at
 * least: the BIOS (x86 in general), the first flash.
 */
#ifdef __x86_64__
#define FIRMWARE 0xf0000ULL
#else
#define FIRMWARE 0x0ULL
#endif

/* The bits of a physical address. */
static int phys_bits(void)
{
#ifdef __x86_64__
	static char text[65536];
	char *at;

	if (read_text("/proc/cpuinfo", text, sizeof(text)) <= 0)
		return 0;
	at = strstr(text, "address sizes\t: ");
	return at ? atoi(at + strlen("address sizes\t: ")) : 0;
#else
	return ikconfig("ARM64_PA_BITS_52") ? 52 : 48;
#endif
}

FIXTURE(map)
{
	int fd;
	bool strict;
	char *own;		/* NPAGES of memory, NULL if strict */
	uint64_t phys;		/* what is mapped */
	size_t len;
	char *p;		/* mapped, shared, read and write */
	struct vma vma;
};

FIXTURE_SETUP(map)
{
	self->strict = ikconfig("STRICT_DEVMEM");
	self->fd = open("/dev/mem", O_RDWR);
	ASSERT_LE(0, self->fd);
	self->len = NPAGES * PAGE;
	if (self->strict) {
		self->phys = FIRMWARE;
	} else {
		self->own = contiguous_buffer(self->len, &self->phys);
		ASSERT_NE(NULL, self->own);
		memset(self->own, 'o', self->len);
	}
	self->p = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, self->phys);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(map)
{
	close(self->fd);
}

TEST_F(map, both_directions)
{
	char *q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, self->phys);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, memcmp(self->p, q, self->len));
	if (!self->own)
		return;
	EXPECT_TRUE(filled_with(self->p, 'o', self->len));
	for (int i = 0; i < NPAGES; i++) {
		self->p[i * PAGE + i] = 'a' + i;
		EXPECT_EQ('a' + i, self->own[i * PAGE + i]);
		EXPECT_EQ('a' + i, q[i * PAGE + i]);
		self->own[i * PAGE] = 'A' + i;
		EXPECT_EQ('A' + i, self->p[i * PAGE]);
	}
}

/* Memory is what STRICT_DEVMEM keeps away, however it is mapped. */
TEST_F(map, strict_refuses_memory)
{
	static const int prot[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_EXEC };
	uint64_t phys, ram, len, top;
	char *own = contiguous_buffer(PAGE, &phys), *q;

	ASSERT_NE(NULL, own);
	ASSERT_TRUE(system_ram(&ram, &len, &top));
	for (int i = 0; i < ARRAY_SIZE(prot); i++) {
		for (int flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
			errno = 0;
			q = mmap(NULL, PAGE, prot[i], flags, self->fd, phys);
			EXPECT_EQ(self->strict, q == MAP_FAILED && errno == EPERM);
			EXPECT_EQ(self->strict, q == MAP_FAILED);
		}
	}
	/* One page of it in the range is enough. */
	errno = 0;
	q = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd, top - PAGE);
	EXPECT_EQ(self->strict, q == MAP_FAILED && errno == EPERM);
	EXPECT_EQ(self->strict, q == MAP_FAILED);
#ifdef __x86_64__
	/* But for the first megabyte, which has always been mapped in one piece. */
	EXPECT_NE(MAP_FAILED, mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, self->fd, 0));
	errno = 0;
	q = mmap(NULL, (1 << 20) + PAGE, PROT_READ, MAP_SHARED, self->fd, 0);
	EXPECT_EQ(self->strict, q == MAP_FAILED && errno == EPERM);
#endif
}

TEST_F(map, proc_maps_and_smaps)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->fd, &st));
	try_read(self->p);
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ((unsigned long)self->p, self->vma.start);
	EXPECT_EQ((unsigned long)self->p + self->len, self->vma.end);
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ("/dev/mem", self->vma.name);
	EXPECT_EQ(self->phys, self->vma.offset);
	EXPECT_EQ(st.st_ino, self->vma.inode);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw ms pf io de dd"))
		TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex mm ac dc lo ht wf")) TH_LOG("%s", self->vma.flags);
	/* Frames are not pages: none counts as resident. */
	EXPECT_EQ(0, self->vma.rss);
	EXPECT_EQ(0, self->vma.anon);
}

TEST_F(map, private_readonly)
{
	char *q = mmap(NULL, self->len, PROT_READ, MAP_PRIVATE, self->fd, self->phys);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, memcmp(self->p, q, self->len));
	EXPECT_EQ(SIGSEGV, try_write(q, 1));
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_STREQ("r--p", self->vma.perms);
	EXPECT_EQ(self->phys, self->vma.offset);
	EXPECT_TRUE(vma_has(&self->vma, "rd mr mw pf io de dd")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "wr sh ms ac")) TH_LOG("%s", self->vma.flags);
	/* Writing may be allowed later; it goes to a copy. */
	ASSERT_EQ(0, mprotect(q, self->len, PROT_READ | PROT_WRITE));
	q[0] = self->p[0] + 1;
	EXPECT_NE(q[0], self->p[0]);
}

TEST_F(map, private_copy_on_write)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, self->phys);
	char old = self->p[3 * PAGE];

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, memcmp(self->p, q, self->len));
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(self->phys, self->vma.offset);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr mr mw ac pf io de dd"))
		TH_LOG("%s", self->vma.flags);
	q[3 * PAGE] = old + 1;
	EXPECT_EQ(old, self->p[3 * PAGE]);
	EXPECT_EQ((char)(old + 1), q[3 * PAGE]);
	/* The rest of the copied page was copied, the next one is still seen through. */
	EXPECT_EQ(0, memcmp(q + 3 * PAGE + 1, self->p + 3 * PAGE + 1, 5 * PAGE - 1));
	if (self->own) {
		self->own[3 * PAGE + 1] = 'n';
		self->own[4 * PAGE] = 'n';
		EXPECT_EQ('o', q[3 * PAGE + 1]);
		EXPECT_EQ('n', q[4 * PAGE]);
	}
	/* Parts can go, and what remains keeps offset and contents. */
	ASSERT_EQ(0, munmap(q, 2 * PAGE));
	ASSERT_TRUE(vma_of(q + 3 * PAGE, &self->vma));
	EXPECT_EQ(self->phys + 2 * PAGE, self->vma.offset);
	EXPECT_EQ((char)(old + 1), q[3 * PAGE]);
}

TEST_F(map, private_copy_in_fork)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, self->phys);
	char old = self->p[0];

	ASSERT_NE(MAP_FAILED, q);
	q[0] = old + 1;
	EXPECT_TRUE(IN_CHILD({
		if (q[0] != (char)(old + 1) || q[PAGE] != self->p[PAGE])
			_exit(2);
		q[0] = old + 2;
		q[PAGE] = self->p[PAGE] + 1;
		_exit(self->p[0] != old);
	}));
	EXPECT_EQ((char)(old + 1), q[0]);
	EXPECT_EQ(self->p[PAGE], q[PAGE]);
}

TEST_F(map, rights_of_the_file)
{
	int rd = open("/dev/mem", O_RDONLY), wr = open("/dev/mem", O_WRONLY);
	char *q;

	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, rd, self->phys));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, wr, self->phys));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wr, self->phys));
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, rd, self->phys);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_STREQ("r--s", self->vma.perms);
	EXPECT_TRUE(vma_has(&self->vma, "rd mr ms pf io de dd")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "wr mw sh")) TH_LOG("%s", self->vma.flags);
	EXPECT_ERRNO(EACCES, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(SIGSEGV, try_write(q, 1));
	/* A private one may be written: the copy is the writer's. */
	q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, rd, self->phys);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, try_write(q, 'w'));
	EXPECT_EQ('w', q[0]);
}

TEST_F(map, write_only)
{
	char *q = mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, self->fd, self->phys);

	ASSERT_NE(MAP_FAILED, q);
	if (self->own) {
		EXPECT_EQ(0, try_write(q, 'w'));
		EXPECT_EQ('w', self->own[0]);
	}
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_STREQ("-w-s", self->vma.perms);
}

TEST_F(map, outlives_the_file_descriptor)
{
	close(self->fd);
	EXPECT_EQ(0, try_read(self->p));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("/dev/mem", self->vma.name);
}

TEST_F(map, partial_munmap)
{
	char *q;

	ASSERT_EQ(0, munmap(self->p + 3 * PAGE, 2 * PAGE));
	ASSERT_EQ(0, munmap(self->p, PAGE));
	ASSERT_EQ(0, munmap(self->p + 7 * PAGE, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 3 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 4 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 7 * PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p + 5 * PAGE, &self->vma));
	EXPECT_EQ(self->phys + 5 * PAGE, self->vma.offset);
	EXPECT_TRUE(vma_has(&self->vma, "pf io de dd")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(0, try_read(self->p + PAGE));
	EXPECT_EQ(0, try_read(self->p + 6 * PAGE));
	if (self->own) {
		self->own[5 * PAGE] = 'n';
		EXPECT_EQ('n', self->p[5 * PAGE]);
	}
	/* What is gone can be mapped anew while the rest is there. */
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, self->phys);
	EXPECT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, try_read(q));
}

TEST_F(map, mprotect)
{
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_READ));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	EXPECT_EQ(SIGSEGV, try_write(self->p, 1));
	EXPECT_EQ(0, try_read(self->p));
	ASSERT_EQ(0, mprotect(self->p, self->len, PROT_NONE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	ASSERT_EQ(0, mprotect(self->p, self->len, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, try_read(self->p));
	if (self->own) {
		EXPECT_EQ(0, try_write(self->p, 'w'));
		EXPECT_EQ('w', self->own[0]);
		EXPECT_TRUE(filled_with(self->p + 1, 'o', self->len - 1));
	}
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "rd wr pf io de dd")) TH_LOG("%s", self->vma.flags);
}

/* Nothing keeps it from holding code. */
TEST_F(map, exec)
{
	char *q = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, self->fd, self->phys);
#ifdef __x86_64__
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
#else
	static const unsigned int code[] = { 0x52800540, 0xd65f03c0 };
#endif

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_STREQ("r-xs", self->vma.perms);
	EXPECT_EQ(0, mprotect(self->p, PAGE, PROT_READ | PROT_EXEC));
	if (self->own) {
		memcpy(self->own, code, sizeof(code));
		__builtin___clear_cache(self->own, self->own + sizeof(code));
		__builtin___clear_cache(q, q + sizeof(code));
		EXPECT_EQ(42, ((int (*)(void))q)());
	}
}

TEST_F(map, prot_none)
{
	char *q = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, self->fd, self->phys);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(SIGSEGV, try_read(q));
	ASSERT_EQ(0, mprotect(q, PAGE, PROT_READ));
	EXPECT_EQ(0, try_read(q));
	EXPECT_EQ(self->p[0], q[0]);
}

TEST_F(map, mremap_shrink_and_move)
{
	char *at = mmap(NULL, self->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(self->p, mremap(self->p, self->len, 6 * PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 6 * PAGE));
	ASSERT_EQ(at, mremap(self->p, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_EQ(0, try_read(at + 5 * PAGE));
	ASSERT_TRUE(vma_of(at, &self->vma));
	EXPECT_EQ(self->phys, self->vma.offset);
	EXPECT_TRUE(vma_has(&self->vma, "pf io de dd")) TH_LOG("%s", self->vma.flags);
	if (self->own) {
		self->own[5 * PAGE] = 'n';
		EXPECT_EQ('n', at[5 * PAGE]);
	}
	/* Only the middle. */
	ASSERT_EQ(self->p, mremap(at + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				  self->p));
	EXPECT_EQ(SIGSEGV, try_read(at + 2 * PAGE));
	EXPECT_EQ(0, try_read(self->p));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(self->phys + 2 * PAGE, self->vma.offset);
}

TEST_F(map, mremap_refused)
{
	char *q;

	EXPECT_ERRNO(EFAULT, mremap(self->p, self->len, self->len + PAGE, 0));
	EXPECT_ERRNO(EFAULT, mremap(self->p, self->len, self->len + PAGE, MREMAP_MAYMOVE));
	EXPECT_ERRNO(EFAULT, mremap(self->p, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	/* A second look through a length of zero is growth, too. */
	EXPECT_ERRNO(EFAULT, mremap(self->p, 0, PAGE, MREMAP_MAYMOVE));
	EXPECT_ERRNO(EINVAL, mremap(self->p, self->len, self->len,
				    MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
	q = mmap(NULL, self->len, PROT_READ, MAP_PRIVATE, self->fd, self->phys);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_ERRNO(EINVAL, mremap(q, 0, PAGE, MREMAP_MAYMOVE));
	EXPECT_ERRNO(EFAULT, mremap(q, self->len, self->len + PAGE, MREMAP_MAYMOVE));
	/* Nothing has happened to it. */
	EXPECT_EQ(0, try_read(self->p));
	EXPECT_EQ(0, try_read(self->p + self->len - 1));
	EXPECT_EQ(1, vmas_in(self->p, self->len));
}

TEST_F(map, fork)
{
	EXPECT_TRUE(IN_CHILD({
		if (try_read(self->p) || !vma_of(self->p, &self->vma) ||
		    !vma_has(&self->vma, "pf io de dd"))
			_exit(2);
		if (self->own)
			self->p[PAGE] = 'c';
		/* The parent's mapping is not the child's. */
		_exit(munmap(self->p, self->len));
	}));
	EXPECT_EQ(0, try_read(self->p));
	if (self->own)
		EXPECT_EQ('c', self->p[PAGE]);
}

TEST_F(map, madvise_refused)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_FREE, MADV_COLD, MADV_PAGEOUT, MADV_WIPEONFORK,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_DODUMP, MADV_DOFORK,
		MADV_GUARD_INSTALL,
	};

	for (int i = 0; i < ARRAY_SIZE(advice); i++) {
		EXPECT_ERRNO(EINVAL, madvise(self->p, PAGE, advice[i]))
			TH_LOG("advice %d", advice[i]);
	}
	/* It asks the device to punch a hole. */
	EXPECT_ERRNO(ENODEV, madvise(self->p, PAGE, MADV_REMOVE));
	EXPECT_EQ(1, vmas_in(self->p, self->len));
	EXPECT_EQ(0, try_read(self->p));
}

TEST_F(map, madvise_fine)
{
	static const int advice[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTDUMP,
		MADV_KEEPONFORK,
	};

	for (int i = 0; i < ARRAY_SIZE(advice); i++) {
		EXPECT_EQ(0, madvise(self->p, self->len, advice[i]))
			TH_LOG("advice %d", advice[i]);
	}
	ASSERT_EQ(0, madvise(self->p, self->len, MADV_DONTFORK));
	EXPECT_TRUE(IN_CHILD(_exit(try_read(self->p) == SIGSEGV ? 0 : 2)));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "dc pf io de dd")) TH_LOG("%s", self->vma.flags);
}

/* Locking succeeds and does nothing: frames do not go away. */
TEST_F(map, mlock)
{
	char *q;

	ASSERT_EQ(0, mlock(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(0, munlock(self->p, self->len));
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_LOCKED, self->fd, self->phys);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
	ASSERT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, self->phys);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(0, try_read(q));
}

TEST_F(map, populate)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       self->fd, self->phys);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, memcmp(self->p, q, self->len));
	q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE,
		 self->fd, self->phys);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, memcmp(self->p, q, self->len));
}

TEST_F(map, fixed_over_another)
{
	char *area = mmap(NULL, self->len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), *q;

	ASSERT_NE(MAP_FAILED, area);
	memset(area, 'a', self->len);
	q = mmap(area + PAGE, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, self->fd, self->phys);
	ASSERT_EQ(area + PAGE, q);
	EXPECT_EQ(3, vmas_in(area, self->len));
	EXPECT_EQ(0, memcmp(q, self->p, 2 * PAGE));
	EXPECT_TRUE(filled_with(area, 'a', PAGE));
	EXPECT_TRUE(filled_with(area + 3 * PAGE, 'a', 5 * PAGE));
	/* Over a part of itself. */
	q = mmap(area + 2 * PAGE, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, self->fd,
		 self->phys + 4 * PAGE);
	ASSERT_EQ(area + 2 * PAGE, q);
	EXPECT_EQ(0, memcmp(area + PAGE, self->p, PAGE));
	EXPECT_EQ(0, memcmp(q, self->p + 4 * PAGE, 2 * PAGE));
	/* Anonymous memory over all of it. */
	q = mmap(area, self->len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ASSERT_EQ(area, q);
	EXPECT_TRUE(filled_with(area, 0, self->len));
	EXPECT_ERRNO(EEXIST, mmap(area, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE,
				  self->fd, self->phys));
}

/* Frames never merge, not even those that go on. */
TEST_F(map, neighbours)
{
	char *area = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
		ASSERT_EQ(area, mmap(area, 2 * PAGE, PROT_READ, flags | MAP_FIXED, self->fd,
				     self->phys));
		ASSERT_EQ(area + 2 * PAGE, mmap(area + 2 * PAGE, 2 * PAGE, PROT_READ,
						flags | MAP_FIXED, self->fd,
						self->phys + 2 * PAGE));
		EXPECT_EQ(2, vmas_in(area, 4 * PAGE));
		EXPECT_EQ(0, memcmp(area, self->p, 4 * PAGE));
	}
}

TEST_F(map, o_sync)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, self->phys);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(self->p[PAGE], q[PAGE]);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "pf io de dd")) TH_LOG("%s", self->vma.flags);
}

TEST_F(map, msync)
{
	EXPECT_EQ(0, msync(self->p, self->len, MS_ASYNC));
	/* There is no fsync operation. */
	EXPECT_ERRNO(EINVAL, msync(self->p, self->len, MS_SYNC));
}

TEST_F(map, mincore)
{
	unsigned char vec[NPAGES];

	memset(vec, 0xff, sizeof(vec));
	EXPECT_EQ(0, mincore(self->p, self->len, vec));
	EXPECT_TRUE(filled_with(vec, 1, sizeof(vec))) TH_LOG("%x", vec[0]);
}

/* MAP_SYNC is for files with FOP_MMAP_SYNC. */
TEST_F(map, sync)
{
	EXPECT_ERRNO(EOPNOTSUPP, mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC,
				      self->fd, self->phys));
	EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE, self->fd,
				   self->phys));
}

/* As a buffer: where copying is enough, not where pages are wanted. */
TEST_F(map, as_a_buffer)
{
	char buf[4];
	struct iovec local = { buf, 4 }, remote = { self->p + PAGE - 2, 4 };
	int p[2];

	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(4, write(p[1], self->p + PAGE - 2, 4));
	EXPECT_EQ(4, read(p[0], buf, 4));
	EXPECT_EQ(0, memcmp(buf, self->p + PAGE - 2, 4));
	EXPECT_ERRNO(EFAULT, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_ERRNO(EFAULT, vmsplice(p[1], &remote, 1, 0));
	if (self->own) {
		ASSERT_EQ(4, write(p[1], "abcd", 4));
		EXPECT_EQ(4, read(p[0], self->p + PAGE - 2, 4));
		EXPECT_EQ(0, memcmp(self->own + PAGE - 2, "abcd", 4));
	}
}

TEST_F(map, bad_arguments)
{
	EXPECT_ERRNO(EINVAL, mmap(NULL, 0, PROT_READ, MAP_SHARED, self->fd, self->phys));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, self->phys + 1));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, 0, self->fd, self->phys));
	EXPECT_ERRNO(EINVAL, mmap(self->p + 1, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, self->fd,
				  self->phys));
}

/* As far as physical addresses go, and not a page farther. */
TEST_F(map, physical_limit)
{
	int bits = phys_bits();
	uint64_t limit;

	ASSERT_LT(35, bits);
	limit = 1ULL << bits;
#ifdef __x86_64__
	EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, limit - PAGE));
#else
	/* The architecture compares the end, which is one too many for the last page. */
	EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, limit - 2 * PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, limit - PAGE));
#endif
	EXPECT_ERRNO(EINVAL, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd, limit - PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, limit));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 2 * limit));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, INT64_MIN));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				  INT64_MAX & ~(PAGE - 1)));
}

/* Around the end of the 64 bit numbers. */
TEST_F(map, wrap)
{
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, -2 * (off_t)PAGE));
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd,
				     -(off_t)PAGE));
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE, self->fd,
				     -(off_t)PAGE));
#ifdef __x86_64__
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, -(off_t)PAGE));
#endif
}

TEST_F(map, large)
{
	uint64_t ram, len, top;
	char *q;

	ASSERT_TRUE(system_ram(&ram, &len, &top));
	len &= ~(PAGE - 1);
	errno = 0;
	q = mmap(NULL, len, PROT_READ, MAP_SHARED, self->fd, ram);
	EXPECT_EQ(self->strict, q == MAP_FAILED && errno == EPERM);
	if (self->strict)
		return;
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(1, vmas_in(q, len));
	for (size_t at = 0; at < len; at += len / 64 & ~(PAGE - 1))
		EXPECT_EQ(0, try_read(q + at));
	if (self->phys >= ram && self->phys < ram + len)
		EXPECT_TRUE(filled_with(q + (self->phys - ram), 'o', self->len));
	EXPECT_EQ(0, munmap(q, len));
}

TEST_F(map, again_and_again)
{
	ASSERT_EQ(0, munmap(self->p, self->len));
	for (int i = 0; i < 1000; i++) {
		char *q = mmap(NULL, (1 + i % NPAGES) * PAGE, PROT_READ | PROT_WRITE,
			       i % 2 ? MAP_PRIVATE : MAP_SHARED, self->fd, self->phys);

		ASSERT_NE(MAP_FAILED, q);
		ASSERT_EQ(0, try_read(q));
		ASSERT_EQ(0, munmap(q, (1 + i % NPAGES) * PAGE));
	}
}

/* Another part of memory at the same address, through the old mapping's file. */
TEST_F(map, nonlinear)
{
	ASSERT_EQ(0, remap_file_pages(self->p, PAGE, 0, self->phys / PAGE + 3, 0));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(self->phys + 3 * PAGE, self->vma.offset);
	EXPECT_TRUE(vma_has(&self->vma, "pf io de dd")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(self->p[3 * PAGE], self->p[0]);
	if (self->own) {
		self->own[3 * PAGE] = 'n';
		EXPECT_EQ('n', self->p[0]);
	}
}

/* ---- the access operation: a debugger's way to memory that has no pages ---- */

TEST_F(map, debugger_reads_no_ram)
{
	int mem = open("/proc/self/mem", O_RDWR);
	char c = 'd';

	ASSERT_LE(0, mem);
	if (!self->own) {
		/* Ours is refused already when it is mapped, see above. */
		EXPECT_TRUE(self->strict);
		return;
	}
	EXPECT_ERRNO(EIO, pread(mem, &c, 1, (off_t)self->p));
	EXPECT_ERRNO(EIO, pwrite(mem, &c, 1, (off_t)self->p));
	EXPECT_EQ('o', self->own[0]);
}

#ifdef __x86_64__
TEST_F(map, debugger_reads_firmware)
{
	char *rom = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd, 0xfe000);
	int mem = open("/proc/self/mem", O_RDWR);
	static char buf[3 * 4096];

	ASSERT_NE(MAP_FAILED, rom);
	ASSERT_EQ(0, munmap(self->p, self->len));
	EXPECT_EQ(16, pread(mem, buf, 16, (off_t)rom + 0x1ff0));
	EXPECT_EQ((char)0xea, buf[0]);
	EXPECT_EQ(0, memcmp(buf, rom + 0x1ff0, 16));
	EXPECT_EQ(2 * PAGE, pread(mem, buf, 2 * PAGE, (off_t)rom));
	EXPECT_EQ(0, memcmp(buf, rom, 2 * PAGE));
	/* Not beyond the mapping, and nothing that the mapping may not do. */
	ASSERT_EQ(0, munmap(rom + PAGE, PAGE));
	EXPECT_EQ(1, pread(mem, buf, 100, (off_t)rom + PAGE - 1));
	EXPECT_ERRNO(EIO, pwrite(mem, buf, 1, (off_t)rom));
}

TEST_F(map, debugger_of_another_process)
{
	char *rom = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0xff000);
	char path[32], buf[16] = {};
	int mem, status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, rom);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY);
	EXPECT_LE(0, mem);
	EXPECT_EQ(16, pread(mem, buf, 16, (off_t)rom + 0xff0));
	EXPECT_EQ(0, memcmp(buf, rom + 0xff0, 16));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/* The screen's text page, if there is one, is memory that is no RAM. */
TEST_F(map, debugger_writes_device_memory)
{
	char *vga = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0xb8000);
	int mem = open("/proc/self/mem", O_RDWR);
	uint8_t old, c;

	ASSERT_NE(MAP_FAILED, vga);
	vga += 0xff0;
	old = load8(vga);
	store8(vga, ~old);
	if (load8(vga) == old)
		SKIP(return, "the machine has no VGA memory at 0xb8000");
	c = old ^ 0x55;
	EXPECT_EQ(1, pwrite(mem, &c, 1, (off_t)vga));
	EXPECT_EQ(c, load8(vga));
	store8(vga, old);
	EXPECT_EQ(1, pread(mem, &c, 1, (off_t)vga));
	EXPECT_EQ(old, c);
}

/*
 * What is mapped cached cannot be mapped uncached at the same time. The page
 * tables are filled when the mapping exists already; whatever goes wrong then
 * is EAGAIN.
 */
TEST_F(map, conflicting_cache_modes)
{
	/* Nothing is there, so that the first mapping decides. */
	uint64_t phys = 1ULL << (phys_bits() - 1);
	int sync = open("/dev/mem", O_RDWR | O_SYNC);
	char *area, *q;

	ASSERT_LE(0, sync);
	ASSERT_NE(MAP_FAILED, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd, phys));
	if (!ikconfig("X86_PAT")) {
		/* Without PAT nobody keeps track. */
		EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, sync, phys));
		return;
	}
	EXPECT_ERRNO(EAGAIN, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, sync, phys));
	EXPECT_ERRNO(EAGAIN, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, sync, phys + PAGE));
	EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, phys));
	/* What was there had to go before: a hole is left. */
	area = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	EXPECT_ERRNO(EAGAIN, mmap(area + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, sync,
				  phys));
	EXPECT_EQ(SIGSEGV, try_read(area + PAGE));
	EXPECT_EQ(0, try_read(area));
	EXPECT_EQ(0, try_read(area + 2 * PAGE));
	/* And one that works fits into it. */
	q = mmap(area + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, self->fd, phys);
	EXPECT_EQ(area + PAGE, q);
}
#else
/* The clock of QEMU's machine has registers that say what it is. */
TEST_F(map, debugger_reads_device)
{
	static const unsigned char id[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	int mem = open("/proc/self/mem", O_RDONLY);
	char *rtc;

	if (access("/sys/firmware/devicetree/base/pl031@9010000", F_OK))
		SKIP(return, "not QEMU's virt machine: no device is known to be harmless");
	rtc = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0x9010000);
	ASSERT_NE(MAP_FAILED, rtc);
	for (int i = 0; i < ARRAY_SIZE(id); i++) {
		char *reg = rtc + 0xfe0 + 4 * i;
		uint8_t c = 0xff;

		/* The upper half of the third is a revision. */
		EXPECT_EQ(id[i] & 0x0f, load32(reg) & 0x0f);
		EXPECT_EQ(1, pread(mem, &c, 1, (off_t)reg));
		EXPECT_EQ((uint8_t)load32(reg), c);
	}
}
#endif

TEST_HARNESS_MAIN
