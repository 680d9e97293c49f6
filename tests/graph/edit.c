/* SPDX-License-Identifier: MIT */
/* The graph as a data structure: insert, replace, sweep, copy, feed, keep. */
#include "graph/op.h"
#include "graph/pipeline.h"
#include "tests/graph/texts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char block[] =
    "clact 1\n"
    "clip main frames=4 space=crop:8\n"
    "%frames = input u8[N,3,4,8,8] clip=main\n"
    "%input = normalize %frames scale=0.003921569 : f32[N,3,4,8,8]\n"
    "%w = weight f32[3,3,3,3,3]\n"
    "%conv1 = conv3d %input %w pad=1 : f32[N,3,4,8,8]\n"
    "%relu1 = relu %conv1 : f32[N,3,4,8,8]\n"
    "%sum = add %relu1 %input : f32[N,3,4,8,8]\n"
    "%pool = global_average %sum : f32[N,3]\n"
    "%mean = mean_windows %pool : f32[1,3]\n"
    "output %mean\n";

static struct graph *start(void)
{
    struct error err = {0};
    struct graph *g = parse(block, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    return g;
}

static void expect(const struct graph *g, const char *want)
{
    char *s = print(g);
    ck_assert_str_eq(s, want);
    free(s);
}

static void infer(struct graph *g)
{
    struct error err = {0};
    ck_assert_msg(graph_infer(g, &err), "%s", err.text);
}

START_TEST(look)
{
    struct graph *g = start();
    ck_assert_int_eq(graph_find(g, "frames"), 0);
    ck_assert_int_eq(graph_find(g, "mean"), g->count - 1);
    ck_assert_int_eq(graph_find(g, "none"), NODE_NONE);
    ck_assert_int_eq(graph_uses(g, graph_find(g, "input")), 2);
    ck_assert_int_eq(graph_uses(g, graph_find(g, "conv1")), 1);
    ck_assert_int_eq(graph_uses(g, graph_find(g, "mean")), 1);
    ck_assert_int_eq(g->nodes[2].line, 5);
    ck_assert_int_eq(g->nodes[2].column, 6);
    graph_free(&g);
    ck_assert_ptr_null(g);
    graph_free(&g);
}
END_TEST

START_TEST(insert_and_replace)
{
    struct graph *g = start();
    const struct op *relu = op_find("relu");
    node_id sum = graph_find(g, "sum"), id = graph_insert(g, sum + 1, relu, "relu1", 1);
    ck_assert_int_eq(id, sum + 1);
    ck_assert_str_eq(g->nodes[id].name, "relu1.2"); /* the name was taken */
    ck_assert_int_eq(g->nodes[id].line, 0);
    ck_assert_int_eq(g->nodes[id].in[0], NODE_NONE);
    graph_replace(g, sum, id);
    g->nodes[id].in[0] = sum;
    infer(g);
    graph_sweep(g);
    expect(g, "clact 1\n"
              "clip main frames=4 space=crop:8\n"
              "%frames = input u8[N,3,4,8,8] clip=main\n"
              "%input = normalize %frames scale=0.003921569 : f32[N,3,4,8,8]\n"
              "%w = weight f32[3,3,3,3,3]\n"
              "%conv1 = conv3d %input %w pad=1 : f32[N,3,4,8,8]\n"
              "%relu1 = relu %conv1 : f32[N,3,4,8,8]\n"
              "%sum = add %relu1 %input : f32[N,3,4,8,8]\n"
              "%relu1.2 = relu %sum : f32[N,3,4,8,8]\n"
              "%pool = global_average %relu1.2 : f32[N,3]\n"
              "%mean = mean_windows %pool : f32[1,3]\n"
              "output %mean\n");
    graph_free(&g);
}
END_TEST

/* At the very front and at the end; outputs follow. */
START_TEST(insert_ends)
{
    struct graph *g = start();
    node_id mean = graph_find(g, "mean");
    node_id first = graph_insert(g, 0, op_find("relu"), "first", 1);
    ck_assert_int_eq(first, 0);
    ck_assert_int_eq(g->outputs[0], mean + 1);
    for (int i = 2; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].in_count; k++)
            ck_assert(g->nodes[i].in[k] == NODE_NONE || g->nodes[i].in[k] >= 1);
    node_id last = graph_insert(g, g->count, op_find("softmax"), "mean", 1);
    ck_assert_int_eq(last, g->count - 1);
    ck_assert_str_eq(g->nodes[last].name, "mean.2");
    g->nodes[last].in[0] = mean + 1;
    graph_add_output(g, last);
    ck_assert_int_eq(g->output_count, 2);
    graph_sweep(g); /* nobody reads %first */
    ck_assert_int_eq(graph_find(g, "first"), NODE_NONE);
    infer(g);
    ck_assert_int_eq(g->outputs[0], mean);
    ck_assert_int_eq(g->outputs[1], mean + 1);
    graph_free(&g);
}
END_TEST

