// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping the files of a relay channel.
 *
 * The C relay has two faults which a kernel with RELAY_RUST is to be without:
 * what is made by debugfs_create_file(), as all in-tree users do, cannot be
 * mapped, and a mapping at an offset shows memory that is not the buffer's.
 */
#include "kselftest_harness.h"
#include "relay_test.h"

#define N_SUBBUFS	4
#define RECORD		128	/* a divisor of the size of a sub-buffer */

FIXTURE(map)
{
	struct channel c;
	int fd;
	size_t subbuf, len;
	/* The whole buffer, shared, read and write; NULL if that is rightly ENODEV. */
	char *p;
	struct vma vma;
};

FIXTURE_VARIANT(map)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(map, in_tree) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(map, unsafe) {
	.flags = TEST_RELAY_UNSAFE,
};

FIXTURE_SETUP(map)
{
	self->subbuf = 4 * PAGE;
	self->len = N_SUBBUFS * self->subbuf;
	ASSERT_EQ(0, channel_open(&self->c, self->subbuf, N_SUBBUFS, variant->flags));
	self->fd = channel_file(&self->c, 0, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->p = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	if (!ikconfig("RELAY_RUST") && !(variant->flags & TEST_RELAY_UNSAFE)) {
		ASSERT_EQ(MAP_FAILED, self->p);
		ASSERT_EQ(ENODEV, errno);
		self->p = NULL;
		return;
	}
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(map)
{
	close(self->fd);
	close(self->c.ctl);
}

TEST_F(map, contents)
{
	uint64_t seq = 0;

	if (!self->p)
		return;
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
	ASSERT_EQ(0, channel_write(&self->c, 0, self->len / RECORD, RECORD));
	EXPECT_EQ(self->len / RECORD, records_in(self->p, self->len, 0, &seq));
	/* As it is written, not as it is read. */
	ASSERT_EQ(0, channel_reset(&self->c));
	ASSERT_EQ(0, channel_write(&self->c, 0, 3, RECORD));
	EXPECT_EQ(3, records_in(self->p, 3 * RECORD, 0, &seq));
	seq = 3;
	EXPECT_EQ(2, records_in(self->p + 3 * RECORD, 2 * RECORD, 0, &seq));
}

TEST_F(map, proc_maps_and_smaps)
{
	struct stat st;
	char name[160];

	if (!self->p)
		return;
	ASSERT_EQ(0, fstat(self->fd, &st));
	snprintf(name, sizeof(name), TEST_RELAY "/%s/cpu0", self->c.open.name);
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ((unsigned long)self->p, self->vma.start);
	EXPECT_EQ((unsigned long)self->p + self->len, self->vma.end);
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ(name, self->vma.name);
	EXPECT_EQ(0, self->vma.offset);
	EXPECT_EQ(st.st_ino, self->vma.inode);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw me ms de"))
		TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex pf mm io dd dc lo ht"))
		TH_LOG("%s", self->vma.flags);
	/* Page by page, as they are touched. */
	EXPECT_EQ(0, self->vma.rss);
	for (int i = 15; i >= 0; i--) {
		EXPECT_EQ(0, try_read(self->p + i * PAGE));
		ASSERT_TRUE(vma_of(self->p, &self->vma));
		EXPECT_EQ((16 - i) * PAGE / 1024, self->vma.rss);
	}
	EXPECT_EQ(0, self->vma.anon);
}

/* The length is the first thing that is looked at. */
TEST_F(map, lengths)
{
	const size_t lens[] = {
		1, PAGE, self->subbuf, self->len - PAGE, self->len + 1, self->len + PAGE,
		2 * self->len,
	};
	char *q;

	if (!self->p)
		return;
	for (int i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_ERRNO(EINVAL, mmap(NULL, lens[i], PROT_READ, MAP_SHARED, self->fd, 0));
		EXPECT_ERRNO(EINVAL, mmap(NULL, lens[i], PROT_READ, MAP_PRIVATE, self->fd, 0));
		EXPECT_ERRNO(EINVAL, mmap(NULL, lens[i], PROT_READ, MAP_SHARED, self->fd,
					  self->len));
	}
	/* Pages are what is counted. */
	q = mmap(NULL, self->len - PAGE + 1, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, try_read(q + self->len - 1));
}

/*
 * In C any offset will do, and what lies behind the buffer can be read: here it
 * is looked for in 16 MiB, in which other users of vmalloc() are near.
 */
TEST_F(map, offsets)
{
	const off_t pages[] = { 1, 15, 16, 17, 1 << 20, 1L << 40, (1L << 51) - 17 };
	const bool checked = ikconfig("RELAY_RUST");
	int foreign = 0;
	char *q;

	if (!self->p)
		return;
	for (int i = 0; i < ARRAY_SIZE(pages) && checked; i++)
		EXPECT_ERRNO(EINVAL, mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd,
					  pages[i] * PAGE));
	for (off_t at = self->len; at < (16 << 20) && !checked; at += self->len) {
		q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, at);
		ASSERT_NE(MAP_FAILED, q);
		for (size_t i = 0; i < self->len; i += PAGE)
			foreign += try_read(q + i) == 0;
		ASSERT_EQ(0, munmap(q, self->len));
	}
	if (!checked) {
		EXPECT_LT(0, foreign);
		TH_LOG("%d foreign pages of the kernel can be read", foreign);
	}
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd,
				     -(off_t)PAGE));
}

