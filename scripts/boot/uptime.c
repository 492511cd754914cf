// SPDX-License-Identifier: GPL-2.0
/*
 * Prints for how long the machine runs since it was switched on. Under icount a
 * nanosecond of that is an instruction, and the clock of an x86 ticks once in it.
 */
#include <stdio.h>
#include <x86intrin.h>

int main(void)
{
	printf("instructions %llu\n", __rdtsc());
	return 0;
}
