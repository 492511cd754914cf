/* SPDX-License-Identifier: GPL-2.0 */
/* What all tests share, also one that is built with nolibc. Needs kselftest_harness.h. */
#ifndef __MMAP_PREPARE_CALL_TEST_H
#define __MMAP_PREPARE_CALL_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Seconds. On a debug kernel, emulated on a busy machine, a test may take many minutes. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 1800

/* What a call returns, or the negative errno, as the kernel itself gives it. */
#define SYSRET(call) ({				\
	long __ret = (long)(call);		\
						\
	__ret == -1 ? -(long)errno : __ret;	\
})

/* A call that must fail with @error. Needs kselftest_harness.h. */
#define EXPECT_ERRNO(error, call) EXPECT_EQ(-(error), SYSRET(call))

static inline int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

#endif
