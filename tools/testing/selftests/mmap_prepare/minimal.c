// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_mmap_minimal.rs: each open of the device
 * has four pages of its own, which can be mapped from any of them on.
 */
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"

#define DEVICE	"/dev/rust_mmap_minimal"
#define NPAGES	4

FIXTURE(minimal)
{
	int fd;
	size_t len;
	char *p;	/* all of it, shared, read and write */
	struct vma vma;
};

FIXTURE_SETUP(minimal)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: enable SAMPLE_RUST_MMAP_MINIMAL", strerror(errno));
	self->len = NPAGES * PAGE;
	self->p = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(minimal)
{
	close(self->fd);
}

TEST_F(minimal, node)
{
	struct stat st;

	ASSERT_EQ(0, stat(DEVICE, &st));
	EXPECT_EQ(S_IFCHR | 0600, st.st_mode);
	EXPECT_EQ(10, major(st.st_rdev));
}

TEST_F(minimal, zeroes_then_contents)
{
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
	for (int i = 0; i < NPAGES; i++)
		memset(self->p + i * PAGE, 'a' + i, PAGE);
	for (int i = 0; i < NPAGES; i++)
		EXPECT_TRUE(filled_with(self->p + i * PAGE, 'a' + i, PAGE));
}

TEST_F(minimal, mappings_of_one_file_share)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	self->p[PAGE] = 'p';
	EXPECT_EQ('p', q[PAGE]);
	q[3 * PAGE] = 'q';
	EXPECT_EQ('q', self->p[3 * PAGE]);
	/* Contents live as long as the file, not as the mapping. */
	ASSERT_EQ(0, munmap(self->p, self->len));
	ASSERT_EQ(0, munmap(q, self->len));
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ('p', q[PAGE]);
	EXPECT_EQ('q', q[3 * PAGE]);
}

TEST_F(minimal, files_share_nothing)
{
	int fd = open(DEVICE, O_RDWR);
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	memset(self->p, 'p', self->len);
	EXPECT_TRUE(filled_with(q, 0, self->len));
}

TEST_F(minimal, freed_memory_comes_back_clean)
{
	for (int i = 0; i < 200; i++) {
		int fd = open(DEVICE, O_RDWR);
		char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		ASSERT_NE(MAP_FAILED, q);
		ASSERT_TRUE(filled_with(q, 0, self->len));
		memset(q, 'd', self->len);
		ASSERT_EQ(0, munmap(q, self->len));
		ASSERT_EQ(0, close(fd));
	}
}

TEST_F(minimal, outlives_the_file_descriptor)
{
	int fd;
	char *q;

	self->p[0] = 'p';
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ('p', self->p[0]);
	/* The memory is still the mapping's, nobody else is given it. */
	fd = open(DEVICE, O_RDWR);
	q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	memset(q, 'q', self->len);
	EXPECT_EQ('p', self->p[0]);
	EXPECT_TRUE(filled_with(self->p + 1, 0, self->len - 1));
}

TEST_F(minimal, offset)
{
	char *q;

	for (int i = 0; i < NPAGES; i++)
		self->p[i * PAGE] = 'a' + i;
	for (int from = 0; from < NPAGES; from++) {
		for (int n = 1; n <= NPAGES + 1; n++) {
			errno = 0;
			q = mmap(NULL, n * PAGE, PROT_READ, MAP_SHARED, self->fd, from * PAGE);
			if (from + n > NPAGES) {
				EXPECT_EQ(MAP_FAILED, q);
				EXPECT_EQ(EINVAL, errno);
				continue;
			}
			ASSERT_NE(MAP_FAILED, q);
			for (int i = 0; i < n; i++)
				EXPECT_EQ('a' + from + i, q[i * PAGE]);
			ASSERT_TRUE(vma_of(q, &self->vma));
			EXPECT_EQ(from * PAGE, self->vma.offset);
		}
	}
}

TEST_F(minimal, bad_ranges)
{
	static const off_t pages[] = { 4, 5, 6, 1 << 20, 1L << 40, (1L << 52) - 2 };

	for (int i = 0; i < ARRAY_SIZE(pages); i++) {
		EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
					  pages[i] * PAGE)) TH_LOG("page %ld", pages[i]);
	}
	EXPECT_ERRNO(EINVAL, mmap(NULL, 1UL << 30, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, -(off_t)PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 1));
	EXPECT_ERRNO(EINVAL, mmap(NULL, 0, PROT_READ, MAP_SHARED, self->fd, 0));
	/* Less than a page is a page. */
	EXPECT_NE(MAP_FAILED, mmap(NULL, 3 * PAGE + 1, PROT_READ, MAP_SHARED, self->fd, 0));
}

