// SPDX-License-Identifier: GPL-2.0
/* /dev/null, /dev/zero and /dev/full: everything but mapping /dev/zero. */
#include <linux/aio_abi.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"
#include "uring.h"

#define MAX_RW_COUNT (0x7fffffffUL & ~(PAGE - 1))

FIXTURE(io)
{
	int fd;
	int pipe[2];
	int file;	/* a file in memory, 8192 times 'm' */
	char *hole;	/* 4096 usable bytes, then none */
};

FIXTURE_VARIANT(io)
{
	const char *path;
	bool reads;	/* zeroes, instead of end of file */
	int werr;	/* what a write fails with, 0 if it takes everything */
	bool write_iter, splice_read, splice_write, uring_cmd, nowait;
};

FIXTURE_VARIANT_ADD(io, null) {
	.path = "/dev/null", .write_iter = true, .splice_write = true, .uring_cmd = true,
	.nowait = true,
};

FIXTURE_VARIANT_ADD(io, zero) {
	.path = "/dev/zero", .reads = true, .write_iter = true, .splice_read = true,
	.splice_write = true, .nowait = true,
};

FIXTURE_VARIANT_ADD(io, full) {
	.path = "/dev/full", .reads = true, .werr = ENOSPC, .splice_read = true,
};

FIXTURE_SETUP(io)
{
	char m[8192];

	self->fd = open(variant->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pipe(self->pipe));
	self->file = memfd_create("io", 0);
	ASSERT_LE(0, self->file);
	memset(m, 'm', sizeof(m));
	ASSERT_EQ(sizeof(m), write(self->file, m, sizeof(m)));
	ASSERT_EQ(0, lseek(self->file, 0, SEEK_SET));
	self->hole = buffer_before_hole(4096);
	ASSERT_NE(NULL, self->hole);
}

FIXTURE_TEARDOWN(io)
{
	close(self->fd);
}

/* What reading @n bytes gives here. */
#define READS(n) (variant->reads ? (n) : 0)

TEST_F(io, read)
{
	static char buf[3 * 65536];
	static const size_t sizes[] = { 1, 2, 7, 4095, 4096, 4097, 65536, 131073 };

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int shift = 0; shift < 2; shift++) {
			size_t n = sizes[i];

			memset(buf, 'x', sizeof(buf));
			EXPECT_EQ(READS(n), read(self->fd, buf + shift, n));
			EXPECT_TRUE(filled_with(buf, 'x', shift));
			EXPECT_TRUE(filled_with(buf + shift, variant->reads ? 0 : 'x', n));
			EXPECT_TRUE(filled_with(buf + shift + n, 'x', sizeof(buf) - shift - n));
		}
	}
	EXPECT_EQ(0, read(self->fd, buf, 0));
}

TEST_F(io, pread)
{
	char buf[8] = "xxxxxxxx";

	EXPECT_EQ(READS(8), pread(self->fd, buf, 8, 0));
	EXPECT_EQ(READS(8), pread(self->fd, buf, 8, 1LL << 62));
	EXPECT_ERRNO(EINVAL, pread(self->fd, buf, 8, -1));
	/* The end would lie beyond the largest offset. */
	EXPECT_EQ(READS(8), pread(self->fd, buf, 8, INT64_MAX - 8));
	EXPECT_ERRNO(EINVAL, pread(self->fd, buf, 8, INT64_MIN));
}

TEST_F(io, readv)
{
	char a[3] = "xxx", b[5000], c[2] = "xx";
	struct iovec iov[] = { { a, 3 }, { NULL, 0 }, { b, 5000 }, { c, 1 } };

	memset(b, 'x', sizeof(b));
	EXPECT_EQ(READS(5004), readv(self->fd, iov, 4));
	EXPECT_TRUE(filled_with(a, variant->reads ? 0 : 'x', 3));
	EXPECT_TRUE(filled_with(b, variant->reads ? 0 : 'x', 5000));
	EXPECT_EQ(variant->reads ? 0 : 'x', c[0]);
	EXPECT_EQ('x', c[1]);
	EXPECT_EQ(READS(5004), preadv(self->fd, iov, 4, 77));
	EXPECT_EQ(0, readv(self->fd, iov, 0));
}

TEST_F(io, preadv2_flags)
{
	char a[64];
	struct iovec iov = { a, sizeof(a) };

	EXPECT_EQ(READS(64), preadv2(self->fd, &iov, 1, 0, RWF_HIPRI));
	EXPECT_EQ(READS(64), preadv2(self->fd, &iov, 1, -1, 0));
	EXPECT_EQ(variant->nowait ? READS(64) : -EOPNOTSUPP,
		  SYSRET(preadv2(self->fd, &iov, 1, 0, RWF_NOWAIT)));
	/* RWF_ATOMIC (0x40) is for files that promise it. */
	EXPECT_ERRNO(EOPNOTSUPP, preadv2(self->fd, &iov, 1, 0, 0x40));
}

