/* SPDX-License-Identifier: MIT */
/* Heads that class activation maps can be read from: pooling, then one linear classifier. A score
 * is then a sum over places of a map (and a bias), and that map is
 *     cam[class](t,h,w) = sum over c of weight[class,c] * feature[c](t,h,w).
 * Grad-CAM is the same map times a positive constant, cut off below 0. */
#ifndef GRAPH_CAM_HEAD_H
#define GRAPH_CAM_HEAD_H
#include "graph/graph.h"

enum { CAM_HEADS_MOST = 16 };

struct cam_head {
    node_id feature; /* f32[N,C,T,H,W], before the pooling                       */
    node_id weight;  /* of the classifier, [classes, columns] or with 1,1,1      */
    int64_t column;  /* where the feature's channels begin: others may be joined */
};

/* All heads of a graph as it is written (not compiled), those before a mean over windows; one for
 * each path. False (ERROR_MODEL) when one of them is of another kind: err names what was found. */
bool cam_heads(const struct graph *g, struct cam_head heads[CAM_HEADS_MOST], int *count,
               struct error *err);

#endif
