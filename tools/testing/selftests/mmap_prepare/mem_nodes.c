// SPDX-License-Identifier: GPL-2.0
/* The memory devices as files: numbers, modes, class, and who may open them. */
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <poll.h>
#include <linux/random.h>

#include "kselftest_harness.h"
#include "mem_test.h"

static const struct node {
	const char *name;
	unsigned int minor;
	mode_t mode;
	const char *devmode;	/* the line in uevent, if the driver names a mode */
	bool polls;		/* has a poll operation */
	bool nowait;		/* promises not to block when asked so */
} nodes[] = {
	{ "mem",	1,	0600,	NULL,			false,	false },
	{ "null",	3,	0666,	"DEVMODE=0666\n",	false,	true },
	{ "port",	4,	0600,	NULL,			false,	false },
	{ "zero",	5,	0666,	"DEVMODE=0666\n",	false,	true },
	{ "full",	7,	0666,	"DEVMODE=0666\n",	false,	false },
	{ "random",	8,	0666,	"DEVMODE=0666\n",	true,	true },
	{ "urandom",	9,	0666,	"DEVMODE=0666\n",	false,	true },
	{ "kmsg",	11,	0644,	"DEVMODE=0644\n",	true,	false },
};

static bool exists(const struct node *node)
{
	if (node->minor == 1)
		return ikconfig("DEVMEM");
	if (node->minor == 4)
		return ikconfig("DEVPORT");
	if (node->minor == 11)
		return ikconfig("PRINTK");
	return true;
}

#define for_each_node \
	for (const struct node *node = nodes; node < nodes + ARRAY_SIZE(nodes); node++)

static int open_node(const struct node *node, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", node->name);
	return open(path, flags);
}

TEST(devtmpfs)
{
	struct stat st;
	char path[32];

	for_each_node {
		snprintf(path, sizeof(path), "/dev/%s", node->name);
		if (!exists(node)) {
			EXPECT_ERRNO(ENOENT, stat(path, &st));
			continue;
		}
		ASSERT_EQ(0, stat(path, &st)) TH_LOG("%s", path);
		EXPECT_EQ(S_IFCHR | node->mode, st.st_mode) TH_LOG("%s", path);
		EXPECT_EQ(makedev(MEM_MAJOR, node->minor), st.st_rdev) TH_LOG("%s", path);
		EXPECT_EQ(0, st.st_uid);
		EXPECT_EQ(0, st.st_gid);
	}
}

TEST(class_lists_exactly_the_devices)
{
	DIR *dir = opendir("/sys/class/mem");
	struct dirent *d;
	int n = 0, expected = 0;

	ASSERT_NE(NULL, dir);
	while ((d = readdir(dir))) {
		bool known = false;

		if (d->d_name[0] == '.')
			continue;
		n++;
		for_each_node
			known |= !strcmp(node->name, d->d_name) && exists(node);
		EXPECT_TRUE(known) TH_LOG("unexpected /sys/class/mem/%s", d->d_name);
	}
	closedir(dir);
	for_each_node
		expected += exists(node);
	EXPECT_EQ(expected, n);
}

TEST(sysfs_attributes)
{
	char path[64], text[256], want[64], link[256];
	ssize_t n;

	for_each_node {
		if (!exists(node))
			continue;
		snprintf(path, sizeof(path), "/sys/class/mem/%s/dev", node->name);
		snprintf(want, sizeof(want), "1:%u\n", node->minor);
		ASSERT_LT(0, read_text(path, text, sizeof(text))) TH_LOG("%s", path);
		EXPECT_STREQ(want, text);

		snprintf(path, sizeof(path), "/sys/class/mem/%s/uevent", node->name);
		ASSERT_LT(0, read_text(path, text, sizeof(text))) TH_LOG("%s", path);
		snprintf(want, sizeof(want), "MAJOR=1\nMINOR=%u\nDEVNAME=%s\n", node->minor,
			 node->name);
		EXPECT_EQ(0, strncmp(want, text, strlen(want))) TH_LOG("%s", text);
		EXPECT_STREQ(node->devmode ?: "", text + strlen(want)) TH_LOG("%s", text);

		/* No parent: the devices are virtual ones. */
		snprintf(path, sizeof(path), "/sys/dev/char/1:%u", node->minor);
		n = readlink(path, link, sizeof(link) - 1);
		ASSERT_LT(0, n);
		link[n] = '\0';
		snprintf(want, sizeof(want), "../../devices/virtual/mem/%s", node->name);
		EXPECT_STREQ(want, link);
	}
}