/* A mapping that is refused leaves a hole where it would have been. */
TEST_F(minimal, refused_over_another)
{
	char *area = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ASSERT_NE(MAP_FAILED, area);
	memset(area, 'a', 8 * PAGE);
	EXPECT_ERRNO(EINVAL, mmap(area + PAGE, 5 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED,
				  self->fd, 0));
	EXPECT_EQ(0, try_read(area));
	EXPECT_EQ(0, try_read(area + 6 * PAGE));
	EXPECT_EQ(area + PAGE, mmap(area + PAGE, 4 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED,
				    self->fd, 0));
	EXPECT_TRUE(filled_with(area + PAGE, 0, 4 * PAGE));
}

TEST_F(minimal, proc_maps_and_smaps)
{
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ(DEVICE, self->vma.name);
	EXPECT_EQ((unsigned long)self->p, self->vma.start);
	EXPECT_EQ((unsigned long)self->p + self->len, self->vma.end);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw ms mm")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex pf io de dd dc lo ac"))
		TH_LOG("%s", self->vma.flags);
	/* Mapped when it was made, before any access. */
	EXPECT_EQ(self->len / 1024, self->vma.rss);
	EXPECT_EQ(0, self->vma.anon);
}

TEST_F(minimal, private)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_STREQ("rw-p", self->vma.perms);
	self->p[0] = 'p';
	EXPECT_EQ('p', q[0]);
	/* The write goes to a copy, of this page alone. */
	q[1] = 'q';
	EXPECT_EQ(0, self->p[1]);
	self->p[0] = 'P';
	self->p[PAGE] = 'P';
	EXPECT_EQ('p', q[0]);
	EXPECT_EQ('P', q[PAGE]);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(PAGE / 1024, self->vma.anon);
}

TEST_F(minimal, rights_of_the_file)
{
	int rd = open(DEVICE, O_RDONLY), wr = open(DEVICE, O_WRONLY);
	char *q;

	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, rd, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, wr, 0));
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, rd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_TRUE(filled_with(q, 0, PAGE));
	EXPECT_ERRNO(EACCES, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(SIGSEGV, try_write(q, 1));
}

TEST_F(minimal, exec)
{
	char *q = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, self->fd, 0);
#ifdef __x86_64__
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
#else
	static const unsigned int code[] = { 0x52800540, 0xd65f03c0 };
#endif

	ASSERT_NE(MAP_FAILED, q);
	memcpy(self->p, code, sizeof(code));
	__builtin___clear_cache(q, q + sizeof(code));
	EXPECT_EQ(42, ((int (*)(void))q)());
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "rd ex me mm")) TH_LOG("%s", self->vma.flags);
}

TEST_F(minimal, fork)
{
	self->p[0] = 'p';
	EXPECT_TRUE(IN_CHILD({
		if (self->p[0] != 'p')
			_exit(2);
		self->p[PAGE] = 'c';
		_exit(munmap(self->p, self->len));
	}));
	EXPECT_EQ('c', self->p[PAGE]);
	EXPECT_EQ('p', self->p[0]);
}

/* The file passed on: the child maps the same memory anew. */
TEST_F(minimal, file_in_another_process)
{
	EXPECT_TRUE(IN_CHILD({
		char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

		q[2 * PAGE] = 'c';
		_exit(0);
	}));
	EXPECT_EQ('c', self->p[2 * PAGE]);
}

TEST_F(minimal, partial_munmap)
{
	memset(self->p, 'p', self->len);
	ASSERT_EQ(0, munmap(self->p + PAGE, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + PAGE));
	EXPECT_TRUE(filled_with(self->p, 'p', PAGE));
	EXPECT_TRUE(filled_with(self->p + 2 * PAGE, 'p', 2 * PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p + 2 * PAGE, &self->vma));
	EXPECT_EQ(2 * PAGE, self->vma.offset);
	EXPECT_EQ(2 * PAGE / 1024, self->vma.rss);
	ASSERT_EQ(0, munmap(self->p, PAGE));
	ASSERT_EQ(0, munmap(self->p + 3 * PAGE, PAGE));
	EXPECT_EQ(1, vmas_in(self->p, self->len));
	/* And back again into the hole. */
	ASSERT_EQ(self->p, mmap(self->p, self->len, PROT_READ, MAP_SHARED | MAP_FIXED,
				self->fd, 0));
	EXPECT_TRUE(filled_with(self->p, 'p', self->len));
}

TEST_F(minimal, mprotect)
{
	self->p[0] = 'p';
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, try_write(self->p, 1));
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	ASSERT_EQ(0, mprotect(self->p, self->len, PROT_READ | PROT_WRITE));
	EXPECT_EQ('p', self->p[0]);
	EXPECT_EQ(0, try_write(self->p, 'q'));
}