/* Many pages without waiting: in parts is fine, nothing at all is not an error of zero bytes. */
TEST_F(io, nowait_large)
{
	size_t len = 4 << 20;
	char *buf = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { buf, len };
	ssize_t n;

	ASSERT_NE(MAP_FAILED, buf);
	if (!variant->nowait || !variant->reads) {
		EXPECT_EQ(0, variant->reads ? 0 : preadv2(self->fd, &iov, 1, 0, RWF_NOWAIT));
		return;
	}
	memset(buf, 'x', len);
	for (int i = 0; i < 50; i++) {
		n = preadv2(self->fd, &iov, 1, 0, RWF_NOWAIT);
		if (n == -1) {
			EXPECT_EQ(EAGAIN, errno);
		} else {
			EXPECT_LT(0, n);
			EXPECT_EQ(0, n % PAGE);
			EXPECT_TRUE(filled_with(buf, 0, n));
		}
	}
}

TEST_F(io, read_into_bad_buffers)
{
	struct iovec late[] = { { self->hole, 100 }, { self->hole + 4096, 100 } };
	ssize_t n;

	if (!variant->reads) {
		/* The end of the file comes before the buffer. */
		EXPECT_EQ(0, read(self->fd, (void *)8, 100));
		EXPECT_EQ(0, readv(self->fd, &(struct iovec){ (void *)8, 100 }, 1));
	} else {
		EXPECT_ERRNO(EFAULT, read(self->fd, (void *)8, 100));
		EXPECT_ERRNO(EFAULT, readv(self->fd, &(struct iovec){ (void *)8, 100 }, 1));
		EXPECT_ERRNO(EFAULT, read(self->fd, self->hole + 4096, 1));
		EXPECT_EQ(0, read(self->fd, (void *)8, 0));

		memset(self->hole, 'x', 4096);
		EXPECT_EQ(4096, read(self->fd, self->hole, 8192));
		EXPECT_TRUE(filled_with(self->hole, 0, 4096));

		/* The page that ends early: no byte too many, some may be too few. */
		memset(self->hole, 'x', 4096);
		n = read(self->fd, self->hole + 100, 8192);
		EXPECT_LT(0, n);
		EXPECT_GE(3996, n);
		EXPECT_TRUE(filled_with(self->hole, 'x', 100));
		EXPECT_TRUE(filled_with(self->hole + 100, 0, n));

		memset(self->hole, 'x', 4096);
		EXPECT_EQ(100, readv(self->fd, late, 2));
		EXPECT_TRUE(filled_with(self->hole, 0, 100));
		EXPECT_TRUE(filled_with(self->hole + 100, 'x', 3996));
	}
	/* Not user space at all. */
	EXPECT_ERRNO(EFAULT, read(self->fd, (void *)-8192L, 100));
	EXPECT_ERRNO(EFAULT, readv(self->fd, &(struct iovec){ (void *)-8192L, 100 }, 1));
}

TEST_F(io, read_into_readonly_buffer)
{
	char *ro = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, ro);
	EXPECT_EQ(READS(-EFAULT), SYSRET(read(self->fd, ro, 16)));
}

/* A call that writes @n bytes, or fails as writes do here. */
#define EXPECT_WRITES(n, call) EXPECT_EQ(variant->werr ? -variant->werr : (long)(n), SYSRET(call))

TEST_F(io, write)
{
	static char buf[1 << 20];

	EXPECT_WRITES(1, write(self->fd, buf, 1));
	EXPECT_WRITES(sizeof(buf), write(self->fd, buf, sizeof(buf)));
	EXPECT_WRITES(8, pwrite(self->fd, buf, 8, 1LL << 40));
	/* Even nothing is too much for /dev/full. */
	EXPECT_WRITES(0, write(self->fd, buf, 0));
	EXPECT_WRITES(12, writev(self->fd, (struct iovec[]){ { buf, 5 }, { buf, 7 } }, 2));
	EXPECT_WRITES(12, pwritev(self->fd, (struct iovec[]){ { buf, 5 }, { buf, 7 } }, 2, 99));
	EXPECT_EQ(0, writev(self->fd, (struct iovec[]){ { buf, 0 } }, 1));
	EXPECT_ERRNO(EINVAL, pwrite(self->fd, buf, 8, -1));
}

