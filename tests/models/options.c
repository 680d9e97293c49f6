/* SPDX-License-Identifier: MIT */
/* Settings: what is understood, what is refused, and that messages say what is allowed. */
#include "models/models.h"
#include "models/options.h"

#include <check.h>
#include <string.h>

START_TEST(understood)
{
    struct error err = {0};
    struct options o = {0};
    char word[24];
    const char *settings = "width=3,5,11,22,act=elu,depth=34,fea_diff=yes,size=48x37,tau=0.5,"
                           "family=tao,shortcut=B";
    ck_assert_msg(options_parse(&o, settings, OPTIONS_ALL, "test", &err), "%s", err.text);
    ck_assert_int_eq(o.channel_count, 4);
    ck_assert_int_eq(o.channels[3], 22);
    ck_assert_str_eq(option_word(&o, OPT_ACT, word), "elu");
    ck_assert_int_eq(o.value[OPT_SHORTCUT], SHORTCUT_B);
    ck_assert_int_eq(o.value[OPT_DEPTH], 34);
    ck_assert_int_eq(o.value[OPT_FEA_DIFF], 1);
    ck_assert_int_eq(o.height, 48);
    ck_assert_int_eq(o.width, 37);
    ck_assert_str_eq(o.family, "tao");
    ck_assert(option_given(&o, OPT_SIZE) && !option_given(&o, OPT_FRAMES));

    /* a later word wins, a default does not */
    ck_assert(options_parse(&o, "act=relu,width=0.5", OPTIONS_ALL, "test", &err));
    option_default(&o, OPT_ACT, ACT_ELU);
    option_default(&o, OPT_FRAMES, 16);
    ck_assert_int_eq(o.value[OPT_ACT], ACT_RELU);
    ck_assert_int_eq(o.value[OPT_FRAMES], 16);
    ck_assert(!option_given(&o, OPT_FRAMES));
    ck_assert_int_eq(o.channel_count, 0);

    struct text t = {0};
    uint64_t keys = OPTION(OPT_WIDTH) | OPTION(OPT_SIZE) | OPTION(OPT_ACT) | OPTION(OPT_MAPS);
    options_print(&o, keys, &t);
    ck_assert_str_eq(t.s, "width=0.5 act=relu size=48x37");
    text_free(&t);
}
END_TEST

/* Rounded half up, never below one. */
START_TEST(channels)
{
    static const int base[] = {64, 128, 256, 512};
    static const struct {
        const char *settings;
        int wanted[4];
    } cases[] = {
        {NULL, {64, 128, 256, 512}},          {"width=0.0425", {3, 5, 11, 22}},
        {"width=0.03125", {2, 4, 8, 16}},     {"width=0.001", {1, 1, 1, 1}},
        {"width=1.5", {96, 192, 384, 768}},   {"width=7,9,1,2", {7, 9, 1, 2}},
        {"width=0.0078125", {1, 1, 2, 4}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options o = {0};
        struct error err = {0};
        int got[4];
        ck_assert(options_parse(&o, cases[i].settings, OPTIONS_ALL, "test", &err));
        ck_assert(option_channels(&o, base, 4, got, &err));
        ck_assert_mem_eq(got, cases[i].wanted, sizeof got);
    }
}
END_TEST

static const struct {
    const char *settings, *message;
} bad[] = {
    {"radius=7", "resnet3d-18: no option 'radius'; allowed: depth, blocks, width"},
    {"family=tao", "no option 'family'"},
    {"colour=1", "no option 'colour'; allowed: depth,"},
    {"depth", "'depth' is not key=value"},
    {"depth=18,34", "option depth=18,34: wanted is an integer"},
    {"depth=19", "wanted is 10, 18, 34, 50, 101, 152 or 200"},
    {"depth=1e1", "wanted is an integer"},
    {"classes=0", "wanted is an integer, 1 to 1000000"},
    {"classes=99999999999999999999", "wanted is an integer"},
    {"classes=", "wanted is an integer"},
    {"width=0", "factor above 0"},
    {"width=-1", "factor above 0"},
    {"width=nan", "factor above 0"},
    {"width=65", "factor above 0"},
    {"width=1,2,3", "3 numbers, the network has 4 stages"},
    {"width=1,2,3,", "wanted is an integer"},
    {"width=1,2,3,4,5,6,7,8,9", "at most 8"},
    {"width=64,32,16,8,shortcut=A", "shortcut=A cannot do"},
    {"shortcut=C", "wanted is A|B"},
    {"shortcut=a", "wanted is A|B"},
    {"act=ELU", "wanted is relu|elu"},
    {"frames=0", "wanted is an integer, 1 to"},
    {"frames=5000", "wanted is an integer, 1 to"},
    {"size=0", "wanted is an integer, 1 to 8192"},
    {"size=112x", "wanted is an integer"},
    {"size=112x112x112", "wanted is an integer"},
    {"size=9000x112", "wanted is an integer, 1 to 8192"},
    {"norm=mean", "wanted is hara_old|hara_new"},
    {",", "is not key=value"},
};

START_TEST(refused)
{
    struct error err = {0};
    struct graph *g = model_build(model_find("resnet3d-18"), bad[_i].settings, NULL, "t", &err);
    ck_assert_msg(g == NULL, "%s was accepted", bad[_i].settings);
    ck_assert_msg(strstr(err.text, bad[_i].message) != NULL, "%s: %s", bad[_i].settings, err.text);
    ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

static const struct {
    const char *settings, *message;
} bad_tao[] = {
    {"depth=50", "wanted is 10, 18 or 34"},
    {"residual=none,step=2", "needs residual=abs"},
    {"residual=roll_half,step=2", "roll modes know only 1"},
    {"step=0", "wanted is an integer, 1 to"},
    {"down=avg", "wanted is stride|pool"},
    {"fea_diff=2", "wanted is 0 or 1"},
};

START_TEST(refused_tao)
{
    struct error err = {0};
    const struct model *tao = model_find("tao-resnet18");
    struct graph *g = model_build(tao, bad_tao[_i].settings, NULL, "t", &err);
    ck_assert_msg(g == NULL, "%s was accepted", bad_tao[_i].settings);
    ck_assert_msg(strstr(err.text, bad_tao[_i].message) != NULL, "%s", err.text);
    ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

START_TEST(unknown_model)
{
    ck_assert_ptr_null(model_find("resnet3d-19"));
    ck_assert_ptr_null(model_find(""));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/options");
    TCase *t = tcase_create("all");
    tcase_add_test(t, understood);
    tcase_add_test(t, channels);
    tcase_add_loop_test(t, refused, 0, sizeof bad / sizeof *bad);
    tcase_add_loop_test(t, refused_tao, 0, sizeof bad_tao / sizeof *bad_tao);
    tcase_add_test(t, unknown_model);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