/* Many insertions, so that the node array moves: names stay unique, references right. */
START_TEST(insert_many)
{
    struct graph *g = start();
    for (int i = 0; i < 300; i++) {
        node_id before = graph_find(g, "sum");
        node_id x = g->nodes[before].in[0];
        node_id id = graph_insert(g, before, op_find("relu"), "r", 1);
        g->nodes[id].in[0] = x;
        g->nodes[id + 1].in[0] = id;
        infer(g);
    }
    ck_assert_int_eq(g->count, 8 + 300);
    ck_assert_int_ne(graph_find(g, "r.300"), NODE_NONE);
    for (int i = 0; i < g->count; i++)
        ck_assert_int_eq(graph_find(g, g->nodes[i].name), i);
    graph_sweep(g);
    ck_assert_int_eq(g->count, 8 + 300);
    char *s = print(g);
    struct error err = {0};
    struct graph *again = parse(s, &err);
    ck_assert_msg(again != NULL, "%s", err.text);
    expect(again, s);
    free(s);
    graph_free(&again);
    graph_free(&g);
}
END_TEST

START_TEST(sweep)
{
    struct graph *g = start();
    g->outputs[0] = graph_find(g, "relu1");
    g->nodes[graph_find(g, "sum")].keep = true; /* tapped: stays although nobody reads it */
    graph_sweep(g);
    infer(g);
    ck_assert_int_eq(graph_find(g, "pool"), NODE_NONE);
    ck_assert_int_eq(graph_find(g, "mean"), NODE_NONE);
    ck_assert_int_ne(graph_find(g, "sum"), NODE_NONE);
    ck_assert_int_eq(g->count, 6);
    g->nodes[graph_find(g, "sum")].keep = false;
    graph_sweep(g);
    ck_assert_int_eq(g->count, 5);
    graph_sweep(g); /* nothing left to do */
    ck_assert_int_eq(g->count, 5);
    graph_free(&g);
}
END_TEST

