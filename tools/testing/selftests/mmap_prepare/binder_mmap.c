// SPDX-License-Identifier: GPL-2.0
/*
 * What the buffers of binder are to mmap() and its kin. Runs on the C driver and
 * on the Rust one. They differ where a mapping is gone: C then fails every call
 * to its process, at once, as if the process were dead; Rust fails a call when
 * a page of it cannot be mapped.
 */
#include "kselftest_harness.h"
#include "binder_test.h"
#include <pthread.h>
#include <sys/resource.h>

#define MAX_BUFFER	(4UL << 20)
#define LEN		(16 * PAGE)
#define UNMAPPED	(self->rust ? BR_FAILED_REPLY : BR_DEAD_REPLY)

/* What the other process is told: a positive number is a call of that size. */
enum { REPLACE = -1, CHECK = -2 };

struct client {
	pid_t pid;
	int to, from;
};

/* Calls with @len bytes; BR_REPLY is for an answer in kind. */
static uint32_t call(struct peer *peer, size_t len)
{
	struct binder_transaction_data tr;
	char *data = malloc(len), *got;
	uint32_t code = 0;

	memset(data, 'c', len);
	if (peer_send(peer, BC_TRANSACTION, 1, data, len, false))
		code = peer_receive(peer, &tr);
	if (code == BR_REPLY) {
		got = (char *)(uintptr_t)tr.data.ptr.buffer;
		if (tr.data_size != len || got < peer->map ||
		    got + len > peer->map + peer->len || !filled_with(got, 's', len) ||
		    !peer_free(peer, &tr))
			code = 0;
	}
	free(data);
	return code;
}

/* Does as it is told, until nobody is left to tell it. */
static void client(const char *path, int to, int from)
{
	struct peer peer;
	uint32_t answer = 1;
	long order;

	if (!peer_open(&peer, path, 0) || !peer_map(&peer, 2 * MAX_BUFFER))
		_exit(1);
	while (write(from, &answer, sizeof(answer)) == sizeof(answer) &&
	       read(to, &order, sizeof(order)) == sizeof(order)) {
		switch (order) {
		case REPLACE:
			answer = mmap(peer.map, peer.len, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == peer.map;
			memset(peer.map, 'a', peer.len);
			break;
		case CHECK:
			answer = filled_with(peer.map, 'a', peer.len);
			break;
		default:
			answer = call(&peer, order);
		}
	}
	_exit(0);
}

static uint32_t client_answer(struct client *client)
{
	uint32_t answer = 0;

	return read(client->from, &answer, sizeof(answer)) == sizeof(answer) ? answer : 0;
}

static bool client_start(struct client *c, const char *path)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return false;
	c->pid = fork();
	if (!c->pid) {
		close(to[1]);
		client(path, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	c->to = to[1];
	c->from = from[0];
	return client_answer(c) == 1;
}

static bool client_tell(struct client *client, long order)
{
	return write(client->to, &order, sizeof(order)) == sizeof(order);
}

FIXTURE(binder)
{
	bool rust;
	const char *path;
	struct peer server;	/* not mapped yet */
	struct client client;
	struct vma vma;
};

FIXTURE_SETUP(binder)
{
	self->rust = ikconfig("ANDROID_BINDER_IPC_RUST");
	self->path = binder_device();
	ASSERT_NE(NULL, self->path) TH_LOG("%s: enable ANDROID_BINDERFS", strerror(errno));
	ASSERT_TRUE(client_start(&self->client, self->path));
	ASSERT_TRUE(peer_open(&self->server, self->path, O_NONBLOCK));
	ASSERT_TRUE(peer_serve(&self->server));
}

FIXTURE_TEARDOWN(binder)
{
	kill(self->client.pid, SIGKILL);
	waitpid(self->client.pid, NULL, 0);
	close(self->server.fd);
}

/*
 * A call of @len bytes from the client, answered in kind. Returns what the
 * client is told: BR_REPLY, or what became of the call. 0 if a byte is wrong.
 * The buffer that the call came in is stored in @at, if it is not NULL.
 */
static uint32_t called(struct client *client, struct peer *server, size_t len, char **at)
{
	struct pollfd ready[] = {
		{ .fd = server->fd, .events = POLLIN }, { .fd = client->from, .events = POLLIN },
	};
	struct binder_transaction_data tr;
	char *data, *got;
	bool ok;

	if (!client_tell(client, len))
		return 0;
	do {
		ready[1].revents = 0;
		poll(ready, 2, -1);
		if (ready[1].revents)
			return client_answer(client);
	} while (peer_receive(server, &tr) != BR_TRANSACTION);

	got = (char *)(uintptr_t)tr.data.ptr.buffer;
	if (at)
		*at = got;
	if (tr.data_size != len || got < server->map || got + len > server->map + server->len ||
	    !filled_with(got, 'c', len) || !peer_free(server, &tr))
		return 0;
	data = malloc(len);
	memset(data, 's', len);
	ok = peer_send(server, BC_REPLY, 1, data, len, false);
	free(data);
	return ok ? client_answer(client) : 0;
}

/* ---- the mapping ---- */

TEST_F(binder, call)
{
	char *at;

	ASSERT_TRUE(peer_map(&self->server, LEN));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, 1, NULL));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, 5 * PAGE + 1, &at));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, LEN, NULL));
	EXPECT_EQ(BR_FAILED_REPLY, called(&self->client, &self->server, LEN + 1, NULL));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, LEN, &at));
	EXPECT_EQ(self->server.map, at);
}

