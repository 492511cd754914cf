// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/mem by reading, writing and seeking.
 *
 * The contents are checked on memory of our own, whose physical address comes
 * from /proc/self/pagemap. With STRICT_DEVMEM no memory can be reached, and
 * that is what is then checked.
 */
#include <linux/aio_abi.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"
#include "uring.h"

#define OWN_PAGES 16

FIXTURE(mem)
{
	int fd;
	bool strict;
	char *own;		/* OWN_PAGES of memory */
	uint64_t phys;		/* where they are */
	uint64_t ram, ram_len;	/* the longest range of memory */
	uint64_t top;		/* the end of all memory */
	char *buf;		/* as much as own */
};

FIXTURE_SETUP(mem)
{
	self->fd = open("/dev/mem", O_RDWR);
	ASSERT_LE(0, self->fd);
	self->strict = ikconfig("STRICT_DEVMEM");
	self->own = contiguous_buffer(OWN_PAGES * PAGE, &self->phys);
	ASSERT_NE(NULL, self->own);
	ASSERT_TRUE(system_ram(&self->ram, &self->ram_len, &self->top));
	self->buf = mmap(NULL, OWN_PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->buf);
	for (int i = 0; i < OWN_PAGES * PAGE; i++)
		self->own[i] = i % 251;
}

FIXTURE_TEARDOWN(mem)
{
	close(self->fd);
}

/* What an access to memory gives that would otherwise give @result. */
#define RAM(result) (self->strict ? -EPERM : (long)(result))

static const struct {
	size_t at, len;
} ranges[] = {
	{ 0, 1 }, { 0, 4096 }, { 1, 1 }, { 7, 4089 }, { 7, 4090 }, { 4095, 2 }, { 100, 9000 },
	{ 0, 65536 }, { 1, 65535 }, { 65535, 1 },
};

TEST_F(mem, read)
{
	for (int i = 0; i < ARRAY_SIZE(ranges); i++) {
		size_t at = ranges[i].at, len = ranges[i].len;

		memset(self->buf, 'x', OWN_PAGES * PAGE);
		EXPECT_EQ(RAM(len), SYSRET(pread(self->fd, self->buf, len, self->phys + at)))
			TH_LOG("%zu at %zu", len, at);
		if (self->strict) {
			EXPECT_TRUE(filled_with(self->buf, 'x', OWN_PAGES * PAGE));
			continue;
		}
		EXPECT_EQ(0, memcmp(self->buf, self->own + at, len)) TH_LOG("%zu at %zu", len, at);
		EXPECT_TRUE(filled_with(self->buf + len, 'x', OWN_PAGES * PAGE - len));
	}
}

TEST_F(mem, write)
{
	for (int i = 0; i < ARRAY_SIZE(ranges); i++) {
		size_t at = ranges[i].at, len = ranges[i].len;

		memset(self->own, 'o', OWN_PAGES * PAGE);
		memset(self->buf, 'w', len);
		EXPECT_EQ(RAM(len), SYSRET(pwrite(self->fd, self->buf, len, self->phys + at)))
			TH_LOG("%zu at %zu", len, at);
		EXPECT_TRUE(filled_with(self->own, 'o', at));
		EXPECT_TRUE(filled_with(self->own + at, self->strict ? 'o' : 'w', len));
		EXPECT_TRUE(filled_with(self->own + at + len, 'o', OWN_PAGES * PAGE - at - len));
	}
}

TEST_F(mem, vectors)
{
	struct iovec iov[] = { { self->buf, 3 }, { NULL, 0 }, { self->buf + 100, 5000 } };

	EXPECT_EQ(RAM(5003), SYSRET(preadv(self->fd, iov, 3, self->phys + 4000)));
	if (!self->strict) {
		EXPECT_EQ(0, memcmp(self->buf, self->own + 4000, 3));
		EXPECT_EQ(0, memcmp(self->buf + 100, self->own + 4003, 5000));
	}
	memset(self->buf, 'w', 6000);
	EXPECT_EQ(RAM(5003), SYSRET(pwritev(self->fd, iov, 3, self->phys + 4000)));
	EXPECT_EQ(!self->strict, filled_with(self->own + 4000, 'w', 5003));
}

