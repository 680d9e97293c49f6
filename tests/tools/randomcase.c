/* SPDX-License-Identifier: MIT */
#include "tests/tools/randomcase.h"

#include <stdio.h>

static int pick(struct maker *m, int lo, int hi)
{
    return random_int(&m->r, lo, hi);
}

static bool coin(struct maker *m)
{
    return random_u64(&m->r) >> 63;
}

/* Channel counts around whole blocks of 16, and those far from it. */
static int channels(struct maker *m)
{
    static const int count[] = {1, 2, 3, 5, 7, 13, 15, 16, 17, 20, 31, 32, 33, 37, 48, 53, 64};
    return count[pick(m, 0, (int)(sizeof count / sizeof *count) - 1)];
}

static int extent(struct maker *m)
{
    static const int size[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13};
    return size[pick(m, 0, (int)(sizeof size / sizeof *size) - 1)];
}

static void input(struct maker *m, const char *name, int c, const int size[3])
{
    text_printf(&m->graph, "%%%s = input f32[N,%d,%d,%d,%d]\n", name, c, size[0], size[1], size[2]);
}

static void sizes(struct maker *m, int size[3])
{
    for (int i = 0; i < 3; i++)
        size[i] = extent(m);
}

static const char *activation(struct maker *m)
{
    static const char *const act[] = {"none", "relu", "elu", "sigmoid", "swish"};
    return act[m->c->fill == FILL_INT ? pick(m, 0, 1) : pick(m, 0, 4)];
}

/* Half of the cases exact, half within `tolerance` of real numbers. */
static void exact_or(struct maker *m, double tolerance)
{
    m->c->fill = coin(m) ? FILL_INT : FILL_REAL;
    m->c->tolerance = m->c->fill == FILL_INT ? 0 : tolerance;
}

static void real(struct maker *m, double tolerance)
{
    m->c->fill = FILL_REAL;
    m->c->tolerance = tolerance;
}

/* ---- one function an operator ---- */

static void batchnorm_of(struct maker *m, const char *name, const char *x, int c)
{
    static const char *const parameter[] = {"gamma", "beta", "mean", "var"};
    for (int i = 0; i < 4; i++)
        text_printf(&m->graph, "%%%s.%s = weight f32[%d]\n", name, parameter[i], c);
    text_printf(&m->graph, "%%%s = batchnorm %%%s %%%s.gamma %%%s.beta %%%s.mean %%%s.var", name, x,
                name, name, name, name);
}

/* " stride=.. pad=.. dilation=.." such that a window fits into size; kernel[] gets the window. */
static void window(struct maker *m, const int size[3], int kernel[3], struct text *out)
{
    int stride[3], pad[3], dilation[3];
    for (int i = 0; i < 3; i++) {
        kernel[i] = coin(m) ? 3 : pick(m, 1, 5);
        stride[i] = pick(m, 1, 3);
        dilation[i] = pick(m, 0, 5) ? 1 : 2;
        pad[i] = coin(m) ? kernel[i] / 2 : pick(m, 0, 3);
        while (size[i] + 2 * pad[i] < dilation[i] * (kernel[i] - 1) + 1)
            pad[i]++;
    }
    text_printf(out, " stride=%d,%d,%d pad=%d,%d,%d dilation=%d,%d,%d", stride[0], stride[1],
                stride[2], pad[0], pad[1], pad[2], dilation[0], dilation[1], dilation[2]);
}

