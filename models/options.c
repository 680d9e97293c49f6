/* SPDX-License-Identifier: MIT */
#include "models/options.h"
#include "graph/recipe.h"

#include <stdio.h>
#include <string.h>

enum kind {
    KIND_INT, KIND_WORD, KIND_FLAG, KIND_SIZE, KIND_WIDTH, KIND_LIST, KIND_NUMBER, KIND_NAME
};

#define RESIDUAL_WORDS "none|abs|signed|half|roll_signed|roll_half"
#define NORM_WORDS                                                                                 \
    "hara_old|hara_new|torchvision|unit|imagenet|i3d|s3d|tsn_bninception|tsn_pytorch|c3d|"         \
    "pytorchvideo"
#define PROTOCOL_WORDS                                                                             \
    "hara|torchvision|tao|imagenet|chen|tsn|c3d|i3d|s3d|pytorchvideo"
#define BRANCH_WORDS                                                                               \
    "static|motion|static+motion|change|static+change|motion+change|all"
#define FRAMES_MOST (RECIPE_FRAMES_MOST / 2)
#define CHANNELS_MOST 65536

static const struct {
    const char *name;
    enum kind kind;
    int min, max;       /* of KIND_INT and of the items of KIND_LIST */
    const char *words;  /* of KIND_WORD */
    const char *about;
} table[OPT_COUNT] = {
    [OPT_FAMILY] = {"family", KIND_NAME, 0, 0, NULL, "read a checkpoint as one of this family"},
    [OPT_DEPTH] = {"depth", KIND_INT, 1, 1000, NULL, "of the published depths"},
    [OPT_BLOCKS] = {"blocks", KIND_LIST, 1, 100, NULL, "blocks of each stage, in place of depth"},
    [OPT_WIDTH] = {"width", KIND_WIDTH, 1, CHANNELS_MOST, NULL,
                   "factor of all channels, or the channels of each stage"},
    [OPT_STEM] = {"stem", KIND_INT, 1, CHANNELS_MOST, NULL, "channels of the first convolution"},
    [OPT_MIDDLE] = {"middle", KIND_LIST, 1, CHANNELS_MOST, NULL,
                    "channels inside the blocks of each stage"},
    [OPT_FC] = {"fc", KIND_INT, 1, CHANNELS_MOST, NULL, "hidden features before the last layer"},
    [OPT_CLASSES] = {"classes", KIND_INT, 1, 1000000, NULL, "number of classes"},
    [OPT_SHORTCUT] = {"shortcut", KIND_WORD, 0, 0, "A|B|identity|none",
                      "where shapes change: A zero channels, B projection"},
    [OPT_DOWN] = {"down", KIND_WORD, 0, 0, "stride|pool", "how stages halve"},
    [OPT_ACT] = {"act", KIND_WORD, 0, 0, "relu|elu", "activation"},
    [OPT_RESIDUAL] = {"residual", KIND_WORD, 0, 0, RESIDUAL_WORDS,
                      "the network sees differences of frames"},
    [OPT_STEP] = {"step", KIND_INT, 1, FRAMES_MOST, NULL, "distance of the frames subtracted"},
    [OPT_FEA_DIFF] = {"fea_diff", KIND_FLAG, 0, 0, NULL,
                      "differences after the first convolution instead"},
    [OPT_CARDINALITY] = {"cardinality", KIND_INT, 1, 1024, NULL, "groups of the convolutions"},
    [OPT_FRAMES] = {"frames", KIND_INT, 1, FRAMES_MOST, NULL, "that the network sees"},
    [OPT_SIZE] = {"size", KIND_SIZE, 0, 0, NULL, "of the crop: N or HEIGHTxWIDTH"},
    [OPT_NORM] = {"norm", KIND_WORD, 0, 0, NORM_WORDS, "what is subtracted and divided by"},
    [OPT_PROTOCOL] = {"protocol", KIND_WORD, 0, 0, PROTOCOL_WORDS,
                      "which clips are taken, how they are resized and cropped"},
    [OPT_RATE] = {"rate", KIND_INT, 1, 1024, NULL,
                  "a window's frames are spread over frames x rate"},
    [OPT_BN] = {"bn", KIND_FLAG, 0, 0, NULL, "batch norm after every layer"},
    [OPT_POOL5] = {"pool5", KIND_WORD, 0, 0, "ceil|pad", "last pooling: Caffe's, or padded"},
    [OPT_HEAD] = {"head", KIND_WORD, 0, 0, "global|window",
                  "mean over everything, or over the published window, then over places"},
    [OPT_HEAD_WINDOW] = {"head_window", KIND_LIST, 1, RECIPE_SIZE_MOST, NULL,
                         "T,H,W of the window that head=window means"},
    [OPT_GATING] = {"gating", KIND_FLAG, 0, 0, NULL, "S3D-G's feature gating"},
    [OPT_MOTION] = {"motion", KIND_WORD, 0, 0, "resnet|r2plus1d|i3d|s3d", "the motion path"},
    [OPT_APPEARANCE] = {"appearance", KIND_WORD, 0, 0, "resnet18|resnet34|resnet50|resnext101",
                        "the appearance path"},
    [OPT_ALPHA] = {"alpha", KIND_INT, 1, 64, NULL, "frames of the fast pathway per slow one"},
    [OPT_BETA] = {"beta", KIND_INT, 1, 64, NULL, "channels of the slow pathway per fast one"},
    [OPT_FUSION_KERNEL] = {"fusion_kernel", KIND_INT, 1, 63, NULL,
                           "frames that the lateral convolutions see"},
    [OPT_PRESET] = {"preset", KIND_WORD, 0, 0, "table1|flops|pooled|r50",
                    "reading of the paper: as printed; to its FLOPs; with a pool; as ResNet-50"},
    [OPT_STREAM] = {"stream", KIND_WORD, 0, 0, "rgb|residual|both", "what the stems see"},
    [OPT_ATTENTION] = {"attention", KIND_FLAG, 0, 0, NULL, "channel self-attention"},
    [OPT_FEATURE_RESIDUAL] = {"feature_residual", KIND_FLAG, 0, 0, NULL, "|f(t+1) - f(t)|"},
    [OPT_MASK] = {"mask", KIND_WORD, 0, 0, "clip|frame", "attention of the clip or of each frame"},
    [OPT_LAST] = {"last", KIND_WORD, 0, 0, "replicate|zero|circular",
                  "what follows the last frame in f(t+1) - f(t)"},
    [OPT_BASELINE3D] = {"baseline3d", KIND_FLAG, 0, 0, NULL, "3x3x3 in place of the module"},
    [OPT_EXPANSION] = {"expansion", KIND_INT, 1, 16, NULL, "a block's outputs per inner channel"},
    [OPT_DEPTHWISE] = {"depthwise", KIND_FLAG, 0, 0, NULL, "1x3x3 and 3x1x1 one by one channel"},
    [OPT_STEM_POOL] = {"stem_pool", KIND_FLAG, 0, 0, NULL, "max pool after the stems"},
    [OPT_BRANCHES] = {"branches", KIND_WORD, 0, 0, BRANCH_WORDS, "what is computed and fused"},
    [OPT_MAPS] = {"maps", KIND_WORD, 0, 0, "112|224",
                  "displacement maps of half or of full size (of a 224 input)"},
    [OPT_LOW] = {"low", KIND_INT, 1, CHANNELS_MOST, NULL, "channels of the shared features"},
    [OPT_RADIUS] = {"radius", KIND_INT, 1, 64, NULL, "of the cost volume's window"},
    [OPT_TAU] = {"tau", KIND_NUMBER, 0, 0, NULL, "temperature of the soft assignment"},
    [OPT_WTA] = {"wta", KIND_FLAG, 0, 0, NULL, "winner takes all in its place"},
    [OPT_BORDER] = {"border", KIND_WORD, 0, 0, "zero|mask", "matches outside: 0, or left out"},
    [OPT_MOTION_MODE] = {"motion_mode", KIND_WORD, 0, 0, "pairs|stack",
                         "maps one by one, or stacked as channels"},
    [OPT_CHANGE_MODE] = {"change_mode", KIND_WORD, 0, 0, "pairs|stack", "likewise, differences"},
    [OPT_CHANGE_INPUT] = {"change_input", KIND_WORD, 0, 0, "feature|rgb", "what is warped"},
    [OPT_SIGN] = {"sign", KIND_WORD, 0, 0, "minus|plus", "of the displacement when warping"},
    [OPT_OUTSIDE] = {"outside", KIND_WORD, 0, 0, "taps|hard",
                     "warping from outside: each tap is 0, or the whole value"},
    [OPT_POOL] = {"pool", KIND_WORD, 0, 0, "gradual|late", "over time, of the static branch"},
    [OPT_PAIR_POOL] = {"pair_pool", KIND_WORD, 0, 0, "late|gradual", "over pairs of frames"},
    [OPT_FUSION] = {"fusion", KIND_WORD, 0, 0, "scores|probs", "of the branches"},
    [OPT_SEGMENTS] = {"segments", KIND_INT, 1, 1000, NULL, "windows of a video"},
};

