// SPDX-License-Identifier: GPL-2.0
/*
 * Coverage of what a task does itself: KCOV_ENABLE. The files fs/eventfd.c and
 * fs/pipe.c have to be instrumented; other code may be.
 */
#include <poll.h>
#include <sys/klog.h>

#include "kselftest_harness.h"
#include "kcov_test.h"

FIXTURE(trace)
{
	struct cover c;
	int event;
};

FIXTURE_SETUP(trace)
{
	ASSERT_EQ(0, cover_open(&self->c, COVER_WORDS)) TH_LOG("needs KCOV and debugfs");
	self->event = eventfd(0, EFD_NONBLOCK);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(trace)
{
	ioctl(self->c.fd, KCOV_DISABLE, 0);
	cover_close(&self->c);
}

/* Runs code that is instrumented. */
static void use_eventfd(int fd, uint64_t value)
{
	if (write(fd, &value, sizeof(value)) != sizeof(value) ||
	    read(fd, &value, sizeof(value)) != sizeof(value))
		perror("eventfd");
}

/* What interrupts run is not recorded: if it is, the kernel dies between these lines. */
TEST(self_test_at_boot)
{
	enum { READ_ALL = 3, SIZE = 10 };
	int size = klogctl(SIZE, NULL, 0);
	char *log, *start;

	if (!ikconfig("KCOV_SELFTEST"))
		SKIP(return, "CONFIG_KCOV_SELFTEST is not set");
	ASSERT_LT(0, size);
	log = calloc(1, size + 1);
	ASSERT_NE(NULL, log);
	ASSERT_LT(0, klogctl(READ_ALL, log, size));
	start = strstr(log, "kcov: running self test\n");
	ASSERT_NE(NULL, start);
	EXPECT_NE(NULL, strstr(start, "kcov: done running self test\n"));
	free(log);
}

TEST_F(trace, node)
{
	struct pollfd poll_fd = { .fd = self->c.fd, .events = POLLIN | POLLOUT };
	struct stat st;
	char c;

	ASSERT_EQ(0, stat(KCOV, &st));
	EXPECT_EQ(S_IFREG | 0600, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_ERRNO(ESPIPE, lseek(self->c.fd, 0, SEEK_SET));
	EXPECT_ERRNO(ESPIPE, pread(self->c.fd, &c, 1, 0));
	EXPECT_ERRNO(ESPIPE, pwrite(self->c.fd, &c, 1, 0));
	EXPECT_ERRNO(EINVAL, read(self->c.fd, &c, 1));
	EXPECT_ERRNO(EINVAL, write(self->c.fd, &c, 1));
	/* What has no say in it is ready. */
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT, poll_fd.revents);
}

/* The first program of Documentation/dev-tools/kcov.rst, with calls of our own. */
TEST_F(trace, pcs)
{
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	cover_reset(&self->c);
	use_eventfd(self->event, 1);
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_LT(0, pcs_in(&self->c, "eventfd_write"));
	EXPECT_LT(0, pcs_in(&self->c, "eventfd_read"));
	EXPECT_EQ(0, pcs_in(&self->c, "anon_pipe_write"));
	/* Disabled is disabled. */
	cover_reset(&self->c);
	use_eventfd(self->event, 1);
	EXPECT_EQ(0, cover_count(&self->c));
}

/* What is recorded is the device's own code in neither. */
TEST_F(trace, nothing_of_kcov_itself)
{
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	/* The way there is, if all is instrumented. */
	EXPECT_EQ(ikconfig("KCOV_INSTRUMENT_ALL"), cover_count(&self->c) > 0);
	for (uint64_t i = 1; i <= cover_count(&self->c); i++) {
		const struct symbol *s = symbol_of(self->c.area[i]);

		ASSERT_NE(NULL, s);
		EXPECT_EQ(NULL, strstr(s->name, "kcov")) TH_LOG("%s", s->name);
		EXPECT_EQ(NULL, strstr(s->name, "rust_helper")) TH_LOG("%s", s->name);
	}
}

/* For C and Rust to be compared: each is a line, in the order of appearance. */
TEST_F(trace, fixed_sequence)
{
	uint64_t n, seen[512];
	int p[2], known = 0, i;
	char c = 0;

	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	cover_reset(&self->c);
	use_eventfd(self->event, 2);
	close(eventfd(0, EFD_SEMAPHORE));
	if (pipe(p) || write(p[1], &c, 1) != 1 || read(p[0], &c, 1) != 1)
		perror("pipe");
	close(p[0]);
	close(p[1]);
	n = cover_count(&self->c);
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_LT(20, n);
	ASSERT_GT(COVER_WORDS - 1, n);
	for (uint64_t at = 1; at <= n && known < ARRAY_SIZE(seen); at++) {
		for (i = 0; i < known && seen[i] != self->c.area[at]; i++)
			;
		if (i < known)
			continue;
		seen[known++] = self->c.area[at];
		ASSERT_NE(NULL, symbol_of(seen[i]));
		printf("# pc %s+0x%llx\n", symbol_of(seen[i])->name,
		       (unsigned long long)seen[i] - symbol_of(seen[i])->addr);
	}
}

/* The second program of the document. */
TEST_F(trace, comparisons)
{
	uint64_t magic = 0x1122334455667788;
	int sized = 0;

	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_CMP))
		TH_LOG("needs KCOV_ENABLE_COMPARISONS");
	cover_reset(&self->c);
	use_eventfd(self->event, magic);
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	ASSERT_LT(0, cover_count(&self->c));
	EXPECT_LT(0, cmps_with(&self->c, magic));
	for (uint64_t i = 0; i < cover_count(&self->c); i++) {
		uint64_t *record = &self->c.area[1 + i * WORDS_PER_CMP];

		EXPECT_EQ(0, record[0] & ~(KCOV_CMP_CONST | KCOV_CMP_MASK));
		sized += (record[1] == magic || record[2] == magic) &&
			 (record[0] & KCOV_CMP_MASK) == KCOV_CMP_SIZE(3);
	}
	EXPECT_LT(0, sized);
}

