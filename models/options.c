/* SPDX-License-Identifier: MIT */
#include "models/options.h"
#include "graph/recipe.h"

#include <stdio.h>
#include <string.h>

enum kind { KIND_INT, KIND_WORD, KIND_FLAG, KIND_SIZE, KIND_WIDTH, KIND_NUMBER, KIND_NAME };

#define RESIDUAL_WORDS "none|abs|signed|half|roll_signed|roll_half"
#define NORM_WORDS                                                                                 \
    "hara_old|hara_new|torchvision|unit|imagenet|i3d|s3d|tsn_bninception|tsn_pytorch|c3d|"         \
    "pytorchvideo"

static const struct {
    const char *name;
    enum kind kind;
    int min, max;       /* of KIND_INT */
    const char *words;  /* of KIND_WORD */
} table[OPT_COUNT] = {
    [OPT_FAMILY] = {"family", KIND_NAME, 0, 0, NULL},
    [OPT_DEPTH] = {"depth", KIND_INT, 1, 1000, NULL},
    [OPT_WIDTH] = {"width", KIND_WIDTH, 0, 0, NULL},
    [OPT_CLASSES] = {"classes", KIND_INT, 1, 1000000, NULL},
    [OPT_SHORTCUT] = {"shortcut", KIND_WORD, 0, 0, "A|B"},
    [OPT_DOWN] = {"down", KIND_WORD, 0, 0, "stride|pool"},
    [OPT_ACT] = {"act", KIND_WORD, 0, 0, "relu|elu"},
    [OPT_RESIDUAL] = {"residual", KIND_WORD, 0, 0, RESIDUAL_WORDS},
    [OPT_STEP] = {"step", KIND_INT, 1, RECIPE_FRAMES_MOST / 2, NULL},
    [OPT_FEA_DIFF] = {"fea_diff", KIND_FLAG, 0, 0, NULL},
    [OPT_CARDINALITY] = {"cardinality", KIND_INT, 1, 1024, NULL},
    [OPT_FRAMES] = {"frames", KIND_INT, 1, RECIPE_FRAMES_MOST / 2, NULL},
    [OPT_SIZE] = {"size", KIND_SIZE, 0, 0, NULL},
    [OPT_POOL5] = {"pool5", KIND_WORD, 0, 0, "ceil|pad"},
    [OPT_NORM] = {"norm", KIND_WORD, 0, 0, NORM_WORDS},
    [OPT_PRESET] = {"preset", KIND_WORD, 0, 0, "table1|flops|pooled|r50"},
    [OPT_STREAM] = {"stream", KIND_WORD, 0, 0, "rgb|residual|both"},
    [OPT_ATTENTION] = {"attention", KIND_FLAG, 0, 0, NULL},
    [OPT_FEATURE_RESIDUAL] = {"feature_residual", KIND_FLAG, 0, 0, NULL},
    [OPT_MASK] = {"mask", KIND_WORD, 0, 0, "clip|frame"},
    [OPT_LAST] = {"last", KIND_WORD, 0, 0, "replicate|zero|circular"},
    [OPT_BASELINE3D] = {"baseline3d", KIND_FLAG, 0, 0, NULL},
    [OPT_BRANCHES] = {"branches", KIND_WORD, 0, 0, "all|static|motion|change"},
    [OPT_MAPS] = {"maps", KIND_WORD, 0, 0, "112|224"},
    [OPT_RADIUS] = {"radius", KIND_INT, 1, 64, NULL},
    [OPT_TAU] = {"tau", KIND_NUMBER, 0, 0, NULL},
    [OPT_WTA] = {"wta", KIND_FLAG, 0, 0, NULL},
    [OPT_MOTION_MODE] = {"motion_mode", KIND_WORD, 0, 0, "pairs|stack"},
    [OPT_CHANGE_MODE] = {"change_mode", KIND_WORD, 0, 0, "pairs|stack"},
    [OPT_POOL] = {"pool", KIND_WORD, 0, 0, "gradual|late"},
    [OPT_FUSION] = {"fusion", KIND_WORD, 0, 0, "scores|probs"},
    [OPT_SEGMENTS] = {"segments", KIND_INT, 1, 1000, NULL},
};

