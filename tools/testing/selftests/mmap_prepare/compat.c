// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit program on a 64-bit kernel: kcov, the memory devices and relay. It is
 * built with nolibc, so that it needs no 32-bit C library.
 */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "call_test.h"
#include "cover_test.h"
#include "ikconfig.h"
#include "../../../../lib/test_relay_uapi.h"

#define TEST_RELAY	"/sys/kernel/debug/test_relay"
#define PAGE		4096U
#define GB		0x40000000ULL
/* The first offset that mmap2() does not know. */
#define MMAP2_END	0x100000000000ULL

static ssize_t read_all(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	buf[len] = '\0';
	close(fd);
	return n < 0 ? -1 : (ssize_t)len;
}

/* Whether /proc/self/maps shows these @len bytes of a file, from @offset. */
static bool mapped_at(const void *p, size_t len, const char *perms, uint64_t offset)
{
	static char maps[16 * PAGE];
	unsigned long start = (unsigned long)p;
	char want[64];

	snprintf(want, sizeof(want), "%08lx-%08lx %s %08llx ", start, start + len, perms,
		 (unsigned long long)offset);
	return read_all("/proc/self/maps", maps, sizeof(maps)) > 0 && strstr(maps, want);
}

/* A page without access after @len usable bytes; returns the first of them. */
static void *buffer_before_hole(size_t len)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mmap(p + PAGE, PAGE, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return NULL;
	return p + PAGE - len;
}

TEST(is_32_bit)
{
	EXPECT_EQ(4, sizeof(long));
	EXPECT_EQ(4, sizeof(void *));
}

/* ---- kcov ---- */

/* At an offset that off_t may not hold. */
static void *cover_map_at(int fd, size_t size, uint64_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
}

FIXTURE(kcov)
{
	struct cover c;
	int event;
};

FIXTURE_SETUP(kcov)
{
	ASSERT_EQ(0, cover_open(&self->c, COVER_WORDS)) TH_LOG("needs KCOV and debugfs");
	self->event = syscall(__NR_eventfd2, 0, O_NONBLOCK);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(kcov)
{
	ioctl(self->c.fd, KCOV_DISABLE, 0);
	cover_close(&self->c);
}

/* Runs code that is instrumented. */
static void use_eventfd(int fd, uint64_t value)
{
	if (write(fd, &value, sizeof(value)) != sizeof(value) ||
	    read(fd, &value, sizeof(value)) != sizeof(value))
		printf("# eventfd: %m\n");
}

/*
 * Whether the buffer holds as many addresses of kernel code as it says, in words
 * of 64 bits, before a word that nothing was written to.
 */
static bool holds_pcs(struct cover *c)
{
	uint64_t n = c->area[0];

	if (!n || n >= COVER_WORDS - 1)
		return false;
	for (uint32_t i = 1; i <= n; i++)
		if (c->area[i] >> 31 != 0x1ffffffff)
			return false;
	return !c->area[n + 1];
}

TEST(kcov_init)
{
	static const unsigned long bad[] = { 0, 1, 0x7fffffff / 8 + 1, 0x80000000, 0xffffffff };
	int fd = open(KCOV, O_RDWR);

	ASSERT_LE(0, fd);
	/* Nothing else comes first. */
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_ENABLE, 99));
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_DISABLE, 0));
	EXPECT_ERRNO(EINVAL, cover_map(fd, PAGE));
	EXPECT_ERRNO(ENOTTY, ioctl(fd, KCOV_INIT_TRACE, 512));
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, ioctl(fd, COVER_INIT, bad[i]))
			TH_LOG("%lx", bad[i]);
	}
	ASSERT_EQ(0, ioctl(fd, COVER_INIT, 512));
	EXPECT_ERRNO(EBUSY, ioctl(fd, COVER_INIT, 512));
	/* The size is looked at first. */
	EXPECT_ERRNO(EINVAL, ioctl(fd, COVER_INIT, 1));
	ASSERT_EQ(0, ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EBUSY, ioctl(fd, COVER_INIT, 512));
	EXPECT_EQ(0, ioctl(fd, KCOV_DISABLE, 0));
	close(fd);
}

TEST_F(kcov, unknown_commands)
{
	static const unsigned int bad[] = {
		0, _IO('c', 1), _IOW('c', 1, uint64_t), _IO('c', 99), _IO('c', 103),
		_IO('k', 100), _IO('c', 102), _IOW('c', 102, int), ~0U,
	};

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(ENOTTY, ioctl(self->c.fd, bad[i], 0))
			TH_LOG("%x", bad[i]);
	}
}

