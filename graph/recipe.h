/* SPDX-License-Identifier: MIT */
/* A clip recipe: how windows of frames are taken from a video and brought to a network's size. One
 * `clip` line of a graph file; docs/graph.md lists the keys. */
#ifndef GRAPH_RECIPE_H
#define GRAPH_RECIPE_H
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum windows_rule {
    WINDOWS_SLIDE,      /* slide or slide:STEP      */
    WINDOWS_EVEN,       /* even:K                   */
    WINDOWS_UNIFORM,    /* uniform:K                */
    WINDOWS_TSN,        /* tsn:K                    */
    WINDOWS_TSN_CAFFE,  /* tsn_caffe:K              */
    WINDOWS_SUBSAMPLE,  /* subsample: frames spread over the video, one window */
    WINDOWS_CENTER,     /* center: one window       */
    WINDOWS_ALL         /* all: one starting at every frame */
};
enum pad_rule { PAD_LOOP, PAD_LAST };
enum space_kind { SPACE_SHORT, SPACE_SIZE, SPACE_CROP };
struct space_step {
    enum space_kind kind;
    int w, h; /* SPACE_SHORT: w is the short side */
};
enum { SPACE_STEPS = 8, RECIPE_FRAMES_MOST = 4096, RECIPE_SIZE_MOST = 8192 };
enum filter_rule { FILTER_BILINEAR, FILTER_PIL, FILTER_CV, FILTER_TRIANGLE };
enum round_rule { ROUND_U8, ROUND_NONE };
enum long_rule { LONG_TRUNC, LONG_ROUND };
enum crop_rule { CROP_EVEN, CROP_FLOOR };
enum crops_rule { CROPS_CENTER, CROPS_THREE, CROPS_TEN };
enum order_rule { ORDER_RGB, ORDER_BGR };
enum matrix_rule { USE_MATRIX_AUTO, USE_MATRIX_601, USE_MATRIX_709, USE_MATRIX_2020 };
enum range_rule { USE_RANGE_AUTO, USE_RANGE_LIMITED, USE_RANGE_FULL };
enum chroma_rule { CHROMA_LEFT, CHROMA_NEAREST, CHROMA_CENTER };

struct recipe {
    const char *name;
    int frames;   /* a window reads, residual's extra ones included */
    int stride;   /* distance of frames in a window                 */
    int span;     /* frames they are spread over; 0: by stride      */
    double fps;   /* 0: native                                      */
    enum windows_rule windows;
    int windows_arg; /* STEP or K; slide without STEP: 0 (= frames)  */
    enum pad_rule pad;
    struct space_step space[SPACE_STEPS];
    int space_count;
    enum filter_rule filter;
    enum round_rule round;
    enum long_rule longside;
    enum crop_rule cropround;
    enum crops_rule crops;
    enum order_rule order;
    enum matrix_rule matrix;
    enum range_rule range;
    enum chroma_rule chroma;
};

/* Sets one "key=value" of a recipe; err (ERROR_MODEL) says what is allowed. */
bool recipe_set(struct recipe *r, const char *key, const char *value, struct error *err);
void recipe_defaults(struct recipe *r, const char *name);
/* "clip main frames=17 windows=slide:16 ...": keys in a fixed order, defaults left out. */
void recipe_print(const struct recipe *r, struct text *out);
/* Complete and consistent: frames given, a space that ends in a fixed size. */
bool recipe_check(const struct recipe *r, struct error *err);
/* Size of what comes out, from the last size or crop. */
void recipe_size(const struct recipe *r, int *w, int *h);

#endif
