// SPDX-License-Identifier: MIT
//
// Direct convolutions of both layouts, checked against a plain loop on integers (exact).
#include "layout.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const border_names[] = {"none", "split", "zero", "stage"};

int xval(int c, int t, int h, int w)
{
    unsigned v = (unsigned)(c * 7 + t * 131 + h * 1009 + w * 9176) * 2654435761u;
    return (int)(v >> 29) - 4;
}
int wval(int o, int c, int k)
{
    unsigned v = (unsigned)(o * 31 + c * 517 + k * 7919 + 3) * 2246822519u;
    return (int)(v >> 29) - 4;
}

static float *pack_w(const struct conv *s, const struct choice *k)
{
    const int taps = s->kt * s->kh * s->kw;
    float *w = malloc((size_t)s->ic * s->oc * taps * sizeof *w), *p = w;
    for (int g = 0; g < s->oc / (k->tile_c * 16); g++)
        for (int c0 = 0; c0 < s->ic; c0 += k->chunk)
            for (int tap = 0; tap < taps; tap++)
                for (int c = c0; c < c0 + k->chunk; c++)
                    for (int o = 0; o < k->tile_c * 16; o++)
                        *p++ = (float)wval(g * k->tile_c * 16 + o, c, tap);
    return w;
}

int out_size(int i, int k, int s)
{
    return (i + 2 * (k / 2) - k) / s + 1;
}

static void check_conv(const struct conv *s, const char *name, const float *y, size_t yp, size_t yb)
{
    const int to = out_size(s->t, s->kt, s->st), ho = out_size(s->h, s->kh, s->sh);
    const int wo = out_size(s->w, s->kw, s->sw);
    for (int i = 0; i < 300; i++) {
        const int t = i % to, h = i % 7 == 0 ? 0 : i % 7 == 1 ? ho - 1 : (i * 5) % ho;
        const int w = i % 3 == 0 ? 0 : i % 3 == 1 ? wo - 1 : (i * 11) % wo, o = (i * 37) % s->oc;
        double sum = 0;
        for (int a = 0; a < s->kt; a++)
            for (int b = 0; b < s->kh; b++)
                for (int c = 0; c < s->kw; c++) {
                    int it = t * s->st + a - s->kt / 2, ih = h * s->sh + b - s->kh / 2;
                    int iw = w * s->sw + c - s->kw / 2;
                    if (it < 0 || it >= s->t || ih < 0 || ih >= s->h || iw < 0 || iw >= s->w)
                        continue;
                    for (int ic = 0; ic < s->ic; ic++)
                        sum += xval(ic, it, ih, iw) * wval(o, ic, (a * s->kh + b) * s->kw + c);
                }
        float got = y[(size_t)((t * ho + h) * wo + w) * yp + (size_t)(o / 16) * yb + o % 16];
        if ((double)got != fmax(sum, 0)) {
            fprintf(stderr, "WRONG %s %s t%d h%d w%d o%d: %f, want %f\n", s->name, name, t, h, w, o,
                    got, fmax(sum, 0));
            return;
        }
    }
}

