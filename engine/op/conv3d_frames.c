/* SPDX-License-Identifier: MIT */
/* The first convolution of a network on bytes: normalize and residual, or a choice of frames,
 * happen in its load, through a table of the 256 values, so none of their results ever stands in
 * memory. Padding is zero after all of them. It may append its own residual, as conv3d_time does.
 *
 * The passes fuse-frames and fuse-feature-residual make it; the value of every tap is the one the
 * separate operators give. */
#include "engine/op/conv_direct.h"
#include "engine/op/difference.h"
#include "engine/op/select_frames.h"

enum { SLOT_X, SLOT_W, SLOT_TABLE, SLOT_BIAS, SLOT_ADD, SLOT_PACKED };
enum residual {
    RESIDUAL_NONE,
    RESIDUAL_ABS,
    RESIDUAL_SIGNED,
    RESIDUAL_HALF,
    RESIDUAL_ROLL_SIGNED,
    RESIDUAL_ROLL_HALF
};

struct conv3d_frames {
    struct conv conv;
    int residual, step;
    struct select_frames select;
    int difference;
};

static const struct attr attrs[] = {
    CONV_ATTRS(struct conv3d_frames, conv),
    {"residual", ATTR_ENUM, offsetof(struct conv3d_frames, residual), "none", 0, 0,
     "none|abs|signed|half|roll_signed|roll_half", "mode of the operator residual"},
    {"step", ATTR_INT, offsetof(struct conv3d_frames, step), "1", 1, 65535, NULL,
     "distance of the frames"},
    {"begin", ATTR_INT, offsetof(struct conv3d_frames, select.begin), "0", 0, 65535, NULL,
     "first frame taken, as of select_frames"},
    {"every", ATTR_INT, offsetof(struct conv3d_frames, select.stride), "1", 1, 65535, NULL,
     "its stride"},
    {"count", ATTR_INT, offsetof(struct conv3d_frames, select.count), "0", 0, 65535, NULL,
     "its count"},
    {"spread", ATTR_INT, offsetof(struct conv3d_frames, select.spread), "0", 0, 1, NULL,
     "its spread"},
    {"difference", ATTR_ENUM, offsetof(struct conv3d_frames, difference), "none", 0, 0,
     "none|" DIFFERENCE_CHOICES,
     "appends |f(t+1)-f(t)|; the last frame is compared with itself, with 0, with the first"},
    {0},
};

static bool rolls(int residual)
{
    return residual == RESIDUAL_ROLL_SIGNED || residual == RESIDUAL_ROLL_HALF;
}

/* Frames that are convolved, of `frames` that are there; 0 or less when there are too few. */
static int64_t frames_of(const struct conv3d_frames *a, int64_t frames)
{
    const struct select_frames *s = &a->select;
    if (a->residual != RESIDUAL_NONE)
        return frames - (rolls(a->residual) ? 0 : a->step);
    return s->count ? s->count : (frames - 1 - s->begin + s->stride) / s->stride;
}

/* Whether frames are taken as they come. */
static bool selects_all(const struct select_frames *s)
{
    return !s->begin && s->stride == 1 && !s->spread;
}