TEST_F(binder, flags)
{
	for (int shared = 0; shared < 2; shared++) {
		struct peer peer;

		ASSERT_TRUE(peer_open(&peer, self->path, 0));
		peer.map = mmap(NULL, LEN, PROT_READ, shared ? MAP_SHARED : MAP_PRIVATE, peer.fd,
				0);
		ASSERT_NE(MAP_FAILED, peer.map);
		ASSERT_TRUE(vma_of(peer.map, &self->vma));
		EXPECT_STREQ(shared ? "r--s" : "r--p", self->vma.perms);
		EXPECT_STREQ(self->path, self->vma.name);
		EXPECT_TRUE(vma_has(&self->vma, shared ? "rd sh mr ms mm dc" : "rd mr mm dc"))
			TH_LOG("%s", self->vma.flags);
		EXPECT_FALSE(vma_has_any(&self->vma, "wr mw ex me io pf de dd lo ac"))
			TH_LOG("%s", self->vma.flags);
		EXPECT_EQ(0, self->vma.rss);
		EXPECT_ERRNO(EACCES, mprotect(peer.map, LEN, PROT_READ | PROT_WRITE));
		EXPECT_EQ(SIGSEGV, try_write(peer.map, 1));
		EXPECT_ERRNO(EINVAL, madvise(peer.map, LEN, MADV_DOFORK));
	}
}

TEST_F(binder, never_writable)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE };

	for (int i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_ERRNO(EPERM, mmap(NULL, LEN, PROT_READ | PROT_WRITE, flags[i],
					 self->server.fd, 0));
		EXPECT_ERRNO(EPERM, mmap(NULL, LEN, PROT_WRITE, flags[i], self->server.fd, 0));
	}
	/* What was refused does not count. */
	EXPECT_TRUE(peer_map(&self->server, LEN));
}

TEST_F(binder, once)
{
	char *area = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(peer_map(&self->server, LEN));
	ASSERT_EQ(0, munmap(area, LEN));
	EXPECT_ERRNO(EBUSY, mmap(area, LEN, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE,
				 self->server.fd, 0));
	EXPECT_EQ(0, vmas_in(area, LEN));
	/* Writable is found first. */
	EXPECT_ERRNO(EPERM, mmap(NULL, LEN, PROT_WRITE, MAP_PRIVATE, self->server.fd, 0));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
	/* And never again. */
	ASSERT_EQ(0, munmap(self->server.map, LEN));
	EXPECT_ERRNO(EBUSY, mmap(NULL, LEN, PROT_READ, MAP_PRIVATE, self->server.fd, 0));
}

TEST_F(binder, once_over_itself)
{
	ASSERT_TRUE(peer_map(&self->server, LEN));
	EXPECT_ERRNO(EBUSY, mmap(self->server.map, LEN, PROT_READ, MAP_PRIVATE | MAP_FIXED,
				 self->server.fd, 0));
	EXPECT_EQ(0, vmas_in(self->server.map, LEN));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, PAGE, NULL));
}

/* An error that comes before the driver is asked leaves the file as it was. */
TEST_F(binder, not_enough_address_space)
{
	struct rlimit limit, none;

	ASSERT_EQ(0, getrlimit(RLIMIT_AS, &limit));
	none = limit;
	none.rlim_cur = 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &none));
	EXPECT_ERRNO(ENOMEM, mmap(NULL, LEN, PROT_READ, MAP_PRIVATE, self->server.fd, 0));
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &limit));
	EXPECT_TRUE(peer_map(&self->server, LEN));
}

TEST_F(binder, at_address_zero)
{
	long ret = SYSRET(mmap(NULL, LEN, PROT_READ, MAP_PRIVATE | MAP_FIXED, self->server.fd, 0));

	/* The Rust driver has no use for it. */
	EXPECT_EQ(self->rust ? -EINVAL : 0, ret);
}