const char *option_name(enum option_key key)
{
    return table[key].name;
}

const char *option_about(enum option_key key)
{
    return table[key].about;
}

void option_values(enum option_key key, struct text *out)
{
    static const char *const kinds[] = {
        [KIND_INT] = "N", [KIND_FLAG] = "0|1", [KIND_SIZE] = "N", [KIND_NUMBER] = "X",
        [KIND_WIDTH] = "FACTOR or N,N,...", [KIND_LIST] = "N,N,...", [KIND_NAME] = "NAME",
    };
    text_printf(out, "%s", table[key].words ? table[key].words : kinds[table[key].kind]);
}

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

/* Where the list of a key stands. */
static int *list_of(struct options *o, int k, int **count)
{
    struct {
        int *list, *count;
    } at = {o->channels, &o->channel_count};
    if (k == OPT_BLOCKS)
        at.list = o->blocks, at.count = &o->block_count;
    else if (k == OPT_MIDDLE)
        at.list = o->middle, at.count = &o->middle_count;
    else if (k == OPT_HEAD_WINDOW)
        at.list = o->head, at.count = &o->head_count;
    *count = at.count;
    return at.list;
}

static bool parse_list(struct options *o, int k, const char *value, struct error *err)
{
    int *count, *list = list_of(o, k, &count);
    *count = 0;
    for (const char *at = value; at;) {
        char number[16];
        size_t n = strcspn(at, ",");
        if (n >= sizeof number || *count == OPTION_LIST_MOST)
            return bad_value(table[k].name, value, "a list of at most 8 numbers", err);
        memcpy(number, at, n);
        number[n] = 0;
        TRY(parse_int(table[k].name, number, table[k].min, table[k].max, &list[*count], err));
        ++*count;
        at = at[n] ? at + n + 1 : NULL;
    }
    return true;
}

