/* SPDX-License-Identifier: MIT */
/* Class activation maps of a video: where in its frames the evidence for a class is. */
#ifndef ENGINE_CAM_H
#define ENGINE_CAM_H
#include "engine/network.h"
#include "engine/video_run.h"
#include "graph/cam_head.h"

struct cam_window {
    int64_t index;
    int crop;
    double start, end; /* seconds */
    float *map;        /* T x H x W of the path */
};

/* One path of the network: its feature's map in every window. */
struct cam_path {
    const char *name; /* of the feature */
    int clip;
    int64_t c, t, h, w;
    node_id node;  /* of the feature in the network */
    float *weight; /* c of them: of the class */
    struct cam_window *window;
    int64_t count;
    float highest; /* of all windows; not above 0: nothing speaks for the class */
};

struct cam {
    struct arena arena;
    const struct network *network;
    struct graph *graph; /* as it is written */
    struct cam_head head[CAM_HEADS_MOST];
    struct cam_path path[CAM_HEADS_MOST];
    const char *keep[CAM_HEADS_MOST]; /* for network_options: the features */
    int paths;
};

/* Finds the heads of a model file: what must be kept when the network is opened. */
struct cam *cam_open(const char *model, struct error *err);
void cam_close(struct cam **cam);

/* The network is that of the model, opened with cam->keep; the maps are of this class from now on,
 * and windows so far are forgotten. */
bool cam_begin(struct cam *cam, const struct network *m, int class, struct error *err);

/* For video_run_options.batch, with the struct cam as context: collects maps. Also for windows that
 * were fed: fetches from the last run of the clip's part. */
bool cam_batch(void *cam, int clip, const struct window *ran, int windows, struct error *err);

/* Where a path looks at a time, for a picture of w x h that shows the whole source frame of
 * source_w x source_h (as shown): 0 to 1 of its highest map, -1 where the network sees nothing. The
 * mean over the windows and crops that play at that time, else over those of the nearest window.
 * `seconds` is how long a whole window plays, for windows that were padded. heat: w * h. */
bool cam_heat(const struct cam *cam, int path, double time, double seconds, int source_w,
              int source_h, int w, int h, float *heat, struct error *err);

#endif
