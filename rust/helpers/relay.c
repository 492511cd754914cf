// SPDX-License-Identifier: GPL-2.0

#include <linux/cpu.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/relay.h>
#include <linux/vmalloc.h>

#ifdef CONFIG_RELAY_RUST
__rust_helper struct rchan_buf **rust_helper_rchan_slot(struct rchan *chan,
							unsigned int cpu)
{
	return per_cpu_ptr(chan->buf, cpu);
}

__rust_helper struct rchan_buf * __percpu *rust_helper_rchan_alloc_slots(void)
{
	return alloc_percpu(struct rchan_buf *);
}

__rust_helper void rust_helper_rchan_buf_init(struct rchan_buf *buf,
					      void (*wake)(struct irq_work *))
{
	init_waitqueue_head(&buf->read_wait);
	init_irq_work(&buf->wakeup_work, wake);
	kref_init(&buf->kref);
}

/* All of it writable, and not executable. */
__rust_helper void *rust_helper_vmap_kernel(struct page **pages,
					    unsigned int count)
{
	return vmap(pages, count, VM_MAP, PAGE_KERNEL);
}

__rust_helper void rust_helper_rchan_queue_wakeup(struct rchan_buf *buf)
{
	if (wq_has_sleeper(&buf->read_wait))
		irq_work_queue(&buf->wakeup_work);
}

__rust_helper void rust_helper_cpus_read_lock(void)
{
	cpus_read_lock();
}

__rust_helper void rust_helper_cpus_read_unlock(void)
{
	cpus_read_unlock();
}

__rust_helper void rust_helper_relay_write(struct rchan *chan, const void *data,
					   size_t length)
{
	relay_write(chan, data, length);
}
#endif
