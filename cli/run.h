/* SPDX-License-Identifier: MIT */
/* The parts of `clact run`. */
#ifndef CLI_RUN_H
#define CLI_RUN_H
#include "cli/cli.h"
#include "engine/video_run.h"

struct run_request {
    const char *model;
    bool shipped; /* no model was given: clips alone */
    char **clips;
    int clip_count;
    const char *settings, *labels; /* of a checkpoint */
    const char *device;
    int batch, top;
    uint64_t max_memory;
    bool strict, unchecked;
    struct video_options video;
    bool json, windows, quiet, half;
    const char *recipe;   /* of an ONNX file; NULL: none */
    const char *features; /* node */
    const char *timeline, *overlay; /* files for pictures */
    const char *out;      /* file for the report, NULL: standard output */
    const char *tensors, *feed, *taps, *save; /* tensors in, tensors out */
};

/* A graph file, or a checkpoint; says on stderr what a checkpoint left open, unless quiet. */
struct network *run_open(const struct run_request *r, const struct network_options *o,
                         struct error *err);

/* Tensors in, tensors out: no video. Returns an exit code. */
int run_tensors(const struct run_request *r);

/* One clip's table or JSON line, appended to out. result is NULL when the clip failed with err. */
void report_clip(const struct run_request *r, const struct network *m, const char *path,
                 const struct video_result *result, const struct error *err, struct text *out);

/* NULL, or what is wrong with the files that --timeline and --overlay name. */
const char *run_pictures_wrong(const struct run_request *r);
/* Writes them, from a result with the scores of its windows. */
bool run_pictures(const struct run_request *r, const struct network *m, const char *path,
                  const struct video_result *result, struct error *err);

#endif