TEST_F(binder, never_mapped)
{
	EXPECT_EQ(BR_DEAD_REPLY, called(&self->client, &self->server, 1, NULL));
}

static void *map_in_thread(void *peer)
{
	return (void *)peer_map(peer, LEN);
}

TEST_F(binder, in_another_thread)
{
	pthread_t thread;
	void *ok;

	ASSERT_EQ(0, pthread_create(&thread, NULL, map_in_thread, &self->server));
	ASSERT_EQ(0, pthread_join(thread, &ok));
	ASSERT_NE(NULL, ok);
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
}

/* The file passed on: neither a child nor what it executes may map it. */
TEST_F(binder, in_another_process)
{
	EXPECT_TRUE(IN_CHILD({
		if (mmap(NULL, LEN, PROT_READ, MAP_PRIVATE, self->server.fd, 0) == MAP_FAILED &&
		    errno == EINVAL)
			_exit(0);
	}));
	EXPECT_TRUE(peer_map(&self->server, LEN));
}

/* The same process, but another address space. */
TEST_F(binder, after_exec)
{
	EXPECT_TRUE(IN_CHILD({
		struct peer peer;
		char fd[16];

		if (peer_open(&peer, self->path, 0) && !fcntl(peer.fd, F_SETFD, 0)) {
			snprintf(fd, sizeof(fd), "%d", peer.fd);
			execl("/proc/self/exe", "binder_mmap", "mmap", fd, NULL);
		}
	}));
}

static int after_exec(int fd)
{
	void *p = mmap(NULL, LEN, PROT_READ, MAP_PRIVATE, fd, 0);

	return p == MAP_FAILED && errno == EINVAL ? 0 : 1;
}

TEST_F(binder, fork_does_not_inherit)
{
	ASSERT_TRUE(peer_map(&self->server, LEN));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
	EXPECT_EQ(0, try_read(self->server.map));
	EXPECT_TRUE(IN_CHILD({
		_exit(vmas_in(self->server.map, LEN) ||
		      try_read(self->server.map) != SIGSEGV);
	}));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, 2 * PAGE, NULL));
}

TEST_F(binder, page_without_a_buffer)
{
	ASSERT_TRUE(peer_map(&self->server, LEN));
	EXPECT_EQ(SIGBUS, try_read(self->server.map));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
	EXPECT_EQ(0, try_read(self->server.map));
	EXPECT_EQ(SIGBUS, try_read(self->server.map + PAGE));
	ASSERT_TRUE(vma_of(self->server.map, &self->vma));
	EXPECT_EQ(PAGE / 1024, self->vma.rss);
}

/* What the mapping has beyond 4 MiB is not used. */
TEST_F(binder, size_is_clamped)
{
	char *at;

	ASSERT_TRUE(peer_map(&self->server, 2 * MAX_BUFFER));
	EXPECT_EQ(1, vmas_in(self->server.map, 2 * MAX_BUFFER));
	EXPECT_EQ(BR_FAILED_REPLY, called(&self->client, &self->server, MAX_BUFFER + 1, NULL));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, MAX_BUFFER, &at));
	EXPECT_EQ(self->server.map, at);
	ASSERT_TRUE(vma_of(self->server.map, &self->vma));
	EXPECT_EQ(MAX_BUFFER / 1024, self->vma.rss);
	EXPECT_EQ(SIGBUS, try_read(self->server.map + MAX_BUFFER));
}

TEST_F(binder, one_page)
{
	ASSERT_TRUE(peer_map(&self->server, 1));
	self->server.len = PAGE;
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
	EXPECT_EQ(BR_FAILED_REPLY, called(&self->client, &self->server, PAGE + 1, NULL));
}

TEST_F(binder, offset_is_ignored)
{
	self->server.len = LEN;
	self->server.map = mmap(NULL, LEN, PROT_READ, MAP_PRIVATE, self->server.fd, 7 * PAGE);
	ASSERT_NE(MAP_FAILED, self->server.map);
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
}

/* ---- the mapping is not where the driver thinks ---- */

TEST_F(binder, unmapped)
{
	ASSERT_TRUE(peer_map(&self->server, LEN));
	ASSERT_EQ(0, munmap(self->server.map, LEN));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, 1, NULL));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, PAGE, NULL));
}

TEST_F(binder, unmapped_in_part)
{
	ASSERT_TRUE(peer_map(&self->server, LEN));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
	ASSERT_EQ(0, munmap(self->server.map + LEN / 2, LEN / 2));
	/* What is left serves Rust, not C. */
	EXPECT_EQ(self->rust ? BR_REPLY : BR_DEAD_REPLY,
		  called(&self->client, &self->server, LEN / 2, NULL));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, LEN / 2 + 1, NULL));
}

