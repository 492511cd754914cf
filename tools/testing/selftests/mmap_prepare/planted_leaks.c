// SPDX-License-Identifier: GPL-2.0
/*
 * What fail_nth looks for is found if it is there: /dev/test_mmap_leaks leaks one
 * thing after the other. It takes each back when it is closed.
 */
#include <sched.h>

#include "kselftest_harness.h"
#include "leak_test.h"

FIXTURE(planted)
{
	int fd, file, leaks;
	uint64_t pfns[MAX_PAGES];
	long before[NR_COUNTS], now[NR_COUNTS];
};

FIXTURE_SETUP(planted)
{
	cpu_set_t cpu;
	char *p;

	/* A page that was touched here is in a list of this CPU until mlockall(). */
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu), &cpu));

	self->leaks = open(LEAKS, O_RDWR);
	ASSERT_LE(0, self->leaks);
	self->fd = open(LEAKS, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->file = open("/dev/zero", O_RDWR);
	ASSERT_LE(0, self->file);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, p);
	*p = 1;
	self->pfns[0] = phys_of(p) / PAGE;
	ASSERT_NE(0, self->pfns[0]);
	/* The program is in memory, too. */
	ASSERT_EQ(0, mlockall(MCL_CURRENT));
	/* Twice, for what the first time allocates for good. */
	for (int i = 0; i < 2; i++)
		take_counts(self->leaks, self->file, self->pfns, self->before);
	take_counts(self->leaks, self->file, self->pfns, self->now);
	ASSERT_STREQ("nothing", changed(self->before, self->now) ?: "nothing");
}

FIXTURE_TEARDOWN(planted)
{
	close(self->leaks);
	close(self->file);
}

FIXTURE_VARIANT(planted)
{
	char leak;
	const char *name;	/* of what is then different */
};

FIXTURE_VARIANT_ADD(planted, file) { .leak = 'f', .name = "references on the file" };
FIXTURE_VARIANT_ADD(planted, page) { .leak = 'p', .name = "references on pages" };
FIXTURE_VARIANT_ADD(planted, table) { .leak = 't', .name = "VmPTE:" };
FIXTURE_VARIANT_ADD(planted, committed) { .leak = 'c', .name = "Committed_AS:" };
FIXTURE_VARIANT_ADD(planted, rss) { .leak = 'r', .name = "RssFile:" };

TEST_F(planted, is_counted)
{
	long arg = variant->leak == 'p' ? self->pfns[0] : self->file;

	ASSERT_EQ(0, ioctl(self->fd, variant->leak, arg));
	take_counts(self->leaks, self->file, self->pfns, self->now);
	EXPECT_STREQ(variant->name, changed(self->before, self->now) ?: "nothing");

	ASSERT_EQ(0, close(self->fd));
	self->before[DESCRIPTORS]--;
	take_counts(self->leaks, self->file, self->pfns, self->now);
	EXPECT_STREQ("nothing", changed(self->before, self->now) ?: "nothing");
}

TEST(a_mapping_and_a_descriptor_are_counted)
{
	static const uint64_t no_pages[MAX_PAGES];
	long before[NR_COUNTS], now[NR_COUNTS];
	int fd;

	take_counts(-1, -1, no_pages, before);
	ASSERT_EQ(BASE, mmap(BASE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	take_counts(-1, -1, no_pages, now);
	EXPECT_STREQ("mappings", changed(before, now) ?: "nothing");
	ASSERT_EQ(0, munmap(BASE, PAGE));
	fd = dup(1);
	take_counts(-1, -1, no_pages, now);
	EXPECT_STREQ("descriptors", changed(before, now) ?: "nothing");
	ASSERT_EQ(0, close(fd));
	take_counts(-1, -1, no_pages, now);
	EXPECT_STREQ("nothing", changed(before, now) ?: "nothing");
}

TEST(a_page_of_a_closed_file_is_counted)
{
	long before = rust_pages();
	int leaks = open(LEAKS, O_RDWR), fd = open("/dev/rust_mmap_minimal", O_RDWR);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, try_read(p));
	ASSERT_EQ(0, ioctl(leaks, 'p', phys_of(p) / PAGE));
	ASSERT_EQ(0, munmap(p, PAGE));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(before + PAGE, rust_pages());
	ASSERT_EQ(0, close(leaks));
	EXPECT_EQ(before, rust_pages());
}

TEST(unreferred_objects_are_found)
{
	static char text[1 << 16];
	int fds[16];

	/*
	 * Who lives on may have a pointer left on its stack; so may an interrupt that
	 * came then. One of eight is enough, of objects and of files that are closed.
	 */
	for (int i = 0; i < ARRAY_SIZE(fds); i++) {
		char kind = i % 2 ? 'o' : 'f';

		fds[i] = open(LEAKS, O_RDWR);
		ASSERT_LE(0, fds[i]);
		ASSERT_TRUE(IN_CHILD(_exit(ioctl(fds[i], kind, open("/dev/zero", O_RDWR)))));
	}
	ASSERT_LT(0, find_leaks(text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "leaks_ioctl"));
	EXPECT_NE(NULL, strstr(text, "alloc_empty_file"));
	for (int i = 0; i < ARRAY_SIZE(fds); i++)
		ASSERT_EQ(0, close(fds[i]));
	EXPECT_EQ(0, find_leaks(text, sizeof(text))) TH_LOG("%s", text);
}

TEST_HARNESS_MAIN
