// SPDX-License-Identifier: GPL-2.0
/*
 * Rust drivers, mapped through a file on top of theirs: their hook is then called
 * for a VMA that exists already. Whatever the way of stacking, all is to be as it
 * is without.
 *
 * The files on top are those of lib/test_mmap_stacked.c and of overlayfs; those
 * below are of the sample drivers and of lib/test_mmap_stacked_rust.rs.
 *
 * The samples are devices, which overlayfs opens like any other file system: it is
 * only on top of regular files. FUSE maps files that are passed through in the same
 * way, as backing files, but takes none that cannot be read by iterators. SysV
 * shared memory is only on top of shmem and hugetlbfs; WRAP does what it does.
 */
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "kselftest_harness.h"
#include "edu.h"
#include "mem_test.h"

#define OUTER	"/dev/test_mmap_stacked"
#define SAMPLE	"/dev/rust_mmap_"

enum { DIRECT, KEEP, SWAP, WRAP, OVERLAY, NR_WAYS };

/* Of lib/test_mmap_stacked.c: the mapping keeps the outer or the inner file, or wraps that. */
static const char stackings[] = { [KEEP] = 'k', [SWAP] = 's', [WRAP] = 'w' };

/* The file at @path, or one on top of it. */
static int open_way(int way, const char *path, int flags)
{
	int fd = open(way == DIRECT ? path : OUTER, flags);

	if (fd >= 0 && way != DIRECT && ioctl(fd, stackings[way], path)) {
		close(fd);
		return -1;
	}
	return fd;
}

static char *map(int fd, size_t len, int prot, int flags)
{
	return mmap(NULL, len, prot, flags, fd, 0);
}

/*
 * Maps with each protection, kind, length and offset, up to page @last. What is
 * refused is refused for the same reason by all of @nr files, and nothing is left
 * of it. Returns how often that was.
 */
static int same_errors(struct __test_metadata *_metadata, const int *fds, int nr, int pages,
		       off_t last)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	static const int kinds[] = { MAP_SHARED, MAP_PRIVATE };
	const off_t offsets[] = { 0, 1, pages - 1, pages, 1L << 40, last };
	const size_t lens[] = { 1, 2, pages, pages + 1 };
	char *area = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int refused = 0;

	ASSERT_NE(MAP_FAILED, area);
	for (int i = 0; i < 3 * 2 * 6 * 4; i++) {
		int flags = kinds[i % 2] | MAP_FIXED, prot = prots[i / 48];
		off_t offset = offsets[i / 2 % 6] * PAGE;
		size_t len = lens[i / 12 % 4] * PAGE;
		long ret, direct = 0;

		for (int way = 0; way < nr; way++) {
			munmap(area, len);
			ret = SYSRET(mmap(area, len, prot, flags, fds[way], offset));
			EXPECT_EQ(ret > 0, vmas_in(area, len));
			if (way == DIRECT)
				direct = ret;
			EXPECT_EQ(direct, ret)
				TH_LOG("way %d: %#x %#x %zu at %lx", way, prot, flags, len, offset);
		}
		refused += direct < 0;
	}
	munmap(area, (pages + 2) * PAGE);
	EXPECT_GT(3 * 2 * 6 * 4, refused);
	return refused;
}

FIXTURE(stacked)
{
	int fds[OVERLAY];
	char path[64], *first, *contents;	/* before and after fill() */
	size_t len;
	struct vma vma, direct_vma;
};

FIXTURE_VARIANT(stacked)
{
	const char *name;
	int pages;	/* as many as can be mapped */
	int read_only;
};

FIXTURE_VARIANT_ADD(stacked, minimal) { .name = "minimal", .pages = 4 };
FIXTURE_VARIANT_ADD(stacked, fault) { .name = "fault", .pages = 16 };
FIXTURE_VARIANT_ADD(stacked, huge) { .name = "huge", .pages = 512 };
FIXTURE_VARIANT_ADD(stacked, mixed) { .name = "mixed", .pages = 8 };
FIXTURE_VARIANT_ADD(stacked, mixed_pages) { .name = "mixed_pages", .pages = 8 };
FIXTURE_VARIANT_ADD(stacked, remap) { .name = "remap", .pages = 4 };
FIXTURE_VARIANT_ADD(stacked, custom) { .name = "custom", .pages = 4 };
FIXTURE_VARIANT_ADD(stacked, wrapper) { .name = "wrapper", .pages = 2, .read_only = 1 };

