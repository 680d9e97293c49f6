// SPDX-License-Identifier: MIT
#ifndef LAYOUT_H
#define LAYOUT_H
#include "bench.h"

struct conv {
    const char *name;
    int count; // how often r3d_18 has it
    int ic, oc, t, h, w, kt, kh, kw, st, sh, sw;
};

// W border, as BORDER_* in channels_last.cl.
enum { NONE, SPLIT, ZERO, STAGE };
extern const char *const border_names[4];

// One way to run a convolution.
struct choice {
    int border, halo, pad, tile_w, tile_c, chunk, unroll; // chunk 0: all channels
    const char *extra;                                    // more -D options
    int wide; // channels of the tensor that the output is a slice of, 0: its own
};

int xval(int c, int t, int h, int w);
int wval(int o, int c, int k);
int out_size(int i, int k, int s);
double conv_gflop(const struct conv *s);
void make_conv(const struct conv *s, const struct choice *k, bool last, struct variant *v);

// Each measures one thing in both layouts.
void run_stem(double *gflop, struct result r[2]); // planar, interleaved input
struct result run_winograd(const char *name, int channels, int t, int h, double *gflop);
struct result run_pool(const char *name);
struct result run_concat(const char *name, int c0, int c1, int c2);
#endif
