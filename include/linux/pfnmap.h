/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_PFNMAP_H
#define _LINUX_PFNMAP_H

#include <linux/pgtable.h>

/*
 * Consecutive PFNs, either all or none of which are RAM, so that this need not be
 * looked up for each. Initially zeroed. As the memory might be removed, only to be
 * kept while mapping PFNs which cannot be.
 */
struct pfnmap_run {
	unsigned long start_pfn, end_pfn;
	bool is_ram;

	/* private: what is being looked up. */
	unsigned long pfn;
};

#ifdef __HAVE_PFNMAP_TRACKING
/**
 * pfnmap_setup_cachemode_run - setup the cachemode in the pgprot for one of
 * several pfns
 * @pfn: the pfn
 * @prot: the pgprot to modify
 * @run: what was found out about RAM, updated for the next pfn
 *
 * As pfnmap_setup_cachemode_pfn(), but faster if @pfn lies in @run.
 */
void pfnmap_setup_cachemode_run(unsigned long pfn, pgprot_t *prot,
				struct pfnmap_run *run);
#else
static inline void pfnmap_setup_cachemode_run(unsigned long pfn, pgprot_t *prot,
					      struct pfnmap_run *run)
{
}
#endif

#endif /* _LINUX_PFNMAP_H */
