/* SPDX-License-Identifier: MIT */
/* The parts of `clact run`. */
#ifndef CLI_RUN_H
#define CLI_RUN_H
#include "cli/cli.h"
#include "engine/video_run.h"

struct run_request {
    const char *model;
    char **clips;
    int clip_count;
    const char *device;
    int batch, top;
    uint64_t max_memory;
    bool strict;
    struct video_options video;
    bool json, windows, quiet, half;
    const char *recipe;   /* of an ONNX file; NULL: none */
    const char *features; /* node */
    const char *out;      /* file for the report, NULL: standard output */
    const char *tensors, *feed, *taps, *save; /* tensors in, tensors out */
};

/* Tensors in, tensors out: no video. Returns an exit code. */
int run_tensors(const struct run_request *r);

/* One clip's table or JSON line, appended to out. result is NULL when the clip failed with err. */
void report_clip(const struct run_request *r, const struct network *m, const char *path,
                 const struct video_result *result, const struct error *err, struct text *out);

#endif