TEST_F(minimal, mremap)
{
	char *at = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;

	for (int i = 0; i < NPAGES; i++)
		self->p[i * PAGE] = 'a' + i;
	ASSERT_EQ(at, mremap(self->p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	for (int i = 0; i < NPAGES; i++)
		EXPECT_EQ('a' + i, at[i * PAGE]);
	ASSERT_EQ(at, mremap(at, self->len, 2 * PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(at + 2 * PAGE));
	EXPECT_EQ('b', at[PAGE]);
	/* Without DONTEXPAND it grows, but nothing is in what is new. */
	q = mremap(at, 2 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ('b', q[PAGE]);
	EXPECT_EQ(SIGBUS, try_read(q + 2 * PAGE));
	EXPECT_EQ(SIGBUS, try_write(q + 5 * PAGE, 1));
}

TEST_F(minimal, madvise)
{
	static const int refused[] = { MADV_FREE, MADV_WIPEONFORK, MADV_DODUMP, MADV_DOFORK };
	char *q;

	for (int i = 0; i < ARRAY_SIZE(refused); i++) {
		EXPECT_ERRNO(EINVAL, madvise(self->p, PAGE, refused[i]))
			TH_LOG("advice %d", refused[i]);
	}
	/* What is thrown away stays away: there is no fault handler. */
	self->p[0] = 'p';
	self->p[PAGE] = 'p';
	ASSERT_EQ(0, madvise(self->p, PAGE, MADV_DONTNEED));
	EXPECT_EQ(SIGBUS, try_read(self->p));
	EXPECT_EQ('p', self->p[PAGE]);
	/* The contents are the file's. */
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ('p', q[0]);
	ASSERT_EQ(0, madvise(q, self->len, MADV_DONTFORK));
	EXPECT_TRUE(IN_CHILD(_exit(try_read(q) == SIGSEGV ? 0 : 2)));
}

TEST_F(minimal, mlock_and_populate)
{
	char *q;

	EXPECT_EQ(0, mlock(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED | MAP_POPULATE | MAP_LOCKED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
}

TEST_F(minimal, neighbours_do_not_merge)
{
	char *area = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < NPAGES; i++)
		self->p[i * PAGE] = 'a' + i;
	for (int i = 0; i < NPAGES; i++) {
		ASSERT_EQ(area + i * PAGE, mmap(area + i * PAGE, PAGE, PROT_READ,
						MAP_SHARED | MAP_FIXED, self->fd, i * PAGE));
	}
	/* One mapping would be one action too few. */
	EXPECT_EQ(4, vmas_in(area, 4 * PAGE));
	for (int i = 0; i < NPAGES; i++)
		EXPECT_EQ('a' + i, area[i * PAGE]);
}

TEST_F(minimal, as_a_buffer)
{
	char buf[4] = {};
	struct iovec local = { buf, 4 }, remote = { self->p + PAGE - 2, 4 };
	int p[2], mem = open("/proc/self/mem", O_RDWR);

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(4, write(p[1], "abcd", 4));
	EXPECT_EQ(4, read(p[0], self->p + PAGE - 2, 4));
	/* The pages are pages: they can be held. */
	EXPECT_EQ(4, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	EXPECT_EQ(4, pwrite(mem, "efgh", 4, (off_t)self->p + PAGE - 2));
	EXPECT_EQ(0, memcmp(self->p + PAGE - 2, "efgh", 4));
	/* Held by a pipe they outlive the file. */
	ASSERT_EQ(4, vmsplice(p[1], &remote, 1, 0));
	ASSERT_EQ(0, munmap(self->p, self->len));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(4, read(p[0], buf, 4));
	EXPECT_EQ(0, memcmp(buf, "efgh", 4));
}

TEST_F(minimal, has_no_other_operation)
{
	char c;

	EXPECT_ERRNO(EINVAL, read(self->fd, &c, 1));
	EXPECT_ERRNO(EINVAL, write(self->fd, &c, 1));
	EXPECT_ERRNO(EINVAL, fsync(self->fd));
	EXPECT_ERRNO(EINVAL, msync(self->p, self->len, MS_SYNC));
	EXPECT_ERRNO(EOPNOTSUPP, mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC,
				      self->fd, 0));
}

TEST_F(minimal, again_and_again)
{
	for (int i = 0; i < 2000; i++) {
		char *q = mmap(NULL, (1 + i % NPAGES) * PAGE, PROT_READ | PROT_WRITE,
			       i % 2 ? MAP_PRIVATE : MAP_SHARED, self->fd, 0);

		ASSERT_NE(MAP_FAILED, q);
		q[0] = i;
		ASSERT_EQ(0, munmap(q, (1 + i % NPAGES) * PAGE));
	}
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(self->len / 1024, self->vma.rss);
}

TEST_HARNESS_MAIN
