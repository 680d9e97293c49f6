/* SPDX-License-Identifier: MIT */
/* Graph text: round trips, and every refusal with its place. */
#include "tests/graph/texts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- round trips ---- */

START_TEST(round_trip)
{
    struct error err = {0};
    struct graph *g = parse(whole[_i], &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    char *once = print(g);
    ck_assert_str_eq(once, whole[_i]);
    graph_free(&g);
    free(once);
}
END_TEST

/* What is not in the printed form comes to it in one step: comments, blanks, CRLF, types left out,
 * attributes that have their default, three equal numbers, no newline at the end. */
START_TEST(loose_form)
{
    static const char loose[] =
        "# a comment\n\n   clact   1 # and another\r\n"
        "clip\tmain frames=4 windows=slide pad=loop stride=1 space=crop:8x8\r\n"
        "  %x = input u8[N,3,4,8,8]\n"
        "%n = normalize %x std=1,1,1 mean=0 scale=1.0\n"
        "%w = weight f32[2,3,1,1,1] name=\n"
        "%c = conv3d %n %w stride=1,1,1 pad=0,0,0 groups=1 act=none dilation=2,2,2"
        " : f32[N,2,4,8,8]\n"
        "%g = global_average %c\n%m = mean_windows %g\noutput %m # no newline";
    static const char tight[] =
        "clact 1\n"
        "clip main frames=4 space=crop:8\n"
        "%x = input u8[N,3,4,8,8]\n"
        "%n = normalize %x : f32[N,3,4,8,8]\n"
        "%w = weight f32[2,3,1,1,1]\n"
        "%c = conv3d %n %w dilation=2 : f32[N,2,4,8,8]\n"
        "%g = global_average %c : f32[N,2]\n"
        "%m = mean_windows %g : f32[1,2]\n"
        "output %m\n";
    struct error err = {0};
    for (int i = 0; i < 2; i++) {
        struct graph *g = parse(i ? tight : loose, &err);
        ck_assert_msg(g != NULL, "%s", err.text);
        char *s = print(g);
        ck_assert_str_eq(s, tight);
        free(s);
        graph_free(&g);
    }
}
END_TEST

START_TEST(parts_and_clips)
{
    struct error err = {0};
    struct graph *g = parse(two_paths, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    ck_assert_int_eq(g->nodes[graph_find(g, "motion.conv1")].clip, 0);
    ck_assert_int_eq(g->nodes[graph_find(g, "appearance.conv1")].clip, 1);
    ck_assert_int_eq(g->nodes[graph_find(g, "fc.weight")].part, PART_WEIGHT);
    ck_assert_int_eq(g->nodes[graph_find(g, "motion.mean")].part, PART_VIDEO);
    ck_assert_int_eq(g->nodes[graph_find(g, "appearance.probs")].part, PART_VIDEO);
    ck_assert_int_eq(g->nodes[graph_find(g, "probs")].clip, -1);
    ck_assert_int_eq(graph_clip(g, "appearance"), 1);
    ck_assert_int_eq(graph_clip(g, "none"), -1);
    graph_free(&g);
}
END_TEST

/* ---- refusals ---- */

/* Appended to "clact 1\n" where the text does not begin with '!', then with "\noutput %x\n" where
 * it does not end in '!'. `want` is what stands after "f.graph". */
#define X "%x = input f32[N,4,2,8,8]\n"
#define W "%w = weight f32[2,4,3,3,3]\n"
static const struct {
    const char *text, *at, *word;
} refused[] = {
    /* the header */
    {"!", ": ", "it is empty"},
    {"!# only a comment\n\n", ": ", "it is empty"},
    {"!model x\n", ":1:1: ", "the first line must be 'clact 1'"},
    {"!%x = input f32[N,4]\n", ":1:1: ", "the first line must be 'clact 1'"},
    {"!clact\n", ":1:1: ", "the first line must be 'clact 1'"},
    {"!clact 2\n", ":1:7: ", "version 2, this program reads version 1"},
    {"!clact 1.0\n", ":1:7: ", "version 1.0"},
    {"!clact 1 1\n", ":1:1: ", "the first line must be 'clact 1'"},
    {X "!", ": ", "no 'output %name' line"},
    {"model a\nmodel b", ":3:1: ", "'model' is given twice"},
    {"model a b", ":2:1: ", "'model' wants one word"},
    {"weights", ":2:1: ", "'weights' wants one word"},
    {"weights ../w.safetensors", ":2:9: ", "not a plain file name"},
    {"weights /w.safetensors", ":2:9: ", "not a plain file name"},
    {"weights d/w.safetensors", ":2:9: ", "not a plain file name"},
    {"labels ..", ":2:8: ", "not a plain file name"},
    {"labels ../l.txt", ":2:8: ", "not a plain file name"},
    {X "weights w.safetensors", ":3:1: ", "'weights' belongs above the nodes"},
    {X "model late", ":3:1: ", "'model' belongs above the nodes"},
    {"clact 1", ":2:1: ", "'clact' is not a statement"},
    {"colour blue", ":2:1: ", "'colour' is not a statement"},
    {"  output x", ":2:10: ", "'output %name' expected"},
    {"output", ":2:1: ", "'output %name' expected"},
    {"output %none", ":2:8: ", "%none is not defined above"},
    {"model a\x01", ":2:8: ", "control character 0x01"},
    {"model a\x1b[31m", ":2:8: ", "control character 0x1b"},
    {"model \x7f", ":2:7: ", "control character 0x7f"},
    /* clips */
    {"clip", ":2:1: ", "'clip NAME key=value ...' expected"},
    {"clip a%b frames=1", ":2:1: ", "'clip NAME key=value ...' expected"},
    {"clip a", ":2:1: ", "frames=N is missing"},
    {"clip a frames=1\nclip a frames=1", ":3:6: ", "clip 'a' is defined twice"},
    {"clip a frames=1 colour=red", ":2:17: ", "colour: no such key of a clip"},
    {"clip a frames=1 frames=2", ":2:17: ", "key 'frames' is given twice"},
    {"clip a frames=1 stride", ":2:17: ", "'stride' is not key=value"},
    {"clip a frames=0", ":2:8: ", "an integer from 1 to 4096"},
    {"clip a frames=4097", ":2:8: ", "an integer from 1 to 4096"},
    {"clip a frames=1 windows=often", ":2:17: ", "allowed are slide, slide:STEP"},
    {"clip a frames=1 windows=tsn_caffe:1", ":2:17: ", "from 2 to 1000"},
    {"clip a frames=1 pad=mirror", ":2:17: ", "allowed are loop, last"},
    {"clip a frames=1 fps=0", ":2:17: ", "native or a number above 0"},
    {"clip a frames=1 space=short:112", ":2:1: ", "must end in size:WxH or crop:N"},
    {"clip a frames=1 space=crop:0", ":2:17: ", "step 1"},
    /* names and statements */
    {"%x", ":2:1: ", "'%name = operator ...' expected"},
    {"%x =", ":2:4: ", "'%name = operator ...' expected"},
    {"%x input f32[N,4]", ":2:4: ", "'%name = operator ...' expected"},
    {"% = input f32[N,4]", ":2:1: ", "'' is not a name"},
    {"%a:b = input f32[N,4]", ":2:1: ", "'a:b' is not a name"},
    {X X, ":3:1: ", "%x is defined twice, first in line 2"},
    {X "%y = convolve %x", ":3:6: ", "unknown operator 'convolve'"},
    {X "%y = relu %z", ":3:11: ", "%z is not defined above"},
    {X "%y = relu %y", ":3:11: ", "%y is not defined above"},
    {X "%y = relu %z\n%z = relu %x", ":3:11: ", "%z is not defined above"},
    {X "%y = relu", ":3:6: ", "relu wants 1 input (x), 0 given"},
    {X "%y = relu %x %x", ":3:6: ", "relu wants 1 input (x), 2 given"},
    {X W "%y = conv3d %x", ":4:6: ", "conv3d wants 2 inputs (x w bias? add? packed?), 1 given"},
    {X "%y = average", ":3:6: ", "average wants at least 1 input (x...), 0 given"},
    {"%x = input f32[N,4] %x", ":2:6: ", "input wants 0 inputs (none), 1 given"},
    {X W "%y = conv3d %x %w bias=%none", ":4:24: ", "%none is not defined above"},
    {X W "%y = conv3d %x %w add=%x add=%x", ":4:26: ", "input 'add' is given twice"},
    {X W "%y = conv3d %x %w residual=%x", ":4:19: ", "no optional input 'residual'"},
    {X W "%y = conv3d %x w=%w", ":4:6: ", "conv3d wants 2 inputs"},
    {X "%y = average %x x=%x", ":3:17: ", "average has no optional input 'x'"},
    {X "%y = relu %x : f32[N,4,2,8,8] more", ":3:14: ", "':' is not understood here"},
    {X "%y = relu %x more", ":3:14: ", "'more' is not understood here"},
    /* attributes */
    {X W "%y = conv3d %x %w colour=3", ":4:19: ",
     "conv3d has no attribute 'colour'; it has: stride"},
    {X "%y = relu %x slope=1", ":3:14: ", "relu has no attribute 'slope'"},
    {X W "%y = conv3d %x %w pad=1 pad=1", ":4:25: ", "attribute 'pad' is given twice"},
    {X W "%y = conv3d %x %w pad=one", ":4:19: ", "pad=one: 'one' is not a whole number"},
    {X W "%y = conv3d %x %w pad=1.5", ":4:19: ", "'1.5' is not a whole number"},
    {X W "%y = conv3d %x %w pad=", ":4:19: ", "'' is not a whole number"},
    {X W "%y = conv3d %x %w pad=1,2", ":4:19: ", "one number or three, not two"},
    {X W "%y = conv3d %x %w pad=1,2,3,4", ":4:19: ", "at most 3 numbers"},
    {X W "%y = conv3d %x %w pad=-1", ":4:19: ", "-1 is outside 0 to 65535"},
    {X W "%y = conv3d %x %w pad=99999999999999999999", ":4:19: ", "is not a whole number"},
    {X W "%y = conv3d %x %w stride=0", ":4:19: ", "0 is outside 1 to 65535"},
    {X W "%y = conv3d %x %w dilation=1,0,1", ":4:19: ", "0 is outside 1 to 65535"},
    {X W "%y = conv3d %x %w groups=0", ":4:19: ", "0 is outside 1 to"},
    {X W "%y = conv3d %x %w groups=1,1,1", ":4:19: ", "at most 1 number"},
    {X W "%y = conv3d %x %w act=gelu", ":4:19: ", "act=gelu: allowed are none|relu"},
    {X "%y = maxpool3d %x", ":3:6: ", "maxpool3d wants attribute 'kernel'"},
    {X "%y = maxpool3d %x kernel=0", ":3:19: ", "0 is outside 1 to 65535"},
    {X "%y = normalize %x scale=0x10", ":3:19: ", "'0x10' is not a number"},
    {X "%y = normalize %x scale=nan", ":3:19: ", "'nan' is not a number"},
    {X "%y = normalize %x scale=1e999", ":3:19: ", "'1e999' is not a number"},
    /* types */
    {"%x = input", ":2:6: ", "input wants a type"},
    {"%x = input i32[N,4]", ":2:12: ", "'i32[N,4]' is not a type"},
    {"%x = input f32[N,4", ":2:19: ", "']' expected"},
    {"%x = input f32[N,4]]", ":2:19: ", "']' expected"},
    {"%x = input f32[4,N]", ":2:18: ", "'N' is not a dimension"},
    {"%x = input f32[N,]", ":2:18: ", "'' is not a dimension"},
    {"%x = input f32[N,0]", ":2:18: ", "dimension 0 is outside 1 to 2147483647"},
    {"%x = input f32[N,-1]", ":2:18: ", "dimension -1 is outside"},
    {"%x = input f32[N,2147483648]", ":2:18: ", "dimension 2147483648 is outside"},
    {"%x = input f32[N,99999999999999999999]", ":2:18: ", "dimension out of range"},
    {"%x = input f32[N,2147483647,1024]", ":2:12: ", "more than 2^40 elements"},
    {"%x = input f32[1,1,1,1,1,1,1]", ":2:28: ", "more than 6 dimensions"},
    {"%x = input u8[N,3,2,8]", ":2:6: ", "input %x: rank 4, wanted N,C,T,H,W or N,C"},
    {"%x = input u8[N,4,2,8,8]", ":2:6: ", "u8 inputs are frames, u8[N,3,T,H,W]"},
    {"%x = input f32[7,4]", ":2:6: ", "input %x: is f32[7,4]: its first axis must be N"},
    {"%x = input u8[2,3,2,8,8]", ":2:6: ", "its first axis must be N"},
    {"%x = input f32[N,4] clip=none", ":2:6: ", "clip 'none' is not defined"},
    {"%x = weight u8[4]", ":2:6: ", "weights are f32"},
    {"%x = weight f32[N,4]", ":2:6: ", "a weight has no window axis N"},
    {X W "%y = conv3d %x %w pad=1 : f32[N,2,2,8,9]", ":4:6: ",
     "its result is f32[N,2,2,8,8], the file says f32[N,2,2,8,9]"},
    {X "%y = relu %x : u8[N,3,2,8,8]", ":3:6: ", "the file says u8[N,3,2,8,8]"},
    /* shapes */
    {X "%w = weight f32[2,5,1,1,1]\n%y = conv3d %x %w", ":4:6: ",
     "conv3d %y: input has 4 channels, weight wants 5"},
    {X "%w = weight f32[2,4]\n%y = conv3d %x %w", ":4:6: ", "weight is f32[2,4], wanted"},
    {X "%w = weight f32[3,2,1,1,1]\n%y = conv3d %x %w groups=2", ":4:6: ",
     "3 output channels cannot form 2 groups"},
    {X W "%y = conv3d %x %w", ":4:6: ",
     "axis T has 2 inputs and padding 0, too few for a window of 3"},
    {X W "%y = conv3d %x %w pad=1 dilation=9", ":4:6: ", "too few for a window of 19"},
    {X W "%b = weight f32[3]\n%y = conv3d %x %w pad=1 bias=%b", ":5:6: ",
     "bias is f32[3], wanted f32[2]"},
    {X W "%y = conv3d %x %w pad=1 add=%x", ":4:6: ",
     "add is f32[N,4,2,8,8], the result is f32[N,2,2,8,8]"},
    {X "%z = input f32[N,4,2,8,7]\n%y = add %x %z", ":4:6: ",
     "f32[N,4,2,8,8] and f32[N,4,2,8,7]"},
    {X "%y = maxpool3d %x kernel=9", ":3:6: ", "axis T has 2 inputs"},
    {X "%w = weight f32[2,4,1,65535,1]\n%y = conv3d %x %w mode=same dilation=65535", ":4:6: ",
     "axis H: a window of 4294770691 is wider than"},
    {"%x = weight f32[9,4]\n%v = input f32[N,4]\n%y = batchnorm %x %v %v %v %v", ":4:6: ",
     "input has 4 channels, gamma is f32[N,4]"},
    {X "%w = weight f32[2,9]\n%g = global_average %x\n%y = linear %g %w", ":5:6: ",
     "input has 4 channels, weight wants 9"},
    {"%x = weight f32[4,2,8]\n%w = weight f32[2,4]\n%y = linear %x %w", ":4:6: ",
     "linear %y: x is f32[4,2,8]"},
    {X "%y = residual %x step=2", ":3:6: ", "input has 2 frames, step=2 wants 3"},
    {X "%y = residual %x mode=roll_half step=2", ":3:6: ", "the roll modes know only step=1"},
    /* clips and parts */
    {"clip a frames=1\nclip b frames=1\n%x = input f32[N,4] clip=a\n%z = input f32[N,4] clip=b\n"
     "%y = add %x %z", ":6:6: ", "mixes windows of clip 'a' with windows of clip 'b'"},
    {"%x = input f32[N,4]\n%m = mean_windows %x\n%y = add %x %m", ":4:6: ",
     "mixes windows (%x) with a value of the whole video"},
    {"%x = input f32[N,4]\n%m = mean_windows %x\n%y = mean_windows %m", ":4:6: ",
     "its input has no windows"},
    {"%x = weight f32[1,4]\n%y = mean_windows %x", ":3:6: ", "its input has no windows"},
};

static void make_text(const char *text, struct text *t)
{
    size_t n = strlen(text);
    bool open = n > 1 && text[n - 1] == '!';
    if (*text == '!' && n >= 1) {
        text_append(t, text + 1, n - 1);
        return;
    }
    text_printf(t, "clact 1\n%.*s\n", (int)(n - open), text);
    if (!open)
        text_printf(t, "output %%x\n");
}

START_TEST(refusal)
{
    struct text t = {0};
    struct error err = {0};
    char want[64];
    text_append(&t, "", 0);
    make_text(refused[_i].text, &t);
    struct graph *g = graph_parse(t.s, t.len, "f.graph", &err);
    ck_assert_msg(g == NULL, "accepted:\n%s", t.s);
    ck_assert_msg(err.code == ERROR_MODEL, "class %d: %s", (int)err.code, err.text);
    snprintf(want, sizeof want, "f.graph%s", refused[_i].at);
    ck_assert_msg(!strncmp(err.text, want, strlen(want)) && strstr(err.text, refused[_i].word),
                  "\n%s\n  said:   %s\n  wanted: %s...%s", t.s, err.text, want, refused[_i].word);
    text_free(&t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("parse");
    TCase *c = tcase_create("parse");
    tcase_add_loop_test(c, round_trip, 0, sizeof whole / sizeof *whole);
    tcase_add_test(c, loose_form);
    tcase_add_test(c, parts_and_clips);
    tcase_add_loop_test(c, refusal, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