TEST(init)
{
	static const unsigned long bad[] = { 0, 1, 0x7fffffff / 8 + 1, 1UL << 32, ~0UL };
	int fd = open(KCOV, O_RDWR);

	ASSERT_LE(0, fd);
	/* Nothing else comes first. */
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_ENABLE, 99));
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_DISABLE, 0));
	EXPECT_ERRNO(EINVAL, cover_map(fd, PAGE));
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_INIT_TRACE, bad[i]))
			TH_LOG("%lx", bad[i]);
	}
	ASSERT_EQ(0, ioctl(fd, KCOV_INIT_TRACE, 512));
	EXPECT_ERRNO(EBUSY, ioctl(fd, KCOV_INIT_TRACE, 512));
	EXPECT_ERRNO(EBUSY, ioctl(fd, KCOV_INIT_TRACE, 2));
	/* The size is looked at first. */
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_INIT_TRACE, 1));
	ASSERT_EQ(0, ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EBUSY, ioctl(fd, KCOV_INIT_TRACE, 512));
	EXPECT_EQ(0, ioctl(fd, KCOV_DISABLE, 0));
}

TEST_F(trace, unknown_commands)
{
	static const unsigned int bad[] = {
		0, _IO('c', 1), _IOW('c', 1, unsigned long), _IO('c', 99), _IO('c', 103),
		_IO('k', 100), _IO('c', 102), _IOW('c', 102, int), ~0U,
	};

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(ENOTTY, ioctl(self->c.fd, bad[i], 0))
			TH_LOG("%x", bad[i]);
	}
}

TEST_F(trace, enable)
{
	struct cover other;

	ASSERT_EQ(0, cover_open(&other, 512));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, 2));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, 1UL << 32));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	/* One for each task, which is looked at before the mode. */
	EXPECT_ERRNO(EBUSY, ioctl(other.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EBUSY, ioctl(other.fd, KCOV_ENABLE, 99));
	EXPECT_ERRNO(EINVAL, ioctl(other.fd, KCOV_DISABLE, 0));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_DISABLE, 1));
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
		EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_DISABLE, 0));
		ASSERT_EQ(0, ioctl(other.fd, KCOV_ENABLE, i % 2));
		ASSERT_EQ(0, ioctl(other.fd, KCOV_DISABLE, 0));
		ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, i % 2));
	}
}

static void *disable_in_thread(void *fd)
{
	return (void *)SYSRET(ioctl(*(int *)fd, KCOV_DISABLE, 0));
}

