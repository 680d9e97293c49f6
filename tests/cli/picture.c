/* SPDX-License-Identifier: MIT */
/* picture same A.png B.png TOLERANCE     the mean difference of samples is at most that; A is
 *                                        brought to the size of B, at most a few times smaller
 * picture small A.png B.png N            B is A, N times smaller
 * picture size A.png                     prints WIDTHxHEIGHT
 * picture pair FOLDER DX DY              frame1.png, frame2.png: a texture that moves so far
 * picture error FLOW.safetensors DX DY   prints the average end-point error of its displacements,
 *                                        16 pixels at the borders left out
 */
#include "io/frame_rgb.h"
#include "io/picture_write.h"
#include "io/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_W = 160, PAIR_H = 120, BORDER = 16 };

static bool load(struct canvas *c, const char *path, struct error *err)
{
    struct video_options o = {.stream = -1, .threads = 1};
    struct frame f;
    struct video *v = video_open(path, &o, err);
    bool ok = v && video_next(v, &f, err) == 1 && frame_rgb(c, &f, err);
    video_close(&v);
    return ok;
}

static bool same(char **argv, struct error *err)
{
    struct canvas a = {0}, b = {0};
    double sum = 0;
    TRY(load(&a, argv[0], err) && load(&b, argv[1], err));
    struct canvas c = a;
    if (a.w / b.w != a.h / b.h || !canvas_make(&a, b.w, b.h, err))
        return fail(err, ERROR_INPUT, "%dx%d and %dx%d", a.w, a.h, b.w, b.h);
    canvas_blit_sized(&a, 0, 0, b.w, b.h, &c);
    canvas_free(&c);
    size_t n = (size_t)a.w * (size_t)a.h * 3;
    for (size_t i = 0; i < n; i++)
        sum += abs(a.rgb[i] - b.rgb[i]);
    canvas_free(&a);
    canvas_free(&b);
    return sum / (double)n <= atof(argv[2]) ||
           fail(err, ERROR_INPUT, "samples differ by %.3f on average", sum / (double)n);
}

static bool shrink(char **argv, struct error *err)
{
    struct canvas a = {0}, b;
    int by = atoi(argv[2]);
    TRY(load(&a, argv[0], err) && by > 0 && canvas_make(&b, a.w / by, a.h / by, err));
    canvas_blit_sized(&b, 0, 0, b.w, b.h, &a);
    bool ok = picture_write(argv[1], &b, err);
    canvas_free(&a);
    canvas_free(&b);
    return ok;
}

/* Smooth, and without a period that could be mistaken for a motion. */
static double texture(double x, double y)
{
    return 120 + 40 * sin(0.31 * x + 0.8 * sin(0.11 * y)) +
           35 * cos(0.27 * y + 0.9 * sin(0.07 * x)) +
           25 * sin(0.53 * x - 0.41 * y + 1.3 * cos(0.043 * (x + y)));
}

static bool pair(char **argv, struct error *err)
{
    struct canvas c;
    char path[512];
    TRY(canvas_make(&c, PAIR_W, PAIR_H, err));
    for (int i = 0; i < 2; i++) {
        for (int y = 0; y < PAIR_H; y++)
            for (int x = 0; x < PAIR_W; x++) {
                double v = texture(x - i * atof(argv[1]), y - i * atof(argv[2]));
                memset(c.rgb + (y * PAIR_W + x) * 3, (int)(v + 0.5), 3);
            }
        snprintf(path, sizeof path, "%s/frame%d.png", argv[0], i + 1);
        TRY(picture_write(path, &c, err));
    }
    canvas_free(&c);
    return true;
}

static bool flow_error(char **argv, struct error *err)
{
    struct safetensors *s = safetensors_open(argv[0], ERROR_INPUT, err);
    const struct safetensor *t = s ? safetensors_find(s, "disp") : NULL;
    if (!t || t->rank != 5 || t->dim[1] != 2)
        return s && fail(err, ERROR_INPUT, "%s: no displacements", argv[0]);
    int64_t h = t->dim[3], w = t->dim[4];
    float *v = malloc(t->elements * sizeof *v);
    TRY(v && safetensors_read(s, t, 0, (size_t)t->elements, v, err));
    double sum = 0;
    for (int64_t y = BORDER; y < h - BORDER; y++)
        for (int64_t x = BORDER; x < w - BORDER; x++)
            sum += hypot(v[(h + y) * w + x] - atof(argv[1]), v[y * w + x] - atof(argv[2]));
    printf("%.4f\n", sum / (double)((h - 2 * BORDER) * (w - 2 * BORDER)));
    free(v);
    safetensors_close(&s);
    return true;
}

static bool size(char **argv, struct error *err)
{
    struct canvas c = {0};
    TRY(load(&c, argv[0], err));
    printf("%dx%d\n", c.w, c.h);
    canvas_free(&c);
    return true;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    bool ok = argc == 5 && !strcmp(argv[1], "same")    ? same(argv + 2, &err)
              : argc == 5 && !strcmp(argv[1], "small") ? shrink(argv + 2, &err)
              : argc == 5 && !strcmp(argv[1], "pair")  ? pair(argv + 2, &err)
              : argc == 5 && !strcmp(argv[1], "error") ? flow_error(argv + 2, &err)
              : argc == 3 && !strcmp(argv[1], "size")  ? size(argv + 2, &err)
                                                       : fail(&err, ERROR_USAGE, "usage");
    if (!ok)
        fprintf(stderr, "picture: %s\n", err.text);
    return !ok;
}