static char *map_all(const struct _test_data_stacked *self,
		     const struct _fixture_variant_stacked *variant, int way)
{
	return map(self->fds[way], self->len, variant->read_only ? PROT_READ :
		   PROT_READ | PROT_WRITE, MAP_SHARED);
}

/* Writes all of it, if that is allowed; whether it is then what it should be. */
static bool fill(const struct _test_data_stacked *self,
		 const struct _fixture_variant_stacked *variant, char *p)
{
	if (!variant->read_only)
		memcpy(p, self->contents, self->len);
	return !memcmp(p, self->contents, self->len);
}

FIXTURE_SETUP(stacked)
{
	char *p;

	self->len = variant->pages * PAGE;
	snprintf(self->path, sizeof(self->path), SAMPLE "%s", variant->name);
	for (int way = DIRECT; way < OVERLAY; way++) {
		self->fds[way] = open_way(way, self->path, O_RDWR);
		ASSERT_LE(0, self->fds[way]) TH_LOG("%s: enable TEST_MMAP_STACKED and the samples",
						    strerror(errno));
	}
	p = map_all(self, variant, DIRECT);
	ASSERT_NE(MAP_FAILED, p);
	self->first = malloc(self->len);
	self->contents = malloc(self->len);
	memcpy(self->first, p, self->len);
	memcpy(self->contents, p, self->len);
	for (int i = 0; i < variant->pages && !variant->read_only; i++)
		memset(self->contents + i * PAGE, 'a' + i % 26, PAGE);
	ASSERT_EQ(0, munmap(p, self->len));
}

FIXTURE_TEARDOWN(stacked)
{
	for (int way = DIRECT; way < OVERLAY; way++)
		close(self->fds[way]);
	free(self->first);
	free(self->contents);
}

TEST_F(stacked, smaps)
{
	for (int way = KEEP; way < OVERLAY; way++) {
		char *p = map_all(self, variant, way), *q = map_all(self, variant, DIRECT);

		ASSERT_NE(MAP_FAILED, p);
		ASSERT_NE(MAP_FAILED, q);
		for (int i = 0; i < 2; i++) {
			ASSERT_TRUE(vma_of(p, &self->vma));
			ASSERT_TRUE(vma_of(q, &self->direct_vma));
			EXPECT_STREQ(self->direct_vma.perms, self->vma.perms);
			EXPECT_STREQ(self->direct_vma.flags, self->vma.flags);
			EXPECT_EQ(self->direct_vma.offset, self->vma.offset);
			EXPECT_EQ(self->direct_vma.rss, self->vma.rss);
			EXPECT_EQ(self->direct_vma.anon, self->vma.anon);
			EXPECT_TRUE(fill(self, variant, p));
			EXPECT_TRUE(fill(self, variant, q));
		}
		EXPECT_STREQ(way == SWAP ? self->path : OUTER, self->vma.name);
		EXPECT_EQ(variant->read_only ? -EACCES : 0,
			  SYSRET(mprotect(p, PAGE, PROT_READ | PROT_WRITE)));
		ASSERT_EQ(0, munmap(q, self->len));
	}
}

TEST_F(stacked, contents_are_of_the_inner_file)
{
	for (int way = KEEP; way < OVERLAY; way++) {
		char *p = map_all(self, variant, way), *q = map_all(self, variant, way);

		ASSERT_NE(MAP_FAILED, p);
		ASSERT_NE(MAP_FAILED, q);
		EXPECT_EQ(0, memcmp(p, self->first, self->len));
		EXPECT_TRUE(fill(self, variant, p));
		EXPECT_EQ(0, memcmp(q, self->contents, self->len));
		/* They stay for as long as there is a mapping. */
		ASSERT_EQ(0, munmap(p, self->len));
		ASSERT_EQ(0, close(self->fds[way]));
		EXPECT_EQ(0, memcmp(q, self->contents, self->len));
	}
}

