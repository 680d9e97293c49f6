/* SPDX-License-Identifier: MIT */
#include "graph/recipe.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    WINDOWS_MOST = 1000,
    STEP_MOST = 1000000,
    STRIDE_MOST = 4096,
    SPAN_MOST = 1000000,
    FPS_MOST = 1000
};

/* Keys whose value is one word of a list: in the order of the enum, the default first. */
struct choice {
    const char *key;
    size_t offset;
    const char *words[5];
};

static const struct choice CHOICES[] = {
    {"pad", offsetof(struct recipe, pad), {"loop", "last"}},
    {"filter", offsetof(struct recipe, filter), {"bilinear", "pil", "cv", "triangle"}},
    {"round", offsetof(struct recipe, round), {"u8", "none"}},
    {"longside", offsetof(struct recipe, longside), {"trunc", "round"}},
    {"cropround", offsetof(struct recipe, cropround), {"even", "floor"}},
    {"crops", offsetof(struct recipe, crops), {"center", "three", "ten"}},
    {"order", offsetof(struct recipe, order), {"rgb", "bgr"}},
    {"matrix", offsetof(struct recipe, matrix), {"auto", "601", "709", "2020"}},
    {"range", offsetof(struct recipe, range), {"auto", "limited", "full"}},
    {"chroma", offsetof(struct recipe, chroma), {"left", "nearest", "center"}},
};
enum { CHOICE_COUNT = sizeof CHOICES / sizeof *CHOICES };
_Static_assert(sizeof(enum pad_rule) == sizeof(int), "choices are copied as int");

/* `least` is the smallest argument; 0 for a rule that takes none. */
static const struct {
    const char *name;
    int least, most;
    bool optional;
} RULES[] = {
    [WINDOWS_SLIDE] = {"slide", 1, STEP_MOST, true},
    [WINDOWS_EVEN] = {"even", 1, WINDOWS_MOST, false},
    [WINDOWS_UNIFORM] = {"uniform", 1, WINDOWS_MOST, false},
    [WINDOWS_TSN] = {"tsn", 1, WINDOWS_MOST, false},
    [WINDOWS_TSN_CAFFE] = {"tsn_caffe", 2, WINDOWS_MOST, false}, /* it divides by K - 1 */
    [WINDOWS_SUBSAMPLE] = {"subsample", 0, 0, false},
    [WINDOWS_CENTER] = {"center", 0, 0, false},
    [WINDOWS_ALL] = {"all", 0, 0, false},
};
enum { RULE_COUNT = sizeof RULES / sizeof *RULES };

static int choice_value(const struct recipe *r, const struct choice *c)
{
    int v;
    memcpy(&v, (const char *)r + c->offset, sizeof v);
    return v;
}

void recipe_defaults(struct recipe *r, const char *name)
{
    *r = (struct recipe){.name = name, .stride = 1};
}

static bool set_choice(struct recipe *r, const struct choice *c, const char *value,
                       struct error *err)
{
    char allowed[80] = "";
    for (int i = 0; i < 5 && c->words[i]; i++) {
        if (!strcmp(c->words[i], value)) {
            memcpy((char *)r + c->offset, &i, sizeof i);
            return true;
        }
        size_t n = strlen(allowed);
        snprintf(allowed + n, sizeof allowed - n, "%s%s", i ? ", " : "", c->words[i]);
    }
    return fail(err, ERROR_MODEL, "%s=%s: allowed are %s", c->key, value, allowed);
}

static bool set_int(int *to, const char *key, const char *value, int most, struct error *err)
{
    long long v;
    if (!text_to_int(value, &v) || v < 1 || v > most)
        return fail(err, ERROR_MODEL, "%s=%s: an integer from 1 to %d is allowed", key, value,
                    most);
    *to = (int)v;
    return true;
}

static bool set_fps(struct recipe *r, const char *value, struct error *err)
{
    double v = 0;
    if (strcmp(value, "native") && (!text_to_double(value, &v) || !(v > 0) || v > FPS_MOST))
        return fail(err, ERROR_MODEL, "fps=%s: native or a number above 0, at most %d, is allowed",
                    value, FPS_MOST);
    r->fps = v;
    return true;
}

