/* SPDX-License-Identifier: MIT */
/* Tunings: their text, damage, and what pack-weights makes of them. */
#include "graph/tuning.h"
#include "base/random.h"
#include "base/text.h"
#include "graph/op.h"
#include "graph/pipeline.h"
#include "tests/graph/texts.h"

#include <check.h>
#include <stdlib.h>

static const char good[] = "# a comment\n"
                           "[here]\n"
                           "all accumulators=8 group=128\n"
                           "c64t4h16w16k64x3x3x3s1p1 direct blocks=1 tile=7 chunk=3 ms=1.5 rule=2\n"
                           "\n"
                           "c8t1h9w9k16x1x3x3s1x2x2p0x1x1 rule ms=1 rule=1 partial\n"
                           "[elsewhere]\n"
                           "c64t4h16w16k64x3x3x3s1p1 f2-fused\n";

static bool parse_text(struct tuning *t, const char *text, const char *section, struct error *err)
{
    return tuning_parse(t, text, strlen(text), "T", section, err);
}

START_TEST(reading)
{
    struct error err = {0};
    struct tuning t = {0}, again = {0};
    struct text out[2] = {{0}, {0}};
    ck_assert_msg(parse_text(&t, good, "here", &err), "%s", err.text);
    ck_assert_int_eq(t.count, 2);
    ck_assert_int_eq(t.accumulators, 8);
    ck_assert_int_eq(t.group, 128);
    const struct tuned *e = tuning_find(&t, "c64t4h16w16k64x3x3x3s1p1");
    ck_assert(e && e->choice.algorithm == ALGORITHM_DIRECT && e->choice.blocks == 1);
    ck_assert(e->choice.tile == 7 && e->choice.chunk == 3 && e->ms == 1.5 && e->rule_ms == 2);
    ck_assert(t.entry[1].partial && t.entry[1].choice.algorithm == ALGORITHM_RULE);
    ck_assert(!tuning_find(&t, "c64t4h16w16k64x3x3x3s1p0"));
    tuning_print(&t, "here", &out[0]);
    ck_assert(parse_text(&again, out[0].s, "here", &err));
    tuning_print(&again, "here", &out[1]);
    ck_assert_str_eq(out[0].s, out[1].s);
    tuning_free(&t);
    ck_assert(parse_text(&t, good, "else", &err) && t.count == 0);
    ck_assert(parse_text(&t, good, "elsewhere", &err) && t.count == 1);
    ck_assert_int_eq(algorithm_winograd(t.entry[0].choice.algorithm), 2);
    ck_assert(algorithm_fused(t.entry[0].choice.algorithm));
    tuning_free(&t);
    tuning_free(&again);
    for (int i = 0; i < 2; i++)
        text_free(&out[i]);
}
END_TEST

START_TEST(partial)
{
    struct tuning t = {0};
    struct tuned e = {.spec = "c1h1w1k1x1x1x1", .ms = 1};
    ck_assert(tuning_put(&t, &e, NULL));
    e.partial = true;
    e.ms = 2;
    ck_assert(tuning_put(&t, &e, NULL) && t.count == 1 && t.entry[0].ms == 1);
    e.partial = false;
    ck_assert(tuning_put(&t, &e, NULL) && t.count == 1 && t.entry[0].ms == 2);
    tuning_free(&t);
}
END_TEST

#define SPEC "c64t4h16w16k64x3x3x3s1p1"
static const struct {
    const char *text, *message;
} damaged[] = {
    {SPEC " direct\n", "T:1: a line before the first section"},
    {"[a\n", "T:1: a section without"},
    {"[\n", "T:1: a section without"},
    {"[a]\n" SPEC "\n", "T:2: '' is no algorithm"},
    {"[a]\n" SPEC " fast\n", "T:2: 'fast' is no algorithm"},
    {"[a]\n\n" SPEC " direct tile=0\n", "T:3: tile=0: must be an integer from 1 to 64"},
    {"[a]\n" SPEC " direct tile=65\n", "tile=65"},
    {"[a]\n" SPEC " direct blocks=x\n", "blocks=x"},
    {"[a]\n" SPEC " direct ms=nan\n", "must be milliseconds"},
    {"[a]\n" SPEC " direct ms=-1\n", "must be milliseconds"},
    {"[a]\n" SPEC " direct speed=1\n", "'speed=1' is not understood"},
    {"[a]\n" SPEC " direct", "T:2: the line is cut"},
    {"[a]\nn1" SPEC " direct\n", "with a batch"},
    {"[a]\nc64x3 direct\n", "T:2: convolution c64x3"},
    {"[a]\nall accumulators=1\n", "accumulators=1"},
    {"[a]\nall colour=1\n", "'colour=1' is not understood"},
    {"[b]\nall colour=1\n", "'colour=1' is not understood"},
};

