/* SPDX-License-Identifier: MIT */
/* The lowering API: what an operator's lower() calls to append steps to a plan. */
#include "engine/lower.h"
#include "base/checked.h"

#include <assert.h>
#include <string.h>

/* A pixel stride of whole 4 KB pages maps all pixels of a register tile to one set of the L1 cache:
 * 5 to 15 % at 2048 channels (benchmarks/layout/README.md). */
static uint64_t row_of(uint64_t channels)
{
    uint64_t row = round_up(channels, LANE);
    return row * sizeof(float) % 4096 == 0 ? row + LANE : row;
}

int layout_row(int64_t channels)
{
    return (int)row_of((uint64_t)channels);
}

/* Axis `axis` (0..4 of N C T H W) of a bound shape; absent axes are 1. */
static int bound(const struct shape *s, int axis, int batch)
{
    if (axis >= s->rank)
        return 1;
    return s->dim[axis] == DIM_N ? batch : (int)s->dim[axis];
}

static struct operand operand_of(const struct lower *lo, const struct node *n, node_id id)
{
    const struct shape *s = &n->shape;
    int b = lo->part->batch;
    struct operand o = {.node = id,
                        .dtype = s->dtype,
                        .n = bound(s, 0, b),
                        .c = bound(s, 1, b),
                        .t = bound(s, 2, b),
                        .h = bound(s, 3, b),
                        .w = bound(s, 4, b)};
    if (s->rank == 4) { /* N C H W */
        o.t = 1;
        o.h = bound(s, 2, b);
        o.w = bound(s, 3, b);
    }
    o.row = o.own = s->dtype == DTYPE_U8 ? o.c : layout_row(o.c);
    o.whole = plan_storage(lo->plan, id, &o.offset);
    o.half = plan_is_half(lo->plan, id);
    if (lo->plan->slices[id].into != NODE_NONE) {
        o.row = layout_row(lo->plan->graph->nodes[o.whole].shape.dim[1]);
        o.own = o.c;
    }
    return o;
}

struct operand lower_operand(const struct lower *lo, node_id id)
{
    assert(id != NODE_NONE);
    return operand_of(lo, &lo->plan->graph->nodes[id], id);
}

struct operand lower_output(const struct lower *lo, const struct node *n)
{
    return operand_of(lo, n, (node_id)(n - lo->plan->graph->nodes));
}

const struct caps *lower_caps(const struct lower *lo)
{
    return &lo->plan->caps;
}

const struct graph *lower_graph(const struct lower *lo)
{
    return lo->plan->graph;
}

bool lower_half(const struct lower *lo)
{
    return lo->plan->half;
}

/* Pixels of one window. */
static uint64_t pixels_of(const struct shape *s)
{
    return (uint64_t)shape_elements(s, 1) / (s->rank > 1 ? (uint64_t)s->dim[1] : 1);
}

bool plan_is_half(const struct plan *plan, node_id id)
{
    const struct node *n = &plan->graph->nodes[plan_storage(plan, id, NULL)];
    return plan->half && n->part == PART_WINDOW && n->shape.dtype == DTYPE_F32 &&
           pixels_of(&n->shape) > 1;
}

uint64_t lower_numbers(const struct node *n, int batch)
{
    const struct shape *s = &n->shape;
    if (n->part == PART_WEIGHT)
        return (uint64_t)shape_elements(s, 1);
    uint64_t c = s->rank > 1 ? (uint64_t)s->dim[1] : 1;
    uint64_t pixels = (uint64_t)shape_elements(s, batch) / c;
    return s->dtype == DTYPE_U8 ? pixels * c : pixels * row_of(c);
}

uint64_t lower_bytes(const struct plan *plan, node_id id, int batch)
{
    const struct node *n = &plan->graph->nodes[id];
    uint64_t size = n->part == PART_WEIGHT       ? sizeof(float)
                    : n->shape.dtype == DTYPE_U8 ? 1
                    : plan_is_half(plan, id)     ? sizeof(uint16_t)
                                                 : sizeof(float);
    return lower_numbers(n, batch) * size;
}

/* Kernels have 64 bits for where a window begins, 32 for places in it, and count pixels with int:
 * rounded up to whole work-groups, they must still fit. */
