// SPDX-License-Identifier: GPL-2.0

#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>

__rust_helper void rust_helper_get_page(struct page *page)
{
	get_page(page);
}

__rust_helper void rust_helper_put_page(struct page *page)
{
	put_page(page);
}

__rust_helper unsigned long rust_helper_page_to_pfn(const struct page *page)
{
	return page_to_pfn(page);
}

#ifdef CONFIG_MMU
__rust_helper pgprot_t rust_helper_pgprot_noncached(pgprot_t prot)
{
	return pgprot_noncached(prot);
}

#ifndef CONFIG_X86
__rust_helper pgprot_t rust_helper_pgprot_writecombine(pgprot_t prot)
{
	return pgprot_writecombine(prot);
}
#endif

__rust_helper pgprot_t rust_helper_pgprot_device(pgprot_t prot)
{
	return pgprot_device(prot);
}

__rust_helper pgprot_t rust_helper_pgprot_decrypted(pgprot_t prot)
{
	return pgprot_decrypted(prot);
}

__rust_helper pgprot_t rust_helper_pgprot_encrypted(pgprot_t prot)
{
	return pgprot_encrypted(prot);
}
#endif

/*
 * A page of the page cache is left to core mm, which locks it and looks whether
 * it has been truncated. Any other page has no mapping, which core mm would take
 * for truncation and retry for ever, unless it comes back locked.
 */
__rust_helper vm_fault_t
rust_helper_vmf_page_mkwrite_finish(struct vm_fault *vmf)
{
	struct folio *folio = page_folio(vmf->page);

	if (folio->mapping)
		return 0;
	folio_lock(folio);
	return VM_FAULT_LOCKED;
}