static void make_conv3d(struct maker *m)
{
    int size[3], kernel[3], in = channels(m), out = channels(m), groups = 1;
    struct text how = {0};
    exact_or(m, TOLERANCE_SUM);
    sizes(m, size);
    window(m, size, kernel, &how);
    if (!pick(m, 0, 3)) {
        groups = coin(m) ? in : 2;
        in = groups == 2 ? in * 2 : in;
        out = groups * pick(m, 1, 64 / groups > 1 ? 2 : 1);
    }
    input(m, "x", in, size);
    text_printf(&m->graph, "%%w = weight f32[%d,%d,%d,%d,%d]\n", out, in / groups, kernel[0],
                kernel[1], kernel[2]);
    if (coin(m))
        text_printf(&m->graph, "%%b = weight f32[%d]\n%%y = conv3d %%x %%w bias=%%b", out);
    else
        text_printf(&m->graph, "%%y = conv3d %%x %%w");
    text_printf(&m->graph, "%s groups=%d act=%s", how.s, groups, activation(m));
    if (!pick(m, 0, 5))
        text_printf(&m->graph, " mode=same");
    text_free(&how);
}

/* What most layers are: 3x3x3 or 1x1x1, stride 1 or 2, the input's size kept. */
static void make_layer(struct maker *m)
{
    int size[3], in = 16 * pick(m, 1, 4), out = 16 * pick(m, 1, 6), k = coin(m) ? 3 : 1;
    exact_or(m, TOLERANCE_SUM);
    sizes(m, size);
    input(m, "x", in, size);
    text_printf(&m->graph, "%%w = weight f32[%d,%d,%d,%d,%d]\n", out, in, k, k, k);
    text_printf(&m->graph, "%%y = conv3d %%x %%w pad=%d stride=%d act=%s", k / 2, pick(m, 1, 2),
                activation(m));
}

/* conv, batch norm, shortcut, activation: what the passes fuse. */
static void make_block(struct maker *m)
{
    int size[3], c = channels(m), middle = channels(m);
    static const char *const act[] = {"relu", "elu", "sigmoid", "swish"};
    real(m, 1e-5);
    sizes(m, size);
    input(m, "x", c, size);
    text_printf(&m->graph, "%%w1 = weight f32[%d,%d,1,3,3]\n%%c1 = conv3d %%x %%w1 pad=0,1,1\n",
                middle, c);
    batchnorm_of(m, "b1", "c1", middle);
    text_printf(&m->graph, "\n%%r1 = %s %%b1\n", act[pick(m, 0, 3)]);
    text_printf(&m->graph, "%%w2 = weight f32[%d,%d,3,1,1]\n%%c2 = conv3d %%r1 %%w2 pad=1,0,0\n", c,
                middle);
    batchnorm_of(m, "b2", "c2", c);
    text_printf(&m->graph, "\n%%s = add %s\n", coin(m) ? "%b2 %x" : "%x %b2");
    text_printf(&m->graph, "%%y = %s %%s", act[pick(m, 0, 1)]);
}

/* Frames, normalize, residual, first convolution. */
static void make_front(struct maker *m)
{
    static const char *const mode[] = {"abs", "signed", "half"};
    int step = pick(m, 1, 2), t = pick(m, 3, 6), h = pick(m, 5, 12), w = pick(m, 5, 12);
    int k = coin(m) ? 3 : 5;
    real(m, 1e-5);
    text_printf(&m->graph, "%%f = input u8[N,3,%d,%d,%d]\n", t, h, w);
    text_printf(&m->graph, "%%n = normalize %%f scale=0.003921569 mean=0.4,0.41,0.37 std=0.27\n");
    if (coin(m))
        text_printf(&m->graph, "%%r = residual %%n mode=%s step=%d\n", mode[pick(m, 0, 2)], step);
    else
        text_printf(&m->graph, "%%r = identity %%n\n");
    text_printf(&m->graph, "%%w = weight f32[%d,3,%d,%d,%d]\n", channels(m), coin(m) ? 1 : 3, k, k);
    text_printf(&m->graph, "%%y = conv3d %%r %%w stride=1,2,2 pad=1,%d,%d", k / 2, k / 2);
}

