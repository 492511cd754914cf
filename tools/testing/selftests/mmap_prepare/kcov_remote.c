// SPDX-License-Identifier: GPL-2.0
/*
 * Coverage of what others do for a task: KCOV_REMOTE_ENABLE, with code of
 * lib/test_kcov.c (TEST_KCOV).
 */
#include "kselftest_harness.h"
#include "kcov_test.h"

#define TASK_CODE	"test_kcov_task_code"
#define SOFTIRQ_CODE	"test_kcov_softirq_code"

FIXTURE(remote)
{
	struct cover c;
};

FIXTURE_SETUP(remote)
{
	ASSERT_EQ(0, cover_open(&self->c, COVER_WORDS)) TH_LOG("needs KCOV and debugfs");
	ASSERT_EQ(0, access(TEST_KCOV, W_OK)) TH_LOG("needs TEST_KCOV");
}

FIXTURE_TEARDOWN(remote)
{
	ioctl(self->c.fd, KCOV_DISABLE, 0);
	cover_close(&self->c);
}

/* Runs code, and says how much of it was recorded. */
#define RUN(what) ({					\
	cover_reset(&self->c);				\
	ASSERT_EQ(0, write_text(TEST_KCOV, what));	\
	cover_count(&self->c);				\
})

/* The third program of Documentation/dev-tools/kcov.rst. */
TEST_F(remote, handle_and_common_handle)
{
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(1), COMMON(0x42)));
	EXPECT_LT(0, RUN("task 1"));
	EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));
	EXPECT_EQ(0, pcs_in(&self->c, SOFTIRQ_CODE));
	EXPECT_LT(0, RUN("common"));
	EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));
	EXPECT_LT(0, RUN("self 1"));
	EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));
	EXPECT_EQ(0, RUN("task 2"));
	EXPECT_EQ(0, RUN("task 66"));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_EQ(0, RUN("task 1"));
	EXPECT_EQ(0, RUN("common"));
}

TEST_F(remote, softirq)
{
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(7), 0));
	for (int i = 0; i < 100; i++)
		ASSERT_LT(0, RUN("softirq 7"));
	EXPECT_LT(0, pcs_in(&self->c, SOFTIRQ_CODE));
	EXPECT_EQ(0, pcs_in(&self->c, TASK_CODE));
	EXPECT_EQ(0, RUN("softirq 8"));
}

/* A softirq on top of a worker that is being recorded, for the same task. */
TEST_F(remote, softirq_in_section)
{
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(7), COMMON(1)));
	for (int i = 0; i < 100; i++)
		ASSERT_LT(0, RUN("nested 7"));
	EXPECT_LT(0, pcs_in(&self->c, SOFTIRQ_CODE));
	EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));
	/* The softirq's own section is missing, not the worker's. */
	EXPECT_LT(0, RUN("nested 8"));
	EXPECT_EQ(0, pcs_in(&self->c, SOFTIRQ_CODE));
	EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));
}

/* A softirq on top of a task that records itself: each has its own. */
TEST_F(remote, softirq_in_local_section)
{
	struct cover local;

	ASSERT_EQ(0, cover_open(&local, COVER_WORDS));
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(7), 0));
	ASSERT_EQ(0, ioctl(local.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	for (int i = 0; i < 100; i++) {
		cover_reset(&local);
		ASSERT_LT(0, RUN("softirq 7"));
	}
	EXPECT_LT(0, pcs_in(&self->c, SOFTIRQ_CODE));
	EXPECT_EQ(0, pcs_in(&self->c, "test_kcov_write"));
	EXPECT_EQ(0, pcs_in(&local, SOFTIRQ_CODE));
	EXPECT_LT(0, pcs_in(&local, "test_kcov_write"));
	/* Nobody asked for it. */
	cover_reset(&local);
	EXPECT_EQ(0, RUN("softirq 8"));
	EXPECT_EQ(0, pcs_in(&local, SOFTIRQ_CODE));
	EXPECT_LT(0, pcs_in(&local, "test_kcov_write"));
	ASSERT_EQ(0, ioctl(local.fd, KCOV_DISABLE, 0));
	EXPECT_LT(0, RUN("softirq 7"));
}

TEST_F(remote, comparisons)
{
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_CMP, COVER_WORDS, USB(0x3ade68b1),
				  COMMON(1)));
	EXPECT_LT(0, RUN("task 987654321"));
	EXPECT_LT(0, cmps_with(&self->c, 987654321));
	EXPECT_LT(0, cmps_with(&self->c, 0x12345678));
	EXPECT_LT(0, RUN("softirq 987654321"));
	EXPECT_LT(0, cmps_with(&self->c, 0x9abcdef0));
}