TEST_F(io, write_does_not_look_at_the_buffer)
{
	EXPECT_WRITES(100, write(self->fd, (void *)8, 100));
	EXPECT_WRITES(8192, write(self->fd, self->hole, 8192));
	EXPECT_WRITES(100, writev(self->fd, &(struct iovec){ (void *)8, 100 }, 1));
	/* An address outside user space is refused before the driver is asked. */
	EXPECT_ERRNO(EFAULT, write(self->fd, (void *)-8192L, 100));
}

TEST_F(io, largest_count)
{
	size_t len = 3UL << 30;
	char *p = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_WRITES(MAX_RW_COUNT, write(self->fd, p, len));
	EXPECT_ERRNO(EFAULT, write(self->fd, p, SIZE_MAX));
}

TEST_F(io, pwritev2_flags)
{
	char a[64] = {};
	struct iovec iov = { a, sizeof(a) };

	EXPECT_EQ(variant->write_iter && variant->nowait ? 64 : -EOPNOTSUPP,
		  SYSRET(pwritev2(self->fd, &iov, 1, 0, RWF_NOWAIT)));
	/* Flags other than HIPRI need an operation that can be told them. */
	EXPECT_EQ(variant->write_iter ? 64 : -EOPNOTSUPP,
		  SYSRET(pwritev2(self->fd, &iov, 1, 0, RWF_DSYNC)));
	EXPECT_WRITES(64, pwritev2(self->fd, &iov, 1, 0, RWF_HIPRI));
}

TEST_F(io, wrong_direction)
{
	int rd = open(variant->path, O_RDONLY), wr = open(variant->path, O_WRONLY);
	char c;

	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	EXPECT_ERRNO(EBADF, write(rd, "", 1));
	EXPECT_ERRNO(EBADF, read(wr, &c, 1));
}

/* Appending programs seek to the end first: every seek succeeds, and gives 0. */
TEST_F(io, seek)
{
	static const int whence[] = { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };
	static const off_t offset[] = { 0, 1, -1, 4096, INT64_MAX, INT64_MIN };
	char buf[8];

	for (int i = 0; i < ARRAY_SIZE(whence); i++)
		for (int j = 0; j < ARRAY_SIZE(offset); j++)
			EXPECT_EQ(0, lseek(self->fd, offset[j], whence[i]));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, 5));
	EXPECT_EQ(READS(8), read(self->fd, buf, 8));
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_CUR));
}

TEST_F(io, position_never_moves)
{
	char path[64], text[256];

	EXPECT_EQ(READS(100), read(self->fd, text, 100));
	EXPECT_WRITES(100, write(self->fd, text, 100));
	EXPECT_EQ(READS(100), readv(self->fd, &(struct iovec){ text, 100 }, 1));
	EXPECT_WRITES(100, writev(self->fd, &(struct iovec){ text, 100 }, 1));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	ASSERT_LT(0, read_text(path, text, sizeof(text)));
	EXPECT_EQ(0, strncmp(text, "pos:\t0\n", 7)) TH_LOG("%s", text);
}

TEST_F(io, splice_out)
{
	char buf[8192];

	memset(buf, 'x', sizeof(buf));
	if (!variant->splice_read) {
		EXPECT_ERRNO(EINVAL, splice(self->fd, NULL, self->pipe[1], NULL, 4096, 0));
		return;
	}
	EXPECT_EQ(8000, splice(self->fd, NULL, self->pipe[1], NULL, 8000, 0));
	EXPECT_EQ(8000, read(self->pipe[0], buf, sizeof(buf)));
	EXPECT_TRUE(filled_with(buf, 0, 8000));
	EXPECT_EQ('x', buf[8000]);
	/* More than a pipe holds: what it holds. */
	EXPECT_EQ(65536, splice(self->fd, NULL, self->pipe[1], NULL, 1 << 20, 0));
	EXPECT_ERRNO(EAGAIN, splice(self->fd, NULL, self->pipe[1], NULL, 1, SPLICE_F_NONBLOCK));
}

