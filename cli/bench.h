/* SPDX-License-Identifier: MIT */
/* clact bench: what it measured, and how that is printed. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H
#include "cli/cli.h"
#include "engine/profile.h"

enum bench_format { BENCH_TABLE, BENCH_MD, BENCH_CSV, BENCH_JSON, BENCH_JSONL, BENCH_HTML };

struct bench {
    const struct network *network;
    const char *model;
    const struct profile *profile;
    const struct roof *roof;
    int batch;
};

/* Step by step (steps), or the totals alone. Tables and CSV begin with a header line if `first`. */
void bench_print(const struct bench *b, enum bench_format format, bool steps, bool first,
                 struct text *out);
/* A time line for chrome://tracing and Perfetto. */
void bench_trace(const struct bench *b, struct text *out);

/* Seconds of one run of all parts: the sum of their least times. */
double bench_seconds(const struct bench *b);
/* What share of the roof's speed a step reaches, 0 to 1; work that a cache serves may pass 1. */
double bench_roof_share(const struct bench *b, const struct step_profile *s);

/* Side by side with what `--format json` wrote earlier. */
bool bench_compare(const struct bench *b, const char *old_json, struct text *out,
                   struct error *err);

#endif