static bool check_frames(const struct graph *g, const struct node *n, struct error *err)
{
    const struct conv3d_frames *a = n->attrs;
    const struct shape *x = input_shape(g, n, SLOT_X);
    int64_t frames = frames_of(a, x->dim[2]);
    if (frames < 1)
        return graph_fail(g, n, err, "input has %lld frames, step=%d begin=%d wants more than %d",
                          (long long)x->dim[2], a->step, a->select.begin,
                          a->residual != RESIDUAL_NONE ? a->step : a->select.begin);
    if (a->residual != RESIDUAL_NONE && (!selects_all(&a->select) || a->select.count))
        return graph_fail(g, n, err, "a residual of chosen frames");
    for (int t = 0; a->residual == RESIDUAL_NONE && t < frames; t++)
        if (select_frame(&a->select, x->dim[2], (int)frames, t) >= x->dim[2])
            return graph_fail(g, n, err,
                              "input has %lld frames, begin=%d every=%d count=%lld wants "
                              "more",
                              (long long)x->dim[2], a->select.begin, a->select.stride,
                              (long long)frames);
    return true;
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct conv3d_frames *a = n->attrs;
    const struct shape *x = input_shape(g, n, SLOT_X), *table = input_shape(g, n, SLOT_TABLE);
    char text[96];
    if (x->dtype != DTYPE_U8 || x->rank != 5 || x->dim[1] != 3)
        return graph_fail(g, n, err, "input is %s, wanted frames u8[N,3,T,H,W]",
                          shape_text(x, text));
    if (shape_elements(table, 1) != 3 * 256)
        return graph_fail(g, n, err, "table is %s, wanted f32[3,256]", shape_text(table, text));
    if (a->conv.groups != 1)
        return graph_fail(g, n, err, "groups=%d, wanted 1", a->conv.groups);
    if (a->difference != DIFFERENCE_NONE && n->in[SLOT_ADD] != NODE_NONE)
        return graph_fail(g, n, err, "a difference and an add");
    TRY(check_frames(g, n, err));
    n->shape = *x;
    n->shape.dim[2] = frames_of(a, x->dim[2]);
    TRY(conv_infer(g, n, &a->conv, err));
    if (a->difference != DIFFERENCE_NONE)
        n->shape.dim[1] *= 2;
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    const struct conv3d_frames *a = n->attrs;
    conv_cost(g, n, c);
    if (a->difference != DIFFERENCE_NONE) { /* half of the result is no convolution */
        c->multiply_adds /= 2;
        c->flops = 2 * c->multiply_adds + (double)shape_elements(&n->shape, 1);
    }
}

static double value_at(const struct conv_source *s, const int64_t place[5])
{
    int64_t t = place[2], first = t, second = t + s->step;
    if (rolls(s->residual)) {
        first = (t + s->frames - 1) % s->frames;
        second = t;
    }
    if (s->residual == RESIDUAL_NONE)
        first = select_frame(s->select, s->frames, (int)s->shape.dim[2], (int)t);
    const int64_t *dim = s->shape.dim;
    const float *table = s->table + place[1] * 256;
    const float *frame = s->data + (place[0] * 3 + place[1]) * s->frames * dim[3] * dim[4] +
                         place[3] * dim[4] + place[4];
    float a = table[(int)frame[first * dim[3] * dim[4]]];
    if (s->residual == RESIDUAL_NONE)
        return a;
    float b = table[(int)frame[second * dim[3] * dim[4]]];
    switch ((enum residual)s->residual) {
    case RESIDUAL_ABS:
        return fabsf(b - a);
    case RESIDUAL_HALF:
    case RESIDUAL_ROLL_HALF:
        return ((a - b) + 1) / 2;
    default:
        return b - a;
    }
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct conv3d_frames *a = n->attrs;
    struct conv_source x = {.at = value_at,
                            .data = in[SLOT_X].data,
                            .shape = in[SLOT_X].shape,
                            .table = in[SLOT_TABLE].data,
                            .frames = in[SLOT_X].shape.dim[2],
                            .residual = a->residual,
                            .step = a->step,
                            .select = &a->select};
    struct tensor f = *out;
    x.shape.dim[2] = frames_of(a, x.frames);
    unsigned char *wanted = NULL;
    if (a->difference != DIFFERENCE_NONE) {
        f.shape.dim[1] /= 2;
        f.wanted = wanted = difference_wanted(out);
    }
    conv_reference(&a->conv, &x, &in[SLOT_W], &in[SLOT_BIAS], &in[SLOT_ADD], &f);
    free(wanted);
    if (a->difference != DIFFERENCE_NONE)
        difference_reference(out, a->difference);
}

/* A strip: ROWS output rows of TIMES output frames, whose input stands in local memory. */
struct strip {
    int rows, times;
};
enum {
    STRIP_BYTES = 192 << 10, /* input rows and the weights of a tile share a usual L2 */
    FRAME_ACCUMULATORS = 14, /* with all three colours unrolled, more would spill */
    FRAME_SPAN_MOST = 4096   /* columns that a tile may read to stage them */
};