static void make_linear(struct maker *m)
{
    int in = pick(m, 1, 300), out = pick(m, 1, 120);
    exact_or(m, TOLERANCE_SUM);
    if (coin(m)) {
        int size[3];
        sizes(m, size);
        input(m, "x", in, size);
    } else {
        text_printf(&m->graph, "%%x = input f32[N,%d]\n", in);
    }
    text_printf(&m->graph, "%%w = weight f32[%d,%d]\n", out, in);
    if (coin(m))
        text_printf(&m->graph, "%%b = weight f32[%d]\n%%y = linear %%x %%w bias=%%b", out);
    else
        text_printf(&m->graph, "%%y = linear %%x %%w");
    text_printf(&m->graph, " act=%s", activation(m));
}

static void make_gemm(struct maker *m)
{
    int size[3], in = channels(m), out = channels(m);
    exact_or(m, TOLERANCE_SUM);
    sizes(m, size);
    if (coin(m))
        input(m, "x", in, size);
    else
        text_printf(&m->graph, "%%x = input f32[N,%d]\n", in);
    text_printf(&m->graph, "%%w = weight f32[%d,%d]\n%%y = gemm %%x %%w impl=own", out, in);
}

static void pool(struct maker *m, const char *op)
{
    static const char *const mode[] = {"floor", "ceil", "same"};
    int size[3], kernel[3], pad[3];
    sizes(m, size);
    for (int i = 0; i < 3; i++) {
        kernel[i] = pick(m, 1, size[i] < 4 ? size[i] : 4);
        pad[i] = pick(m, 0, kernel[i] - 1);
    }
    input(m, "x", channels(m), size);
    text_printf(&m->graph, "%%y = %s %%x kernel=%d,%d,%d pad=%d,%d,%d mode=%s", op, kernel[0],
                kernel[1], kernel[2], pad[0], pad[1], pad[2], mode[pick(m, 0, 2)]);
    if (coin(m))
        text_printf(&m->graph, " stride=%d,%d,%d", pick(m, 1, 3), pick(m, 1, 3), pick(m, 1, 3));
}

static void make_maxpool3d(struct maker *m)
{
    exact_or(m, 0);
    pool(m, "maxpool3d");
    if (coin(m))
        text_printf(&m->graph, " border=zero");
}

static void make_avgpool3d(struct maker *m)
{
    exact_or(m, 1e-6);
    pool(m, "avgpool3d");
    text_printf(&m->graph, " count_include_pad=%d", pick(m, 0, 1));
}

static void make_add(struct maker *m)
{
    int size[3], c = channels(m);
    exact_or(m, 2e-6);
    sizes(m, size);
    input(m, "a", c, size);
    input(m, "b", c, size);
    text_printf(&m->graph, "%%y = add %%a %%b act=%s", activation(m));
}

/* Inputs, which are copied, and results, which their operators write into the concat. */
static void make_concat(struct maker *m)
{
    static const char *const operator[] = {"identity", "relu", "maxpool3d"};
    int size[3], count = pick(m, 1, 5);
    exact_or(m, 0);
    sizes(m, size);
    for (int i = 0; i < count; i++) {
        char name[] = {(char)('a' + i), 0};
        int c = channels(m), made = pick(m, 0, m->c->fill == FILL_INT ? 3 : 2);
        input(m, name, c, size);
        if (made == 3)
            text_printf(&m->graph,
                        "%%w%s = weight f32[%d,%d,1,1,1]\n"
                        "%%p%s = conv3d %%%s %%w%s\n",
                        name, channels(m), c, name, name, name);
        else
            text_printf(&m->graph, "%%p%s = %s %%%s%s\n", name, operator[made], name,
                        made == 2 ? " kernel=1,2,3 stride=1 mode=same" : "");
    }
    text_printf(&m->graph, "%%y = concat");
    for (int i = 0; i < count; i++)
        text_printf(&m->graph, " %%p%c", 'a' + i);
}