static bool set_windows(struct recipe *r, const char *value, struct error *err)
{
    const char *colon = strchr(value, ':');
    size_t n = colon ? (size_t)(colon - value) : strlen(value);
    int rule = 0;
    while (rule < RULE_COUNT &&
           (strlen(RULES[rule].name) != n || memcmp(RULES[rule].name, value, n)))
        rule++;
    if (rule == RULE_COUNT)
        return fail(err, ERROR_MODEL,
                    "windows=%s: allowed are slide, slide:STEP, even:K, uniform:K, tsn:K, "
                    "tsn_caffe:K, subsample, center, all", value);
    long long arg = 0;
    bool numbered = RULES[rule].least > 0;
    if (!numbered && colon)
        return fail(err, ERROR_MODEL, "windows=%s: only %s, without a number, is allowed", value,
                    RULES[rule].name);
    if (numbered && !colon && !RULES[rule].optional)
        return fail(err, ERROR_MODEL, "windows=%s: %s:K with K from %d to %d is allowed", value,
                    RULES[rule].name, RULES[rule].least, RULES[rule].most);
    if (colon && (!text_to_int(colon + 1, &arg) || arg < RULES[rule].least ||
                  arg > RULES[rule].most))
        return fail(err, ERROR_MODEL,
                    "windows=%s: after %s: an integer from %d to %d is allowed", value,
                    RULES[rule].name, RULES[rule].least, RULES[rule].most);
    r->windows = (enum windows_rule)rule;
    r->windows_arg = (int)arg;
    return true;
}

/* Digits only, 1 to RECIPE_SIZE_MOST; *end is the first other character. */
static bool read_size(const char *s, int *v, const char **end)
{
    *v = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        *v = *v * 10 + (*s - '0');
        if (*v > RECIPE_SIZE_MOST)
            return false;
    }
    *end = s;
    return *v > 0;
}

/* One of short:N, size:WxH, crop:N, crop:WxH; *end is the comma or the end of the text. */
static bool read_space_step(const char *s, struct space_step *step, const char **end)
{
    if (!strncmp(s, "short:", 6))
        step->kind = SPACE_SHORT, s += 6;
    else if (!strncmp(s, "size:", 5))
        step->kind = SPACE_SIZE, s += 5;
    else if (!strncmp(s, "crop:", 5))
        step->kind = SPACE_CROP, s += 5;
    else
        return false;
    TRY(read_size(s, &step->w, end));
    step->h = step->w;
    bool pair = **end == 'x';
    if (pair)
        TRY(read_size(*end + 1, &step->h, end));
    TRY(**end == ',' || **end == 0);
    return step->kind == SPACE_CROP || pair == (step->kind == SPACE_SIZE);
}

static bool set_space(struct recipe *r, const char *value, struct error *err)
{
    struct space_step steps[SPACE_STEPS];
    int n = 0;
    for (const char *s = value;; s++) {
        if (n == SPACE_STEPS)
            return fail(err, ERROR_MODEL, "space=%s: at most %d steps are allowed", value,
                        SPACE_STEPS);
        if (!read_space_step(s, &steps[n++], &s))
            return fail(err, ERROR_MODEL,
                        "space=%s: step %d: a list of short:N, size:WxH, crop:N, crop:WxH with "
                        "sizes from 1 to %d is allowed", value, n, RECIPE_SIZE_MOST);
        if (!*s)
            break;
    }
    memcpy(r->space, steps, sizeof *steps * (size_t)n);
    r->space_count = n;
    return true;
}