/* Only flags that mean nothing to a plain read can be given. */
TEST_F(mem, preadv2_flags)
{
	struct iovec iov = { self->buf, 64 };

	EXPECT_EQ(RAM(64), SYSRET(preadv2(self->fd, &iov, 1, self->phys, RWF_HIPRI)));
	EXPECT_ERRNO(EOPNOTSUPP, preadv2(self->fd, &iov, 1, self->phys, RWF_NOWAIT));
	EXPECT_ERRNO(EOPNOTSUPP, pwritev2(self->fd, &iov, 1, self->phys, RWF_DSYNC));
}

TEST_F(mem, position)
{
	ASSERT_EQ(self->phys + 10, lseek(self->fd, self->phys + 10, SEEK_SET));
	EXPECT_EQ(RAM(5000), SYSRET(read(self->fd, self->buf, 5000)));
	EXPECT_EQ(self->phys + (self->strict ? 10 : 5010), lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(RAM(6), SYSRET(write(self->fd, "hello!", 6)));
	EXPECT_EQ(self->phys + (self->strict ? 10 : 5016), lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(!self->strict, !memcmp(self->own + 5010, "hello!", 6));
	/* pread() and pwrite() leave it alone. */
	EXPECT_EQ(RAM(10), SYSRET(pread(self->fd, self->buf, 10, self->phys)));
	EXPECT_EQ(self->phys + (self->strict ? 10 : 5016), lseek(self->fd, 0, SEEK_CUR));
	/* Each open file has its own. */
	EXPECT_EQ(0, lseek(open("/dev/mem", O_RDONLY), 0, SEEK_CUR));
}

TEST_F(mem, seek)
{
	EXPECT_EQ(4096, lseek(self->fd, 4096, SEEK_SET));
	EXPECT_EQ(4000, lseek(self->fd, -96, SEEK_CUR));
	EXPECT_EQ(0, lseek(self->fd, -4000, SEEK_CUR));
	/* Below zero the offset counts as unsigned: physical addresses have 64 bits. */
	EXPECT_EQ(-4096, lseek(self->fd, -4096, SEEK_CUR));
	EXPECT_EQ(-8192, lseek(self->fd, -4096, SEEK_CUR));
	EXPECT_EQ(INT64_MIN, lseek(self->fd, INT64_MIN, SEEK_SET));
	EXPECT_EQ(INT64_MAX, lseek(self->fd, INT64_MAX, SEEK_SET));
	EXPECT_EQ(INT64_MIN, lseek(self->fd, 1, SEEK_CUR));
	/* What would look like an errno is none, and moves nothing. */
	EXPECT_EQ(77, lseek(self->fd, 77, SEEK_SET));
	EXPECT_ERRNO(EOVERFLOW, lseek(self->fd, -4095, SEEK_SET));
	EXPECT_ERRNO(EOVERFLOW, lseek(self->fd, -1, SEEK_SET));
	EXPECT_ERRNO(EOVERFLOW, lseek(self->fd, -78, SEEK_CUR));
	EXPECT_EQ(77, lseek(self->fd, 0, SEEK_CUR));
	/* Memory has no end, no data and no holes. */
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, SEEK_END));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, SEEK_DATA));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, SEEK_HOLE));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, 5));
	EXPECT_EQ(77, lseek(self->fd, 0, SEEK_CUR));
}

