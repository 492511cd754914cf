// SPDX-License-Identifier: GPL-2.0
/*
 * Memory and ports under lockdown. There is no way back from lockdown: this
 * program must be the last one that runs before the next boot.
 */
#include "kselftest_harness.h"
#include "mem_test.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

static const char *const devices[] = { "/dev/mem", "/dev/port" };

static bool exists(const char *path)
{
	return ikconfig(strcmp(path, "/dev/mem") ? "DEVPORT" : "DEVMEM");
}

/* A test of its own process would be too late: the files must be open before. */
TEST(lockdown)
{
	int fd[ARRAY_SIZE(devices)], kmsg;
	static char text[256], record[8192];
	bool told[ARRAY_SIZE(devices)] = {};
	uint64_t phys = 0;
	char *own, *map = NULL, c;
	ssize_t n;

	ASSERT_LT(0, read_text(LOCKDOWN, text, sizeof(text))) {
		TH_LOG("no " LOCKDOWN ": enable SECURITY_LOCKDOWN_LSM, lockdown in LSM=");
	}
	ASSERT_NE(NULL, strstr(text, "[none]")) TH_LOG("already locked down: %s", text);
	own = contiguous_buffer(PAGE, &phys);
	ASSERT_NE(NULL, own);
	own[0] = 'o';

	for (int i = 0; i < ARRAY_SIZE(devices); i++) {
		fd[i] = open(devices[i], O_RDWR);
		EXPECT_EQ(exists(devices[i]), fd[i] >= 0);
	}
	if (!ikconfig("STRICT_DEVMEM")) {
		map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd[0], phys);
		ASSERT_NE(MAP_FAILED, map);
	}

	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, kmsg);
	ASSERT_EQ(0, lseek(kmsg, 0, SEEK_END));
	ASSERT_EQ(0, write_text(LOCKDOWN, "integrity"));

	for (int i = 0; i < ARRAY_SIZE(devices); i++) {
		if (!exists(devices[i]))
			continue;
		EXPECT_ERRNO(EPERM, open(devices[i], O_RDONLY)) TH_LOG("%s", devices[i]);
		EXPECT_ERRNO(EPERM, open(devices[i], O_WRONLY)) TH_LOG("%s", devices[i]);
		EXPECT_ERRNO(EPERM, open(devices[i], O_RDWR)) TH_LOG("%s", devices[i]);
	}

	/* What was open stays usable, what was mapped stays mapped. */
	if (map) {
		EXPECT_EQ(1, pread(fd[0], &c, 1, phys));
		EXPECT_EQ('o', c);
		EXPECT_EQ('o', map[0]);
		map[0] = 'm';
		EXPECT_EQ('m', own[0]);
		EXPECT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd[0], phys));
	}
	if (exists(devices[1]))
		EXPECT_EQ(0, pread(fd[1], &c, 1, 65536));

	/* The kernel says why, and who. */
	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		told[0] |= strstr(record, "Lockdown: ") && strstr(record, "/dev/mem,kmem,port");
	}
	EXPECT_TRUE(told[0]);

	/* The right comes first: without it nothing is said about lockdown. */
	ASSERT_EQ(0, lseek(kmsg, 0, SEEK_END));
	ASSERT_EQ(0, drop_capability(CAP_SYS_RAWIO));
	EXPECT_ERRNO(EPERM, open("/dev/mem", O_RDONLY));
	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		EXPECT_EQ(NULL, strstr(record, "Lockdown: "));
	}
}

TEST(the_others_stay_open)
{
	static const char *const others[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/kmsg",
	};

	for (int i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT_LE(0, open(others[i], O_RDWR))
			TH_LOG("%s", others[i]);
	}
}

TEST_HARNESS_MAIN
