/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asks /proc/config.gz, so that a test knows which behaviour to expect instead
 * of guessing it from the behaviour it tests.
 *
 * An initramfs has no zcat, hence the decoder for deflate (RFC 1951). It trusts
 * its input, which is the kernel's own, except for its length.
 */
#ifndef __MMAP_PREPARE_IKCONFIG_H
#define __MMAP_PREPARE_IKCONFIG_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct inflate {
	const uint8_t *in, *in_end;
	unsigned int bit;
	char *out;
	size_t len, room;
};

/* A canonical Huffman code: how many codes of each length, symbols in order. */
struct huffman {
	uint16_t count[16];
	uint16_t symbol[288];
};

static inline unsigned int inflate_bits(struct inflate *s, int n)
{
	unsigned int v = 0;

	for (int i = 0; i < n; i++) {
		if (s->in < s->in_end)
			v |= ((*s->in >> s->bit) & 1u) << i;
		if (++s->bit == 8) {
			s->bit = 0;
			s->in++;
		}
	}
	return v;
}

static inline void inflate_put(struct inflate *s, char c)
{
	if (s->len == s->room) {
		s->room = s->room ? 2 * s->room : 1 << 16;
		s->out = realloc(s->out, s->room + 1);
		if (!s->out)
			exit(1);
	}
	s->out[s->len++] = c;
}

static inline void huffman_build(struct huffman *h, const uint8_t *length, int n)
{
	uint16_t next[16] = {};

	memset(h->count, 0, sizeof(h->count));
	for (int i = 0; i < n; i++)
		h->count[length[i]]++;
	h->count[0] = 0;
	for (int i = 1; i < 16; i++)
		next[i] = next[i - 1] + h->count[i - 1];
	for (int i = 0; i < n; i++)
		if (length[i])
			h->symbol[next[length[i]]++] = i;
}

static inline int huffman_symbol(struct inflate *s, const struct huffman *h)
{
	int code = 0, first = 0, index = 0;

	for (int i = 1; i < 16; i++) {
		code |= inflate_bits(s, 1);
		if (code - first < h->count[i])
			return h->symbol[index + code - first];
		index += h->count[i];
		first = (first + h->count[i]) << 1;
		code <<= 1;
	}
	return -1;
}

static inline void inflate_codes(struct inflate *s, int type, struct huffman *lit,
				 struct huffman *dist)
{
	static const uint8_t order[19] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
	};
	uint8_t length[320] = {};
	int nlit, ndist, ncode, n = 0;

	if (type == 1) {
		memset(length, 8, 144);
		memset(length + 144, 9, 112);
		memset(length + 256, 7, 24);
		memset(length + 280, 8, 8);
		huffman_build(lit, length, 288);
		memset(length, 5, 30);
		huffman_build(dist, length, 30);
		return;
	}

	nlit = inflate_bits(s, 5) + 257;
	ndist = inflate_bits(s, 5) + 1;
	ncode = inflate_bits(s, 4) + 4;
	for (int i = 0; i < ncode; i++)
		length[order[i]] = inflate_bits(s, 3);
	huffman_build(lit, length, 19);
	memset(length, 0, sizeof(length));
	while (n < nlit + ndist) {
		int sym = huffman_symbol(s, lit), repeat = 1, value = sym;

		if (sym < 0)
			return;
		if (sym == 16) {
			value = n ? length[n - 1] : 0;
			repeat = 3 + inflate_bits(s, 2);
		} else if (sym > 16) {
			value = 0;
			repeat = sym == 17 ? 3 + inflate_bits(s, 3)
					   : 11 + inflate_bits(s, 7);
		}
		while (repeat-- && n < nlit + ndist)
			length[n++] = value;
	}
	huffman_build(lit, length, nlit);
	huffman_build(dist, length + nlit, ndist);
}

static inline bool inflate_block(struct inflate *s, int type)
{
	/* How far the base of each length or distance code lies from the last. */
	static const uint8_t len_extra[29] = {
		0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
		3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
	};
	struct huffman lit, dist;

	inflate_codes(s, type, &lit, &dist);
	for (;;) {
		int sym = huffman_symbol(s, &lit);
		unsigned int len = 3, far = 1;

		if (sym < 0 || sym > 285 || s->in > s->in_end)
			return false;
		if (sym == 256)
			return true;
		if (sym < 256) {
			inflate_put(s, sym);
			continue;
		}
		for (int i = 0; i < sym - 257; i++)
			len += 1u << len_extra[i];
		if (sym == 285)
			len = 258;
		len += inflate_bits(s, len_extra[sym - 257]);

		sym = huffman_symbol(s, &dist);
		if (sym < 0 || sym > 29)
			return false;
		for (int i = 0; i < sym; i++)
			far += 1u << (i < 2 ? 0 : i / 2 - 1);
		far += inflate_bits(s, sym < 2 ? 0 : sym / 2 - 1);
		if (far > s->len)
			return false;
		while (len--)
			inflate_put(s, s->out[s->len - far]);
	}
}

/* The text of /proc/config.gz, or NULL. The kernel writes no gzip options. */
static inline char *ikconfig_text(void)
{
	static char *text;
	static uint8_t gz[1 << 20];
	struct inflate s = {};
	ssize_t n, total = 0;
	int fd, last;

	if (text)
		return text;
	fd = open("/proc/config.gz", O_RDONLY);
	if (fd < 0)
		return NULL;
	while ((n = read(fd, gz + total, sizeof(gz) - total)) > 0)
		total += n;
	close(fd);
	if (total < 18 || gz[0] != 0x1f || gz[1] != 0x8b || gz[3])
		return NULL;

	s.in = gz + 10;
	s.in_end = gz + total - 8;
	do {
		int type;

		last = inflate_bits(&s, 1);
		type = inflate_bits(&s, 2);
		if (type != 1 && type != 2)
			return NULL;
		if (!inflate_block(&s, type))
			return NULL;
	} while (!last);
	inflate_put(&s, '\0');
	text = s.out;
	return text;
}

/* Whether CONFIG_@name is y. Ends the program if that cannot be known. */
static inline bool ikconfig(const char *name)
{
	const char *text = ikconfig_text();
	char want[80];

	if (!text || !strstr(text, "\nCONFIG_IKCONFIG=y\n")) {
		printf("Bail out! cannot read /proc/config.gz, enable IKCONFIG_PROC\n");
		exit(1);
	}
	snprintf(want, sizeof(want), "\nCONFIG_%s=y\n", name);
	return strstr(text, want);
}

#endif