static void *enable_in_thread(void *fd)
{
	return (void *)SYSRET(ioctl(*(int *)fd, KCOV_ENABLE, KCOV_TRACE_PC));
}

static long in_thread(void *(*f)(void *), int *fd)
{
	pthread_t thread;
	void *ret;

	if (pthread_create(&thread, NULL, f, fd) || pthread_join(thread, &ret))
		return 1;
	return (long)ret;
}

TEST_F(trace, threads)
{
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_EQ(-EINVAL, in_thread(disable_in_thread, &self->c.fd));
	EXPECT_EQ(-EINVAL, in_thread(enable_in_thread, &self->c.fd));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	/* A thread that exits has disabled it. */
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(0, in_thread(enable_in_thread, &self->c.fd));
	EXPECT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
}

TEST_F(trace, fork_inherits_nothing)
{
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_TRUE(IN_CHILD({
		cover_reset(&self->c);
		use_eventfd(self->event, 1);
		_exit(ioctl(self->c.fd, KCOV_DISABLE, 0) == -1 && errno == EINVAL ? 0 : 2);
	}));
	EXPECT_EQ(0, pcs_in(&self->c, "eventfd_write"));
	/* waitpid() may have filled the buffer. */
	cover_reset(&self->c);
	use_eventfd(self->event, 1);
	EXPECT_LT(0, pcs_in(&self->c, "eventfd_write"));
}

/* As a fuzzer does: set up once, enabled by one child after another. */
TEST_F(trace, fork_server)
{
	for (int i = 0; i < 10; i++) {
		EXPECT_TRUE(IN_CHILD({
			if (ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC))
				_exit(2);
			cover_reset(&self->c);
			use_eventfd(self->event, 1);
			_exit(0);
		}));
		EXPECT_LT(0, pcs_in(&self->c, "eventfd_write"));
	}
}

/* The task that enabled it keeps it, with or without a file or a mapping. */
TEST_F(trace, without_file_and_mapping)
{
	struct cover other;

	ASSERT_EQ(0, cover_open(&other, 512));
	ASSERT_EQ(0, ioctl(other.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	close(other.fd);
	cover_reset(&other);
	use_eventfd(self->event, 1);
	EXPECT_LT(0, pcs_in(&other, "eventfd_write"));
	munmap(other.area, other.size);
	use_eventfd(self->event, 1);
	EXPECT_ERRNO(EBUSY, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
}

TEST_F(trace, buffer_is_full)
{
	struct cover small;

	ASSERT_EQ(0, cover_open(&small, PAGE / 8));
	for (int mode = KCOV_TRACE_PC; mode <= KCOV_TRACE_CMP; mode++) {
		uint64_t full = mode == KCOV_TRACE_PC ? PAGE / 8 - 1 : (PAGE / 8 - 1) / 4;

		ASSERT_EQ(0, ioctl(small.fd, KCOV_ENABLE, mode));
		cover_reset(&small);
		for (int i = 0; i < 1000; i++)
			use_eventfd(self->event, 1);
		EXPECT_EQ(full, cover_count(&small));
		ASSERT_EQ(0, ioctl(small.fd, KCOV_DISABLE, 0));
	}
}

/* What user space writes to the counter is not believed. */
TEST_F(trace, bad_counter)
{
	static const uint64_t bad[] = { ~0ULL, 1ULL << 63, 1ULL << 61, 1ULL << 59, 512, 511 };
	struct cover small;

	ASSERT_EQ(0, cover_open(&small, PAGE / 8));
	for (int mode = KCOV_TRACE_PC; mode <= KCOV_TRACE_CMP; mode++) {
		ASSERT_EQ(0, ioctl(small.fd, KCOV_ENABLE, mode));
		for (int i = 0; i < ARRAY_SIZE(bad); i++) {
			small.area[0] = bad[i];
			use_eventfd(self->event, 1);
		}
		ASSERT_EQ(0, ioctl(small.fd, KCOV_DISABLE, 0));
	}
}

TEST_F(trace, mmap)
{
	size_t size = self->c.size;
	struct vma vma;
	uint64_t *p;

	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, size - PAGE));
	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, size + PAGE));
	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, 2 * size));
	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, size, PROT_READ, MAP_SHARED, self->c.fd, PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, size - PAGE, PROT_READ, MAP_SHARED, self->c.fd, PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, size, PROT_READ, MAP_SHARED, self->c.fd,
				  (off_t)(1ULL << 62)));

	ASSERT_TRUE(vma_of(self->c.area, &vma));
	EXPECT_STREQ("rw-s", vma.perms);
	EXPECT_TRUE(vma_has(&vma, "rd wr sh mr mw me ms de mm")) TH_LOG("%s", vma.flags);
	EXPECT_FALSE(vma_has_any(&vma, "ex pf io dd dc lo ac")) TH_LOG("%s", vma.flags);
	/* All of it, at once. */
	EXPECT_EQ(size / 1024, vma.rss);
	EXPECT_ERRNO(EFAULT, mremap(self->c.area, size, size + PAGE, MREMAP_MAYMOVE));

	for (int prot = PROT_NONE; prot <= (PROT_READ | PROT_WRITE | PROT_EXEC); prot++) {
		p = mmap(NULL, size, prot, MAP_SHARED, self->c.fd, 0);
		ASSERT_NE(MAP_FAILED, p) TH_LOG("prot %d", prot);
		if (prot & PROT_READ) {
			self->c.area[7] = prot;
			EXPECT_EQ(prot, p[7]);
		}
		EXPECT_EQ(0, munmap(p, size));
	}

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->c.fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	self->c.area[1] = 11;
	EXPECT_EQ(11, p[1]);
	p[1] = 12;
	EXPECT_EQ(11, self->c.area[1]);
	EXPECT_EQ(0, munmap(p, size));
}

