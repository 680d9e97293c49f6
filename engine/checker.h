/* SPDX-License-Identifier: MIT */
/* A self-check in a process of its own, since drivers crash and hang.
 *
 * The process is the program again, `PROGRAM self-check --child ...`: it reads a graph from
 * standard input and writes lines, "build DONE ALL", "try KEY", "right KEY", "wrong KEY WHY" and
 * last "end". What it tried last when it dies, or says nothing for too long, is wrong.
 */
#ifndef ENGINE_CHECKER_H
#define ENGINE_CHECKER_H
#include "engine/self_check.h"

struct checker {
    const char *program, *device; /* device: as ocl_open */
    int batch;
    uint64_t max_memory;
    bool again; /* also what is known already */
    void (*progress)(void *context, size_t done, size_t all); /* building; may be NULL */
    void *context;
};

/* Checks what t->plan has that t->verdicts does not know, and tells `verdicts`. *found: verdicts
 * there are more of now; 0 when the process could not be run at all. */
bool checker_run(const struct checker *c, const struct trust *t, struct verdicts *verdicts,
                 int *found, struct error *err);

/* The other side: checks the plan and writes the lines. */
bool checker_serve(const struct trust *t, bool one_by_one, struct error *err);

/* The graph as the process reads it: its text, and before it a line for each node that is kept. */
void checker_print(const struct graph *g, bool video, struct text *out);
struct graph *checker_parse(const char *text, size_t len, bool *video, struct error *err);

#endif