TEST_F(stacked, errors)
{
	int refused = same_errors(_metadata, self->fds, OVERLAY, variant->pages, (1L << 51) - 1);

	/* Faults refuse what their mapping did not. */
	EXPECT_EQ(!strcmp(variant->name, "fault"), !refused);
}

TEST_F(stacked, fork)
{
	for (int way = KEEP; way < OVERLAY; way++) {
		char *p = map_all(self, variant, way);

		ASSERT_NE(MAP_FAILED, p);
		EXPECT_TRUE(fill(self, variant, p));
		EXPECT_TRUE(IN_CHILD({
			if (memcmp(p, self->contents, self->len))
				_exit(2);
			if (!variant->read_only)
				p[0] = 'p';
			_exit(munmap(p, self->len));
		}));
		EXPECT_EQ(variant->read_only ? self->contents[0] : 'p', p[0]);
		EXPECT_EQ(0, memcmp(p + 1, self->contents + 1, self->len - 1));
	}
}

TEST_F(stacked, partial_munmap)
{
	for (int way = KEEP; way < OVERLAY; way++) {
		char *p = map_all(self, variant, way);
		size_t rest = self->len - 2 * PAGE;

		ASSERT_NE(MAP_FAILED, p);
		EXPECT_TRUE(fill(self, variant, p));
		ASSERT_EQ(0, munmap(p + PAGE, PAGE));
		EXPECT_EQ(SIGSEGV, try_read(p + PAGE));
		EXPECT_EQ(rest ? 2 : 1, vmas_in(p, self->len));
		EXPECT_EQ(0, memcmp(p, self->contents, PAGE));
		EXPECT_EQ(0, memcmp(p + 2 * PAGE, self->contents + 2 * PAGE, rest));
		if (rest) {
			ASSERT_TRUE(vma_of(p + 2 * PAGE, &self->vma));
			EXPECT_EQ(2 * PAGE, self->vma.offset);
		}
	}
}

TEST_F(stacked, mremap)
{
	long grown[OVERLAY];

	for (int way = DIRECT; way < OVERLAY; way++) {
		char *at = mmap(NULL, 2 * self->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *p = map_all(self, variant, way);

		ASSERT_NE(MAP_FAILED, p);
		EXPECT_TRUE(fill(self, variant, p));
		ASSERT_EQ(at, mremap(p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, at));
		EXPECT_EQ(SIGSEGV, try_read(p));
		EXPECT_EQ(0, memcmp(at, self->contents, self->len));
		ASSERT_EQ(0, munmap(at + self->len, self->len));
		grown[way] = SYSRET(mremap(at, self->len, self->len + PAGE, 0));
		EXPECT_EQ(grown[DIRECT] < 0 ? grown[DIRECT] : (long)at, grown[way]);
		ASSERT_EQ(at, mremap(at, self->len, PAGE, 0));
		EXPECT_EQ(SIGSEGV, try_read(at + PAGE));
		EXPECT_EQ(0, memcmp(at, self->contents, PAGE));
	}
}

/* Which is made and given back once for each, and is what refuses the last one. */
TEST(state_of_each_mapping)
{
	for (int way = DIRECT; way < OVERLAY; way++) {
		int fd = open_way(way, SAMPLE "counter", O_RDONLY);
		char *p[16];

		ASSERT_LE(0, fd);
		for (int i = 0; i < 16; i++) {
			p[i] = map(fd, PAGE, PROT_READ, MAP_SHARED);
			ASSERT_NE(MAP_FAILED, p[i]);
			EXPECT_EQ(1, load32(p[i]));
		}
		EXPECT_ERRNO(EBUSY, map(fd, PAGE, PROT_READ, MAP_SHARED));
		EXPECT_ERRNO(EACCES, mprotect(p[0], PAGE, PROT_READ | PROT_WRITE));
		for (int i = 1; i < 16; i++)
			ASSERT_EQ(0, munmap(p[i], PAGE));
		EXPECT_TRUE(IN_CHILD(_exit(load32(p[0]) != 2 || munmap(p[0], PAGE))));
		ASSERT_EQ(0, close(fd));
		EXPECT_EQ(1, load32(p[0]));
		ASSERT_EQ(0, munmap(p[0], PAGE));
	}
}

/* The registers of the edu device; unbinding its driver tells who still has it. */
TEST(registers_are_given_back)
{
	char device[32], *p;
	int status;
	pid_t pid;

	edu_device(device);
	ASSERT_NE(0, device[0]);
	for (int way = KEEP; way < OVERLAY; way++) {
		/* A file that could not be mapped, one that was, and one that is. */
		for (int i = 0; i < 3; i++) {
			int fd = open_way(way, SAMPLE "ioremap", O_RDWR);

			ASSERT_LE(0, fd);
			EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, EDU_BAR));
			EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
			if (i) {
				p = map(fd, EDU_BAR, PROT_READ | PROT_WRITE, MAP_SHARED);
				ASSERT_NE(MAP_FAILED, p);
				EXPECT_TRUE(edu_is_alive(p, i));
			}
			if (i == 1)
				ASSERT_EQ(0, munmap(p, EDU_BAR));
			ASSERT_EQ(0, close(fd));
		}
		pid = fork();
		if (!pid) {
			munmap(p, EDU_BAR);
			_exit(write_text(EDU_DRIVER "/unbind", device) ? 2 : 0);
		}
		usleep(300000);
		EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
		EXPECT_TRUE(edu_is_alive(p, 3));
		ASSERT_EQ(0, munmap(p, EDU_BAR));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		ASSERT_EQ(0, write_text(EDU_DRIVER "/bind", device));
	}
}