TEST_F(binder, moved)
{
	char *at = mmap(NULL, 2 * LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(peer_map(&self->server, LEN));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, PAGE, NULL));
	ASSERT_EQ(at, mremap(self->server.map, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	/* The page that there was has gone along. */
	EXPECT_TRUE(filled_with(at, 'c', PAGE));
	EXPECT_EQ(SIGBUS, try_read(at + PAGE));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, 2 * PAGE, NULL));
	EXPECT_EQ(SIGBUS, try_read(at + PAGE));
	EXPECT_EQ(0, vmas_in(self->server.map, LEN));
}

TEST_F(binder, shrunk_and_grown)
{
	char *at = mmap(NULL, 2 * LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(peer_map(&self->server, LEN));
	ASSERT_EQ(self->server.map, mremap(self->server.map, LEN, 2 * PAGE, 0));
	EXPECT_EQ(self->rust ? BR_REPLY : BR_DEAD_REPLY,
		  called(&self->client, &self->server, 2 * PAGE, NULL));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, 3 * PAGE, NULL));
	ASSERT_EQ(at, mremap(self->server.map, 2 * PAGE, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGBUS, try_read(at + 3 * PAGE));
}

/* Pages are never put into memory that happens to be where the mapping was. */
TEST_F(binder, something_else_in_its_place)
{
	ASSERT_TRUE(peer_map(&self->server, LEN));
	ASSERT_EQ(self->server.map, mmap(self->server.map, LEN, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, LEN, NULL));
	EXPECT_TRUE(filled_with(self->server.map, 0, LEN));
	EXPECT_EQ(0, try_write(self->server.map, 1));
}

/* Not even if it is the buffer of another open file. */
TEST_F(binder, another_buffer_in_its_place)
{
	struct peer other;

	ASSERT_TRUE(peer_map(&self->server, LEN));
	ASSERT_TRUE(peer_open(&other, self->path, O_NONBLOCK));
	ASSERT_EQ(self->server.map, mmap(self->server.map, LEN, PROT_READ, MAP_PRIVATE | MAP_FIXED,
					 other.fd, 0));
	EXPECT_EQ(UNMAPPED, called(&self->client, &self->server, LEN, NULL));
	ASSERT_TRUE(vma_of(self->server.map, &self->vma));
	EXPECT_EQ(0, self->vma.rss);
	EXPECT_EQ(SIGBUS, try_read(self->server.map));
}

/* ---- the shrinker ---- */

/* Takes memory until there is none, or it is killed. A byte for every piece. */
static void take_memory(int said)
{
	size_t len = 16 << 20;

	write_text("/proc/self/oom_score_adj", "1000");
	while (mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) != MAP_FAILED &&
	       write(said, "", 1) == 1)
		;
	_exit(0);
}

/*
 * Short of memory the kernel takes pages without a buffer back, but only out of
 * the mapping that they are in.
 */
TEST_F(binder, shrinker)
{
	struct client another;
	char c;
	pid_t pid;
	int p[2];

	ASSERT_TRUE(peer_map(&self->server, MAX_BUFFER));
	EXPECT_EQ(BR_REPLY, called(&self->client, &self->server, MAX_BUFFER, NULL));
	ASSERT_TRUE(vma_of(self->server.map, &self->vma));
	EXPECT_EQ(MAX_BUFFER / 1024, self->vma.rss);
	ASSERT_TRUE(client_tell(&self->client, REPLACE));
	ASSERT_EQ(1, client_answer(&self->client));

	ASSERT_EQ(0, pipe(p));
	pid = fork();
	if (!pid)
		take_memory(p[1]);
	close(p[1]);
	do {
		ASSERT_TRUE(vma_of(self->server.map, &self->vma));
	} while (self->vma.rss == MAX_BUFFER / 1024 && read(p[0], &c, 1) == 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	ASSERT_TRUE(vma_of(self->server.map, &self->vma));
	EXPECT_GT(MAX_BUFFER / 1024, self->vma.rss);
	ASSERT_TRUE(client_tell(&self->client, CHECK));
	EXPECT_EQ(1, client_answer(&self->client));
	/* What was taken is made anew for the next call. */
	ASSERT_TRUE(client_start(&another, self->path));
	EXPECT_EQ(BR_REPLY, called(&another, &self->server, MAX_BUFFER, NULL));
	ASSERT_TRUE(vma_of(self->server.map, &self->vma));
	EXPECT_EQ(MAX_BUFFER / 1024, self->vma.rss);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "mmap"))
		return after_exec(atoi(argv[2]));
	return test_harness_run(argc, argv);
}
