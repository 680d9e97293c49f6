/* SPDX-License-Identifier: MIT */
/* The parts of `clact explain`. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H
#include "cli/cli.h"
#include "engine/video_run.h"
#include "io/canvas.h"

enum { EXPLAIN_COLUMNS_MOST = 40 };

struct explain_request {
    const char *model, *clip, *out, *save, *device;
    const char *class; /* NULL: the best one */
    int columns, batch;
    bool flow, strict, half, quiet;
    bool film; /* `out` is a video */
    struct video_options video;
};

/* Class activation maps, and displacements, residuals and warped differences. */
bool explain_cam(const struct explain_request *r, struct error *err);
bool explain_flow(const struct explain_request *r, struct error *err);

/* The model opened with these nodes kept. */
struct network *explain_open(const struct explain_request *r, const char *const *keep, int count,
                             struct error *err);
/* For video_run_options: the bar on stderr, and NULL if nobody wants it. */
void explain_progress(const struct explain_request *r, struct video_run_options *o);

/* f32 tensors into r->save. */
struct explain_tensor {
    const char *name;
    int64_t dim[5];
    int rank;
    const float *data;
};
bool explain_save(const char *path, const struct explain_tensor *list, int count,
                  struct error *err);

#endif