TEST_F(map, rights_of_the_file)
{
	int rd, wr;
	char *q;

	if (!self->p)
		return;
	rd = channel_file(&self->c, 0, O_RDONLY);
	wr = channel_file(&self->c, 0, O_WRONLY);
	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	EXPECT_ERRNO(EACCES, mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, rd, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, self->len, PROT_WRITE, MAP_SHARED, wr, 0));
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, rd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, try_read(q));
	EXPECT_EQ(SIGSEGV, try_write(q, 1));
	EXPECT_ERRNO(EACCES, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "rd mr ms de")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "wr mw sh")) TH_LOG("%s", self->vma.flags);
}

TEST_F(map, written_by_user_space)
{
	char buf[RECORD];

	if (!self->p)
		return;
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, RECORD));
	EXPECT_EQ(0, try_write(self->p + RECORD - 1, 'w'));
	ASSERT_EQ(RECORD, read(self->fd, buf, RECORD));
	EXPECT_EQ('w', buf[RECORD - 1]);
}

TEST_F(map, private)
{
	char *q;

	if (!self->p)
		return;
	q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	self->p[PAGE] = 'p';
	EXPECT_EQ('p', q[PAGE]);
	q[PAGE] = 'q';
	EXPECT_EQ('p', self->p[PAGE]);
	self->p[2 * PAGE] = 'p';
	EXPECT_EQ('p', q[2 * PAGE]);
	ASSERT_EQ(0, madvise(q, self->len, MADV_DONTNEED));
	EXPECT_EQ('p', q[PAGE]);
}

TEST_F(map, fork)
{
	if (!self->p)
		return;
	self->p[0] = 'p';
	EXPECT_TRUE(IN_CHILD({
		if (self->p[0] != 'p')
			_exit(2);
		self->p[0] = 'c';
		self->p[PAGE] = 'c';
		_exit(munmap(self->p, self->len));
	}));
	EXPECT_EQ('c', self->p[0]);
	EXPECT_EQ('c', self->p[PAGE]);
}

