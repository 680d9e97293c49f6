/* SPDX-License-Identifier: MIT */
/* clact doctor: what stands in the way of OpenCL here, and what to do about it.
 *
 * Drivers that crash or hang are what it looks for, so whatever touches one runs in a process of
 * its own. What that process learns, it leaves in shared memory. */
#include "cli/doctor.h"
#include "cl/ocl.h"
#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct option options[] = {
    {"all", no_argument, NULL, 'a'}, {"root", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};

static void line(const char *word, const char *fmt, va_list ap)
{
    char text[1024];
    vsnprintf(text, sizeof text, fmt, ap);
    for (char *s = text; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
    printf("%s: %s\n", word, text);
    fflush(stdout);
}

void doctor_ok(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line("ok", fmt, ap);
    va_end(ap);
}

void doctor_problem(struct doctor *d, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line("problem", fmt, ap);
    va_end(ap);
    d->problems++;
}

bool doctor_child(struct doctor *d, const char *what, void (*work)(struct doctor *, const void *),
                  const void *context)
{
    enum { SECONDS = 300 }; /* a driver may compile for a minute */
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(SECONDS);
        work(d, context);
        fflush(NULL);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        doctor_problem(d, "%s: no process could be started", what);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        doctor_problem(d, "%s: no answer for %d s; remove that driver, or restart the machine",
                       what, SECONDS);
    else if (WIFSIGNALED(status))
        doctor_problem(d, "%s: the driver crashed (signal %d); update or remove it", what,
                       WTERMSIG(status));
    else
        return true;
    return false;
}

static void find_devices(struct doctor *d, const void *context)
{
    struct ocl_device *list;
    size_t n;
    struct error err = {0};
    (void)context;
    if (!ocl_devices(&list, &n, &err)) {
        char *more = strstr(err.text, "; 'clact doctor'");
        if (more)
            *more = 0;
        doctor_problem(d, "%s", err.text);
        return;
    }
    for (size_t i = 0; i < n && d->devices < DOCTOR_DEVICES; i++)
        d->device[d->devices++] = list[i];
    doctor_ok("%zu OpenCL device%s", n, n == 1 ? "" : "s");
    free(list);
}

static int examine(bool all, const char *root)
{
    struct doctor *d =
        mmap(NULL, sizeof *d, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct error err = {0};
    if (d == MAP_FAILED) {
        fail(&err, ERROR_LIMIT, "out of memory");
        return cli_fail(&err);
    }
    d->all = all;
    d->root = root;
    doctor_drivers(d);
    doctor_folders(d);
    doctor_child(d, "looking for devices", find_devices, NULL);
    doctor_hardware(d);
    doctor_watchdogs(d);
    for (int i = 0; i < d->devices; i++)
        doctor_device(d, &d->device[i]);
    int usable = d->usable, problems = d->problems;
    munmap(d, sizeof *d);
    if (!usable) {
        fail(&err, ERROR_DEVICE, "doctor: no usable OpenCL device");
        return cli_fail(&err);
    }
    printf("%d device%s work%s, %d problem%s\n", usable, usable == 1 ? "" : "s",
           usable == 1 ? "s" : "", problems, problems == 1 ? "" : "s");
    return 0;
}

static int run(int argc, char **argv)
{
    bool all = false;
    const char *root = "";
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'a')
            all = true;
        else if (o == 'r')
            root = optarg;
        else
            return cli_bad_option(&command_doctor, argv);
    }
    if (optind != argc)
        return cli_usage(&command_doctor, "no argument is needed");
    return examine(all, root);
}

const struct command command_doctor = {
    "doctor", "[options]", "what stands in the way of OpenCL here, and what to do", run,
    "Looks at drivers, permissions, graphics cards without a driver, folders for compiled "
    "kernels,\n"
    "and lets every device compute something that is compared with plain C. One line each: 'ok: "
    "what'\n"
    "or 'problem: what; what to do'. Exit code 0 when some device works, 4 when none does.\n\n"
    "      --all           also what takes long: CLBlast on processors, where it is hardly used\n"
    "      --root DIR      look for /etc, /dev and /sys under DIR\n\n"
    "examples:\n"
    "  clact doctor\n"};
