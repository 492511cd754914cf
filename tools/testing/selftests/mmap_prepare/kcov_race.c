// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that do to the same few coverage devices whatever can be done to
 * them, and exit in the middle of it. What comes of each call is not looked at;
 * the kernel has to live, and to work when all is over.
 */
#include "kselftest_harness.h"
#include "kcov_test.h"

#define NR_FDS		3
#define NR_THREADS	4
#define NR_OPS		60

static int fds[NR_FDS];
static bool stop;

static void *race(void *data)
{
	unsigned int seed = (uintptr_t)data, size = COVER_WORDS / 16 * 8;
	uint64_t value = 1;
	char what[32];
	int p[2];

	for (int i = 0; i < NR_OPS; i++) {
		int *fd = &fds[rand_r(&seed) % NR_FDS], new;
		unsigned int id = rand_r(&seed) % 4;
		struct cover c = { .fd = *fd };
		uint64_t *area;

		switch (rand_r(&seed) % 14) {
		case 0:
			new = open(KCOV, O_RDWR);
			if (new >= 0) {
				dup2(new, *fd);
				close(new);
			}
			break;
		case 1 ... 2:
			ioctl(*fd, KCOV_INIT_TRACE, COVER_WORDS / 16);
			break;
		case 3 ... 5:
			ioctl(*fd, KCOV_ENABLE, rand_r(&seed) % 3);
			break;
		case 6 ... 7:
			ioctl(*fd, KCOV_DISABLE, 0);
			break;
		case 8 ... 9:
			cover_remote(&c, id % 2, 64 << (id % 2), USB(id), COMMON(1 + id));
			break;
		case 10:
			area = cover_map(*fd, size);
			if (area != MAP_FAILED) {
				area[0] = rand_r(&seed) % 3 ? 0 : -1ULL >> rand_r(&seed) % 64;
				munmap(area, size);
			}
			break;
		case 11:
			snprintf(what, sizeof(what), "nested %u", id);
			write_text(TEST_KCOV, what);
			break;
		case 12:
			snprintf(what, sizeof(what), "%s %u", id % 2 ? "softirq" : "task", id);
			write_text(TEST_KCOV, what);
			break;
		case 13:
			/* Code that is instrumented. */
			if (!pipe(p)) {
				if (write(p[1], &value, sizeof(value)) < 0)
					perror("write");
				close(p[0]);
				close(p[1]);
			}
			break;
		}
	}
	return NULL;
}

static void *race_until_stop(void *data)
{
	unsigned int seed = (uintptr_t)data;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		pthread_t thread;

		/* One that exits with whatever it has enabled. */
		if (!pthread_create(&thread, NULL, race, (void *)(uintptr_t)rand_r(&seed)))
			pthread_join(thread, NULL);
	}
	return NULL;
}

FIXTURE(race) {};

FIXTURE_SETUP(race) {}

FIXTURE_TEARDOWN(race) {}

TEST_F(race, all_against_all)
{
	/* Longer where more is looked at. */
	int seconds = ikconfig("KASAN") ? 60 : 5;
	pthread_t threads[NR_THREADS];
	struct cover c;

	ASSERT_EQ(0, access(TEST_KCOV, W_OK)) TH_LOG("needs TEST_KCOV");
	for (int i = 0; i < NR_FDS; i++) {
		fds[i] = open(KCOV, O_RDWR);
		ASSERT_LE(0, fds[i]);
	}
	for (uintptr_t i = 0; i < NR_THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, race_until_stop, (void *)(i + 1)));
	sleep(seconds);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < NR_THREADS; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));

	/* Nobody is left who could have anything enabled. */
	for (int id = 0; id < 4; id++) {
		ASSERT_EQ(0, cover_open(&c, COVER_WORDS));
		EXPECT_EQ(0, cover_remote(&c, KCOV_TRACE_PC, COVER_WORDS, USB(id), COMMON(1 + id)));
		EXPECT_EQ(0, write_text(TEST_KCOV, "common"));
		EXPECT_LT(0, pcs_in(&c, "test_kcov_task_code"));
		EXPECT_EQ(0, ioctl(c.fd, KCOV_DISABLE, 0));
		cover_close(&c);
	}
}

TEST_HARNESS_MAIN