static bool check_window(const struct graph *g, const struct node *n, int batch, struct error *err)
{
    const uint64_t pixels_most = 1u << 30;
    const struct shape *s = &n->shape;
    uint64_t places = lower_numbers(n, 1);
    uint64_t pixels = (uint64_t)shape_elements(s, batch) / (uint64_t)s->dim[1];
    char text[96];
    if (places > INT32_MAX)
        return fail(err, ERROR_LIMIT, "%s: %%%s is %s: a window of more than 2^31 numbers in "
                    "device memory", g->file, n->name, shape_text(s, text));
    if (pixels > pixels_most)
        return fail(err, ERROR_LIMIT, "%s: %%%s is %s: more than 2^30 pixels in %d windows; try a "
                    "smaller batch", g->file, n->name, shape_text(s, text), batch);
    return true;
}

bool lower_check(const struct graph *g, const struct node *n, int batch, struct error *err)
{
    char text[96];
    TRY(check_window(g, n, batch, err));
    for (int i = 0; i < n->in_count; i++) {
        const struct node *x = n->in[i] == NODE_NONE ? NULL : &g->nodes[n->in[i]];
        if (x && x->part == PART_WEIGHT && shape_elements(&x->shape, 1) > INT32_MAX)
            return fail(err, ERROR_LIMIT, "%s: weight %%%s is %s: more than 2^31 numbers", g->file,
                        x->name, shape_text(&x->shape, text));
    }
    return true;
}

/* Ends the launch being built: its defines move into the plan. */
static void close_step(struct lower *lo)
{
    if (lo->open >= 0)
        lo->part->steps[lo->open].defines =
            arena_dup(&lo->plan->arena, lo->defines.s ? lo->defines.s : "");
    lo->defines.len = 0;
    if (lo->defines.s)
        lo->defines.s[0] = 0;
    lo->open = -1;
}

static struct step *new_step(struct lower *lo, const struct node *n, enum step_kind kind,
                             const char *algorithm)
{
    struct plan_part *p = lo->part;
    close_step(lo);
    if (p->step_count == p->step_cap) {
        p->step_cap = p->step_cap ? p->step_cap * 2 : 64;
        struct step *steps = ARENA_ARRAY(&lo->plan->arena, struct step, p->step_cap);
        if (p->step_count)
            memcpy(steps, p->steps, sizeof *steps * (size_t)p->step_count);
        p->steps = steps;
    }
    lo->open = p->step_count;
    struct step *s = &p->steps[p->step_count++];
    s->kind = kind;
    s->node = (node_id)(n - lo->plan->graph->nodes);
    s->algorithm = arena_dup(&lo->plan->arena, algorithm);
    return s;
}

struct step *lower_launch(struct lower *lo, const struct node *n, const char *source,
                          const char *kernel, const char *algorithm)
{
    struct step *s = new_step(lo, n, STEP_LAUNCH, algorithm);
    s->source = source;
    s->kernel = kernel;
    if (lo->plan->caps.sub_group)
        lower_define(lo, "SUB_GROUP", lo->plan->caps.sub_group);
    return s;
}

struct step *lower_gemm(struct lower *lo, const struct node *n, const char *algorithm)
{
    return new_step(lo, n, STEP_GEMM, algorithm);
}

void lower_define(struct lower *lo, const char *name, int64_t value)
{
    text_printf(&lo->defines, "#define %s %lld\n", name, (long long)value);
}

void lower_define_text(struct lower *lo, const char *name, const char *value)
{
    text_printf(&lo->defines, "#define %s %s\n", name, value);
}

void lower_define_operand(struct lower *lo, const char *prefix, const struct operand *o)
{
    const struct {
        const char *axis;
        int value;
    } d[] = {{"N", o->n}, {"C", o->c}, {"T", o->t}, {"H", o->h}, {"W", o->w}};
    for (size_t i = 0; i < sizeof d / sizeof *d; i++)
        text_printf(&lo->defines, "#define %s_%s %d\n", prefix, d[i].axis, d[i].value);
    lower_define_row(lo, prefix, o);
}

void lower_define_row(struct lower *lo, const char *prefix, const struct operand *o)
{
    text_printf(&lo->defines, "#define %s_ROW %d\n#define %s_OFFSET %d\n#define %s_OWN %d\n",
                prefix, o->row, prefix, o->offset, prefix, o->own);
    lower_define_half(lo, prefix, o);
}

