// SPDX-License-Identifier: GPL-2.0

#include <linux/capability.h>
#include <linux/io.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/uaccess.h>

#ifndef CONFIG_MULTIUSER
__rust_helper bool rust_helper_capable(int cap)
{
	return capable(cap);
}
#endif

#ifndef CONFIG_SECURITY
__rust_helper int rust_helper_security_locked_down(enum lockdown_reason what)
{
	return security_locked_down(what);
}
#endif

__rust_helper void rust_helper_cond_resched(void)
{
	cond_resched();
}

__rust_helper bool rust_helper_need_resched(void)
{
	return need_resched();
}

__rust_helper bool rust_helper_access_ok(const void __user *ptr,
					 unsigned long n)
{
	return access_ok(ptr, n);
}

/* Constant arguments let the compiler pick the cache. */
__rust_helper void *rust_helper_kmalloc_page(void)
{
	return kmalloc(PAGE_SIZE, GFP_KERNEL);
}

/* On these two the functions are not inline. */
#if !defined(CONFIG_X86) && !defined(CONFIG_S390)
__rust_helper void *rust_helper_xlate_dev_mem_ptr(phys_addr_t phys)
{
	return xlate_dev_mem_ptr(phys);
}

__rust_helper void rust_helper_unxlate_dev_mem_ptr(phys_addr_t phys, void *addr)
{
	unxlate_dev_mem_ptr(phys, addr);
}
#endif

#ifdef CONFIG_PPC
__rust_helper void rust_helper_force_successful_syscall_return(void)
{
	force_successful_syscall_return();
}
#endif

__rust_helper bool rust_helper_arch_has_dev_port(void)
{
	return arch_has_dev_port();
}

#ifdef CONFIG_DEVPORT
/* From a port to user space, and back. */
__rust_helper int rust_helper_inb_user(unsigned long port, u8 __user *to)
{
	return __put_user(inb(port), to);
}

__rust_helper int rust_helper_outb_user(const u8 __user *from,
					unsigned long port)
{
	u8 value;

	if (__get_user(value, from))
		return -EFAULT;
	outb(value, port);
	return 0;
}
#endif

#ifndef CONFIG_TTY
__rust_helper int rust_helper_tty_init(void)
{
	return tty_init();
}
#endif