/* Not an integer: the product of three extents may pass 2^64. */
static double strip_bytes(const struct direct *d, int rows)
{
    double high = (double)(rows - 1) * d->window.stride[1] + (double)sliding_extent(&d->window, 1);
    double wide =
        (double)(d->y.w - 1) * d->window.stride[2] + (double)sliding_extent(&d->window, 2);
    return 4.0 * 3.0 * (double)sliding_extent(&d->window, 0) * high * wide;
}

/* The largest strips that fit and leave enough work-groups; rows 0 when not even one row fits. */
static struct strip strip_size(const struct caps *caps, const struct direct *d)
{
    struct strip s = {0, d->y.t};
    int64_t most = caps->local_memory < STRIP_BYTES ? (int64_t)caps->local_memory : STRIP_BYTES;
    int64_t least = caps->compute_units * 2 > DIRECT_GROUPS_LEAST ? caps->compute_units * 2
                                                                  : DIRECT_GROUPS_LEAST;
    while (s.rows < d->y.h && s.rows < 8 && strip_bytes(d, s.rows + 1) <= (double)most)
        s.rows++;
    while (s.rows && s.times > 4 &&
           ceil_div(d->y.h, s.rows) * ceil_div(d->y.t, s.times) * d->y.n < least)
        s.times = (s.times + 1) / 2;
    while (s.rows > 1 && ceil_div(d->y.h, s.rows) * ceil_div(d->y.t, s.times) * d->y.n < least)
        s.rows--;
    return s;
}

static void lower_args(struct lower *lo, const struct node *n, struct step *s)
{
    static const int slots[] = {SLOT_X, SLOT_PACKED, SLOT_TABLE, SLOT_BIAS, SLOT_ADD};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (slots[i] == SLOT_PACKED)
            lower_arg_weight(lo, s, n->in[SLOT_PACKED]);
        else if (n->in[slots[i]] != NODE_NONE)
            lower_arg(lo, s, n->in[slots[i]]);
    lower_arg_output(lo, s, n);
}

static void frame_defines(struct lower *lo, const struct conv3d_frames *a, const struct direct *d,
                          int tile)
{
    lower_define(lo, "VEC", lane_width(lower_caps(lo)));
    direct_defines(lo, d);
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "TILE_C", d->tile / LANE);
    int frames = (int)frames_of(a, d->x.t);
    lower_define(lo, "Z_T", frames);
    lower_define(lo, "RESIDUAL", a->residual);
    lower_define(lo, "STEP", a->step);
    if (selects_all(&a->select))
        return;
    struct text list = {0};
    for (int t = 0; t < frames; t++)
        text_printf(&list, t ? ",%d" : "%d", select_frame(&a->select, d->x.t, frames, t));
    lower_define_text(lo, "FRAMES", list.s);
    text_free(&list);
}

/* Whether a group's rows of z fit into local memory, twice, so that two groups do. */
static bool stages_rows(const struct lower *lo, const struct direct *d, int tile)
{
    const struct caps *caps = lower_caps(lo);
    int items = direct_group(lo) > GROUP_MOST ? direct_group(lo) : GROUP_MOST;
    int64_t span = (int64_t)(tile - 1) * d->window.stride[2] + sliding_extent(&d->window, 2);
    int64_t tiles = items / group_across(LANE / lane_width(caps));
    return caps->gpu && lane_width(caps) == 4 && span <= FRAME_SPAN_MOST &&
           2 * tiles * span * 3 * 4 <= (int64_t)caps->local_memory;
}

static int frame_tile(const struct lower *lo, const struct direct *d, bool stages)
{
    int most = direct_accumulators(lo, stages);
    return direct_tile(lower_caps(lo), d, most < FRAME_ACCUMULATORS ? most : FRAME_ACCUMULATORS);
}

