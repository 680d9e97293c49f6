// SPDX-License-Identifier: MIT
//
// Which activation layout: channels-last [T][H][W][C] or channel blocks [C/16][T][H][W][16]?
// Every layer of r3d_18, bottleneck 1x1x1 convolutions, Winograd, stem, pool and concat in both,
// each layout with the best of the same set of variants, alternating within one process.
//
//   layout [-v] [-s SECONDS] [NAME]      run in the folder of the .cl files
#include "layout.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct conv convs[] = {
    {"64 16x56x56", 4, 64, 64, 16, 56, 56, 3, 3, 3, 1, 1, 1},
    {"64-128 s2", 1, 64, 128, 16, 56, 56, 3, 3, 3, 2, 2, 2},
    {"128 8x28x28", 3, 128, 128, 8, 28, 28, 3, 3, 3, 1, 1, 1},
    {"128-256 s2", 1, 128, 256, 8, 28, 28, 3, 3, 3, 2, 2, 2},
    {"256 4x14x14", 3, 256, 256, 4, 14, 14, 3, 3, 3, 1, 1, 1},
    {"256-512 s2", 1, 256, 512, 4, 14, 14, 3, 3, 3, 2, 2, 2},
    {"512 2x7x7", 3, 512, 512, 2, 7, 7, 3, 3, 3, 1, 1, 1},
    {"ds 64-128", 1, 64, 128, 16, 56, 56, 1, 1, 1, 2, 2, 2},
    {"ds 128-256", 1, 128, 256, 8, 28, 28, 1, 1, 1, 2, 2, 2},
    {"ds 256-512", 1, 256, 512, 4, 14, 14, 1, 1, 1, 2, 2, 2},
    // 1x1x1 with stride 1: rows of pixels have no meaning, one flat row of T*H*W.
    {"1x1 2048-512 8x7x7", 0, 2048, 512, 1, 1, 392, 1, 1, 1, 1, 1, 1},
    {"1x1 512-2048 8x7x7", 0, 512, 2048, 1, 1, 392, 1, 1, 1, 1, 1, 1},
    {"1x1 2048-512 32x7x7", 0, 2048, 512, 1, 1, 1568, 1, 1, 1, 1, 1, 1},
    {"1x1 512-2048 32x7x7", 0, 512, 2048, 1, 1, 1568, 1, 1, 1, 1, 1, 1},
    {"1x1 1024-256 32x14x14", 0, 1024, 256, 1, 1, 6272, 1, 1, 1, 1, 1, 1},
    {"1x1 256-64 32x28x28", 0, 256, 64, 1, 1, 25088, 1, 1, 1, 1, 1, 1},
    {"1x1 64-256 32x28x28", 0, 64, 256, 1, 1, 25088, 1, 1, 1, 1, 1, 1},
};

// Rows of more than one tile: zero pointers at the border; rows of one tile: split taps.
static const struct choice wide_row[] = {
    {ZERO, 0, 0, 14, 2, 16, 2, NULL, 0},
    {ZERO, 0, 0, 14, 2, 32, 2, NULL, 0},
    {ZERO, 0, 0, 14, 2, 64, 2, NULL, 0},
    {ZERO, 0, 0, 7, 2, 64, 2, NULL, 0},
};
static const struct choice one_tile_row[] = {
    {SPLIT, 0, 0, 0, 2, 16, 2, NULL, 0},
    {SPLIT, 0, 0, 0, 2, 64, 2, NULL, 0},
    {SPLIT, 0, 0, 0, 2, 0, 2, NULL, 0},
    {SPLIT, 0, 0, 0, 2, 16, 2, "-DPREFETCH_W=32", 0},
};
static const struct choice pointwise[] = {
    {NONE, 0, 0, 14, 2, 0, 2, NULL, 0},
    {NONE, 0, 0, 14, 2, 0, 2, "-DOC_FASTEST", 0},
    {NONE, 0, 0, 14, 2, 0, 2, "-DTILES_PER_GROUP=8", 0},
    {NONE, 0, 16, 14, 2, 0, 2, "-DTILES_PER_GROUP=8", 0},
    {NONE, 0, 0, 14, 2, 0, 2, "-DTILES_PER_GROUP=32", 0},
    {NONE, 0, 16, 14, 2, 0, 2, "-DTILES_PER_GROUP=32", 0},
    {NONE, 0, 0, 14, 2, 0, 2, "-DTILES_PER_GROUP=8 -DPREFETCH_X=1", 0},
};
static const struct choice downsample[] = {
    {NONE, 0, 0, 14, 2, 0, 2, NULL, 0},
    {NONE, 0, 0, 7, 2, 0, 2, NULL, 0},
    {NONE, 0, 0, 14, 2, 16, 2, NULL, 0},
    {NONE, 0, 0, 14, 2, 0, 2, "-DOC_FASTEST", 0},
};
// What a physical halo of zeros would gain (not a candidate), with the chunks that suit each
// layout.
static const struct choice halo[] = {
    {NONE, 1, 0, 14, 2, 16, 2, NULL, 0},
    {NONE, 1, 0, 14, 2, 64, 2, NULL, 0},
    {NONE, 1, 0, 14, 2, 0, 2, NULL, 0},
};

#define LENGTH(a) ((int)(sizeof(a) / sizeof *(a)))