void lower_define_half(struct lower *lo, const char *prefix, const struct operand *o)
{
    if (o->half)
        text_printf(&lo->defines, "#define %s_HALF 1\n", prefix);
}

bool plan_is_workspace(const struct plan *plan, node_id arg)
{
    return arg >= plan->graph->count;
}

bool plan_is_weight(const struct plan *plan, node_id arg)
{
    return !plan_is_workspace(plan, arg) && plan->graph->nodes[arg].part == PART_WEIGHT;
}

node_id lower_workspace(struct lower *lo, const struct node *n, uint64_t bytes)
{
    struct plan *p = lo->plan;
    assert(bytes > 0);
    if (p->workspace_count == p->workspace_cap) {
        p->workspace_cap = p->workspace_cap ? p->workspace_cap * 2 : 16;
        struct workspace *all = ARENA_ARRAY(&p->arena, struct workspace, p->workspace_cap);
        if (p->workspace_count)
            memcpy(all, p->workspaces, sizeof *all * (size_t)p->workspace_count);
        p->workspaces = all;
    }
    p->workspaces[p->workspace_count] = (struct workspace){(node_id)(n - p->graph->nodes), bytes};
    return p->graph->count + p->workspace_count++;
}

void lower_arg(struct lower *lo, struct step *s, node_id id)
{
    const struct plan *p = lo->plan;
    assert(s->arg_count < STEP_ARGS);
    if (plan_is_workspace(p, id)) {
        s->bytes += (double)p->workspaces[id - p->graph->count].bytes;
    } else {
        s->bytes += (double)lower_bytes(p, id, lo->part->batch);
        id = plan_storage(p, id, NULL);
    }
    s->args[s->arg_count++] = id;
}

void lower_arg_output(struct lower *lo, struct step *s, const struct node *n)
{
    lower_arg(lo, s, (node_id)(n - lo->plan->graph->nodes));
}

void lower_arg_weight(struct lower *lo, struct step *s, node_id id)
{
    lower_arg(lo, s, id);
    if (!lo->plan->half || !plan_is_weight(lo->plan, id))
        return;
    s->half_weight[s->arg_count - 1] = true;
    s->bytes -= (double)lower_bytes(lo->plan, id, 1) / 2;
    lower_define(lo, "W_HALF", 1);
}

void lower_size(struct step *s, size_t x, size_t y, size_t z)
{
    s->global[0] = x;
    s->global[1] = y;
    s->global[2] = z;
}

void lower_local(struct step *s, size_t x, size_t y, size_t z)
{
    s->local[0] = x;
    s->local[1] = y;
    s->local[2] = z;
}

/* Workspaces from index `first` on: no more for a window than a value may have. */
static bool check_workspaces(const struct lower *lo, const struct node *n, int first,
                             struct error *err)
{
    const struct plan *p = lo->plan;
    uint64_t number = p->half ? sizeof(uint16_t) : sizeof(float);
    for (int i = first; i < p->workspace_count; i++)
        if (p->workspaces[i].bytes / number / (uint64_t)lo->part->batch > INT32_MAX)
            return fail(err, ERROR_LIMIT, "%s: %%%s needs a workspace of %.1f MB for %d windows, "
                        "more than 2^31 numbers for each; try a smaller clip", p->graph->file,
                        n->name, (double)p->workspaces[i].bytes / 1e6, lo->part->batch);
    return true;
}

bool lower_node(struct lower *lo, const struct node *n, struct error *err)
{
    const struct graph *g = lo->plan->graph;
    int first = lo->part->step_count, workspaces = lo->plan->workspace_count;
    struct cost c = {0};
    if (!n->op->lower)
        return graph_fail(g, n, err, "cannot run per window on a device");
    lo->open = -1;
    TRY(n->op->lower(n, lo, err));
    close_step(lo);
    TRY(check_workspaces(lo, n, workspaces, err));
    if (n->op->cost)
        n->op->cost(g, n, &c);
    double counted = 0;
    for (int i = first; i < lo->part->step_count; i++)
        counted += lo->part->steps[i].flops;
    if (lo->part->step_count > first && counted == 0)
        lo->part->steps[lo->part->step_count - 1].flops = c.flops * lo->part->batch;
    return true;
}