/* A work-item computes pixels of one frame; the difference is a launch of its own. */
static void lower_direct(struct lower *lo, const struct node *n, const struct direct *d, int tile,
                         bool stages, const struct operand *y)
{
    const struct conv3d_frames *a = n->attrs;
    char algorithm[80];
    snprintf(algorithm, sizeof algorithm, "frames %dx%d: %s", tile, d->tile / LANE,
             stages ? "rows in local memory" : "bytes read at every tap");
    struct step *s = lower_launch(
        lo, n, "conv3d_frames", stages ? "conv3d_frames_rows" : "conv3d_frames_direct", algorithm);
    frame_defines(lo, a, d, tile);
    if (stages)
        lower_define(lo, "STAGE_ROWS", 1);
    direct_define_registers(lo, stages);
    direct_launch(lo, s, d, tile);
    lower_args(lo, n, s);
    if (a->difference != DIFFERENCE_NONE)
        difference_launch(lo, n, y, a->difference);
}

static void lower_strip(struct lower *lo, const struct node *n, const struct direct *d, int tile,
                        const struct operand *y, struct strip strip)
{
    const struct conv3d_frames *a = n->attrs;
    char algorithm[80];
    snprintf(algorithm, sizeof algorithm, "frames %dx%d: strips of %dx%d rows in local memory",
             tile, d->tile / LANE, strip.times, strip.rows);
    struct step *s = lower_launch(lo, n, "conv3d_frames", "conv3d_frames_strip", algorithm);
    frame_defines(lo, a, d, tile);
    lower_define(lo, "ROWS", strip.rows);
    lower_define(lo, "TIMES", strip.times);
    lower_define(lo, "DIFFERENCE", a->difference);
    lower_define(lo, "D_OWN", y->own - d->y.c);
    lower_size(s, (size_t)ceil_div(d->y.h, strip.rows), (size_t)ceil_div(d->y.t, strip.times),
               (size_t)d->y.n);
    lower_local(s, 1, 1, 1);
    lower_args(lo, n, s);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    const struct conv3d_frames *a = n->attrs;
    const struct graph *g = lower_graph(lo);
    struct direct d = {.x = lower_operand(lo, n->in[SLOT_X]),
                       .y = lower_output(lo, n),
                       .add.node = n->in[SLOT_ADD],
                       .bias = n->in[SLOT_BIAS],
                       .packed = n->in[SLOT_PACKED],
                       .act = a->conv.act,
                       .channels = 3};
    if (d.packed == NODE_NONE)
        return graph_fail(g, n, err, "its weights were not prepared");
    if (d.add.node != NODE_NONE)
        d.add = lower_operand(lo, d.add.node);
    d.window = conv_window(&a->conv, input_shape(g, n, SLOT_W));
    const int size[3] = {(int)frames_of(a, d.x.t), d.x.h, d.x.w};
    for (int i = 0; i < 3; i++)
        d.begin[i] = (int)sliding_begin(&d.window, i, size[i]);
    d.tile = (int)g->nodes[d.packed].shape.dim[5];
    struct operand y = d.y;
    if (a->difference != DIFFERENCE_NONE)
        d.y = difference_first(&y);
    bool stages = true;
    int tile = frame_tile(lo, &d, stages);
    if (!stages_rows(lo, &d, tile)) {
        stages = false;
        tile = frame_tile(lo, &d, stages);
    }
    struct strip strip = strip_size(lower_caps(lo), &d);
    /* With narrow vectors, work-items run side by side: groups of one would leave most idle. */
    if (lower_caps(lo)->gpu || lower_caps(lo)->vector_width < 8 || !strip.rows)
        lower_direct(lo, n, &d, tile, stages, &y);
    else
        lower_strip(lo, n, &d, tile, &y, strip);
    return true;
}

const struct op op_conv3d_frames = {
    .name = "conv3d_frames",
    .about = "convolution of normalised frames, some of them, or their differences, from bytes",
    .inputs = "x w table bias? add? packed?",
    .traits = OP_INTERNAL | OP_SLICED,
    .attrs_size = sizeof(struct conv3d_frames),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
