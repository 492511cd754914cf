// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes talk by binder: bytes, open files and objects. The same on the
 * C driver and on the Rust one.
 */
#include "kselftest_harness.h"
#include "binder_test.h"

#define SMALL	(4 * PAGE)

enum { INVERT = 1, WRITE_FD, OBJECT, LEAVE };

/* Answers calls until told to leave, which is not answered. */
static int serve(const char *path, int ready)
{
	struct binder_transaction_data tr;
	struct peer peer;

	if (!peer_open(&peer, path, 0) || !peer_map(&peer, SMALL) || !peer_serve(&peer) ||
	    write(ready, "", 1) != 1)
		return 1;
	while (peer_receive(&peer, &tr) == BR_TRANSACTION) {
		char *data = (char *)(uintptr_t)tr.data.ptr.buffer;
		struct binder_fd_object *file = (void *)data;
		struct flat_binder_object object;
		char text[64];

		switch (tr.code) {
		case INVERT:
			if (tr.data_size > sizeof(text) || tr.sender_pid != getppid())
				return 2;
			for (int i = 0; i < tr.data_size; i++)
				text[i] = data[i] ^ 0x20;
			if (!peer_send(&peer, BC_REPLY, 0, text, tr.data_size, false))
				return 3;
			break;
		case WRITE_FD:
			if (file->hdr.type != BINDER_TYPE_FD || write(file->fd, "fd", 2) != 2 ||
			    close(file->fd) || !peer_send(&peer, BC_REPLY, 0, NULL, 0, false))
				return 4;
			break;
		case OBJECT:
			/* It is the client's, so here it is but a handle; send it back. */
			memcpy(&object, data, sizeof(object));
			if (object.hdr.type != BINDER_TYPE_HANDLE || !object.handle ||
			    !peer_send(&peer, BC_REPLY, 0, &object, sizeof(object), true))
				return 5;
			break;
		default:
			/* With the mapping, and with the buffer in use. */
			return tr.code == LEAVE ? 0 : 6;
		}
		if (!peer_free(&peer, &tr))
			return 7;
	}
	return 8;
}

FIXTURE(exchange)
{
	const char *path;
	struct peer client;
	pid_t server;
};

FIXTURE_SETUP(exchange)
{
	int ready[2];
	char c;

	self->path = binder_device();
	ASSERT_NE(NULL, self->path) TH_LOG("%s: enable ANDROID_BINDERFS", strerror(errno));
	ASSERT_EQ(0, pipe(ready));
	self->server = fork();
	if (!self->server)
		_exit(serve(self->path, ready[1]));
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	ASSERT_TRUE(peer_open(&self->client, self->path, 0));
	ASSERT_TRUE(peer_map(&self->client, SMALL));
}

FIXTURE_TEARDOWN(exchange)
{
	kill(self->server, SIGKILL);
}

TEST_F(exchange, payload)
{
	struct binder_transaction_data tr;

	/* More in sum than the buffers hold: they are freed, and used again. */
	for (int i = 0; i < SMALL / 8; i++) {
		ASSERT_TRUE(peer_send(&self->client, BC_TRANSACTION, INVERT, "Hello, you!\n", 13,
				      false));
		ASSERT_EQ(BR_REPLY, peer_receive(&self->client, &tr));
		ASSERT_EQ(13, tr.data_size);
		ASSERT_EQ((uintptr_t)self->client.map, tr.data.ptr.buffer);
		ASSERT_EQ(0, memcmp(self->client.map, "hELLO\f\0YOU\1* ", 13));
		ASSERT_TRUE(peer_free(&self->client, &tr));
	}
}

TEST_F(exchange, file_descriptor)
{
	struct binder_fd_object object = { .hdr.type = BINDER_TYPE_FD };
	struct binder_transaction_data tr;
	char text[8];
	int p[2];

	ASSERT_EQ(0, pipe(p));
	object.fd = p[1];
	ASSERT_TRUE(peer_send(&self->client, BC_TRANSACTION, WRITE_FD, &object, sizeof(object),
			      true));
	ASSERT_EQ(BR_REPLY, peer_receive(&self->client, &tr));
	EXPECT_EQ(2, read(p[0], text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "fd", 2));
	close(p[1]);
	EXPECT_EQ(0, read(p[0], text, sizeof(text)));
}

TEST_F(exchange, object)
{
	struct flat_binder_object object = {
		.hdr.type = BINDER_TYPE_BINDER, .binder = 0x1234, .cookie = 0x5678,
	};
	struct binder_transaction_data tr;

	ASSERT_TRUE(peer_send(&self->client, BC_TRANSACTION, OBJECT, &object, sizeof(object),
			      true));
	ASSERT_EQ(BR_REPLY, peer_receive(&self->client, &tr));
	ASSERT_EQ(sizeof(object), tr.data_size);
	memcpy(&object, self->client.map, sizeof(object));
	EXPECT_EQ(BINDER_TYPE_BINDER, object.hdr.type);
	EXPECT_EQ(0x1234, object.binder);
	EXPECT_EQ(0x5678, object.cookie);
}

TEST_F(exchange, exit_with_live_mappings)
{
	struct binder_transaction_data tr;
	int status;

	ASSERT_TRUE(peer_send(&self->client, BC_TRANSACTION, LEAVE, "bye", 3, false));
	EXPECT_EQ(BR_DEAD_REPLY, peer_receive(&self->client, &tr));
	ASSERT_EQ(self->server, waitpid(self->server, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_TRUE(peer_send(&self->client, BC_TRANSACTION, INVERT, "bye", 3, false));
	EXPECT_EQ(BR_DEAD_REPLY, peer_receive(&self->client, &tr));
}

TEST_HARNESS_MAIN