static struct result run_conv(const struct conv *s, bool with_halo)
{
    static struct variant v[MAX_VARIANTS];
    const int wo = out_size(s->w, s->kw, s->sw);
    const struct choice *list = wo > 14 ? wide_row : one_tile_row;
    int count = LENGTH(wide_row), n = 0;
    if (s->kw == 1 && s->sw > 1)
        list = downsample, count = LENGTH(downsample);
    else if (s->kw == 1)
        list = pointwise, count = LENGTH(pointwise);
    if (with_halo)
        list = halo, count = LENGTH(halo);
    for (int i = 0; i < count; i++)
        for (int last = 0; last < 2; last++) {
            struct choice k = list[i];
            if (k.chunk == 0)
                k.chunk = s->ic;
            if (k.tile_w == 0 || k.tile_w > wo)
                k.tile_w = wo;
            if (k.pad && !last) // padding is a remedy for channels-last only
                continue;
            make_conv(s, &k, last, &v[n++]);
        }
    struct result r = bench_run(s->name, conv_gflop(s), v, n);
    bench_release(v, n);
    return r;
}

// The same 1x1x1 convolution into a tensor of its own and into a slice of a wider one.
static void run_slices(void)
{
    static const struct conv s = {"1x1 64-64 32x28x28", 0, 64, 64, 1, 1, 25088, 1, 1, 1, 1, 1, 1};
    static struct variant v[2];
    for (int wide = 64; wide <= 192; wide += 128) {
        const struct choice k = {NONE, 0, 0, 14, 2, 64, 2, "-DTILES_PER_GROUP=8", wide};
        char name[64];
        snprintf(name, sizeof name, "%s %s", s.name, wide == 64 ? "own tensor" : "slice of 192");
        make_conv(&s, &k, false, &v[0]);
        make_conv(&s, &k, true, &v[1]);
        bench_row(name, conv_gflop(&s), bench_run(name, conv_gflop(&s), v, 2));
        bench_release(v, 2);
    }
}

static void print_parts(const char *name, struct result r)
{
    static const char *const part[] = {"input transform", "GEMM", "output transform"};
    for (int k = 0; k < 3; k++) {
        char label[96];
        snprintf(label, sizeof label, "%s: %s", name, part[k]);
        bench_row(label, 0, (struct result){r.part[0][k], r.part[1][k], {{0}}});
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v"))
            verbose = true;
        else if (!strcmp(argv[i], "-s") && i + 1 < argc)
            seconds_per_case = atof(argv[++i]);
        else
            only = argv[i];
    }
    bench_open();
    printf("peak before: %.0f GFLOP/s\n\n", bench_peak());
    printf("| layer | blocks ms | channels-last ms | last/blocks | GFLOP/s of the better |\n");
    printf("|---|---|---|---|---|\n");
    struct result direct = {0, 0, {{0}}}, mixed = {0, 0, {{0}}};
    double total = 0, gflop = 0;
    if (bench_wanted("stem")) {
        struct result r[2];
        run_stem(&gflop, r);
        bench_row("stem planar input", gflop, r[0]);
        bench_row("stem interleaved input", gflop, r[1]);
        // The form of the network's input is a choice of its own: the better one for each.
        direct.blocks = r[0].blocks < r[1].blocks ? r[0].blocks : r[1].blocks;
        direct.last = r[0].last < r[1].last ? r[0].last : r[1].last;
        mixed = direct;
        total = gflop;
    }
    for (int i = 0; i < LENGTH(convs); i++) {
        const struct conv *s = &convs[i];
        if (!bench_wanted(s->name))
            continue;
        struct result r = run_conv(s, false);
        bench_row(s->name, conv_gflop(s), r);
        direct.blocks += s->count * r.blocks, direct.last += s->count * r.last;
        total += s->count * conv_gflop(s);
        if (s->kw == 3) {
            char name[64];
            snprintf(name, sizeof name, "%s with a halo", s->name);
            bench_row(name, conv_gflop(s), run_conv(s, true));
        }
        if (s->kw == 3 && s->sw == 1 && s->ic <= 256) {
            char name[64];
            snprintf(name, sizeof name, "Winograd %s", s->name);
            r = run_winograd(name, s->ic, s->t, s->h, &gflop);
            bench_row(name, gflop, r);
            print_parts(name, r);
        }
        mixed.blocks += s->count * r.blocks, mixed.last += s->count * r.last;
    }
    if (total > 0) {
        bench_row("r3d_18 chain, direct only", total, direct);
        bench_row("r3d_18 chain, Winograd 64/128/256", total, mixed);
    }
    if (bench_wanted("slice"))
        run_slices();
    if (bench_wanted("concat")) {
        bench_row("concat copy 64+64+64 32x28x28", 0, run_concat("concat 64+64+64", 64, 64, 64));
        bench_row("concat copy 16+48+8", 0, run_concat("concat 16+48+8", 16, 48, 8));
        bench_row("concat copy 24+40+8", 0, run_concat("concat 24+40+8", 24, 40, 8));
        bench_row("concat copy 21+30+13", 0, run_concat("concat 21+30+13", 21, 30, 13));
    }
    if (bench_wanted("max pool"))
        bench_row("max pool 3x3x3/2 64 16x56x56", 0, run_pool("max pool"));
    printf("\npeak after: %.0f GFLOP/s\n", bench_peak());
    return 0;
}