/* "0.5", or the channels of each stage: "64,128,256,512". */
static bool parse_width(struct options *o, const char *value, struct error *err)
{
    if (strchr(value, ','))
        return parse_list(o, OPT_WIDTH, value, err);
    o->channel_count = 0;
    if (text_to_double(value, &o->multiplier) && o->multiplier > 0 && o->multiplier <= 64)
        return true;
    return bad_value("width", value, "a factor above 0, up to 64, or a list of channels", err);
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
    case KIND_LIST:
        return parse_list(o, k, value, err);
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

void option_default_list(struct options *o, enum option_key key, const int *list, int count)
{
    int *n, *to = list_of(o, key, &n);
    if (o->set & OPTION(key))
        return;
    o->set |= OPTION(key);
    *n = count;
    memcpy(to, list, (size_t)count * sizeof *list);
}

void option_default_factor(struct options *o, double multiplier)
{
    if (o->set & OPTION(OPT_WIDTH))
        return;
    o->set |= OPTION(OPT_WIDTH);
    o->channel_count = 0;
    o->multiplier = multiplier;
}

void option_default_tau(struct options *o, double tau)
{
    if (o->set & OPTION(OPT_TAU))
        return;
    o->set |= OPTION(OPT_TAU);
    o->tau = tau;
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
    for (int i = 0; i < n; i++)
        channels[i] = o->channel_count ? o->channels[i] : option_scale(o, base[i]);
    return true;
}

int option_scale(const struct options *o, int channels)
{
    bool scaled = (o->set & OPTION(OPT_WIDTH)) && !o->channel_count;
    int c = scaled ? (int)(channels * o->multiplier + 0.5) : channels;
    return c > 1 ? c : 1;
}

/* "64,128,256,512" */
static void print_list(const int *list, int count, struct text *out)
{
    for (int i = 0; i < count; i++)
        text_printf(out, "%s%d", i ? "," : "", list[i]);
}

void options_print(const struct options *o, uint64_t which, struct text *out)
{
    struct options copy = *o; /* list_of() gives what may be written */
    char word[32];
    const char *blank = "";
    for (int k = 0; k < OPT_COUNT; k++) {
        if (!(o->set & which & OPTION(k)))
            continue;
        text_printf(out, "%s%s=", blank, table[k].name);
        blank = " ";
        int *count, *list = list_of(&copy, k, &count);
        switch (table[k].kind) {
        case KIND_INT:
        case KIND_FLAG: text_printf(out, "%d", o->value[k]); break;
        case KIND_WORD: text_printf(out, "%s", option_word(o, k, word)); break;
        case KIND_SIZE: text_printf(out, "%dx%d", o->height, o->width); break;
        case KIND_NUMBER: text_printf(out, "%s", text_float(word, (float)o->tau)); break;
        case KIND_NAME: text_printf(out, "%s", o->family); break;
        case KIND_LIST:
            print_list(list, *count, out);
            break;
        case KIND_WIDTH:
            if (!o->channel_count)
                text_printf(out, "%s", text_float(word, (float)o->multiplier));
            print_list(list, *count, out);
        }
    }
}