TEST_F(mem, negative_positions)
{
	ASSERT_EQ(-8192, lseek(self->fd, -8192, SEEK_SET));
	EXPECT_ERRNO(EFAULT, read(self->fd, self->buf, 4096));
	EXPECT_ERRNO(EFAULT, write(self->fd, self->buf, 4096));
	/* To the very end of the numbers, and beyond. */
	EXPECT_ERRNO(EFAULT, read(self->fd, self->buf, 8191));
	EXPECT_ERRNO(EOVERFLOW, read(self->fd, self->buf, 8192));
	EXPECT_ERRNO(EOVERFLOW, write(self->fd, self->buf, 8192));
	EXPECT_EQ(-8192, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_ERRNO(EINVAL, pread(self->fd, self->buf, 4096, -8192));
}

TEST_F(mem, beyond_memory)
{
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 1, self->top + PAGE));
	EXPECT_ERRNO(EFAULT, pwrite(self->fd, self->buf, 1, self->top + PAGE));
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 1, 1ULL << 52));
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 1, INT64_MAX - 4096));
	/* All or nothing: the part that is memory is not read either. */
	memset(self->buf, 'x', 2 * PAGE);
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 2 * PAGE, self->top - PAGE));
	EXPECT_TRUE(filled_with(self->buf, 'x', 2 * PAGE));
	EXPECT_ERRNO(EFAULT, pwrite(self->fd, self->buf, 2 * PAGE, self->top - PAGE));
	/* Up to the last byte is fine. */
	EXPECT_EQ(RAM(PAGE), SYSRET(pread(self->fd, self->buf, PAGE, self->top - PAGE)));
	EXPECT_EQ(RAM(1), SYSRET(pread(self->fd, self->buf, 1, self->top - 1)));
}

/* The range is looked at even if it is empty; what is in it then is not. */
TEST_F(mem, nothing)
{
	EXPECT_EQ(0, SYSRET(pread(self->fd, self->buf, 0, self->phys)));
	EXPECT_EQ(0, SYSRET(pwrite(self->fd, self->buf, 0, self->phys)));
	EXPECT_EQ(0, SYSRET(pread(self->fd, (void *)8, 0, self->phys)));
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 0, self->top + PAGE));
	EXPECT_ERRNO(EFAULT, pwrite(self->fd, self->buf, 0, self->top + PAGE));
#ifdef __x86_64__
	/* The last byte of nothing at zero is the highest address of all. */
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 0, 0));
#endif
}