TEST(major_is_named_mem)
{
	static char text[4096];

	ASSERT_LT(0, read_text("/proc/devices", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "\n  1 mem\n"));
}

/* Minors in between and after the known ones, up to the last of the major. */
TEST(unused_minors)
{
	static const unsigned int unused[] = { 0, 2, 6, 10, 12, 13, 63, 255 };

	for (int i = 0; i < ARRAY_SIZE(unused); i++) {
		ASSERT_EQ(0, mknod("/dev/mmap_prepare_node", S_IFCHR | 0600,
				   makedev(MEM_MAJOR, unused[i])));
		EXPECT_ERRNO(ENXIO, open("/dev/mmap_prepare_node", O_RDONLY))
			TH_LOG("minor %u", unused[i]);
		EXPECT_ERRNO(ENXIO, open("/dev/mmap_prepare_node", O_RDWR));
		unlink("/dev/mmap_prepare_node");
	}
}

TEST(minors_of_absent_devices)
{
	for_each_node {
		if (exists(node))
			continue;
		ASSERT_EQ(0, mknod("/dev/mmap_prepare_node", S_IFCHR | 0600,
				   makedev(MEM_MAJOR, node->minor)));
		EXPECT_ERRNO(ENXIO, open("/dev/mmap_prepare_node", O_RDONLY));
		unlink("/dev/mmap_prepare_node");
	}
	/* What exists opens through any node with its numbers. */
	ASSERT_EQ(0, mknod("/dev/mmap_prepare_node", S_IFCHR | 0600, makedev(MEM_MAJOR, 3)));
	EXPECT_LE(0, open("/dev/mmap_prepare_node", O_RDWR));
	unlink("/dev/mmap_prepare_node");
}

TEST(open_modes)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_NONBLOCK,
				     O_RDWR | O_SYNC, O_WRONLY | O_APPEND, O_WRONLY | O_TRUNC,
				     O_RDWR | O_CREAT };

	for_each_node {
		if (!exists(node))
			continue;
		for (int i = 0; i < ARRAY_SIZE(flags); i++) {
			int fd = open_node(node, flags[i]);

			EXPECT_LE(0, fd) TH_LOG("%s flags %#o: %d", node->name, flags[i], errno);
			EXPECT_EQ(0, close(fd));
		}
		EXPECT_ERRNO(EINVAL, open_node(node, O_RDWR | O_DIRECT)) TH_LOG("%s", node->name);
		EXPECT_ERRNO(ENOTDIR, open_node(node, O_RDONLY | O_DIRECTORY));
	}
}

/* /dev/mem and /dev/port ask for the capability, the others for nothing. */
TEST(open_without_rawio)
{
	ASSERT_EQ(0, drop_capability(CAP_SYS_RAWIO));
	for_each_node {
		if (!exists(node))
			continue;
		if (node->minor == 1 || node->minor == 4) {
			EXPECT_ERRNO(EPERM, open_node(node, O_RDONLY)) TH_LOG("%s", node->name);
			EXPECT_ERRNO(EPERM, open_node(node, O_WRONLY)) TH_LOG("%s", node->name);
			EXPECT_ERRNO(EPERM, open_node(node, O_RDWR)) TH_LOG("%s", node->name);
			/* A path alone opens no device. */
			EXPECT_LE(0, open_node(node, O_PATH));
		} else {
			EXPECT_LE(0, open_node(node, O_RDWR)) TH_LOG("%s", node->name);
		}
	}
}