TEST_F(map, in_parts)
{
	char *at;

	if (!self->p)
		return;
	for (int i = 0; i < 16; i++)
		self->p[i * PAGE] = 'a' + i;
	ASSERT_EQ(0, munmap(self->p + 3 * PAGE, 2 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 3 * PAGE));
	EXPECT_EQ('f', self->p[5 * PAGE]);
	ASSERT_EQ(0, madvise(self->p + 5 * PAGE, 11 * PAGE, MADV_DONTNEED));
	EXPECT_EQ('f', self->p[5 * PAGE]);
	at = mremap(self->p + 5 * PAGE, 11 * PAGE, 3 * PAGE, 0);
	ASSERT_EQ(self->p + 5 * PAGE, at);
	EXPECT_EQ(SIGSEGV, try_read(at + 3 * PAGE));
	/* Nothing makes it longer, or another offset of it. */
	EXPECT_ERRNO(EFAULT, mremap(at, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
	EXPECT_ERRNO(EFAULT, mremap(at, 0, 3 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ('f', at[0]);
	EXPECT_ERRNO(EINVAL, syscall(SYS_remap_file_pages, at, 3 * PAGE, 0, 1, 0));
}

TEST_F(map, populate)
{
	char *q;

	if (!self->p)
		return;
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED | MAP_POPULATE, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(self->len / 1024, self->vma.rss);
}

/* A page of it that the kernel holds on to outlives all. */
TEST_F(map, as_a_buffer)
{
	struct iovec iov = { self->p, RECORD };
	char buf[RECORD];
	uint64_t seq = 0;
	int p[2];

	if (!self->p)
		return;
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, RECORD));
	ASSERT_EQ(RECORD, vmsplice(p[1], &iov, 1, 0));
	ASSERT_EQ(0, munmap(self->p, self->len));
	ASSERT_EQ(0, channel_close(&self->c));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(RECORD, read(p[0], buf, RECORD));
	EXPECT_EQ(1, records_in(buf, RECORD, 0, &seq));
}

/* A mapping keeps the buffer, with pages that were not touched before. */
TEST_F(map, close_under_a_mapping)
{
	uint64_t seq = 0;

	if (!self->p)
		return;
	ASSERT_EQ(0, channel_write(&self->c, 0, self->len / RECORD, RECORD));
	EXPECT_EQ(0, try_read(self->p));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, channel_close(&self->c));
	EXPECT_EQ(self->len / RECORD, records_in(self->p, self->len, 0, &seq));
	ASSERT_EQ(0, munmap(self->p + PAGE, self->len - PAGE));
	seq = 0;
	EXPECT_EQ(PAGE / RECORD, records_in(self->p, PAGE, 0, &seq));
}

TEST_F(map, after_close)
{
	uint64_t seq = 0;
	char *q;

	if (!self->p)
		return;
	ASSERT_EQ(0, channel_write(&self->c, 0, 3, RECORD));
	ASSERT_EQ(0, channel_close(&self->c));
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(3, records_in(q, 3 * RECORD, 0, &seq));
}

/* The reader that relay was made for: told where to look, it copies nothing. */
TEST_F(map, as_a_reader)
{
	uint64_t seq = 0, taken = 0;

	if (!self->p)
		return;
	for (int i = 0; i < 100; i++) {
		struct test_relay_stat stat;

		ASSERT_EQ(0, channel_write(&self->c, 0, 150, 100));
		if (i == 99)
			ASSERT_EQ(0, channel_flush(&self->c));
		for (stat = channel_stat(&self->c, 0, 0); taken < stat.produced; taken++) {
			size_t n = taken % N_SUBBUFS;
			size_t len = self->subbuf - channel_stat(&self->c, 0, n).padding;

			EXPECT_LT(0, records_in(self->p + n * self->subbuf, len, 0, &seq));
			ASSERT_EQ(0, channel_consume(&self->c, 0, 1));
		}
	}
	EXPECT_EQ(15000, seq);
	EXPECT_EQ(0, channel_stat(&self->c, 0, 0).buf_full);
}

/* A buffer that fills its last page in part is mapped whole. */
TEST_F(map, odd_sizes)
{
	const size_t subbuf = PAGE - 32;
	struct channel c;
	uint64_t seq = 0;
	char *q;
	int fd;

	if (!self->p)
		return;
	ASSERT_EQ(0, channel_open(&c, subbuf, 3, variant->flags));
	fd = channel_file(&c, 0, O_RDONLY);
	EXPECT_ERRNO(EINVAL, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0));
	q = mmap(NULL, 3 * subbuf, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_EQ(0, channel_write(&c, 0, 3 * 32, subbuf / 32));
	EXPECT_EQ(3 * 32, records_in(q, 3 * subbuf, 0, &seq));
	EXPECT_TRUE(filled_with(q + 3 * subbuf, 0, 3 * 32));
	close(c.ctl);
}

TEST_HARNESS_MAIN