TEST_F(kcov, enable)
{
	struct cover other;

	ASSERT_EQ(0, cover_open(&other, 512));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, 2));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, ~0UL));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	/* One for each task, which is looked at before the mode. */
	EXPECT_ERRNO(EBUSY, ioctl(other.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EBUSY, ioctl(other.fd, KCOV_ENABLE, 99));
	EXPECT_ERRNO(EINVAL, ioctl(other.fd, KCOV_DISABLE, 0));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_DISABLE, 1));
	EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_DISABLE, 0));
}

TEST_F(kcov, pcs)
{
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	memset(self->c.area, 0, self->c.size);
	use_eventfd(self->event, 1);
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_TRUE(holds_pcs(&self->c));
	self->c.area[0] = 0;
	use_eventfd(self->event, 1);
	EXPECT_EQ(0, self->c.area[0]);
}

TEST_F(kcov, comparisons)
{
	enum { TYPE, ARG1, ARG2, WORDS = 4 };
	uint64_t magic = 0x1122334455667788;
	int found = 0;

	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_CMP));
	self->c.area[0] = 0;
	use_eventfd(self->event, magic);
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	ASSERT_GT(COVER_WORDS / WORDS, self->c.area[0]);
	for (uint32_t i = 0; i < self->c.area[0]; i++) {
		uint64_t *record = &self->c.area[1 + i * WORDS];

		found += (record[ARG1] == magic || record[ARG2] == magic) &&
			 (record[TYPE] & KCOV_CMP_MASK) == KCOV_CMP_SIZE(3);
	}
	EXPECT_LT(0, found);
}

/* The counter is a word like the others: its upper half counts. */
TEST_F(kcov, counter_beyond_32_bits)
{
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	self->c.area[1] = 0x5555;
	self->c.area[0] = 1ULL << 32;
	use_eventfd(self->event, 1);
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_EQ(1ULL << 32, self->c.area[0]);
	EXPECT_EQ(0x5555, self->c.area[1]);
}

TEST_F(kcov, mmap)
{
	size_t size = self->c.size;

	EXPECT_TRUE(mapped_at(self->c.area, size, "rw-s", 0));
	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, size - PAGE));
	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, size + PAGE));
	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, size / 2));
	EXPECT_ERRNO(EINVAL, cover_map(self->c.fd, 0));
	EXPECT_ERRNO(ENOMEM, cover_map(self->c.fd, -PAGE));
	EXPECT_ERRNO(EINVAL, cover_map_at(self->c.fd, size, PAGE));
	EXPECT_ERRNO(EINVAL, cover_map_at(self->c.fd, size, 4 * GB));
	EXPECT_ERRNO(EINVAL, cover_map_at(self->c.fd, size, MMAP2_END - PAGE));
}

/* Runs code, and says whether it was recorded. */
#define RECORDED(what) ({				\
	memset(self->c.area, 0, self->c.size);		\
	ASSERT_EQ(0, write_text(TEST_KCOV, what));	\
	holds_pcs(&self->c);				\
})

TEST_F(kcov, remote)
{
	EXPECT_EQ(24, sizeof(struct kcov_remote_arg));
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(1), COMMON(0x42)));
	EXPECT_TRUE(RECORDED("task 1"));
	EXPECT_TRUE(RECORDED("common"));
	EXPECT_FALSE(RECORDED("task 2"));
	EXPECT_TRUE(RECORDED("softirq 1"));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_FALSE(RECORDED("task 1"));
	EXPECT_FALSE(RECORDED("common"));
	/* All of a handle. */
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(0xffffffff), 0));
	EXPECT_TRUE(RECORDED("task 4294967295"));
	EXPECT_FALSE(RECORDED("task 1"));
}

TEST_F(kcov, remote_bad_handles)
{
	static const uint64_t bad[] = {
		COMMON(1), USB(1) | 1ULL << 32, USB(1) | 1ULL << 55, 2ULL << 56 | 1, ~0ULL,
	};
	static const uint64_t bad_common[] = { USB(1), 1ULL << 32, 2ULL << 56, ~0ULL };
	struct cover other;

	for (int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERRNO(EINVAL, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, bad[i], 0));
	for (int i = 0; i < ARRAY_SIZE(bad_common); i++) {
		EXPECT_ERRNO(EINVAL, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(3),
						  bad_common[i]));
	}
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(3), COMMON(3)));
	ASSERT_EQ(0, cover_open(&other, 512));
	if (!fork()) {
		EXPECT_ERRNO(EEXIST, cover_remote(&other, KCOV_TRACE_PC, COVER_WORDS, USB(3), 0));
		EXPECT_ERRNO(EEXIST, cover_remote(&other, KCOV_TRACE_PC, COVER_WORDS, 0,
						  COMMON(3)));
		_exit(!__test_passed(_metadata));
	} else {
		int status = -1;

		ASSERT_LT(0, wait(&status));
		EXPECT_EQ(0, status);
	}
}

