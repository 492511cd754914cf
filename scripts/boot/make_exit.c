// SPDX-License-Identifier: GPL-2.0
/*
 * $(exit N) for make: ends make with status N, which no rule can do.
 */
#include <gnumake.h>
#include <stdio.h>
#include <stdlib.h>

int plugin_is_GPL_compatible;

static char *exit_make(const char *name, unsigned int argc, char **argv)
{
	(void)name;
	(void)argc;
	fflush(NULL);
	exit(atoi(argv[0]));
}

int make_exit_gmk_setup(void)
{
	gmk_add_function("exit", exit_make, 1, 1, GMK_FUNC_DEFAULT);
	return 1;
}
