// SPDX-License-Identifier: MIT
//
// Everything of the comparison that is not a direct convolution: stem, Winograd, pool, concat.
#include "layout.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_size(struct variant *v, int launch, int a, int b, int c)
{
    v->size[launch][0] = (size_t)a;
    v->size[launch][1] = (size_t)b;
    v->size[launch][2] = (size_t)c;
}

// 3 -> 64, 3x7x7, stride 1,2,2 on 16x112x112. `interleaved` picks [T][H][W][3] input.
static void make_stem(bool last, bool interleaved, bool halo, int tile, int unroll,
                      struct variant *v)
{
    enum { T = 16, S = 112, O = 56, OC = 64, KT = 3, K = 7 };
    const int wp = S + (halo ? 6 : 0), xp = interleaved ? 3 : 1;
    const int yp = last ? OC : 16, yb = last ? 16 : T * O * O * 16;
    const int plane = T * S * wp;
    char options[1024];
    snprintf(
        options, sizeof options,
        "-DT_I=16 -DH_I=112 -DW_I=112 -DH_O=56 -DK_T=3 -DK_H=7 -DK_W=7 -DS_T=1 -DS_H=2 -DS_W=2 "
        "-DP_T=1 -DP_H=3 -DP_W=3 -DTILE_W=%d -DTILE_C=2 -DX_PIXEL=%d -DX_CHANNEL=%d -DX_ROW=%d "
        "-DX_FRAME=%d -DY_PIXEL=%d -DY_BLOCK=%d -DY_ROW=%d -DY_FRAME=%d -DK_UNROLL=%d%s",
        tile, xp, interleaved ? 1 : plane, wp * xp, wp * S * xp, yp, yb, O * yp, O * O * yp, unroll,
        halo ? " -DHALO" : "");
    memset(v, 0, sizeof *v);
    v->last = last;
    v->launches = 1;
    v->kernel[0] = bench_kernel(bench_program("stem.cl", options), "stem");
    set_size(v, 0, O / tile, T * O, OC / 32);
    snprintf(v->name, sizeof v->name, "%s input%s R%d unroll %d",
             interleaved ? "interleaved" : "planar", halo ? " with halo" : "", tile, unroll);

    float *x = calloc((size_t)plane * 3, sizeof *x), *w = malloc(sizeof *w * OC * KT * K * K * 3);
    float *y = malloc(sizeof *y * T * O * O * OC), *p = w;
    for (int t = 0; t < T; t++)
        for (int h = 0; h < S; h++)
            for (int i = 0; i < S; i++)
                for (int c = 0; c < 3; c++)
                    x[((t * S + h) * wp + i + (halo ? 3 : 0)) * xp +
                      c * (interleaved ? 1 : plane)] = (float)xval(c, t, h, i);
    for (int g = 0; g < 2; g++)
        for (int k = 0; k < KT * K; k++)
            for (int c = 0; c < 3; c++)
                for (int kw = 0; kw < K; kw++)
                    for (int o = 0; o < 32; o++)
                        *p++ = (float)wval(g * 32 + o, c, k * K + kw);
    cl_mem by = bench_buffer((size_t)T * O * O * OC, NULL);
    bench_args(v->kernel[0], 4, bench_buffer((size_t)plane * 3, x),
               bench_buffer((size_t)OC * KT * K * K * 3, w), bench_buffer(OC, NULL), by);
    bench_launch(v, 0);
    clEnqueueReadBuffer(queue, by, CL_TRUE, 0, sizeof *y * T * O * O * OC, y, 0, NULL, NULL);
    for (int i = 0; i < 200; i++) {
        const int t = i % T, h = i % 5 ? i * 7 % O : O - 1, o = i * 13 % OC;
        const int ow = i % 3 == 0 ? i % 2 : i % 3 == 1 ? O - 1 - i % 2 : i * 11 % O;
        double sum = 0;
        for (int a = 0; a < KT * K * K; a++) {
            const int it = t + a / 49 - 1, ih = h * 2 + a / 7 % 7 - 3, iw = ow * 2 + a % 7 - 3;
            if (it >= 0 && it < T && ih >= 0 && ih < S && iw >= 0 && iw < S)
                for (int c = 0; c < 3; c++)
                    sum += xval(c, it, ih, iw) * wval(o, c, a);
        }
        if (y[(size_t)((t * O + h) * O + ow) * (size_t)yp + (size_t)(o / 16 * yb + o % 16)] !=
            fmax(sum, 0)) {
            fprintf(stderr, "WRONG stem %s at w %d\n", v->name, ow);
            break;
        }
    }
    free(x), free(y), free(w);
}

void run_stem(double *gflop, struct result r[2])
{
    static struct variant v[MAX_VARIANTS];
    int n = 0;
    *gflop = 2e-9 * 3 * 64 * 147 * 16 * 56 * 56;
    for (int interleaved = 0; interleaved < 2; interleaved++)
        for (int last = 0; last < 2; last++) {
            make_stem(last, interleaved, false, 14, 1, &v[n++]);
            make_stem(last, interleaved, false, 7, 1, &v[n++]);
            make_stem(last, interleaved, false, 7, 7, &v[n++]);
        }
    bench_time(v, n);
    r[0] = bench_best("stem planar input", *gflop, v, n / 2);
    r[1] = bench_best("stem interleaved input", *gflop, v + n / 2, n / 2);
    bench_release(v, n);
}