TEST_F(io, splice_in)
{
	int p[2];
	loff_t pos = 10;

	ASSERT_EQ(4096, write(self->pipe[1], self->hole, 4096));
	ASSERT_EQ(4096, write(self->pipe[1], self->hole, 4096));
	if (!variant->splice_write) {
		EXPECT_ERRNO(EINVAL, splice(self->pipe[0], NULL, self->fd, NULL, 4096, 0));
		return;
	}
	/* A copy of the references, so that they end twice. */
	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(8192, tee(self->pipe[0], p[1], 8192, 0));
	EXPECT_EQ(5000, splice(self->pipe[0], NULL, self->fd, NULL, 5000, 0));
	EXPECT_EQ(3192, splice(self->pipe[0], NULL, self->fd, NULL, 5000, SPLICE_F_MOVE));
	EXPECT_ERRNO(EAGAIN, splice(self->pipe[0], NULL, self->fd, NULL, 1, SPLICE_F_NONBLOCK));
	/* Nothing is written, so the offset stays. */
	EXPECT_EQ(8192, splice(p[0], NULL, self->fd, &pos, 1 << 16, 0));
	EXPECT_EQ(10, pos);
	close(self->pipe[1]);
	EXPECT_EQ(0, splice(self->pipe[0], NULL, self->fd, NULL, 1, 0));
}

TEST_F(io, vmsplice_in)
{
	struct iovec iov = { self->hole, 4096 };

	ASSERT_EQ(4096, vmsplice(self->pipe[1], &iov, 1, 0));
	EXPECT_EQ(variant->splice_write ? 4096 : -EINVAL,
		  SYSRET(splice(self->pipe[0], NULL, self->fd, NULL, 4096, 0)));
}

TEST_F(io, sendfile_from)
{
	char buf[8192];

	if (!variant->splice_read) {
		EXPECT_ERRNO(EINVAL, sendfile(self->file, self->fd, NULL, 4096));
		return;
	}
	EXPECT_EQ(5000, sendfile(self->file, self->fd, NULL, 5000));
	ASSERT_EQ(8192, pread(self->file, buf, 8192, 0));
	EXPECT_TRUE(filled_with(buf, 0, 5000));
	EXPECT_TRUE(filled_with(buf + 5000, 'm', 3192));
}

TEST_F(io, sendfile_to)
{
	off_t pos = 100;

	if (!variant->splice_write) {
		EXPECT_ERRNO(EINVAL, sendfile(self->fd, self->file, NULL, 4096));
		return;
	}
	EXPECT_EQ(8192, sendfile(self->fd, self->file, NULL, 1 << 20));
	EXPECT_EQ(8192, lseek(self->file, 0, SEEK_CUR));
	EXPECT_EQ(92, sendfile(self->fd, self->file, &pos, 92));
	EXPECT_EQ(192, pos);
}

TEST_F(io, copy_file_range)
{
	EXPECT_ERRNO(EINVAL, copy_file_range(self->fd, NULL, self->file, NULL, 4096, 0));
	EXPECT_ERRNO(EINVAL, copy_file_range(self->file, NULL, self->fd, NULL, 4096, 0));
}

TEST_F(io, io_uring)
{
	struct iovec iov[2] = { { self->hole, 100 }, { self->hole + 2000, 300 } };
	struct uring r;

	ASSERT_EQ(0, uring_open(&r));
	for (int async = 0; async < 2; async++) {
		int f = async ? IOSQE_ASYNC : 0, werr = -variant->werr;

		memset(self->hole, 'x', 4096);
		EXPECT_EQ(READS(4000),
			  uring_rw(&r, IORING_OP_READ, self->fd, self->hole, 4000, 0, f));
		EXPECT_TRUE(filled_with(self->hole, variant->reads ? 0 : 'x', 4000));
		EXPECT_TRUE(filled_with(self->hole + 4000, 'x', 96));
		EXPECT_EQ(werr ?: 4096,
			  uring_rw(&r, IORING_OP_WRITE, self->fd, self->hole, 4096, 0, f));
		EXPECT_EQ(READS(400), uring_rw(&r, IORING_OP_READV, self->fd, iov, 2, -1, f));
		EXPECT_EQ(werr ?: 400, uring_rw(&r, IORING_OP_WRITEV, self->fd, iov, 2, -1, f));
		EXPECT_EQ(variant->reads ? -EFAULT : 0,
			  uring_rw(&r, IORING_OP_READ, self->fd, (void *)8, 100, 0, f));
		EXPECT_EQ(variant->uring_cmd ? 0 : -EOPNOTSUPP,
			  uring_rw(&r, IORING_OP_URING_CMD, self->fd, NULL, 0, 0, f));
	}
}

TEST_F(io, io_uring_splice)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_SPLICE,
		.fd = self->pipe[1],
		.splice_fd_in = self->fd,
		.splice_off_in = -1,
		.off = -1,
		.len = 3000,
	};
	struct uring r;

	ASSERT_EQ(0, uring_open(&r));
	EXPECT_EQ(variant->splice_read ? 3000 : -EINVAL, uring_run(&r, &sqe));
	ASSERT_EQ(1000, write(self->pipe[1], self->hole, 1000));
	sqe.fd = self->fd;
	sqe.splice_fd_in = self->pipe[0];
	sqe.len = 1000;
	EXPECT_EQ(variant->splice_write ? 1000 : -EINVAL, uring_run(&r, &sqe));
}