/* A process and its children have one handle. */
TEST_F(remote, children_inherit_the_handle)
{
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, 0, COMMON(5)));
	cover_reset(&self->c);
	EXPECT_TRUE(IN_CHILD({
		if (ioctl(self->c.fd, KCOV_DISABLE, 0) != -1 || errno != EINVAL)
			_exit(2);
		_exit(write_text(TEST_KCOV, "common") ? 3 : 0);
	}));
	EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));
}

TEST_F(remote, exit_gives_up_the_handles)
{
	for (int i = 0; i < 10; i++) {
		EXPECT_TRUE(IN_CHILD({
			if (cover_remote(&self->c, KCOV_TRACE_PC, 512, USB(1), COMMON(1)))
				_exit(2);
			cover_reset(&self->c);
			_exit(write_text(TEST_KCOV, "common") ? 3 : 0);
		}));
		EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));
		EXPECT_EQ(0, RUN("task 1"));
	}
}

/*
 * A section outlives the session that it was begun for. What it has recorded is
 * for nobody then, and least of all for the next session.
 */
TEST_F(remote, disabled_in_section)
{
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(1), 0));
	ASSERT_EQ(0, write_text(TEST_KCOV, "hold 1"));
	cover_reset(&self->c);
	ASSERT_EQ(0, write_text(TEST_KCOV, "release"));
	EXPECT_LT(0, pcs_in(&self->c, TASK_CODE));

	ASSERT_EQ(0, write_text(TEST_KCOV, "hold 1"));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_EQ(0, RUN("release"));

	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, COVER_WORDS, USB(1), 0));
	ASSERT_EQ(0, write_text(TEST_KCOV, "hold 1"));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_CMP, 64, USB(1), 0));
	EXPECT_LT(0, RUN("task 1"));
	EXPECT_EQ(0, RUN("release"));

	ASSERT_EQ(0, write_text(TEST_KCOV, "hold 1"));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_CMP));
	RUN("release");
	EXPECT_EQ(0, cmps_with(&self->c, 0x12345678));
}

/* It may then be all that has a reference. */
TEST_F(remote, exit_in_section)
{
	for (int i = 0; i < 10; i++) {
		EXPECT_TRUE(IN_CHILD({
			struct cover c;

			if (cover_open(&c, COVER_WORDS) ||
			    cover_remote(&c, KCOV_TRACE_PC, 512, USB(1), 0))
				_exit(2);
			_exit(write_text(TEST_KCOV, "hold 1") ? 3 : 0);
		}));
		/* The handle is free. */
		EXPECT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, 512, USB(1), 0));
		EXPECT_EQ(0, RUN("release"));
		EXPECT_LT(0, RUN("task 1"));
		EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	}
}

static int remote_handles(int fd, unsigned int n, uint64_t common, const uint64_t *handles)
{
	struct kcov_remote_arg *arg = calloc(1, sizeof(*arg) + n * 8);
	int ret;

	arg->trace_mode = KCOV_TRACE_PC;
	arg->area_size = 512;
	arg->num_handles = n;
	arg->common_handle = common;
	memcpy(arg + 1, handles, n * 8);
	ret = SYSRET(ioctl(fd, KCOV_REMOTE_ENABLE, arg));
	free(arg);
	return ret;
}