// Order of the work-items of a transform or pool.
static const char *const order_option[] = {"", " -DBLOCK_FASTEST", " -DBLOCK_INNERMOST"};

static void winograd_filter(const float g[9], float u[36])
{
    static const double p[5] = {0, 0.70710678118654752, -0.70710678118654752, 1.4142135623730951,
                                -1.4142135623730951};
    static const double f[5] = {1, -1.5, -1.5, 6, 6};
    double m[6][3] = {{0}};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++)
            m[i][k] = (k == 0 ? 1 : k == 1 ? p[i] : p[i] * p[i]) / f[i];
    m[5][2] = 1;
    for (int i = 0; i < 36; i++) {
        double sum = 0;
        for (int a = 0; a < 9; a++)
            sum += m[i / 6][a / 3] * m[i % 6][a % 3] * g[a];
        u[i] = (float)sum;
    }
}

static void make_winograd(bool last, int c, int t, int h, int order, bool v_blocks, bool m_blocks,
                          const float *u, struct variant *v)
{
    const int tiles = (h + 3) / 4 * ((h + 3) / 4), rows = t * tiles;
    const int tile_w = tiles == 196 ? 14 : tiles == 49 ? 10 : 8;
    const int xp = last ? c : 16, xb = last ? 16 : t * h * h * 16, row = c + (c >= 256 ? 16 : 0);
    const int mp = m_blocks ? 16 : row, mb = m_blocks ? rows * 16 : 16;
    const int vp = v_blocks ? 16 : row, vb = v_blocks ? rows * 16 : 16;
    const int point = rows * row + 16;
    char options[1024];
    snprintf(options, sizeof options,
             "-DWINOGRAD -DT=%d -DH=%d -DW=%d -DIC=%d -DOC=%d -DTILE_W=%d -DTILE_C=2 -DK_UNROLL=2 "
             "-DX_PIXEL=%d -DX_BLOCK=%d -DX_ROW=%d -DX_FRAME=%d -DY_PIXEL=%d -DY_BLOCK=%d "
             "-DY_ROW=%d -DY_FRAME=%d -DV_ROW=%d -DV_BLOCK=%d -DV_POINT=%d -DM_ROW=%d "
             "-DM_BLOCK=%d -DM_POINT=%d%s",
             t, h, h, c, c, tile_w, xp, xb, h * xp, h * h * xp, xp, xb, h * xp, h * h * xp, vp, vb,
             point, mp, mb, point, order_option[order]);
    cl_program p = bench_program("transforms.cl", options);
    memset(v, 0, sizeof *v);
    v->last = last;
    v->launches = 3;
    v->kernel[0] = bench_kernel(p, "winograd_input");
    v->kernel[1] = bench_kernel(p, "winograd_gemm");
    v->kernel[2] = bench_kernel(p, "winograd_output");
    snprintf(v->name, sizeof v->name, "V %s, M %s%s", v_blocks ? "blocks" : "rows",
             m_blocks ? "blocks" : "rows", order_option[order]);
    for (int k = 0; k < 3; k += 2) {
        if (order == 1)
            set_size(v, k, c / 16, tiles, t);
        else
            set_size(v, k, tiles, t, order == 0 ? c / 16 : 1);
    }
    set_size(v, 1, t * ((tiles + tile_w - 1) / tile_w), c / 32, 36);

    const size_t n = (size_t)t * (size_t)(h * h * c), ws = (size_t)point * 36;
    float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    for (int i = 0; i < t * h * h; i++)
        for (int k = 0; k < c; k++)
            x[(size_t)i * (size_t)xp + (size_t)(k / 16) * (size_t)xb + (size_t)(k % 16)] =
                (float)xval(k, i / h / h, i / h % h, i % h);
    cl_mem bv = bench_buffer(ws, NULL), bm = bench_buffer(ws, NULL), by = bench_buffer(n, NULL);
    bench_args(v->kernel[0], 2, bench_buffer(n, x), bv);
    bench_args(v->kernel[1], 3, bv, bench_buffer((size_t)c * (size_t)c * 108, u), bm);
    bench_args(v->kernel[2], 3, bm, bench_buffer((size_t)c, NULL), by);
    for (int k = 0; k < 3; k++)
        bench_launch(v, k);
    clEnqueueReadBuffer(queue, by, CL_TRUE, 0, n * sizeof *y, y, 0, NULL, NULL);
    double worst = 0, rms = 0;
    for (int i = 0; i < 100; i++) {
        const int at = i % t, ah = i % 4 ? i * 5 % h : h - 1, aw = i % 3 ? i * 11 % h : h - 1;
        const int o = i * 37 % c;
        double sum = 0;
        for (int a = 0; a < 27; a++) {
            const int it = at + a / 9 - 1, ih = ah + a / 3 % 3 - 1, iw = aw + a % 3 - 1;
            if (it >= 0 && it < t && ih >= 0 && ih < h && iw >= 0 && iw < h)
                for (int k = 0; k < c; k++)
                    sum += xval(k, it, ih, iw) * wval(o, k, a);
        }
        const float got = y[(size_t)((at * h + ah) * h + aw) * (size_t)xp +
                            (size_t)(o / 16) * (size_t)xb + (size_t)(o % 16)];
        worst = fmax(worst, fabs(got - fmax(sum, 0)));
        rms += sum * sum / 100;
    }
    if (!(worst < 1e-4 * sqrt(rms)))
        fprintf(stderr, "WRONG winograd %d %s: %g of rms %g\n", c, v->name, worst, sqrt(rms));
    free(x), free(y);
}