static void make_average(struct maker *m)
{
    int size[3], count = pick(m, 1, 4), c = channels(m);
    real(m, 1e-6);
    sizes(m, size);
    for (int i = 0; i < count; i++)
        input(m, (char[]){(char)('a' + i), 0}, c, size);
    text_printf(&m->graph, "%%y = average");
    for (int i = 0; i < count; i++)
        text_printf(&m->graph, " %%%c", 'a' + i);
}

static const char *last_frame(struct maker *m)
{
    static const char *const last[] = {"replicate", "zero", "circular"};
    return last[pick(m, 0, 2)];
}

static void make_residual(struct maker *m)
{
    static const char *const mode[] = {"abs", "signed", "half", "roll_signed", "roll_half"};
    int size[3], k = pick(m, 0, 4), step = k < 3 ? pick(m, 1, 3) : 1;
    exact_or(m, 0);
    sizes(m, size);
    size[0] += step;
    input(m, "x", channels(m), size);
    text_printf(&m->graph, "%%y = residual %%x mode=%s step=%d", mode[k], step);
    if (k < 3 && coin(m))
        text_printf(&m->graph, " last=%s", last_frame(m));
}

static void make_channel_scale(struct maker *m)
{
    int size[3], c = channels(m);
    exact_or(m, 1e-6);
    sizes(m, size);
    input(m, "x", c, size);
    text_printf(&m->graph, "%%m = input f32[N,%d", c);
    if (coin(m))
        text_printf(&m->graph, ",%d,1,1", size[0]);
    text_printf(&m->graph, "]\n%%y = channel_scale %%x %%m plus=%d", pick(m, -1, 1));
}

/* " = conv3d ..." over time alone, and its residual %NAMEr, as a network's features have them. */
static void features(struct maker *m, const char *name, const char *x, const char *w)
{
    text_printf(&m->graph, "%%%sc = conv3d %%%s %%%s pad=1,0,0 stride=1,2,2\n", name, x, w);
    text_printf(&m->graph, "%%%st = relu %%%sc\n", name, name);
    text_printf(&m->graph, "%%%sr = residual %%%st last=%s\n", name, name, last_frame(m));
}

/* Features of activations, their channels scaled, and a convolution of what that gives. */
static void make_unit(struct maker *m)
{
    int size[3], in = channels(m), c = channels(m), out = channels(m);
    real(m, 1e-5);
    sizes(m, size);
    size[0] += pick(m, 0, 40);
    input(m, "x", in, size);
    text_printf(&m->graph, "%%w = weight f32[%d,%d,3,1,1]\n%%v = weight f32[%d,%d,1,1,1]\n", c, in,
                out, 2 * c);
    features(m, "f", "x", "w");
    text_printf(&m->graph, "%%f = concat %%ft %%fr\n%%p = global_average %%f over=%s\n",
                coin(m) ? "clip" : "frame");
    text_printf(&m->graph, "%%m = sigmoid %%p\n%%s = channel_scale %%f %%m plus=1\n");
    text_printf(&m->graph, "%%y = conv3d %%s %%v act=%s", coin(m) ? "relu" : "none");
}

/* Features of some frames of a clip and of its residual. */
static void make_stem(struct maker *m)
{
    int t = pick(m, 2, 20), h = pick(m, 5, 24), w = pick(m, 5, 24);
    real(m, 1e-5);
    text_printf(&m->graph, "%%x = input u8[N,3,%d,%d,%d]\n", t, h, w);
    text_printf(&m->graph, "%%n = normalize %%x scale=0.003921569 mean=0.4,0.41,0.37 std=0.27\n");
    text_printf(&m->graph, "%%s = select_frames %%n count=%d%s\n", t - 1,
                coin(m) ? " spread=1" : " begin=1");
    text_printf(&m->graph, "%%d = residual %%n\n%%w = weight f32[%d,3,3,1,1]\n", channels(m));
    features(m, "a", "s", "w");
    features(m, "b", "d", "w");
    text_printf(&m->graph, "%%y = concat %%at %%ar %%bt %%br");
}