static bool refuse_key(const char *key, uint64_t allowed, const char *who, struct error *err)
{
    struct text list = {0};
    for (int k = 0; k < OPT_COUNT; k++)
        if (allowed & OPTION(k))
            text_printf(&list, "%s%s", list.len ? ", " : "", table[k].name);
    fail(err, ERROR_USAGE, "%s: no option '%.40s'; allowed: %s", who, key, list.s);
    text_free(&list);
    return false;
}

static bool bad_value(const char *key, const char *value, const char *wanted, struct error *err)
{
    return fail(err, ERROR_USAGE, "option %s=%.40s: wanted is %s", key, value, wanted);
}

static bool parse_int(const char *key, const char *value, int min, int max, int *out,
                      struct error *err)
{
    long long v;
    char wanted[64];
    if (text_to_int(value, &v) && v >= min && v <= max) {
        *out = (int)v;
        return true;
    }
    snprintf(wanted, sizeof wanted, "an integer, %d to %d", min, max);
    return bad_value(key, value, wanted, err);
}

/* Position of word in "a|b|c", or -1. */
static int find_word(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (int i = 0; words; i++) {
        size_t len = strcspn(words, "|");
        if (len == n && !memcmp(words, word, n))
            return i;
        words = words[len] ? words + len + 1 : NULL;
    }
    return -1;
}

static bool parse_flag(const char *key, const char *value, int *out, struct error *err)
{
    int i = find_word("0|1|false|true|no|yes|off|on", value);
    if (i < 0)
        return bad_value(key, value, "0 or 1", err);
    *out = i & 1;
    return true;
}

/* "112", or height x width: "48x37". */
static bool parse_size(struct options *o, const char *value, struct error *err)
{
    char first[16];
    size_t n = strcspn(value, "x");
    if (n >= sizeof first)
        return bad_value("size", value, "a number or HEIGHTxWIDTH", err);
    memcpy(first, value, n);
    first[n] = 0;
    TRY(parse_int("size", first, 1, RECIPE_SIZE_MOST, &o->height, err));
    o->width = o->height;
    return !value[n] || parse_int("size", value + n + 1, 1, RECIPE_SIZE_MOST, &o->width, err);
}

/* "0.5", or the channels of each stage: "64,128,256,512". */
static bool parse_width(struct options *o, const char *value, struct error *err)
{
    o->channel_count = 0;
    if (!strchr(value, ',')) {
        if (text_to_double(value, &o->multiplier) && o->multiplier > 0 && o->multiplier <= 64)
            return true;
        return bad_value("width", value, "a factor above 0, up to 64, or a list of channels", err);
    }
    for (const char *at = value; at;) {
        char number[16];
        size_t n = strcspn(at, ",");
        if (n >= sizeof number || o->channel_count == OPTION_LIST_MOST)
            return bad_value("width", value, "a list of at most 8 numbers of channels", err);
        memcpy(number, at, n);
        number[n] = 0;
        TRY(parse_int("width", number, 1, 65536, &o->channels[o->channel_count++], err));
        at = at[n] ? at + n + 1 : NULL;
    }
    return true;
}

static bool parse_value(struct options *o, int k, const char *value, struct error *err)
{
    const char *key = table[k].name;
    switch (table[k].kind) {
    case KIND_INT:
        return parse_int(key, value, table[k].min, table[k].max, &o->value[k], err);
    case KIND_WORD:
        o->value[k] = find_word(table[k].words, value);
        return o->value[k] >= 0 || bad_value(key, value, table[k].words, err);
    case KIND_FLAG:
        return parse_flag(key, value, &o->value[k], err);
    case KIND_SIZE:
        return parse_size(o, value, err);
    case KIND_WIDTH:
        return parse_width(o, value, err);
    case KIND_NUMBER:
        if (text_to_double(value, &o->tau) && o->tau > 0 && o->tau <= 1e6)
            return true;
        return bad_value(key, value, "a number above 0", err);
    case KIND_NAME:
        break;
    }
    if (!*value || strlen(value) >= sizeof o->family)
        return bad_value(key, value, "the name of a family", err);
    snprintf(o->family, sizeof o->family, "%s", value);
    return true;
}

