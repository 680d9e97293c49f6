/* SPDX-License-Identifier: MIT */
/* Plans of every network, made without a device: memory, overlap, limits. */
#include "engine/plan.h"
#include "base/checked.h"
#include "graph/pipeline.h"
#include "models/models.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATIO_MOST 1.10 /* of the largest live set */

static struct graph *build(const char *name, const char *settings, bool keep_all)
{
    struct error err = {0};
    struct graph *g = model_build(model_find(name), settings, NULL, name, &err);
    ck_assert_msg(g != NULL, "%s: %s", name, err.text);
    ck_assert(!keep_all || graph_keep(g, "all", &err));
    ck_assert_msg(graph_compile(g, NULL, &err), "%s: %s", name, err.text);
    return g;
}

static struct plan *make_stored(const struct graph *g, int windows, uint64_t most, bool half)
{
    struct error err = {0};
    struct caps caps = caps_default;
    int batch[16];
    for (int i = 0; i < 16; i++)
        batch[i] = windows;
    caps.global_memory = caps.max_allocation = most;
    struct plan *p = plan_make(g, &caps, batch, half, 0, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    return p;
}

static struct plan *make(const struct graph *g, int windows, uint64_t most)
{
    return make_stored(g, windows, most, false);
}

static bool overlap(const struct value *a, const struct value *b)
{
    return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

static const char *value_name(const struct plan *p, const struct value *v)
{
    bool workspace = plan_is_workspace(p, v->node);
    return workspace ? "a workspace" : p->graph->nodes[v->node].name;
}

static bool is_input(const struct plan *p, const struct value *v)
{
    return !plan_is_workspace(p, v->node) && p->graph->nodes[v->node].op->traits & OP_SOURCE;
}

/* Values of one part that live at one time lie apart, inside the arena, aligned. */
static void check_part(const struct plan *p, const struct plan_part *part)
{
    uint64_t align = p->caps.base_alignment;
    for (int i = 0; i < part->value_count; i++) {
        const struct value *v = &part->values[i];
        ck_assert_msg(v->first <= v->last, "%s is never read", value_name(p, v));
        ck_assert_uint_eq(v->offset % align, 0);
        ck_assert_uint_le(v->offset + v->bytes, p->activation_bytes);
        for (int k = 0; k < i; k++) {
            const struct value *o = &part->values[k];
            ck_assert_msg(!overlap(v, o) || v->last < o->first || o->last < v->first,
                          "%s and %s overlap", value_name(p, v), value_name(p, o));
        }
    }
}

/* Windows gather in one part's input while another part runs. */
static void check_parts(const struct plan *p)
{
    for (int a = 0; a < p->part_count; a++)
        for (int b = 0; b < p->part_count; b++)
            for (int i = 0; i < p->parts[a].value_count && a != b; i++)
                for (int k = 0; k < p->parts[b].value_count; k++)
                    ck_assert(!is_input(p, &p->parts[a].values[i]) ||
                              !overlap(&p->parts[a].values[i], &p->parts[b].values[k]));
}

/* Each step reads what an earlier one wrote, or an input. */
static void check_order(const struct plan *p, const struct plan_part *part)
{
    for (int s = 0; s < part->step_count; s++) {
        ck_assert_int_gt(part->steps[s].arg_count, 0);
        for (int a = 0; a < part->steps[s].arg_count; a++) {
            node_id arg = part->steps[s].args[a];
            if (plan_is_weight(p, arg))
                continue;
            int i = 0;
            while (i < part->value_count && part->values[i].node != arg)
                i++;
            ck_assert_int_lt(i, part->value_count);
            ck_assert(part->values[i].first <= s && s <= part->values[i].last);
        }
    }
}

static void check_plan(const char *name, bool keep_all, int batch)
{
    struct graph *g = build(name, NULL, keep_all);
    struct plan *p = make(g, batch, UINT64_C(1) << 50);
    double ratio = (double)p->activation_bytes / (double)p->live_bytes;
    printf("%-16s batch %d %-5s %9.2f MB of %9.2f MB live: %.3f\n", name, batch,
           keep_all ? "all" : "", (double)p->activation_bytes / 1e6, (double)p->live_bytes / 1e6,
           ratio);
    fflush(stdout);
    ck_assert_msg(p->activation_bytes >= p->live_bytes && ratio <= RATIO_MOST, "%s: ratio %.3f",
                  name, ratio);
    ck_assert_int_eq(p->part_count, g->clip_count);
    for (int i = 0; i < p->part_count; i++) {
        ck_assert_int_eq(p->parts[i].batch, batch);
        check_part(p, &p->parts[i]);
        check_order(p, &p->parts[i]);
    }
    check_parts(p);
    plan_free(&p);
    graph_free(&g);
}

static int models(void)
{
    int n = 0;
    for (const struct model *m = model_next(NULL); m; m = model_next(m))
        n++;
    return n;
}

START_TEST(every_model)
{
    static const int batches[] = {1, 2, 4};
    const struct model *m = model_next(NULL);
    for (int i = 0; i < _i; i++)
        m = model_next(m);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        check_plan(model_name(m), false, batches[i]);
    check_plan(model_name(m), true, 1);
}
END_TEST

/* Absolute residuals are taken while the first convolution loads its input. */
/* Workspaces, bytes and values of one pixel, which half storage leaves as they are. */
static uint64_t stays(const struct plan *p)
{
    uint64_t bytes = 0;
    for (int i = 0; i < p->part_count; i++)
        for (int k = 0; k < p->parts[i].value_count; k++) {
            const struct value *v = &p->parts[i].values[k];
            if (plan_is_workspace(p, v->node) || !plan_is_half(p, v->node))
                bytes += v->bytes;
        }
    return bytes;
}

START_TEST(half_storage)
{
    const struct model *m = model_next(NULL);
    for (int i = 0; i < _i; i++)
        m = model_next(m);
    struct graph *g = build(model_name(m), NULL, false);
    struct plan *whole = make(g, 1, UINT64_C(1) << 50);
    struct plan *half = make_stored(g, 1, UINT64_C(1) << 50, true);
    ck_assert_uint_le(half->live_bytes, whole->live_bytes / 2 + stays(half));
    ck_assert_uint_le(half->weight_bytes, whole->weight_bytes / 100 * 51);
    ck_assert_int_eq(half->part_count, whole->part_count);
    for (int i = 0; i < half->part_count; i++) {
        const struct plan_part *part = &half->parts[i];
        check_part(half, part);
        check_order(half, part);
        ck_assert_int_eq(part->step_count, whole->parts[i].step_count);
        for (int s = 0; s < part->step_count; s++)
            for (int a = 0; a < STEP_ARGS; a++)
                ck_assert(!part->steps[s].half_weight[a] ||
                          plan_is_weight(half, part->steps[s].args[a]));
    }
    for (int i = 0; i < g->output_count; i++)
        ck_assert(!plan_is_half(half, g->outputs[i]) && !plan_is_half(whole, g->outputs[i]));
    plan_free(&whole);
    plan_free(&half);
    graph_free(&g);
}
END_TEST

START_TEST(residual_not_stored)
{
    struct graph *g = build("tao-resnet18", "residual=abs", false);
    struct plan *p = make(g, 1, UINT64_C(1) << 50);
    const struct plan_part *part = &p->parts[0];
    for (int i = 0; i < part->value_count; i++) {
        const char *name = value_name(p, &part->values[i]);
        ck_assert_msg(strcmp(name, "input") && strcmp(name, "normalized"), "%%%s is stored", name);
    }
    bool reads_frames = false;
    for (int a = 0; a < part->steps[0].arg_count; a++) {
        const struct node *arg = &g->nodes[part->steps[0].args[a]];
        if (arg->shape.dtype == DTYPE_U8)
            reads_frames = !strcmp(arg->name, "frames");
    }
    ck_assert_msg(reads_frames, "step 0 is %s", part->steps[0].kernel);
    plan_free(&p);
    graph_free(&g);

    g = build("tao-resnet18", "residual=abs", true); /* tapped, it is there */
    p = make(g, 1, UINT64_C(1) << 50);
    int found = 0;
    for (int i = 0; i < p->parts[0].value_count; i++)
        found += !strcmp(value_name(p, &p->parts[0].values[i]), "input");
    ck_assert_int_eq(found, 1);
    plan_free(&p);
    graph_free(&g);
}
END_TEST

static const struct step *step_of(const struct plan *p, const char *name)
{
    for (int s = 0; s < p->parts[0].step_count; s++)
        if (!strcmp(p->graph->nodes[p->parts[0].steps[s].node].name, name))
            return &p->parts[0].steps[s];
    return NULL;
}

/* What a concat joins is written by its producers, unless somebody wants a part for itself. */
START_TEST(concat_without_copies)
{
    static const char text[] =
        "clact 1\n"
        "%x = input f32[N,8,4,16,16]\n"
        "%v = weight f32[5,8,1,3,3]\n"
        "%w = weight f32[11,8,3,1,1]\n"
        "%u = weight f32[32,8,1,1,1]\n"
        "%z = weight f32[3,48,1,1,1]\n"
        "%a = conv3d %x %v pad=0,1,1\n"
        "%b = conv3d %x %w pad=1,0,0 act=relu\n"
        "%c = conv3d %x %u\n"
        "%ab = concat %a %b\n"
        "%cat = concat %ab %c\n"
        "%y = conv3d %cat %z\n"
        "output %y\n";
    static const char *const places[] = {"-> %cat[0:5]", "-> %cat[5:16]", "-> %cat[16:48]"};
    struct error err = {0};
    for (int tapped = 0; tapped < 2; tapped++) {
        struct graph *g = graph_parse(text, strlen(text), "f.graph", &err);
        ck_assert_msg(g != NULL, "%s", err.text);
        ck_assert(!tapped || graph_keep(g, "b", &err));
        ck_assert_msg(graph_compile(g, NULL, &err), "%s", err.text);
        struct plan *p = make(g, 3, UINT64_C(1) << 40);
        check_part(p, &p->parts[0]);
        check_order(p, &p->parts[0]);
        ck_assert_int_eq(step_of(p, "ab") != NULL, tapped);
        ck_assert_ptr_null(step_of(p, "cat"));
        ck_assert_int_eq(p->parts[0].value_count, tapped ? 4 : 3); /* x, cat, y and b */
        struct text t = {0};
        plan_print(p, &t);
        for (int i = 0; i < 3; i++)
            ck_assert_msg(!strstr(t.s, places[i]) == (tapped && i == 1), "%s in\n%s", places[i],
                          t.s);
        text_free(&t);
        plan_free(&p);
        graph_free(&g);
    }
}
END_TEST

/* A launch that reads %a in whole lanes does not write beside it what such a lane reaches. */
START_TEST(concat_without_races)
{
    static const char text[] =
        "clact 1\n"
        "%%x = input f32[N,8,4,16,16]\n"
        "%%v = weight f32[%d,8,1,1,1]\n"
        "%%w = weight f32[11,%d,1,1,1]\n"
        "%%a = conv3d %%x %%v\n"
        "%%b = conv3d %%a %%w\n"
        "%%cat = concat %%a %%b\n"
        "%%y = relu %%cat\n"
        "output %%y\n";
    struct error err = {0};
    for (int channels = 5; channels <= 16; channels += 11) {
        struct text whole = {0}, printed = {0};
        text_printf(&whole, text, channels, channels);
        struct graph *g = graph_parse(whole.s, whole.len, "f.graph", &err);
        ck_assert_msg(g && graph_compile(g, NULL, &err), "%s", err.text);
        struct plan *p = make(g, 1, UINT64_C(1) << 40);
        plan_print(p, &printed);
        ck_assert_int_eq(strstr(printed.s, "-> %cat[16:27]") != NULL, channels == 16);
        ck_assert_int_eq(step_of(p, "cat") == NULL, channels == 16); /* the copy of %b */
        text_free(&whole);
        text_free(&printed);
        plan_free(&p);
        graph_free(&g);
    }
}
END_TEST

START_TEST(limits)
{
    struct graph *g = build("resnet3d-18", NULL, false);
    struct plan *p = make(g, 1, UINT64_C(1) << 50);
    uint64_t need = p->activation_bytes + p->weight_bytes + p->window_bytes;
    uint64_t one = p->activation_bytes, frame = 112 * 112 * 3;
    ck_assert_uint_eq(p->window_bytes, (1 + 1) * 16 * frame); /* one waits, one gathers */
    ck_assert_uint_ge(plan_peak_bytes(p), need);
    ck_assert_uint_ge(plan_peak_bytes(p), p->weight_bytes + p->largest_weight);
    ck_assert_uint_eq(p->largest_weight, 512 * 512 * 27 * sizeof(float));
    struct error err = {0};
    struct caps caps = caps_default;
    int batch[16] = {1};
    char number[2][32];
    plan_free(&p);
    caps.global_memory = caps.max_allocation = UINT64_C(1) << 50;
    p = plan_make(g, &caps, batch, false, need, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    plan_free(&p);

    p = plan_make(g, &caps, batch, false, need - 1, &err);
    ck_assert_ptr_null(p);
    ck_assert_int_eq(err.code, ERROR_LIMIT);
    p = plan_make(g, &caps, batch, false, 20000000, &err);
    ck_assert_ptr_null(p);
    snprintf(number[0], sizeof number[0], "needs %.1f MB", (double)need / 1e6);
    snprintf(number[1], sizeof number[1], "20.0 MB are allowed");
    ck_assert_msg(strstr(err.text, number[0]) && strstr(err.text, number[1]), "%s", err.text);
    p = plan_make(g, &caps, batch, false, 1, &err);
    ck_assert_ptr_null(p);
    ck_assert_int_eq(err.code, ERROR_LIMIT);

    caps.max_allocation = one - 1;
    p = plan_make(g, &caps, batch, false, 0, &err);
    ck_assert_ptr_null(p);
    ck_assert_int_eq(err.code, ERROR_LIMIT);
    ck_assert_msg(strstr(err.text, "in one piece") != NULL, "%s", err.text);
    caps.max_allocation = one;
    p = plan_make(g, &caps, batch, false, 0, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    plan_free(&p);
    graph_free(&g);
}
END_TEST

/* What kernels could not count with int is refused before anything is computed in int. */
START_TEST(counts)
{
    static const struct {
        const char *nodes, *word;
        int batch;
    } cases[] = {
        {"%x = input f32[N,1,1,1,1]\n%w = weight f32[1,1,1,1,1]\n%v = weight f32[32,1,1,1,1]\n"
         "%a = conv3d %x %w pad=0,32768,32767\n%y = conv3d %a %v\n", "%a is f32[N,1,1,65537,65535]",
         1},
        {"%x = input f32[N,2147483647]\n%y = relu %x\n", "%x is f32[N,2147483647]", 1},
        {"%x = input f32[N,1,1,1,2147483647]\n%y = maxpool3d %x kernel=9 mode=same\n", "%x is", 1},
        {"%x = input f32[N,1,1,2048,2048]\n%y = relu %x\n", "more than 2^30 pixels in 257", 257},
        {"%x = input f32[N,65536]\n%w = weight f32[65536,65536]\n%y = linear %x %w\n",
         "weight %w is f32[65536,65536]: more than 2^31 numbers", 1},
    };
    struct caps caps = caps_default;
    caps.global_memory = caps.max_allocation = UINT64_C(1) << 60;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        struct error err = {0};
        int batch[16] = {cases[i].batch};
        text_printf(&t, "clact 1\n%soutput %%y\n", cases[i].nodes);
        struct graph *g = graph_parse(t.s, t.len, "f.graph", &err);
        ck_assert_msg(g && graph_compile(g, NULL, &err), "%s", err.text);
        ck_assert_ptr_null(plan_make(g, &caps, batch, false, 0, &err));
        ck_assert_int_eq(err.code, ERROR_LIMIT);
        ck_assert_msg(strstr(err.text, cases[i].word) != NULL, "%s", err.text);
        graph_free(&g);
        text_free(&t);
    }
}
END_TEST

/* The sum of the largest values there may be does not wrap around. */
START_TEST(absurd_sizes)
{
    struct text t = {0};
    struct error err = {0};
    struct caps caps = caps_default;
    int batch[16] = {1024};
    text_printf(&t, "clact 1\n%%x0 = input f32[N,2000,1,1024,1024]\n");
    for (int i = 1; i < 400; i++)
        text_printf(&t, "%%x%d = relu %%x%d\n", i, i - 1);
    text_printf(&t, "output %%x399\n");
    struct graph *g = graph_parse(t.s, t.len, "f.graph", &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    ck_assert(graph_keep(g, "all", &err));
    ck_assert_ptr_null(plan_make(g, &caps, batch, false, 0, &err));
    ck_assert_int_eq(err.code, ERROR_LIMIT);
    caps.global_memory = caps.max_allocation = 0; /* not known */
    struct plan *p = plan_make(g, &caps, batch, false, 0, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    ck_assert_uint_ge(p->activation_bytes, UINT64_C(400) * 2000 * 4 << 30);
    plan_free(&p);
    graph_free(&g);
    text_free(&t);
}
END_TEST

START_TEST(two_clips)
{
    static const char text[] =
        "clact 1\n"
        "clip a frames=4 space=crop:32\n"
        "clip b frames=1 space=crop:64\n"
        "%fa = input u8[N,3,4,32,32] clip=a\n"
        "%na = normalize %fa\n"
        "%ra = relu %na\n"
        "%ga = global_average %ra\n"
        "%ma = mean_windows %ga\n"
        "%fb = input u8[N,3,1,64,64] clip=b\n"
        "%nb = normalize %fb\n"
        "%rb = relu %nb\n"
        "%gb = global_average %rb\n"
        "%mb = mean_windows %gb\n"
        "%y = average %ma %mb\n"
        "output %y\n";
    struct error err = {0};
    struct graph *g = graph_parse(text, strlen(text), "f.graph", &err);
    ck_assert_msg(g != NULL && graph_compile(g, NULL, &err), "%s", err.text);
    for (int batch = 1; batch <= 5; batch += 2) {
        struct plan *p = make(g, batch, UINT64_C(1) << 40);
        ck_assert_int_eq(p->part_count, 2);
        for (int i = 0; i < 2; i++)
            check_part(p, &p->parts[i]);
        check_parts(p);
        plan_free(&p);
    }
    graph_free(&g);
}
END_TEST

static double flops_of(const struct plan *p)
{
    double flops = 0;
    for (int s = 0; s < p->parts[0].step_count; s++)
        flops += p->parts[0].steps[s].flops;
    return flops;
}

/* Steps count what is computed: padding is skipped, and Winograd saves two fifths. */
START_TEST(arithmetic)
{
    struct error err = {0};
    double flops[2];
    for (int strict = 0; strict < 2; strict++) {
        struct graph *g = model_build(model_find("resnet3d-18"), NULL, NULL, "strict", &err);
        ck_assert_msg(g != NULL, "%s", err.text);
        double all = 2 * 2 * graph_multiply_adds(g); /* two windows */
        g->strict = strict;
        ck_assert_msg(graph_compile(g, NULL, &err), "%s", err.text);
        struct plan *p = make(g, 2, UINT64_C(1) << 40);
        flops[strict] = flops_of(p) / all;
        plan_free(&p);
        graph_free(&g);
    }
    ck_assert_double_gt(flops[1], 0.85);
    ck_assert_double_lt(flops[1], 1.0);
    ck_assert_double_gt(flops[0], 0.25);
    ck_assert_double_lt(flops[0], 0.65);
}
END_TEST

START_TEST(printed)
{
    struct graph *g = build("resnet3d-18", NULL, false);
    struct plan *p = make(g, 2, UINT64_C(1) << 40);
    struct text t = {0};
    static const char *const words[] = {"MFLOP", "MB moved", "offset MB", "size MB", "algorithm",
                                        "clip main: 2 windows a run", "once a video: %probs",
                                        "largest live set", "ratio"};
    plan_print(p, &t);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(strstr(t.s, words[i]) != NULL, "no '%s' in\n%s", words[i], t.s);
    int lines = 0;
    for (const char *s = t.s; (s = strchr(s, '\n')); s++)
        lines++;
    ck_assert_int_ge(lines, p->parts[0].step_count + 4);
    text_free(&t);
    plan_free(&p);
    graph_free(&g);
}
END_TEST

int main(void)
{
    setenv("OCL_ICD_VENDORS", "/nonexistent", 1); /* plans need no device */
    Suite *s = suite_create("plan");
    TCase *c = tcase_create("plan");
    tcase_set_timeout(c, 300);
    tcase_add_loop_test(c, every_model, 0, models());
    tcase_add_loop_test(c, half_storage, 0, models());
    tcase_add_test(c, residual_not_stored);
    tcase_add_test(c, concat_without_copies);
    tcase_add_test(c, concat_without_races);
    tcase_add_test(c, limits);
    tcase_add_test(c, counts);
    tcase_add_test(c, absurd_sizes);
    tcase_add_test(c, two_clips);
    tcase_add_test(c, arithmetic);
    tcase_add_test(c, printed);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
