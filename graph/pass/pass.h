/* SPDX-License-Identifier: MIT */
/* The passes, one file each in this folder; their order is graph/pipeline.c's. A pass rewrites the
 * graph and leaves dead nodes behind: graph_run_pass() sweeps and infers after it. */
#ifndef GRAPH_PASS_PASS_H
#define GRAPH_PASS_PASS_H
#include "graph/graph.h"

bool pass_drop_dead(struct graph *g, struct error *err);
bool pass_elide_views(struct graph *g, struct error *err);
bool pass_fold_batchnorm(struct graph *g, struct error *err);
bool pass_fuse_frames(struct graph *g, struct error *err);
bool pass_fuse_matching(struct graph *g, struct error *err);
bool pass_fuse_warp(struct graph *g, struct error *err);
bool pass_fuse_epilogue(struct graph *g, struct error *err);
bool pass_fuse_feature_residual(struct graph *g, struct error *err);
bool pass_fuse_channel_scale(struct graph *g, struct error *err);
bool pass_pack_weights(struct graph *g, struct error *err);

#endif
