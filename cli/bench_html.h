/* SPDX-License-Identifier: MIT */
/* clact bench --html: the measurement as one page that needs nothing else. */
#ifndef CLI_BENCH_HTML_H
#define CLI_BENCH_HTML_H
#include "cli/bench.h"

/* Begins and ends the page; each network is a section between. */
void bench_html_open(struct text *out);
void bench_html(const struct bench *b, struct text *out);
void bench_html_close(struct text *out);

#endif