TEST_F(trace, mmap_read_only)
{
	int fd = open(KCOV, O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, KCOV_INIT_TRACE, PAGE / 8));
	EXPECT_ERRNO(EACCES, cover_map(fd, PAGE));
	EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));
}

/* A size that is not one of pages cannot be mapped. */
TEST(mmap_odd_size)
{
	int fd = open(KCOV, O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, KCOV_INIT_TRACE, PAGE / 8 + 1));
	EXPECT_ERRNO(EINVAL, cover_map(fd, PAGE));
	EXPECT_ERRNO(EINVAL, cover_map(fd, PAGE + 8));
	EXPECT_ERRNO(EINVAL, cover_map(fd, 2 * PAGE));
	/* It works all the same. */
	EXPECT_EQ(0, ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_EQ(0, ioctl(fd, KCOV_DISABLE, 0));
}

struct worker {
	pthread_t thread;
	int index;
	bool ok;
};

static void *record_in_parallel(void *data)
{
	struct worker *w = data;
	int event = eventfd(0, EFD_NONBLOCK), p[2];
	struct cover c;
	char byte = 0;

	if (event < 0 || pipe(p) || cover_open(&c, COVER_WORDS))
		return NULL;
	for (int i = 0; i < 50; i++) {
		if (ioctl(c.fd, KCOV_ENABLE, KCOV_TRACE_PC))
			return NULL;
		cover_reset(&c);
		for (int j = 0; j < 20; j++) {
			if (w->index % 2)
				use_eventfd(event, 1);
			else if (write(p[1], &byte, 1) != 1 || read(p[0], &byte, 1) != 1)
				return NULL;
		}
		if (ioctl(c.fd, KCOV_DISABLE, 0))
			return NULL;
	}
	w->ok = w->index % 2 ?
		pcs_in(&c, "eventfd_write") > 0 && !pcs_in(&c, "anon_pipe_write") :
		pcs_in(&c, "anon_pipe_write") > 0 && !pcs_in(&c, "eventfd_write");
	cover_close(&c);
	return NULL;
}

TEST(parallel)
{
	struct worker w[8] = {};

	/* Read them before there are threads. */
	ASSERT_NE(NULL, symbol_of(~0ULL));
	for (int i = 0; i < ARRAY_SIZE(w); i++) {
		w[i].index = i;
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, record_in_parallel, &w[i]));
	}
	for (int i = 0; i < ARRAY_SIZE(w); i++) {
		ASSERT_EQ(0, pthread_join(w[i].thread, NULL));
		EXPECT_TRUE(w[i].ok) TH_LOG("thread %d", i);
	}
}

TEST_HARNESS_MAIN