TEST_F(kcov, remote_bad_argument)
{
	struct kcov_remote_arg *arg = buffer_before_hole(sizeof(*arg));
	struct cover other;
	int fd = open(KCOV, O_RDWR);

	ASSERT_NE(NULL, arg);
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, NULL));
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, -4096L));
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, -8L));
	*arg = (struct kcov_remote_arg){ .area_size = 512, .num_handles = 1 };
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	/* The number of handles is looked at before they are read. */
	arg->num_handles = 257;
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	arg->num_handles = ~0;
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	arg = buffer_before_hole(12);
	arg->num_handles = 257;
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	arg->num_handles = 0;
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	arg = buffer_before_hole(8);
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));

	EXPECT_ERRNO(EINVAL, cover_remote(&self->c, 2, COVER_WORDS, USB(1), 0));
	EXPECT_ERRNO(EINVAL, cover_remote(&self->c, ~0, COVER_WORDS, USB(1), 0));
	/* The argument is looked at before the device. */
	EXPECT_ERRNO(EFAULT, ioctl(fd, KCOV_REMOTE_ENABLE, NULL));
	EXPECT_ERRNO(EINVAL, cover_remote(&(struct cover){ .fd = fd }, 99, COVER_WORDS, USB(1), 0));

	/* One for each task, which is looked at before the mode. */
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(1), 0));
	EXPECT_ERRNO(EINVAL, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(2), 0));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EBUSY, ioctl(self->c.fd, COVER_INIT, 512));
	ASSERT_EQ(0, cover_open(&other, 512));
	EXPECT_ERRNO(EBUSY, cover_remote(&other, KCOV_TRACE_PC, COVER_WORDS, USB(2), 0));
	EXPECT_ERRNO(EBUSY, cover_remote(&other, 99, COVER_WORDS, USB(2), 0));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_DISABLE, 1));
	EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
}

/* ---- memory devices ---- */

FIXTURE(zero)
{
	int fd;
};

FIXTURE_VARIANT(zero)
{
	int flags;
};

FIXTURE_VARIANT_ADD(zero, private) {
	.flags = MAP_PRIVATE,
};

FIXTURE_VARIANT_ADD(zero, shared) {
	.flags = MAP_SHARED,
};

