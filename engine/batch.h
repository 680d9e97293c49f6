/* SPDX-License-Identifier: MIT */
/* One clip's windows on their way into the network: while a batch runs, the next one gathers.
 *
 * The windows of a batch wait in memory of their own, filled by the network's feed line. Starting
 * copies them into the network's input, which shares memory with later values, and returns while
 * the network is at work; from then on the next batch may gather.
 */
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H
#include "engine/collector.h"
#include "engine/network.h"

struct batch {
    struct network *m;
    int part, clip;
    uint64_t bytes;      /* of one window's frames */
    ocl_buffer gathered; /* windows that wait; room for as many as run at once */
    int waiting;
    struct window *window; /* what they are */
    int running;           /* windows of the batch at work */
    struct window *ran;    /* what those are */
};

bool batch_open(struct batch *b, struct network *m, int part, struct error *err);
void batch_close(struct batch *b); /* harmless on zeros */

/* Copies a finished window behind those that wait, in order of the feed line. */
bool batch_add(struct batch *b, const struct window *w, struct error *err);
bool batch_full(const struct batch *b);

/* Sends those that wait through the network, which must be idle; ocl_finish(m->ocl) awaits it. */
bool batch_start(struct batch *b, struct error *err);

#endif