START_TEST(copy)
{
    struct error err = {0};
    struct graph *g = parse(two_paths, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    struct graph *c = graph_copy(g);
    graph_free(&g); /* the copy owns everything */
    expect(c, two_paths);
    infer(c);
    graph_insert(c, c->count, op_find("relu"), "more", 1);
    c->nodes[c->count - 1].in[0] = graph_find(c, "probs");
    graph_add_output(c, c->count - 1);
    infer(c);
    graph_free(&c);

    /* A graph without clip lines has one of its own after infer; so has its copy. */
    g = parse("clact 1\n%x = input f32[N,4]\noutput %x\n", &err);
    c = graph_copy(g);
    char *a = print(g), *b = print(c);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    graph_free(&g);
    graph_free(&c);
}
END_TEST

static void feed_fails(const char *node, struct shape s, enum error_code code, const char *word)
{
    struct graph *g = start();
    struct error err = {0};
    ck_assert(!graph_feed(g, node, &s, &err));
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
    graph_free(&g);
}

START_TEST(feed)
{
    struct graph *g = start();
    struct error err = {0};
    struct shape s = {.dtype = DTYPE_F32, .rank = 5, .dim = {7, 3, 4, 8, 8}};
    ck_assert_msg(graph_feed(g, "conv1", &s, &err), "%s", err.text);
    expect(g, "clact 1\n"
              "clip main frames=4 space=crop:8\n"
              "%frames = input u8[N,3,4,8,8] clip=main\n"
              "%input = normalize %frames scale=0.003921569 : f32[N,3,4,8,8]\n"
              "%conv1 = input f32[N,3,4,8,8] clip=main\n"
              "%relu1 = relu %conv1 : f32[N,3,4,8,8]\n"
              "%sum = add %relu1 %input : f32[N,3,4,8,8]\n"
              "%pool = global_average %sum : f32[N,3]\n"
              "%mean = mean_windows %pool : f32[1,3]\n"
              "output %mean\n");
    s.dim[3] = s.dim[4] = 5; /* another size is fine where the network allows it */
    ck_assert_msg(graph_feed(g, "sum", &s, &err), "%s", err.text);
    ck_assert_int_eq(graph_find(g, "frames"), NODE_NONE);
    graph_free(&g);

    feed_fails("none", s, ERROR_USAGE, "no node %none to feed");
    feed_fails("w", s, ERROR_USAGE, "does not depend on windows");
    feed_fails("mean", s, ERROR_USAGE, "does not depend on windows");
    feed_fails("relu1", s, ERROR_MODEL, "f32[N,3,4,5,5] and f32[N,3,4,8,8]");
    s.dtype = DTYPE_U8;
    feed_fails("input", s, ERROR_MODEL, "f32");
    s = (struct shape){.dtype = DTYPE_F32, .rank = 2, .dim = {1, 3}};
    feed_fails("conv1", s, ERROR_MODEL, "");
    s.rank = 0;
    feed_fails("conv1", s, ERROR_INPUT, "rank 0");
}
END_TEST

START_TEST(keep)
{
    struct graph *g = start(), *c;
    struct error err = {0};
    ck_assert(!graph_keep(g, "none", &err));
    ck_assert_int_eq(err.code, ERROR_USAGE);
    ck_assert(graph_keep(g, "conv1", &err));
    ck_assert(g->nodes[graph_find(g, "conv1")].keep);
    ck_assert(!g->nodes[graph_find(g, "relu1")].keep);
    c = graph_copy(g);
    ck_assert_msg(graph_compile(g, NULL, &err), "%s", err.text);
    ck_assert_int_ne(graph_find(g, "conv1"), NODE_NONE); /* relu was not fused over it */
    ck_assert(graph_keep(c, "all", &err));
    for (int i = 0; i < c->count; i++)
        ck_assert_int_eq(c->nodes[i].keep, c->nodes[i].part != PART_WEIGHT);
    ck_assert_msg(graph_compile(c, NULL, &err), "%s", err.text);
    static const char *const names[] = {"frames", "input", "conv1", "relu1", "sum", "pool", "mean"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(graph_find(c, names[i]) != NODE_NONE, "%s is gone", names[i]);
    graph_free(&g);
    graph_free(&c);

    g = start();
    ck_assert_msg(graph_compile(g, NULL, &err), "%s", err.text);
    ck_assert_int_eq(graph_find(g, "conv1"), NODE_NONE);
    graph_free(&g);
}
END_TEST

START_TEST(passes)
{
    struct error err = {0};
    for (const struct pass *p = pipeline; p->name; p++) {
        struct graph *g = start();
        ck_assert_ptr_eq(pass_find(p->name), p);
        ck_assert_msg(graph_compile(g, p->name, &err), "%s", err.text);
        char *once = print(g);
        ck_assert_msg(graph_run_pass(g, p, &err), "%s", err.text); /* a second time: no change */
        char *twice = print(g);
        ck_assert_str_eq(once, twice);
        free(once);
        free(twice);
        graph_free(&g);
    }
    struct graph *g = start();
    ck_assert(!graph_compile(g, "none", &err));
    ck_assert_int_eq(err.code, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "fuse-epilogue") != NULL, "%s", err.text);
    graph_free(&g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("edit");
    TCase *c = tcase_create("edit");
    tcase_add_test(c, look);
    tcase_add_test(c, insert_and_replace);
    tcase_add_test(c, insert_ends);
    tcase_add_test(c, insert_many);
    tcase_add_test(c, sweep);
    tcase_add_test(c, copy);
    tcase_add_test(c, feed);
    tcase_add_test(c, keep);
    tcase_add_test(c, passes);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