FIXTURE_SETUP(zero)
{
	self->fd = open("/dev/zero", O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(zero)
{
	close(self->fd);
}

TEST_F(zero, mmap)
{
	static const uint64_t offsets[] = { 0, 2 * GB, 4 * GB, 5 * GB + PAGE, MMAP2_END - PAGE };
	const char *perms = variant->flags == MAP_SHARED ? "rw-s" : "rw-p";

	for (int i = 0; i < ARRAY_SIZE(offsets); i++) {
		char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, variant->flags, self->fd,
			       offsets[i]);

		ASSERT_NE(MAP_FAILED, p) TH_LOG("%llx", offsets[i]);
		EXPECT_TRUE(mapped_at(p, PAGE, perms, offsets[i]));
		/* What is shared is a file of its own, and ends after a page. */
		if (variant->flags == MAP_PRIVATE || !offsets[i]) {
			for (int at = 0; at < PAGE; at++)
				ASSERT_EQ(0, p[at]);
			memset(p, 'x', PAGE);
		}
		EXPECT_EQ(0, munmap(p, PAGE));
	}
}

TEST_F(zero, bad_lengths)
{
	EXPECT_ERRNO(EINVAL, mmap(NULL, 0, PROT_READ, variant->flags, self->fd, 0));
	EXPECT_ERRNO(ENOMEM, mmap(NULL, -PAGE, PROT_READ, variant->flags, self->fd, 0));
	EXPECT_ERRNO(ENOMEM, mmap(NULL, ~0U, PROT_READ, variant->flags, self->fd, 0));
}

/* Reads at a position as the kernel takes it, in two halves. */
static long read_at(int fd, void *buf, size_t len, uint64_t pos)
{
	return _syscall(__NR_pread64, fd, buf, len, (uint32_t)pos, (uint32_t)(pos >> 32));
}

/* Returns 0, or what the kernel says; @pos is where we are then. */
static long seek(int fd, int64_t to, int whence, int64_t *pos)
{
	return _syscall(__NR__llseek, fd, (uint32_t)(to >> 32), (uint32_t)to, pos, whence);
}

FIXTURE(mem)
{
	int fd;
	int64_t pos;
	char buf[PAGE];
};

FIXTURE_SETUP(mem)
{
	self->fd = open("/dev/mem", O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(mem)
{
	close(self->fd);
}

TEST_F(mem, seek)
{
	EXPECT_EQ(0, seek(self->fd, 5 * GB + 0x123, SEEK_SET, &self->pos));
	EXPECT_EQ(5 * GB + 0x123, self->pos);
	EXPECT_EQ(0, seek(self->fd, -0x23, SEEK_CUR, &self->pos));
	EXPECT_EQ(5 * GB + 0x100, self->pos);
	/* No memory there, and that moves nothing. */
	EXPECT_ERRNO(EFAULT, read(self->fd, self->buf, 1));
	EXPECT_ERRNO(EFAULT, write(self->fd, self->buf, 1));
	EXPECT_EQ(0, seek(self->fd, -3LL * GB, SEEK_CUR, &self->pos));
	EXPECT_EQ(2 * GB + 0x100, self->pos);
	EXPECT_EQ(0, seek(self->fd, INT64_MAX, SEEK_SET, &self->pos));
	EXPECT_EQ(INT64_MAX, self->pos);
	EXPECT_EQ(0, seek(self->fd, 77, SEEK_SET, &self->pos));
	/* A position that is negative is not stored, and 32 bits of it are the result. */
	self->pos = 5;
	EXPECT_EQ(-8192, seek(self->fd, -8192, SEEK_SET, &self->pos));
	EXPECT_EQ(0, seek(self->fd, INT64_MIN, SEEK_SET, &self->pos));
	EXPECT_EQ(5, self->pos);
	EXPECT_EQ(0, seek(self->fd, 77, SEEK_SET, &self->pos));
	EXPECT_EQ(-EOVERFLOW, seek(self->fd, -4095, SEEK_SET, &self->pos));
	EXPECT_EQ(-EOVERFLOW, seek(self->fd, -78, SEEK_CUR, &self->pos));
	EXPECT_EQ(-EINVAL, seek(self->fd, 0, SEEK_END, &self->pos));
	EXPECT_EQ(-EINVAL, seek(self->fd, 0, 5, &self->pos));
	EXPECT_EQ(0, seek(self->fd, 0, SEEK_CUR, &self->pos));
	EXPECT_EQ(77, self->pos);
}

/* lseek() has 32 bits, with a sign. */
TEST_F(mem, seek_of_old)
{
	EXPECT_EQ(0x7fffffff, _syscall(__NR_lseek, self->fd, 0x7fffffff, SEEK_SET));
	EXPECT_EQ(INT32_MIN, _syscall(__NR_lseek, self->fd, 1, SEEK_CUR));
	EXPECT_EQ(0, seek(self->fd, 0, SEEK_CUR, &self->pos));
	EXPECT_EQ(2 * GB, self->pos);
	EXPECT_EQ(0, seek(self->fd, 5 * GB + 0x123, SEEK_SET, &self->pos));
	EXPECT_EQ(GB + 0x123, _syscall(__NR_lseek, self->fd, 0, SEEK_CUR));
	EXPECT_EQ(-4096, _syscall(__NR_lseek, self->fd, -4096, SEEK_SET));
	EXPECT_EQ(-EOVERFLOW, _syscall(__NR_lseek, self->fd, -4095, SEEK_SET));
}

TEST_F(mem, own_page)
{
	long expected = ikconfig("STRICT_DEVMEM") ? -EPERM : (long)PAGE;
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	uint64_t phys = 0;
	char *own, *p;

	own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, own);
	memset(own, 'o', PAGE);
	ASSERT_EQ(0, syscall(__NR_mlock, own, PAGE));
	ASSERT_EQ(8, read_at(pagemap, &phys, 8, (uintptr_t)own / PAGE * 8));
	ASSERT_EQ(1, phys >> 63);
	phys = (phys & ((1ULL << 55) - 1)) * PAGE;
	close(pagemap);

	EXPECT_EQ(expected, read_at(self->fd, self->buf, PAGE, phys));
	EXPECT_EQ(-EFAULT, read_at(self->fd, self->buf, PAGE, phys + 1024 * GB));
	EXPECT_EQ(-EFAULT, read_at(self->fd, self->buf, PAGE, INT64_MAX - PAGE));
	EXPECT_EQ(-EINVAL, read_at(self->fd, self->buf, PAGE, -8192));
	EXPECT_EQ(0, seek(self->fd, phys, SEEK_SET, &self->pos));
	EXPECT_EQ(expected, SYSRET(read(self->fd, self->buf, PAGE)));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, phys);
	if (expected < 0) {
		EXPECT_ERRNO(EPERM, p);
		return;
	}
	EXPECT_EQ(0, memcmp(own, self->buf, PAGE));
	ASSERT_NE(MAP_FAILED, p);
	p[1] = 'p';
	EXPECT_EQ('p', own[1]);
	EXPECT_EQ('o', p[2]);
}

/* The last page below 4 GiB, from which a processor starts: a far jump. */
TEST_F(mem, reset_vector)
{
	unsigned char *p;

	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 4 * GB - PAGE);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_TRUE(mapped_at(p, PAGE, "r--s", 4 * GB - PAGE));
	EXPECT_EQ(0xea, p[PAGE - 16]);
}

