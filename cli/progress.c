/* SPDX-License-Identifier: MIT */
/* A progress bar for work that takes long, on stderr, and only when somebody looks. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    double started, drawn; /* seconds; 0: not yet */
    bool visible;
} bar;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void cli_progress(const char *what, double fraction)
{
    enum { WIDTH = 32 };
    char cells[WIDTH + 1];
    double t = now();
    if (!isatty(STDERR_FILENO))
        return;
    if (bar.started == 0)
        bar.started = t;
    if (t - bar.started < 1.0 || t - bar.drawn < 0.1)
        return;
    fraction = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
    int full = (int)(fraction * WIDTH);
    memset(cells, '#', (size_t)full);
    memset(cells + full, '.', (size_t)(WIDTH - full));
    cells[WIDTH] = 0;
    fprintf(stderr, "\r%-24.24s [%s] %3d%%", what, cells, (int)(fraction * 100));
    if (fraction > 0.02)
        fprintf(stderr, "  %.0f s left ", (t - bar.started) * (1 - fraction) / fraction);
    fputs("\033[K", stderr);
    bar.drawn = t;
    bar.visible = true;
}

void cli_progress_clear(void)
{
    if (bar.visible)
        fputs("\r\033[K", stderr);
    memset(&bar, 0, sizeof bar);
}