struct result run_winograd(const char *name, int c, int t, int h, double *gflop)
{
    static struct variant v[MAX_VARIANTS];
    int n = 0;
    float *u = malloc((size_t)c * (size_t)c * 108 * sizeof *u);
    for (int o = 0; o < c; o++)
        for (int i = 0; i < c; i++)
            for (int kt = 0; kt < 3; kt++) {
                float g[9], out[36];
                for (int k = 0; k < 9; k++)
                    g[k] = (float)wval(o, i, kt * 9 + k);
                winograd_filter(g, out);
                for (int k = 0; k < 36; k++)
                    u[((((size_t)(k * (c / 32) + o / 32) * 3 + (size_t)kt) * (size_t)c +
                        (size_t)i) *
                       32) +
                      (size_t)(o % 32)] = out[k];
            }
    *gflop = 2e-9 * c * c * 27 * t * h * h;
    // The transform domain is a workspace: each layout may hold it either way.
    for (int order = 0; order < 3; order++)
        for (int last = 0; last < 2; last++)
            for (int form = 0; form < 3; form++)
                make_winograd(last, c, t, h, order, form == 2, form > 0, u, &v[n++]);
    struct result r = bench_run(name, *gflop, v, n);
    bench_release(v, n);
    free(u);
    return r;
}

struct result run_pool(const char *name)
{
    enum { C = 64, T = 16, S = 56 };
    static struct variant v[6];
    for (int i = 0; i < 6; i++) {
        const bool last = i & 1;
        const int p = last ? C : 16, xb = last ? 16 : T * S * S * 16, yb = last ? 16 : xb / 8;
        char options[512];
        snprintf(options, sizeof options,
                 "-DPOOL -DBLOCKS=4 -DT_I=16 -DH_I=56 -DW_I=56 -DW_O=28 -DX_PIXEL=%d -DX_BLOCK=%d "
                 "-DX_ROW=%d -DX_FRAME=%d -DY_PIXEL=%d -DY_BLOCK=%d -DY_ROW=%d -DY_FRAME=%d%s",
                 p, xb, S * p, S * S * p, p, yb, S / 2 * p, S * S / 4 * p, order_option[i / 2]);
        memset(&v[i], 0, sizeof v[i]);
        v[i].last = last;
        v[i].launches = 1;
        v[i].kernel[0] = bench_kernel(bench_program("transforms.cl", options), "max_pool");
        snprintf(v[i].name, sizeof v[i].name, "%s", i < 2 ? "row fastest" : order_option[i / 2]);
        if (i / 2 == 1)
            set_size(&v[i], 0, C / 16, S / 2, T / 2);
        else
            set_size(&v[i], 0, S / 2, T / 2, i < 2 ? C / 16 : 1);
        bench_args(v[i].kernel[0], 2, bench_buffer(C * T * S * S, NULL),
                   bench_buffer(C * T * S * S / 8, NULL));
    }
    struct result r = bench_run(name, 0, v, 6);
    bench_release(v, 6);
    return r;
}

struct result run_concat(const char *name, int c0, int c1, int c2)
{
    enum { N = 32 * 28 * 28 };
    static struct variant v[2];
    const int sum = (c0 + c1 + c2 + 15) / 16 * 16;
    for (int i = 0; i < 2; i++) {
        char options[256];
        snprintf(options, sizeof options,
                 "-DCONCAT -DLAST=%d -DN=%d -DPIXELS=28 -DC0=%d -DC1=%d -DC2=%d", i, N, c0, c1, c2);
        memset(&v[i], 0, sizeof v[i]);
        v[i].last = i;
        v[i].launches = 1;
        v[i].kernel[0] = bench_kernel(bench_program("transforms.cl", options), "concat");
        set_size(&v[i], 0, N / 28, 1, 1);
        bench_args(v[i].kernel[0], 4, bench_buffer((size_t)N * (size_t)((c0 + 15) / 16 * 16), NULL),
                   bench_buffer((size_t)N * (size_t)((c1 + 15) / 16 * 16), NULL),
                   bench_buffer((size_t)N * (size_t)((c2 + 15) / 16 * 16), NULL),
                   bench_buffer((size_t)N * (size_t)sum, NULL));
    }
    struct result r = bench_run(name, 0, v, 2);
    bench_release(v, 2);
    return r;
}
