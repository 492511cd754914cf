/* SPDX-License-Identifier: GPL-2.0 */
/* The edu device of QEMU, and the driver for it, samples/rust/rust_mmap_ioremap.rs. */
#ifndef __MMAP_PREPARE_EDU_H
#define __MMAP_PREPARE_EDU_H

#include <dirent.h>

#include "mem_test.h"

#define EDU_DRIVER	"/sys/bus/pci/drivers/rust_mmap_ioremap"
#define EDU_BAR		0x100000UL

/* Registers of 32 bits each. */
#define EDU_ID		0
#define EDU_ID_VALUE	0x010000ed
#define EDU_LIVENESS	4	/* reads as the complement of what was written */

static inline bool edu_is_alive(char *p, uint32_t value)
{
	store32(p + EDU_LIVENESS, value);
	return load32(p + EDU_ID) == EDU_ID_VALUE && load32(p + EDU_LIVENESS) == ~value;
}

/* The PCI device that the driver is bound to; empty if there is none. */
static inline void edu_device(char name[32])
{
	DIR *dir = opendir(EDU_DRIVER);
	struct dirent *entry;

	name[0] = '\0';
	while (dir && (entry = readdir(dir)))
		if (strchr(entry->d_name, ':'))
			snprintf(name, 32, "%.31s", entry->d_name);
	if (dir)
		closedir(dir);
}

#endif