/* Each kind of action, on which overlayfs can be as well. */

FIXTURE(action)
{
	int fds[NR_WAYS];
	size_t len;
	struct vma vma[NR_WAYS], copy[NR_WAYS];
};

FIXTURE_VARIANT(action)
{
	const char *name;
	int pages;
};

FIXTURE_VARIANT_ADD(action, nothing) { .name = "nothing", .pages = 4 };
FIXTURE_VARIANT_ADD(action, remap) { .name = "remap", .pages = 1 };
FIXTURE_VARIANT_ADD(action, io_remap) { .name = "io_remap", .pages = 1 };
FIXTURE_VARIANT_ADD(action, pages) { .name = "pages", .pages = 4 };
FIXTURE_VARIANT_ADD(action, mixed) { .name = "mixed", .pages = 4 };
FIXTURE_VARIANT_ADD(action, mixed_pages) { .name = "mixed_pages", .pages = 4 };
FIXTURE_VARIANT_ADD(action, custom) { .name = "custom", .pages = 4 };
FIXTURE_VARIANT_ADD(action, nested) { .name = "nested", .pages = 4 };

FIXTURE_SETUP(action)
{
	char path[64];

	/* The mounts go with the process. */
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", "/tmp", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir("/tmp/debug", 0700));
	ASSERT_EQ(0, mkdir("/tmp/empty", 0700));
	ASSERT_EQ(0, mkdir("/tmp/merged", 0700));
	ASSERT_EQ(0, mount("none", "/tmp/debug", "debugfs", 0, NULL));
	ASSERT_EQ(0, mount("none", "/tmp/merged", "overlay", 0,
			   "lowerdir=/tmp/debug/test_mmap_stacked:/tmp/empty"));

	self->len = variant->pages * PAGE;
	snprintf(path, sizeof(path), "/tmp/debug/test_mmap_stacked/%s", variant->name);
	for (int way = DIRECT; way < OVERLAY; way++)
		self->fds[way] = open_way(way, path, O_RDONLY);
	snprintf(path, sizeof(path), "/tmp/merged/%s", variant->name);
	self->fds[OVERLAY] = open(path, O_RDONLY);
	for (int way = 0; way < NR_WAYS; way++)
		ASSERT_LE(0, self->fds[way]);
}