void make_conv(const struct conv *s, const struct choice *k, bool last, struct variant *v)
{
    const int wp = s->w + 2 * k->halo;
    const int to = out_size(s->t, s->kt, s->st), ho = out_size(s->h, s->kh, s->sh);
    const int wo = out_size(s->w, s->kw, s->sw);
    const size_t in = (size_t)s->t * s->h * wp, out = (size_t)to * ho * wo;
    const int y_channels = k->wide ? k->wide : s->oc;
    const size_t xp = last ? (size_t)(s->ic + k->pad) : 16, xb = last ? 16 : in * 16;
    const size_t yp = last ? (size_t)(y_channels + k->pad) : 16, yb = last ? 16 : out * 16;
    char options[1024];
    snprintf(options, sizeof options,
             "-DIC=%d -DT_I=%d -DH_I=%d -DW_I=%d -DT_O=%d -DH_O=%d -DW_O=%d -DK_T=%d -DK_H=%d "
             "-DK_W=%d -DS_T=%d -DS_H=%d -DS_W=%d -DP_T=%d -DP_H=%d -DP_W=%d -DTILE_W=%d "
             "-DTILE_C=%d -DK_CHUNK=%d -DBORDER=%d -DK_UNROLL=%d -DX_PIXEL=%zu -DX_BLOCK=%zu "
             "-DX_ROW=%zu -DX_FRAME=%zu -DX_ORIGIN=%zu -DY_PIXEL=%zu -DY_BLOCK=%zu -DY_ROW=%zu "
             "-DY_FRAME=%zu %s",
             s->ic, s->t, s->h, s->w, to, ho, wo, s->kt, s->kh, s->kw, s->st, s->sh, s->sw,
             s->kt / 2, s->kh / 2, s->kw / 2, k->tile_w, k->tile_c, k->chunk, k->border, k->unroll,
             xp, xb, wp * xp, wp * s->h * xp, k->halo * xp, yp, yb, wo * yp, wo * ho * yp,
             k->extra ? k->extra : "");
    cl_program program = bench_program("channels_last.cl", options);
    memset(v, 0, sizeof *v);
    v->last = last;
    v->launches = 1;
    v->kernel[0] = bench_kernel(program, "conv3d");
    clReleaseProgram(program);
    const size_t groups = (size_t)s->oc / (16 * (size_t)k->tile_c);
    const size_t tiles = (size_t)(wo / k->tile_w);
    v->size[0][0] = tiles, v->size[0][1] = (size_t)(to * ho), v->size[0][2] = groups;
    const char *per = k->extra ? strstr(k->extra, "TILES_PER_GROUP=") : NULL;
    if (per) {
        size_t n = (size_t)atoi(per + 16);
        v->size[0][0] = n, v->size[0][1] = groups, v->size[0][2] = (tiles + n - 1) / n;
    } else if (k->extra && strstr(k->extra, "OC_FASTEST")) {
        v->size[0][0] = groups, v->size[0][1] = tiles, v->size[0][2] = (size_t)(to * ho);
    }
    snprintf(v->name, sizeof v->name, "%s%s R%dxOB%d chunk %d unroll %d%s %s",
             k->halo ? "halo " : "", border_names[k->border], k->tile_w, k->tile_c, k->chunk,
             k->unroll, k->pad ? " pad" : "", k->extra ? k->extra : "");

    const size_t xn = last ? in * xp : in * (size_t)s->ic;
    const size_t yn = last ? out * yp : out * (size_t)y_channels;
    float *x = calloc(xn, sizeof *x), *y = malloc(yn * sizeof *y);
    for (int t = 0; t < s->t; t++)
        for (int h = 0; h < s->h; h++)
            for (int w = 0; w < s->w; w++)
                for (int c = 0; c < s->ic; c++)
                    x[(size_t)((t * s->h + h) * wp + w + k->halo) * xp + (size_t)(c / 16) * xb +
                      (size_t)(c % 16)] = (float)xval(c, t, h, w);
    float *w = pack_w(s, k);
    cl_mem by = bench_buffer(yn, NULL);
    bench_args(v->kernel[0], 5, bench_buffer(xn, x),
               bench_buffer((size_t)s->ic * s->oc * s->kt * s->kh * s->kw, w),
               bench_buffer((size_t)s->oc, NULL), by, bench_buffer((size_t)s->ic, NULL));
    bench_launch(v, 0);
    clEnqueueReadBuffer(queue, by, CL_TRUE, 0, yn * sizeof *y, y, 0, NULL, NULL);
    check_conv(s, v->name, y, yp, yb);
    free(x);
    free(y);
    free(w);
}

double conv_gflop(const struct conv *s)
{
    return 2e-9 * s->ic * s->oc * s->kt * s->kh * s->kw * out_size(s->t, s->kt, s->st) *
           out_size(s->h, s->kh, s->sh) * out_size(s->w, s->kw, s->sw);
}