TEST_F(mem, mmap)
{
	static char text[16 * PAGE];
	const char *at;
	uint64_t limit;
	char *p;

	ASSERT_LT(0, read_all("/proc/cpuinfo", text, sizeof(text)));
	at = strstr(text, "address sizes\t: ");
	ASSERT_NE(NULL, at);
	limit = 1ULL << atoi(at + strlen("address sizes\t: "));
	ASSERT_LT(8 * GB, limit);

	/* Above all memory, without a look at what is there. */
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd, limit - 2 * PAGE);
	if (limit <= MMAP2_END) {
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_TRUE(mapped_at(p, 2 * PAGE, "r--s", limit - 2 * PAGE));
	}
	if (limit < MMAP2_END) {
		EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, limit));
		EXPECT_ERRNO(EINVAL, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd,
					  limit - PAGE));
		EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd,
					  MMAP2_END - PAGE));
	}
	EXPECT_ERRNO(EINVAL, mmap(NULL, 0, PROT_READ, MAP_SHARED, self->fd, 5 * GB));
	EXPECT_ERRNO(ENOMEM, mmap(NULL, -PAGE, PROT_READ, MAP_SHARED, self->fd, 5 * GB));
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 5 * GB);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_TRUE(mapped_at(p, PAGE, "r--p", 5 * GB));
}

/* ---- relay ---- */

#define N_SUBBUFS	4
#define N_RECORDS	100
#define RECORD		128	/* a divisor of the size of a sub-buffer */

FIXTURE(relay)
{
	struct test_relay_open open;
	int ctl, fd;
	char buf[N_SUBBUFS * PAGE];
};

FIXTURE_SETUP(relay)
{
	struct test_relay_write records = { .count = N_RECORDS, .size = RECORD };
	char path[96];

	self->ctl = open(TEST_RELAY "/control", O_RDWR);
	ASSERT_LE(0, self->ctl);
	self->open = (struct test_relay_open) {
		.subbuf_size = PAGE, .n_subbufs = N_SUBBUFS, .flags = TEST_RELAY_UNSAFE,
	};
	snprintf(self->open.name, sizeof(self->open.name), "%d.compat", getpid());
	ASSERT_EQ(0, ioctl(self->ctl, TEST_RELAY_OPEN, &self->open));
	snprintf(path, sizeof(path), TEST_RELAY "/%s/cpu0", self->open.name);
	self->fd = open(path, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->ctl, TEST_RELAY_WRITE_RECORDS, &records));
}

FIXTURE_TEARDOWN(relay)
{
	close(self->fd);
	close(self->ctl);
}

/* How many records there are at @p, in the order in which they were written. */
static int records_in(const char *p)
{
	int n;

	for (n = 0; n < N_RECORDS; n++, p += RECORD) {
		struct test_relay_record r;

		memcpy(&r, p, sizeof(r));
		if (r.size != RECORD || r.cpu || r.seq != n ||
		    p[RECORD - 1] != (char)(n + RECORD - 1))
			break;
	}
	return n;
}

TEST_F(relay, read)
{
	EXPECT_EQ(N_RECORDS * RECORD, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(N_RECORDS, records_in(self->buf));
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
}

TEST_F(relay, mmap)
{
	size_t size = N_SUBBUFS * PAGE;
	char *p = mmap(NULL, size, PROT_READ, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(N_RECORDS, records_in(p));
	EXPECT_TRUE(mapped_at(p, size, "r--s", 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, size - PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, size + PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	/* In C any offset will do, see relay_mmap.c. */
	if (ikconfig("RELAY_RUST")) {
		EXPECT_ERRNO(EINVAL, mmap(NULL, size, PROT_READ, MAP_SHARED, self->fd, 4 * GB));
		EXPECT_ERRNO(EINVAL, mmap(NULL, size, PROT_READ, MAP_SHARED, self->fd,
					  MMAP2_END - PAGE));
	}
}

TEST_HARNESS_MAIN