TEST_F(mem, read_into_bad_buffers)
{
	char *hole = buffer_before_hole(PAGE);

	ASSERT_NE(NULL, hole);
	EXPECT_EQ(RAM(-EFAULT), SYSRET(pread(self->fd, (void *)8, 16, self->phys)));
	EXPECT_EQ(RAM(-EFAULT), SYSRET(pread(self->fd, hole + PAGE, 1, self->phys)));
	/* A read that fails later fails as a whole, and does not move. */
	ASSERT_EQ(self->phys, lseek(self->fd, self->phys, SEEK_SET));
	EXPECT_EQ(RAM(-EFAULT), SYSRET(read(self->fd, hole, 2 * PAGE)));
	EXPECT_EQ(self->phys, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(RAM(-EFAULT), SYSRET(read(self->fd, hole + 100, PAGE)));
	EXPECT_EQ(RAM(PAGE), SYSRET(read(self->fd, hole, PAGE)));
	/* Not user space at all: refused earlier. */
	EXPECT_ERRNO(EFAULT, pread(self->fd, (void *)-8192L, 16, self->phys));
}

TEST_F(mem, write_from_bad_buffers)
{
	char *hole = buffer_before_hole(PAGE);
	ssize_t n;

	ASSERT_NE(NULL, hole);
	memset(hole, 'w', PAGE);
	EXPECT_EQ(RAM(-EFAULT), SYSRET(pwrite(self->fd, (void *)8, 16, self->phys)));
	EXPECT_ERRNO(EFAULT, pwrite(self->fd, (void *)-8192L, 16, self->phys));
	/* A write that fails later has written what it could. */
	ASSERT_EQ(self->phys, lseek(self->fd, self->phys, SEEK_SET));
	EXPECT_EQ(RAM(PAGE), SYSRET(write(self->fd, hole, 2 * PAGE)));
	EXPECT_EQ(self->phys + (self->strict ? 0 : PAGE), lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(!self->strict, filled_with(self->own, 'w', PAGE));
	if (self->strict)
		return;
	/*
	 * Within a page no byte too many, some may be too few. The rest of what
	 * was asked for is lost: copy_from_user() clears what it cannot copy.
	 */
	memset(self->own, 'o', 2 * PAGE);
	ASSERT_EQ(self->phys, lseek(self->fd, self->phys, SEEK_SET));
	n = write(self->fd, hole + PAGE - 100, 200);
	ASSERT_LT(0, n);
	ASSERT_GE(100, n);
	EXPECT_TRUE(filled_with(self->own, 'w', n));
	EXPECT_TRUE(filled_with(self->own + 200, 'o', 2 * PAGE - 200));
	EXPECT_EQ(self->phys + n, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(100, pwrite(self->fd, hole + PAGE - 100, 100, self->phys));
}

/* The buffer is the memory that is read. */
TEST_F(mem, onto_itself)
{
	EXPECT_EQ(RAM(PAGE), SYSRET(pread(self->fd, self->own + 2 * PAGE, PAGE, self->phys)));
	EXPECT_EQ(!self->strict, !memcmp(self->own, self->own + 2 * PAGE, PAGE));
	EXPECT_EQ(RAM(PAGE), SYSRET(pread(self->fd, self->own, PAGE, self->phys)));
}

TEST_F(mem, wrong_direction)
{
	int rd = open("/dev/mem", O_RDONLY), wr = open("/dev/mem", O_WRONLY);

	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	EXPECT_ERRNO(EBADF, pwrite(rd, self->buf, 1, self->phys));
	EXPECT_ERRNO(EBADF, pread(wr, self->buf, 1, self->phys));
	EXPECT_EQ(RAM(1), SYSRET(pread(rd, self->buf, 1, self->phys)));
	EXPECT_EQ(RAM(1), SYSRET(pwrite(wr, self->buf, 1, self->phys)));
}

/* It has plain read and write only. */
TEST_F(mem, no_splice)
{
	int p[2], file = memfd_create("mem", 0);

	ASSERT_EQ(0, pipe(p));
	ASSERT_LE(0, file);
	ASSERT_EQ(8, write(file, "12345678", 8));
	ASSERT_EQ(8, write(p[1], "12345678", 8));
	EXPECT_ERRNO(EINVAL, splice(self->fd, &(loff_t){ self->phys }, p[1], NULL, PAGE, 0));
	EXPECT_ERRNO(EINVAL, splice(p[0], NULL, self->fd, &(loff_t){ self->phys }, 8, 0));
	EXPECT_ERRNO(EINVAL, sendfile(file, self->fd, &(off_t){ self->phys }, PAGE));
	ASSERT_EQ(self->phys, lseek(self->fd, self->phys, SEEK_SET));
	EXPECT_ERRNO(EINVAL, sendfile(self->fd, file, &(off_t){ 0 }, 8));
	EXPECT_EQ(0, self->own[0]);
}

TEST_F(mem, no_aio)
{
	aio_context_t ctx = 0;
	struct iocb rd = {
		.aio_fildes = self->fd, .aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_buf = (uintptr_t)self->buf, .aio_nbytes = 8, .aio_offset = self->phys,
	}, *iocb = &rd;

	ASSERT_EQ(0, syscall(SYS_io_setup, 4, &ctx));
	EXPECT_ERRNO(EINVAL, syscall(SYS_io_submit, ctx, 1, &iocb));
	rd.aio_lio_opcode = IOCB_CMD_PWRITE;
	EXPECT_ERRNO(EINVAL, syscall(SYS_io_submit, ctx, 1, &iocb));
}

TEST_F(mem, io_uring)
{
	struct uring r;

	ASSERT_EQ(0, uring_open(&r));
	EXPECT_EQ(RAM(5000), uring_rw(&r, IORING_OP_READ, self->fd, self->buf, 5000,
				      self->phys + 100, 0));
	EXPECT_EQ(!self->strict, !memcmp(self->buf, self->own + 100, 5000));
	EXPECT_EQ(RAM(6), uring_rw(&r, IORING_OP_WRITE, self->fd, "uring!", 6, self->phys + 4094,
				   IOSQE_ASYNC));
	EXPECT_EQ(!self->strict, !memcmp(self->own + 4094, "uring!", 6));
	EXPECT_EQ(RAM(-EFAULT), uring_rw(&r, IORING_OP_READ, self->fd, (void *)8, 16,
					 self->phys, 0));
	EXPECT_EQ(-EFAULT, uring_rw(&r, IORING_OP_READ, self->fd, self->buf, 16,
				    self->top + PAGE, 0));
	EXPECT_EQ(-EOPNOTSUPP, uring_rw(&r, IORING_OP_URING_CMD, self->fd, NULL, 0, 0, 0));
}

static void on_alarm(int sig)
{
}

/* A signal ends a long read early, with the count of what was read. */
TEST_F(mem, signal_ends_a_long_read)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval often = { .it_value.tv_usec = 2000, .it_interval.tv_usec = 2000 };
	size_t len = self->ram_len & ~(PAGE - 1), step = 2 << 20;
	int file = memfd_create("large", 0);
	ssize_t n;
	char *p;

	if (len > 1 << 30)
		len = 1 << 30;
	/* The same two megabytes again and again, at many addresses. */
	ASSERT_EQ(0, ftruncate(file, step));
	p = mmap(NULL, len + step, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, p);
	for (size_t at = 0; at < len; at += step) {
		ASSERT_NE(MAP_FAILED, mmap(p + at, step, PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_FIXED, file, 0));
	}
	sigaction(SIGALRM, &sa, NULL);
	ASSERT_EQ(self->ram, lseek(self->fd, self->ram, SEEK_SET));
	setitimer(ITIMER_REAL, &often, NULL);
	n = SYSRET(read(self->fd, p, len));
	setitimer(ITIMER_REAL, &(struct itimerval){}, NULL);
	if (self->strict && self->ram >= 1 << 20) {
		EXPECT_EQ(-EPERM, n);
		return;
	}
	ASSERT_LT(0, n);
	EXPECT_GT(len, n);
	EXPECT_EQ(0, n % PAGE);
	EXPECT_EQ(self->ram + n, lseek(self->fd, 0, SEEK_CUR));
}

#ifdef __x86_64__
/* The first megabyte has memory, and firmware that is none. */
TEST_F(mem, first_megabyte)
{
	unsigned char rom[16];

	/* The reset vector: a far jump. */
	EXPECT_EQ(16, pread(self->fd, rom, 16, 0xffff0));
	EXPECT_EQ(0xea, rom[0]);
	EXPECT_EQ(PAGE, pread(self->fd, self->buf, PAGE, 0));

	/* Memory there shows as zeroes to those who may not see it. */
	memset(self->buf, 'x', PAGE);
	EXPECT_EQ(2048, pread(self->fd, self->buf, 2048, 0x1000));
	if (self->strict) {
		EXPECT_TRUE(filled_with(self->buf, 0, 2048));
		EXPECT_EQ(2048, pwrite(self->fd, self->own, 2048, 0x1000));
		EXPECT_EQ(-EFAULT, SYSRET(pread(self->fd, (void *)8, 16, 0x1000)));
	}
	/* From there into the rest of the memory. */
	EXPECT_EQ(RAM(2 * PAGE), SYSRET(pread(self->fd, self->buf, 2 * PAGE, 0xff000)));
}
#else
/* What is no memory cannot be read, whatever else it is. */
TEST_F(mem, below_memory)
{
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 16, self->ram - PAGE));
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 2 * PAGE, self->ram - PAGE));
	EXPECT_ERRNO(EFAULT, pread(self->fd, self->buf, 0, self->ram - PAGE));
}
#endif

TEST_HARNESS_MAIN