START_TEST(damage)
{
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct error err = {0};
        struct tuning t = {0};
        ck_assert(!parse_text(&t, damaged[i].text, "a", &err));
        ck_assert_msg(strstr(err.text, damaged[i].message) != NULL, "%s: %s", damaged[i].text,
                      err.text);
        tuning_free(&t);
    }
    struct error err = {0};
    struct tuning t = {0};
    ck_assert(!tuning_parse(&t, "[a]\n\0\n", 6, "T", "a", &err));
}
END_TEST

/* Whatever is in a file: it is read or refused. */
START_TEST(noise)
{
    struct random r = {1};
    for (int i = 0; i < 20000; i++) {
        struct tuning t = {0};
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int k = random_int(&r, 1, 4); k; k--)
            text[random_int(&r, 0, (int)sizeof good - 2)] = (char)random_int(&r, 0, 255);
        tuning_parse(&t, text, (size_t)random_int(&r, 0, (int)sizeof good - 1), "T", "here", NULL);
        for (int k = 0; k < t.count; k++)
            ck_assert(t.entry[k].choice.tile <= 64 && t.entry[k].choice.blocks <= 4);
        tuning_free(&t);
    }
}
END_TEST

static const char conv[] = "clact 1\n"
                           "%%x = input f32[N,64,4,16,16]\n"
                           "%%w = weight f32[64,%d,3,3,3]\n"
                           "%%y = conv3d %%x %%w %s\n"
                           "output %%y\n";

/* The operator that prepares the weight, and its tile, where the tuning has one line. */
static char *prepared(int channels, const char *attributes, const char *line, bool strict)
{
    struct error err = {0};
    struct tuning t = {0};
    struct text text = {0}, all = {0}, out = {0};
    text_printf(&text, conv, channels, attributes);
    text_printf(&all, "[a]\n%s\n", line);
    struct graph *g = parse(text.s, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    ck_assert_msg(parse_text(&t, all.s, "a", &err), "%s", err.text);
    g->tuning = &t;
    g->strict = strict;
    ck_assert_msg(graph_compile(g, NULL, &err), "%s", err.text);
    const struct node *n = &g->nodes[g->outputs[0]],
                      *p = &g->nodes[n->in[op_slot(n->op, "packed")]];
    text_printf(&out, "%s %d", p->op->name, attr_get_int(p, "tile"));
    if (!strcmp(p->op->name, "winograd_weight"))
        text_printf(&out, " %d", attr_get_int(p, "size"));
    graph_free(&g);
    tuning_free(&t);
    text_free(&text);
    text_free(&all);
    return out.s;
}

START_TEST(lookup)
{
    static const struct {
        int channels;
        const char *attributes, *line;
        bool strict;
        const char *want;
    } cases[] = {
        {64, "pad=1", "", false, "winograd_weight 32 4"},
        {64, "pad=1", SPEC " rule", false, "winograd_weight 32 4"},
        {64, "pad=1", SPEC " f2 blocks=4", false, "winograd_weight 64 2"},
        {64, "pad=1", SPEC " direct", false, "pack_conv 32"},
        {64, "pad=1", SPEC " direct blocks=1", false, "pack_conv 16"},
        /* Padding by another name is the same convolution. */
        {64, "mode=same", SPEC " f2 blocks=1", false, "winograd_weight 16 2"},
        /* Another convolution. */
        {64, "pad=1,1,0", SPEC " direct blocks=1", false, "winograd_weight 32 4"},
        /* Not what strict allows, and the blocks belong to it. */
        {64, "pad=1", SPEC " f2 blocks=1", true, "pack_conv 32"},
        {64, "pad=1", SPEC " direct blocks=1", true, "pack_conv 16"},
        /* What cannot be: the rule. */
        {64, "stride=2 pad=1", "c64t4h16w16k64x3x3x3s2p1 f4 blocks=1", false, "pack_conv 32"},
        {16, "pad=1 groups=4", "c64t4h16w16k64x3x3x3s1p1g4 f4", false, "pack_conv 16"},
        {16, "pad=1 groups=4", "c64t4h16w16k64x3x3x3s1p1g4 direct blocks=2", false, "pack_conv 16"},
        {32, "pad=1 groups=2", "c64t4h16w16k64x3x3x3s1p1g2 direct blocks=1", false, "pack_conv 16"},
        {1, "pad=1 groups=64", "c64t4h16w16k64x3x3x3s1p1g64 direct blocks=1", false,
         "pack_conv 64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got =
            prepared(cases[i].channels, cases[i].attributes, cases[i].line, cases[i].strict);
        ck_assert_msg(!strcmp(got, cases[i].want), "%s, %s: %s, wanted %s", cases[i].attributes,
                      cases[i].line, got, cases[i].want);
        free(got);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tuning");
    TCase *c = tcase_create("tuning");
    tcase_add_test(c, reading);
    tcase_add_test(c, partial);
    tcase_add_test(c, damage);
    tcase_add_test(c, noise);
    tcase_add_test(c, lookup);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