TEST_F(io, aio)
{
	aio_context_t ctx = 0;
	struct iocb rd = {
		.aio_fildes = self->fd, .aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_buf = (uintptr_t)self->hole, .aio_nbytes = 4096,
	}, wr = rd, *iocbs[] = { &rd, &wr };
	struct io_event ev;

	wr.aio_lio_opcode = IOCB_CMD_PWRITE;
	memset(self->hole, 'x', 4096);
	ASSERT_EQ(0, syscall(SYS_io_setup, 4, &ctx));
	ASSERT_EQ(1, syscall(SYS_io_submit, ctx, 1, &iocbs[0]));
	ASSERT_EQ(1, syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL));
	EXPECT_EQ(READS(4096), ev.res);
	EXPECT_TRUE(filled_with(self->hole, variant->reads ? 0 : 'x', 4096));
	if (!variant->write_iter) {
		EXPECT_ERRNO(EINVAL, syscall(SYS_io_submit, ctx, 1, &iocbs[1]));
		return;
	}
	ASSERT_EQ(1, syscall(SYS_io_submit, ctx, 1, &iocbs[1]));
	ASSERT_EQ(1, syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL));
	EXPECT_EQ(4096, ev.res);
}

static void on_alarm(int sig)
{
}

/* A gigabyte of addresses on two megabytes of memory. */
static char *large_buffer(size_t len)
{
	int fd = memfd_create("large", 0);
	size_t step = 2 << 20;
	char *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED || ftruncate(fd, step))
		return NULL;
	for (size_t at = 0; at < len; at += step)
		if (mmap(p + at, step, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			return NULL;
	return p;
}

/* A signal ends a long read early, with the count of what was done. */
TEST_F(io, signal_ends_a_long_read)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval soon = { .it_value.tv_usec = 3000 }, often = {
		.it_value.tv_usec = 3000, .it_interval.tv_usec = 3000,
	};
	size_t len = 1UL << 30;
	char *buf = large_buffer(len);
	struct iovec iov = { buf, len };
	ssize_t n;

	ASSERT_NE(NULL, buf);
	sigaction(SIGALRM, &sa, NULL);
	for (int vectored = 0; vectored < 2; vectored++) {
		setitimer(ITIMER_REAL, &often, NULL);
		n = vectored ? readv(self->fd, &iov, 1) : read(self->fd, buf, len);
		setitimer(ITIMER_REAL, &(struct itimerval){}, NULL);
		if (!variant->reads) {
			EXPECT_EQ(0, n);
			continue;
		}
		EXPECT_LT(0, n);
		EXPECT_GT(len, n);
		EXPECT_EQ(0, n % PAGE);
	}
	/* One that nobody hears changes nothing. */
	signal(SIGALRM, SIG_IGN);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT_EQ(READS(64 << 20), read(self->fd, buf, 64 << 20));
}

/* A pending signal still lets the first page through. */
TEST_F(io, pending_signal_reads_one_page)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	char *buf = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	sigset_t set;
	pid_t pid;
	int status;

	ASSERT_NE(MAP_FAILED, buf);
	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	/*
	 * The signal must arrive between the entry into the system call and the
	 * check: a child sends them without pause.
	 */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			kill(getppid(), SIGALRM);
	}
	for (int i = 0; i < 2000; i++) {
		ssize_t n = read(self->fd, buf, 16 * PAGE);

		if (!variant->reads) {
			ASSERT_EQ(0, n);
			continue;
		}
		ASSERT_LE((ssize_t)PAGE, n);
		ASSERT_EQ(0, n % PAGE);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/* Only /dev/zero of the three can be mapped. */
TEST_F(io, mmap)
{
	int rd = open(variant->path, O_RDONLY), wr = open(variant->path, O_WRONLY);
	static const int prot[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	bool zero = !strcmp(variant->path, "/dev/zero");
	char *p;

	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wr, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, wr, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, rd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, 0, PROT_READ, MAP_PRIVATE, rd, 0));
	for (int i = 0; i < ARRAY_SIZE(prot); i++) {
		for (int flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
			p = mmap(NULL, PAGE, prot[i], flags, self->fd, 0);
			EXPECT_EQ(zero ? 0 : ENODEV, p == MAP_FAILED ? errno : 0);
		}
	}
}

TEST_HARNESS_MAIN
