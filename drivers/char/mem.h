/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is declared nowhere else for the Rust version of the memory devices,
 * which bindgen sees by way of rust/bindings/bindings_helper.h.
 */
#ifndef _DRIVERS_CHAR_MEM_H
#define _DRIVERS_CHAR_MEM_H

#include <linux/fs.h>
#include <linux/io.h>
#include <linux/pgtable.h>

/* <linux/random.h> hides these from modules, which bindgen poses as. */
extern const struct file_operations random_fops, urandom_fops;

/* mem.c has these for architectures without their own. */
#ifndef ARCH_HAS_VALID_PHYS_ADDR_RANGE
int valid_phys_addr_range(phys_addr_t addr, size_t count);
int valid_mmap_phys_addr_range(unsigned long pfn, size_t size);
#endif

#ifndef __HAVE_PHYS_MEM_ACCESS_PROT
pgprot_t phys_mem_access_prot(struct file *file, unsigned long pfn,
			      unsigned long size, pgprot_t vma_prot);
#endif

#endif /* _DRIVERS_CHAR_MEM_H */