bool recipe_set(struct recipe *r, const char *key, const char *value, struct error *err)
{
    if (!strcmp(key, "frames"))
        return set_int(&r->frames, key, value, RECIPE_FRAMES_MOST, err);
    if (!strcmp(key, "stride"))
        return set_int(&r->stride, key, value, STRIDE_MOST, err);
    if (!strcmp(key, "span"))
        return set_int(&r->span, key, value, SPAN_MOST, err);
    if (!strcmp(key, "fps"))
        return set_fps(r, value, err);
    if (!strcmp(key, "windows"))
        return set_windows(r, value, err);
    if (!strcmp(key, "space"))
        return set_space(r, value, err);
    for (int i = 0; i < CHOICE_COUNT; i++)
        if (!strcmp(key, CHOICES[i].key))
            return set_choice(r, &CHOICES[i], value, err);
    return fail(err, ERROR_MODEL,
                "%s: no such key of a clip; allowed are frames, stride, span, fps, windows, pad, "
                "space, filter, round, longside, cropround, crops, order, matrix, range, chroma",
                key);
}

static void print_space(const struct recipe *r, struct text *out)
{
    static const char *const names[] = {"short", "size", "crop"};
    for (int i = 0; i < r->space_count; i++) {
        const struct space_step *s = &r->space[i];
        text_printf(out, "%s%s:%d", i ? "," : " space=", names[s->kind], s->w);
        if (s->kind == SPACE_SIZE || (s->kind == SPACE_CROP && s->w != s->h))
            text_printf(out, "x%d", s->h);
    }
}

/* A decimal that reads back as the same double. */
static void print_fps(double fps, struct text *out)
{
    char buf[40];
    double back;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(buf, sizeof buf, "%.*g", digits, fps);
        char *comma = strchr(buf, ','); /* a locale's */
        if (comma)
            *comma = '.';
        if (text_to_double(buf, &back) && back == fps)
            break;
    }
    text_printf(out, " fps=%s", buf);
}

void recipe_print(const struct recipe *r, struct text *out)
{
    text_printf(out, "clip %s frames=%d", r->name, r->frames);
    if (r->stride != 1)
        text_printf(out, " stride=%d", r->stride);
    if (r->span)
        text_printf(out, " span=%d", r->span);
    if (r->fps > 0)
        print_fps(r->fps, out);
    if (r->windows_arg)
        text_printf(out, " windows=%s:%d", RULES[r->windows].name, r->windows_arg);
    else if (r->windows != WINDOWS_SLIDE)
        text_printf(out, " windows=%s", RULES[r->windows].name);
    print_space(r, out);
    for (int i = 0; i < CHOICE_COUNT; i++) {
        int v = choice_value(r, &CHOICES[i]);
        if (v)
            text_printf(out, " %s=%s", CHOICES[i].key, CHOICES[i].words[v]);
    }
}

bool recipe_check(const struct recipe *r, struct error *err)
{
    if (r->frames < 1)
        return fail(err, ERROR_MODEL, "clip %s: frames=N is missing", r->name);
    if (r->span && r->stride != 1)
        return fail(err, ERROR_MODEL, "clip %s: stride=%d and span=%d: one of them is allowed",
                    r->name, r->stride, r->span);
    if (r->windows == WINDOWS_SUBSAMPLE && (r->span || r->stride != 1))
        return fail(err, ERROR_MODEL, "clip %s: windows=subsample takes no %s", r->name,
                    r->span ? "span" : "stride");
    if (r->round == ROUND_NONE && (r->filter == FILTER_PIL || r->filter == FILTER_CV))
        return fail(err, ERROR_MODEL,
                    "clip %s: filter=pil and cv are 8-bit rules; round=none needs bilinear or "
                    "triangle", r->name);
    if (!r->space_count) /* fed with tensors only */
        return true;
    enum space_kind last = r->space[r->space_count - 1].kind;
    if (last == SPACE_SHORT)
        return fail(err, ERROR_MODEL, "clip %s: space must end in size:WxH or crop:N, not short:%d",
                    r->name, r->space[r->space_count - 1].w);
    if (r->crops != CROPS_CENTER && last != SPACE_CROP)
        return fail(err, ERROR_MODEL, "clip %s: crops=%s needs a space that ends in crop:N",
                    r->name, r->crops == CROPS_TEN ? "ten" : "three");
    return true;
}

void recipe_size(const struct recipe *r, int *w, int *h)
{
    *w = r->space_count ? r->space[r->space_count - 1].w : 0;
    *h = r->space_count ? r->space[r->space_count - 1].h : 0;
}
