/* SPDX-License-Identifier: MIT */
/* Behind the public API: what its handles are. Not installed. */
#ifndef ENGINE_CLACT_MODEL_H
#define ENGINE_CLACT_MODEL_H
#include "engine/clact.h"
#include "engine/video_run.h"

enum { INPUTS_MOST = 16 };

struct clact_model {
    struct network *network;
    clact_input input[INPUTS_MOST];
    node_id node[INPUTS_MOST]; /* of each input */
    int inputs;
    bool fed; /* a node was cut off from the video: it takes tensors only */
    void (*progress)(void *context, double fraction);
    void *context;
};

/* What a result's pointers point into; `shown` comes first: the caller's pointer is ours. */
struct result {
    clact_result shown;
    struct video_result own;
};

/* Fills the caller's error, which may be NULL. */
void clact_report(clact_error *err, const struct error *from);
/* Shows the caller what r->own holds. */
bool clact_show_result(const struct clact_model *m, struct result *r, struct error *err);

#endif