/* Length of "key=value" at text, with the list items behind it that have no '=' of their own. */
static size_t setting_length(const char *text)
{
    size_t n = strcspn(text, ",");
    while (text[n]) {
        size_t more = strcspn(text + n + 1, ",=");
        if (text[n + 1 + more] == '=')
            break;
        n += 1 + more;
    }
    return n;
}

bool options_parse(struct options *o, const char *text, uint64_t allowed, const char *who,
                   struct error *err)
{
    while (text && *text) {
        char setting[160];
        size_t n = setting_length(text);
        if (n >= sizeof setting)
            return fail(err, ERROR_USAGE, "%s: option '%.40s...' is too long", who, text);
        memcpy(setting, text, n);
        setting[n] = 0;
        char *value = strchr(setting, '=');
        if (!value)
            return fail(err, ERROR_USAGE, "%s: option '%.40s' is not key=value", who, setting);
        *value++ = 0;
        int k = 0;
        while (k < OPT_COUNT && strcmp(table[k].name, setting) != 0)
            k++;
        if (k == OPT_COUNT || !(allowed & OPTION(k)))
            return refuse_key(setting, allowed, who, err);
        TRY(parse_value(o, k, value, err));
        o->set |= OPTION(k);
        o->given |= OPTION(k);
        text += n + (text[n] == ',');
    }
    return true;
}

bool options_allow(const struct options *o, uint64_t allowed, const char *who, struct error *err)
{
    for (int k = 0; k < OPT_COUNT; k++)
        if (o->given & ~allowed & OPTION(k))
            return refuse_key(table[k].name, allowed, who, err);
    return true;
}

void option_default(struct options *o, enum option_key key, int value)
{
    if (o->set & OPTION(key))
        return;
    o->set |= OPTION(key);
    o->value[key] = value;
}

void option_default_size(struct options *o, int height, int width)
{
    if (o->set & OPTION(OPT_SIZE))
        return;
    o->set |= OPTION(OPT_SIZE);
    o->height = height;
    o->width = width;
}

void option_default_channels(struct options *o, const int *channels, int count)
{
    if (o->set & OPTION(OPT_WIDTH))
        return;
    o->set |= OPTION(OPT_WIDTH);
    o->channel_count = count;
    memcpy(o->channels, channels, (size_t)count * sizeof *channels);
}

const char *option_word(const struct options *o, enum option_key key, char buf[24])
{
    const char *w = table[key].words;
    for (int i = 0; i < o->value[key]; i++)
        w += strcspn(w, "|") + 1;
    snprintf(buf, 24, "%.*s", (int)strcspn(w, "|"), w);
    return buf;
}

bool option_channels(const struct options *o, const int *base, int n, int *channels,
                     struct error *err)
{
    if (o->channel_count && o->channel_count != n)
        return fail(err, ERROR_USAGE, "option width: %d numbers, the network has %d stages",
                    o->channel_count, n);
    for (int i = 0; i < n; i++) {
        int scaled = (int)(base[i] * (o->set & OPTION(OPT_WIDTH) ? o->multiplier : 1) + 0.5);
        channels[i] = o->channel_count ? o->channels[i] : scaled > 1 ? scaled : 1;
    }
    return true;
}

void options_print(const struct options *o, uint64_t which, struct text *out)
{
    char word[32];
    const char *blank = "";
    for (int k = 0; k < OPT_COUNT; k++) {
        if (!(o->set & which & OPTION(k)))
            continue;
        text_printf(out, "%s%s=", blank, table[k].name);
        blank = " ";
        switch (table[k].kind) {
        case KIND_INT:
        case KIND_FLAG: text_printf(out, "%d", o->value[k]); break;
        case KIND_WORD: text_printf(out, "%s", option_word(o, k, word)); break;
        case KIND_SIZE: text_printf(out, "%dx%d", o->height, o->width); break;
        case KIND_NUMBER: text_printf(out, "%s", text_float(word, (float)o->tau)); break;
        case KIND_NAME: text_printf(out, "%s", o->family); break;
        case KIND_WIDTH:
            if (!o->channel_count)
                text_printf(out, "%s", text_float(word, (float)o->multiplier));
            for (int i = 0; i < o->channel_count; i++)
                text_printf(out, "%s%d", i ? "," : "", o->channels[i]);
        }
    }
}
