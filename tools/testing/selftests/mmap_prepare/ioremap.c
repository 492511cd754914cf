// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_mmap_ioremap.rs: the registers of the
 * edu device of QEMU (-device edu), 1 MiB of them.
 */
#include "kselftest_harness.h"
#include "edu.h"

#define DEVICE	"/dev/rust_mmap_ioremap"
#define LEN	EDU_BAR

#include "sample_test.h"

/* Where the region of the driver is, by /proc/iomem; 0 if it has none. */
static unsigned long long region(void)
{
	FILE *f = fopen("/proc/iomem", "r");
	unsigned long long start, end, found = 0;
	char line[160];
	int n;

	while (f && fgets(line, sizeof(line), f)) {
		n = 0;
		if (sscanf(line, " %llx-%llx : rust_mmap_ioremap%n", &start, &end, &n) == 2 && n &&
		    end - start + 1 == EDU_BAR)
			found = start;
	}
	if (f)
		fclose(f);
	return found;
}

TEST_F(sample, registers)
{
	char *q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(EDU_ID_VALUE, load32(self->p + EDU_ID));
	for (uint32_t i = 0; i < 100; i++)
		EXPECT_TRUE(edu_is_alive(self->p, i * 0x01234567));
	/* One device, however often it is mapped. */
	store32(self->p + EDU_LIVENESS, 42);
	EXPECT_EQ(~42u, load32(q + EDU_LIVENESS));
}

TEST_F(sample, offset)
{
	char *q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, PAGE);

	ASSERT_NE(MAP_FAILED, q);
	/* Nothing is there, and this is what the device says then. */
	EXPECT_EQ(~0u, load32(q + EDU_ID));
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(PAGE, self->vma.offset);
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, EDU_BAR - PAGE);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(~0u, load32(q + EDU_ID));
}

/* What is mapped is the EDU_BAR, which is requested in the name of the driver. */
TEST_F(sample, resource)
{
	char name[32], path[128], text[64];
	unsigned long long start;
	int mem = open("/dev/mem", O_RDWR | O_SYNC);
	char *q;

	edu_device(name);
	ASSERT_NE(0, name[0]);
	snprintf(path, sizeof(path), EDU_DRIVER "/%s/resource", name);
	ASSERT_LT(0, read_text(path, text, sizeof(text)));
	start = strtoull(text, NULL, 0);
	EXPECT_EQ(start, region());
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, mem, start);
	ASSERT_NE(MAP_FAILED, q);
	store32(self->p + EDU_LIVENESS, 0xbadcafe);
	EXPECT_EQ(~0xbadcafeu, load32(q + EDU_LIVENESS));
}

TEST_F(sample, smaps)
{
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ(DEVICE, self->vma.name);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw ms pf io de dd"))
		TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex mm lo")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(0, self->vma.rss);
}

TEST_F(sample, bad_ranges)
{
	EXPECT_ERRNO(EINVAL, mmap(NULL, EDU_BAR + PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, EDU_BAR, PROT_READ, MAP_SHARED, self->fd, PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, EDU_BAR));
	EXPECT_ERRNO(EINVAL, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self->fd, EDU_BAR - PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 1L << 40));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				  ((1L << 51) - 1) * PAGE));
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, -(off_t)PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, 1UL << 30, PROT_READ, MAP_SHARED, self->fd, 0));
}

TEST_F(sample, wrong_sharing_or_protection)
{
	int rd = open(DEVICE, O_RDONLY);
	char *q;

	EXPECT_ERRNO(EINVAL, mmap(NULL, EDU_BAR, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, rd, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, rd, 0));
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, rd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(EDU_ID_VALUE, load32(q + EDU_ID));
	EXPECT_ERRNO(EACCES, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(SIGSEGV, try_write(q, 1));
}

TEST_F(sample, fork)
{
	EXPECT_TRUE(IN_CHILD({
		if (!edu_is_alive(self->p, 0x600d))
			_exit(2);
		_exit(munmap(self->p, EDU_BAR));
	}));
	EXPECT_EQ(~0x600du, load32(self->p + EDU_LIVENESS));
}

TEST_F(sample, mremap)
{
	char *at = mmap(NULL, EDU_BAR, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(at, mremap(self->p, EDU_BAR, EDU_BAR, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_TRUE(edu_is_alive(at, 1));
	EXPECT_ERRNO(EFAULT, mremap(at, EDU_BAR, EDU_BAR + PAGE, MREMAP_MAYMOVE));
	ASSERT_EQ(at, mremap(at, EDU_BAR, PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(at + PAGE));
	EXPECT_TRUE(edu_is_alive(at, 2));
}

TEST_F(sample, partial_munmap)
{
	ASSERT_EQ(0, munmap(self->p + PAGE, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + PAGE));
	EXPECT_TRUE(edu_is_alive(self->p, 1));
	EXPECT_EQ(~0u, load32(self->p + 2 * PAGE));
	EXPECT_EQ(2, vmas_in(self->p, EDU_BAR));
	ASSERT_EQ(0, munmap(self->p, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	ASSERT_EQ(self->p, mmap(self->p, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_FIXED, self->fd, 0));
	EXPECT_TRUE(edu_is_alive(self->p, 2));
}

TEST_F(sample, cannot_be_held)
{
	cannot_be_held(_metadata, self->p);
}

/* The driver leaves when nobody can get at the registers any more, not before. */
TEST_F(sample, unbind_waits)
{
	unsigned long long start = region();
	char name[32];
	int i, status;
	pid_t pid;

	edu_device(name);
	ASSERT_NE(0, name[0]);
	ASSERT_NE(0, start);
	pid = fork();
	if (!pid) {
		munmap(self->p, EDU_BAR);
		close(self->fd);
		_exit(write_text(EDU_DRIVER "/unbind", name) ? 2 : 0);
	}
	/* First of all, nobody else gets hold of them: the device goes, then its node. */
	for (i = 0; i < 1000; i++) {
		int fd = open(DEVICE, O_RDWR);

		if (fd < 0 && errno != ENODEV)
			break;
		close(fd);
		usleep(10000);
	}
	EXPECT_EQ(ENOENT, errno);
	/* Who has them keeps them, and can map them again. */
	usleep(200000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_TRUE(edu_is_alive(self->p, 1));
	EXPECT_EQ(start, region());
	ASSERT_EQ(0, munmap(self->p, EDU_BAR));
	self->p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->p);
	ASSERT_EQ(0, close(self->fd));
	usleep(200000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_TRUE(edu_is_alive(self->p, 2));

	ASSERT_EQ(0, munmap(self->p, PAGE));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_ERRNO(ENOENT, open(DEVICE, O_RDWR));
	EXPECT_EQ(0, region());

	/* With nobody there it does not wait. */
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, write_text(EDU_DRIVER "/bind", name));
		self->fd = open(DEVICE, O_RDWR);
		ASSERT_LE(0, self->fd);
		self->p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
		ASSERT_NE(MAP_FAILED, self->p);
		EXPECT_TRUE(edu_is_alive(self->p, i));
		EXPECT_EQ(start, region());
		ASSERT_EQ(0, munmap(self->p, PAGE));
		ASSERT_EQ(0, close(self->fd));
		ASSERT_EQ(0, write_text(EDU_DRIVER "/unbind", name));
	}
	ASSERT_EQ(0, write_text(EDU_DRIVER "/bind", name));
}

TEST_HARNESS_MAIN