static void make_normalize(struct maker *m)
{
    int size[3];
    bool cube = coin(m), u8 = coin(m);
    real(m, 0);
    sizes(m, size);
    text_printf(&m->graph, "%%x = input %s[N,3,%d,%d,%d]\n", u8 ? "u8" : "f32", size[0], size[1],
                size[2]);
    if (cube)
        text_printf(&m->graph, "%%m = weight f32[3,%d,%d,%d]\n", size[0], size[1], size[2]);
    text_printf(&m->graph, "%%y = normalize %%x scale=%.7f std=%.7f,%.5f,%.3f %s",
                random_unit(&m->r) + 0.001, random_unit(&m->r) + 0.01, random_unit(&m->r) + 0.01,
                random_unit(&m->r) * 300 + 1, cube ? "mean=%m" : "");
    if (!cube)
        text_printf(&m->graph, "mean=%.7f", random_unit(&m->r));
}

static void make_batchnorm(struct maker *m)
{
    int size[3], c = channels(m);
    real(m, 2e-6);
    sizes(m, size);
    input(m, "x", c, size);
    batchnorm_of(m, "y", "x", c);
    text_printf(&m->graph, " eps=%.6f act=%s", random_unit(&m->r) * 0.01, activation(m));
}

static void make_activation(struct maker *m)
{
    static const char *const op[] = {"relu", "elu", "sigmoid", "swish"};
    int size[3];
    real(m, 2e-6);
    sizes(m, size);
    input(m, "x", channels(m), size);
    text_printf(&m->graph, "%%y = %s %%x", op[pick(m, 0, 3)]);
}

static void make_shortcut_pad(struct maker *m)
{
    int size[3], c = channels(m);
    exact_or(m, 0);
    sizes(m, size);
    input(m, "x", c, size);
    text_printf(&m->graph, "%%y = shortcut_pad %%x channels=%d stride=%d,%d,%d",
                c + pick(m, 0, 40), pick(m, 1, 3), pick(m, 1, 3), pick(m, 1, 3));
}

static void make_global_average(struct maker *m)
{
    int size[3];
    real(m, 1e-6);
    sizes(m, size);
    input(m, "x", channels(m), size);
    text_printf(&m->graph, "%%y = global_average %%x over=%s", coin(m) ? "clip" : "frame");
}

static void make_flatten(struct maker *m)
{
    int size[3];
    exact_or(m, 0);
    sizes(m, size);
    if (!pick(m, 0, 3))
        size[0] = size[1] = size[2] = 1;
    input(m, "x", channels(m), size);
    text_printf(&m->graph, "%%y = flatten %%x");
}

static void make_softmax(struct maker *m)
{
    exact_or(m, 2e-6);
    m->c->tolerance = 2e-6;
    text_printf(&m->graph, "%%x = input f32[N,%d]\n%%y = softmax %%x", pick(m, 1, 700));
}

const struct random_operator random_operators[] = {
    {"conv3d", 40, make_conv3d},
    {"layer", 16, make_layer},
    {"block", 6, make_block},
    {"front", 12, make_front},
    {"linear", 20, make_linear},
    {"gemm", 12, make_gemm},
    {"maxpool3d", 24, make_maxpool3d},
    {"avgpool3d", 24, make_avgpool3d},
    {"add", 16, make_add},
    {"concat", 16, make_concat},
    {"average", 8, make_average},
    {"residual", 24, make_residual},
    {"channel_scale", 16, make_channel_scale},
    {"unit", 12, make_unit},
    {"stem", 12, make_stem},
    {"normalize", 16, make_normalize},
    {"batchnorm", 16, make_batchnorm},
    {"activation", 16, make_activation},
    {"shortcut_pad", 16, make_shortcut_pad},
    {"global_average", 16, make_global_average},
    {"flatten", 12, make_flatten},
    {"softmax", 12, make_softmax},
    {NULL, 0, NULL},
};
