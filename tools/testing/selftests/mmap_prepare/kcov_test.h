/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of kcov share. */
#ifndef __MMAP_PREPARE_KCOV_TEST_H
#define __MMAP_PREPARE_KCOV_TEST_H

#include <pthread.h>
#include <sys/eventfd.h>

#include "cover_test.h"
#include "mem_test.h"

#define WORDS_PER_CMP	4

struct symbol {
	unsigned long long addr;
	char name[96];
};

static inline int __by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The function that @pc lies in, NULL if none. The kernel is where it was linked to. */
static inline const struct symbol *symbol_of(uint64_t pc)
{
	static struct symbol *symbols;
	static size_t n;
	size_t low = 0, high;

	if (!symbols) {
		FILE *f = fopen("/proc/kallsyms", "r");
		char line[512], type;

		symbols = malloc(sizeof(*symbols) * 500000);
		while (f && symbols && n < 500000 && fgets(line, sizeof(line), f)) {
			struct symbol *s = &symbols[n];

			if (sscanf(line, "%llx %c %95s", &s->addr, &type, s->name) == 3)
				n += (type | 0x20) == 't';
		}
		if (f)
			fclose(f);
		if (symbols)
			qsort(symbols, n, sizeof(*symbols), __by_addr);
	}
	for (high = n; low < high; ) {
		size_t middle = (low + high) / 2;

		if (symbols[middle].addr <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &symbols[low - 1] : NULL;
}

/* How many of the PCs that were recorded lie in a function. */
static inline int pcs_in(struct cover *c, const char *function)
{
	int n = 0;

	for (uint64_t i = 1; i <= cover_count(c); i++) {
		const struct symbol *s = symbol_of(c->area[i]);

		n += s && !strcmp(s->name, function);
	}
	return n;
}

/* How many comparisons with @value were recorded. */
static inline int cmps_with(struct cover *c, uint64_t value)
{
	int n = 0;

	for (uint64_t i = 0; i < cover_count(c); i++) {
		uint64_t *record = &c->area[1 + i * WORDS_PER_CMP];

		n += record[1] == value || record[2] == value;
	}
	return n;
}

#endif