TEST(open_as_nobody)
{
	int fd;

	ASSERT_EQ(0, chmod("/dev", 0755));
	ASSERT_EQ(0, setresgid(65534, 65534, 65534));
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	for_each_node {
		if (!exists(node))
			continue;
		fd = open_node(node, O_RDWR);
		EXPECT_EQ(node->mode == 0666 ? 0 : -EACCES, fd < 0 ? -errno : 0)
			TH_LOG("%s", node->name);
	}
}

/* The capability counts at open, not afterwards. */
TEST(rawio_is_checked_at_open_only)
{
	char c;
	int fd;

	if (!ikconfig("DEVPORT"))
		SKIP(return, "CONFIG_DEVPORT is not set: there is no /dev/port");
	fd = open("/dev/port", O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, drop_capability(CAP_SYS_RAWIO));
	EXPECT_EQ(65536, lseek(fd, 65536, SEEK_SET));
	EXPECT_EQ(0, read(fd, &c, 1));
}

TEST(poll_and_epoll)
{
	int ep = epoll_create1(0);

	ASSERT_LE(0, ep);
	for_each_node {
		struct epoll_event ev = { .events = EPOLLIN };
		struct pollfd p = { .fd = open_node(node, O_RDWR) };

		if (!exists(node))
			continue;
		p.events = POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM;
		ASSERT_LE(0, p.fd);
		ASSERT_LE(0, poll(&p, 1, 0));
		if (node->polls) {
			EXPECT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &ev))
				TH_LOG("%s", node->name);
		} else {
			EXPECT_EQ(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, p.revents)
				TH_LOG("%s", node->name);
			EXPECT_ERRNO(EPERM, epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &ev))
				TH_LOG("%s", node->name);
		}
		close(p.fd);
	}
}

TEST(absent_operations)
{
	for_each_node {
		bool generator = node->minor == 8 || node->minor == 9;
		char buf[64];
		int fd, entropy;

		if (!exists(node))
			continue;
		fd = open_node(node, O_RDWR);
		ASSERT_LE(0, fd);
		EXPECT_ERRNO(EINVAL, fsync(fd)) TH_LOG("%s", node->name);
		EXPECT_ERRNO(EINVAL, fdatasync(fd)) TH_LOG("%s", node->name);
		/* The generator has requests, and its own answer to unknown ones. */
		EXPECT_EQ(generator ? 0 : -ENOTTY, SYSRET(ioctl(fd, RNDGETENTCNT, &entropy)));
		EXPECT_EQ(generator ? -EINVAL : -ENOTTY, SYSRET(ioctl(fd, TCGETS, buf)));
		EXPECT_ERRNO(ENOTDIR, syscall(SYS_getdents64, fd, buf, sizeof(buf)));
		EXPECT_ERRNO(EINVAL, ftruncate(fd, 0)) TH_LOG("%s", node->name);
		/* Only where the driver has a fasync operation does O_ASYNC stick. */
		EXPECT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC));
		EXPECT_EQ(generator ? O_ASYNC : 0,
			  fcntl(fd, F_GETFL) & O_ASYNC) TH_LOG("%s", node->name);
		EXPECT_ERRNO(EINVAL, fcntl(fd, F_SETFL, O_DIRECT));
		close(fd);
	}
}

/* RWF_NOWAIT is for files whose open set FMODE_NOWAIT and that have read_iter. */
TEST(nowait)
{
	static char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };

	for_each_node {
		int fd;

		if (!exists(node))
			continue;
		fd = open_node(node, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, fd);
		if (node->nowait) {
			EXPECT_EQ(node->minor == 3 ? 0 : 1, preadv2(fd, &iov, 1, 0, RWF_NOWAIT))
				TH_LOG("%s: %d", node->name, errno);
		} else {
			EXPECT_ERRNO(EOPNOTSUPP, preadv2(fd, &iov, 1, 0, RWF_NOWAIT))
				TH_LOG("%s", node->name);
		}
		close(fd);
	}
}

TEST_HARNESS_MAIN
