// SPDX-License-Identifier: GPL-2.0

#include <linux/cpumask.h>
#include <linux/preempt.h>

__rust_helper bool rust_helper_in_task(void)
{
	return in_task();
}

/* Not in a hardware interrupt or NMI on top of the softirq. */
__rust_helper bool rust_helper_in_softirq_really(void)
{
	return in_serving_softirq() && !in_hardirq() && !in_nmi();
}

__rust_helper unsigned int rust_helper_num_possible_cpus(void)
{
	return num_possible_cpus();
}