FIXTURE_TEARDOWN(action)
{
	for (int way = 0; way < NR_WAYS; way++)
		close(self->fds[way]);
}

/* Pages begin with their number, the first one goes on with the number of mappings. */
static bool numbered(const char *p, int from, int nr_pages)
{
	for (int i = 0; i < nr_pages; i++)
		if (load32(p + i * PAGE) != from + i)
			return false;
	return true;
}

static int mappings(const char *p)
{
	return load32(p + 4);
}

TEST_F(action, contents_and_smaps)
{
	for (int way = 0; way < NR_WAYS; way++) {
		struct vma *vma = self->vma, *copy = self->copy;
		char *p = map(self->fds[way], self->len, PROT_READ, MAP_SHARED);

		ASSERT_NE(MAP_FAILED, p);
		EXPECT_TRUE(numbered(p, 0, variant->pages));
		ASSERT_TRUE(vma_of(p, &vma[way]));
		EXPECT_STREQ("r--s", vma[way].perms);
		EXPECT_STREQ(vma[DIRECT].flags, vma[way].flags) TH_LOG("way %d", way);
		EXPECT_EQ(vma[DIRECT].rss, vma[way].rss);
		EXPECT_EQ(vma[DIRECT].offset, vma[way].offset);
		/* And of a copy. */
		p = map(self->fds[way], self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		ASSERT_NE(MAP_FAILED, p);
		EXPECT_TRUE(numbered(p, 0, variant->pages));
		EXPECT_EQ(2, mappings(p));
		p[PAGE - 1] = 'p';
		ASSERT_TRUE(vma_of(p, &copy[way]));
		EXPECT_STREQ(copy[DIRECT].flags, copy[way].flags) TH_LOG("way %d", way);
		EXPECT_EQ(copy[DIRECT].rss, copy[way].rss);
		EXPECT_EQ(PAGE / 1024, copy[way].anon);
	}
}

/* Each mapping is announced once, and its end as well. */
TEST_F(action, mapped_and_close)
{
	for (int way = 0; way < NR_WAYS; way++) {
		int fd = self->fds[way];
		char *p = map(fd, self->len, PROT_READ, MAP_SHARED), *q;

		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(1, mappings(p));
		q = map(fd, self->len, PROT_READ, MAP_SHARED);
		ASSERT_NE(MAP_FAILED, q);
		EXPECT_EQ(2, mappings(p));
		EXPECT_TRUE(IN_CHILD({
			if (mappings(p) != 4 || munmap(p, self->len))
				_exit(2);
			_exit(mappings(q) != 3);
		}));
		EXPECT_EQ(2, mappings(p));
		if (variant->pages > 1) {
			ASSERT_EQ(0, munmap(q + PAGE, PAGE));
			EXPECT_EQ(3, mappings(p));
			EXPECT_TRUE(numbered(q + 2 * PAGE, 2, variant->pages - 2));
		}
		ASSERT_EQ(0, munmap(q, self->len));
		EXPECT_EQ(1, mappings(p));
		q = mmap(NULL, self->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_EQ(q, mremap(p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, q));
		EXPECT_EQ(1, mappings(q));
		EXPECT_TRUE(numbered(q, 0, variant->pages));
		/* Put in its place: the new one is there before the old one has gone. */
		ASSERT_EQ(q, mmap(q, self->len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0));
		EXPECT_EQ(1, mappings(q));
		ASSERT_EQ(0, close(fd));
		EXPECT_TRUE(numbered(q, 0, variant->pages));
	}
}

/* Before the action, in the midst of it, and because of what the file is open for. */
TEST_F(action, errors)
{
	/* Regular files end before devices do. */
	EXPECT_LT(0, same_errors(_metadata, self->fds, NR_WAYS, variant->pages, 1L << 50));
	for (int way = 0; way < NR_WAYS; way++) {
		char *p = map(self->fds[way], self->len, PROT_READ, MAP_SHARED);

		ASSERT_NE(MAP_FAILED, p);
		EXPECT_EQ(1, mappings(p)) TH_LOG("way %d", way);
	}
}

TEST_HARNESS_MAIN
