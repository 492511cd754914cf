// SPDX-License-Identifier: GPL-2.0
/*
 * The first program in a booted test kernel: mounts the usual file systems,
 * runs what scripts/boot.sh packed under /.boot, tells its exit status on the
 * console and powers off.
 *
 * /.boot/argv holds the arguments, each closed by a NUL byte; argv[0] is found
 * by execvp().
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define ARGV_MAX 256

static const struct {
	const char *type;
	const char *where;
	int needed;
} mounts[] = {
	{ "proc", "/proc", 1 },
	{ "sysfs", "/sys", 1 },
	{ "devtmpfs", "/dev", 1 },
	{ "debugfs", "/sys/kernel/debug", 0 },
	{ "securityfs", "/sys/kernel/security", 0 },
	{ "devpts", "/dev/pts", 0 },
	{ "tmpfs", "/dev/shm", 0 },
	{ "tmpfs", "/tmp", 1 },
};

static void finish(int status)
{
	/* A message of the kernel on its way to the console might cut the line. */
	usleep(100000);
	printf("\n[boot] exit=%d\n", status);
	fflush(stdout);
	tcdrain(1);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void die(const char *what)
{
	printf("[boot] %s: %s\n", what, strerror(errno));
	finish(125);
}

static void read_argv(char **argv)
{
	static char buf[65536];
	int fd = open("/.boot/argv", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	int n = 0;

	if (len <= 0)
		die("/.boot/argv");
	close(fd);
	for (char *p = buf; p < buf + len && n < ARGV_MAX; p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = NULL;
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/*
 * Leads the session of the console. The end of the leader hangs up the terminal,
 * so it waits until all that the program wrote is out.
 */
static void lead(char **argv)
{
	int status;
	pid_t pid;

	setsid();
	ioctl(0, TIOCSCTTY, 1);
	pid = fork();
	if (!pid) {
		execvp(argv[0], argv);
		printf("[boot] %s: %s\n", argv[0], strerror(errno));
		fflush(stdout);
		_exit(127);
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(125);
	tcdrain(1);
	_exit(exit_status(status));
}

static int run(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		lead(argv);
	/* Orphans of the program are reaped here as well. */
	for (;;) {
		pid_t gone = wait(&status);

		if (gone == pid)
			break;
		if (gone < 0 && errno != EINTR)
			die("wait");
	}
	return exit_status(status);
}

int main(void)
{
	static char *argv[ARGV_MAX + 1];
	int console;

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, NULL) &&
		    mounts[i].needed && errno != EBUSY)
			die(mounts[i].where);
	}

	console = open("/dev/console", O_RDWR);
	if (console >= 0) {
		dup2(console, 0);
		dup2(console, 1);
		dup2(console, 2);
		if (console > 2)
			close(console);
	}

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/tmp", 1);
	setenv("TERM", "linux", 1);
	read_argv(argv);
	finish(run(argv));
}