TEST_F(remote, bad_handles)
{
	static const uint64_t bad[] = {
		0, COMMON(1), USB(1) | 1ULL << 32, USB(1) | 1ULL << 55, 2ULL << 56 | 1,
		0xffULL << 56, ~0ULL,
	};
	static const uint64_t bad_common[] = {
		USB(1), USB(0), 1ULL << 32, COMMON(1) | 1ULL << 40, 2ULL << 56, ~0ULL,
	};
	static const uint64_t same[] = { USB(3), USB(4), USB(3) };
	uint64_t many[257];
	struct cover other;

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t two[] = { USB(1), bad[i] };

		EXPECT_EQ(-EINVAL, remote_handles(self->c.fd, 1, 0, &bad[i])) TH_LOG("%d", i);
		EXPECT_EQ(-EINVAL, remote_handles(self->c.fd, 2, COMMON(1), two));
	}
	for (int i = 0; i < ARRAY_SIZE(bad_common); i++)
		EXPECT_EQ(-EINVAL, remote_handles(self->c.fd, 1, bad_common[i], same));
	EXPECT_EQ(-EEXIST, remote_handles(self->c.fd, 3, 0, same));
	for (int i = 0; i < 257; i++)
		many[i] = USB(i);
	EXPECT_EQ(-EINVAL, remote_handles(self->c.fd, 257, 0, many));
	/* None of these left anything behind. */
	EXPECT_EQ(0, RUN("task 1"));
	ASSERT_EQ(0, remote_handles(self->c.fd, 256, COMMON(1), many));
	EXPECT_LT(0, RUN("task 0"));
	EXPECT_LT(0, RUN("task 255"));

	ASSERT_EQ(0, cover_open(&other, 512));
	EXPECT_TRUE(IN_CHILD({
		if (remote_handles(other.fd, 1, 0, &many[255]) != -EEXIST ||
		    remote_handles(other.fd, 0, COMMON(1), NULL) != -EEXIST)
			_exit(2);
		_exit(-remote_handles(other.fd, 0, COMMON(2), NULL));
	}));
	ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	/* No handle at all is fine, too. */
	ASSERT_EQ(0, remote_handles(self->c.fd, 0, 0, NULL));
}

TEST_F(remote, bad_argument)
{
	struct kcov_remote_arg *arg;
	struct cover other;
	int fd = open(KCOV, O_RDWR);

	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, NULL));
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, -4096L));
	arg = (void *)buffer_before_hole(sizeof(*arg));
	*arg = (struct kcov_remote_arg){ .area_size = 512, .num_handles = 1 };
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	/* The number of handles is looked at before they are read. */
	arg->num_handles = 257;
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	arg->num_handles = ~0;
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	EXPECT_ERRNO(EINVAL, ioctl(fd, KCOV_REMOTE_ENABLE, arg));
	arg = (void *)buffer_before_hole(12);
	arg->num_handles = 257;
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	arg->num_handles = 0;
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));
	arg = (void *)buffer_before_hole(8);
	EXPECT_ERRNO(EFAULT, ioctl(self->c.fd, KCOV_REMOTE_ENABLE, arg));

	EXPECT_ERRNO(EINVAL, cover_remote(&self->c, 2, 512, USB(1), 0));
	EXPECT_ERRNO(EINVAL, cover_remote(&self->c, ~0, 512, USB(1), 0));
	EXPECT_EQ(-EFAULT, SYSRET(ioctl(fd, KCOV_REMOTE_ENABLE, NULL)));
	EXPECT_EQ(-EINVAL, remote_handles(fd, 0, COMMON(1), NULL));

	/* One for each task, which is looked at before the mode. */
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, 512, USB(1), 0));
	EXPECT_ERRNO(EINVAL, cover_remote(&self->c, KCOV_TRACE_PC, 512, USB(2), 0));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EBUSY, ioctl(self->c.fd, KCOV_INIT_TRACE, 512));
	ASSERT_EQ(0, cover_open(&other, 512));
	EXPECT_ERRNO(EBUSY, cover_remote(&other, KCOV_TRACE_PC, 512, USB(2), 0));
	EXPECT_ERRNO(EBUSY, cover_remote(&other, 99, 512, USB(2), 0));
	EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_DISABLE, 1));
	/* A local one beside it, and back. */
	ASSERT_EQ(0, ioctl(other.fd, KCOV_ENABLE, KCOV_TRACE_PC));
	EXPECT_ERRNO(EINVAL, cover_remote(&other, KCOV_TRACE_PC, 512, USB(2), 0));
	EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	EXPECT_EQ(0, ioctl(other.fd, KCOV_DISABLE, 0));
	close(fd);
}

/* What fits is appended, in whole entries, until the buffer is full. */
TEST_F(remote, buffer_is_full)
{
	struct cover small;
	uint64_t n = 0;

	ASSERT_EQ(0, cover_open(&small, PAGE / 8));
	ASSERT_EQ(0, cover_remote(&small, KCOV_TRACE_PC, 4096, USB(1), 0));
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(0, write_text(TEST_KCOV, "task 1"));
		ASSERT_LE(n, cover_count(&small));
		n = cover_count(&small);
	}
	EXPECT_EQ(PAGE / 8 - 1, n);
	ASSERT_EQ(0, ioctl(small.fd, KCOV_DISABLE, 0));
	cover_reset(&small);
	ASSERT_EQ(0, cover_remote(&small, KCOV_TRACE_CMP, 4096, USB(1), 0));
	for (int i = 0; i < 1000; i++)
		ASSERT_EQ(0, write_text(TEST_KCOV, "task 1"));
	EXPECT_EQ((PAGE / 8 - 1) / WORDS_PER_CMP, cover_count(&small));
	ASSERT_EQ(0, ioctl(small.fd, KCOV_DISABLE, 0));
}

TEST_F(remote, small_areas)
{
	for (uint32_t words = 1; words < 8; words++) {
		ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, words, USB(1), 0));
		for (int i = 0; i < 10; i++)
			EXPECT_GE(words - 1, RUN("task 1"));
		if (words > 1)
			EXPECT_EQ(1, RUN("task 1") > 0);
		ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	}
}

/* What user space writes to the counter is not believed. */
TEST_F(remote, bad_counter)
{
	static const uint64_t bad[] = { ~0ULL, 1ULL << 63, 1ULL << 61, 1ULL << 59, COVER_WORDS };

	for (int mode = KCOV_TRACE_PC; mode <= KCOV_TRACE_CMP; mode++) {
		ASSERT_EQ(0, cover_remote(&self->c, mode, 512, USB(1), 0));
		for (int i = 0; i < ARRAY_SIZE(bad); i++) {
			self->c.area[0] = bad[i];
			self->c.area[1] = 0x5555;
			ASSERT_EQ(0, write_text(TEST_KCOV, "task 1"));
			EXPECT_EQ(bad[i], self->c.area[0]);
			EXPECT_EQ(0x5555, self->c.area[1]);
		}
		ASSERT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
	}
}

struct worker {
	pthread_t thread;
	unsigned int id;
	bool ok;
};

static void *record_in_parallel(void *data)
{
	struct worker *w = data;
	struct cover c;
	char usb[32];

	if (cover_open(&c, COVER_WORDS))
		return NULL;
	snprintf(usb, sizeof(usb), "nested %u", w->id);
	for (int i = 0; i < 50; i++) {
		if (cover_remote(&c, KCOV_TRACE_PC, 4096, USB(w->id), COMMON(w->id)))
			return NULL;
		cover_reset(&c);
		if (write_text(TEST_KCOV, usb) || ioctl(c.fd, KCOV_DISABLE, 0))
			return NULL;
		if (pcs_in(&c, TASK_CODE) < 1 || pcs_in(&c, SOFTIRQ_CODE) < 1)
			return NULL;
	}
	w->ok = true;
	cover_close(&c);
	return NULL;
}

TEST_F(remote, parallel)
{
	struct worker w[8] = {};

	/* Read them before there are threads. */
	ASSERT_NE(NULL, symbol_of(~0ULL));
	for (int i = 0; i < ARRAY_SIZE(w); i++) {
		w[i].id = i + 1;
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, record_in_parallel, &w[i]));
	}
	for (int i = 0; i < ARRAY_SIZE(w); i++) {
		ASSERT_EQ(0, pthread_join(w[i].thread, NULL));
		EXPECT_TRUE(w[i].ok) TH_LOG("thread %d", i);
	}
}

TEST_HARNESS_MAIN
