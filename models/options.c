/* SPDX-License-Identifier: MIT */
#include "models/options_table.h"
#include "graph/recipe.h"

#include <stdio.h>
#include <string.h>

const char *option_name(enum option_key key)
{
    return option_table[key].name;
}

const char *option_about(enum option_key key)
{
    return option_table[key].about;
}

void option_values(enum option_key key, struct text *out)
{
    static const char *const kinds[] = {
        [OPTION_INT] = "N",
        [OPTION_FLAG] = "0|1",
        [OPTION_SIZE] = "N",
        [OPTION_NUMBER] = "X",
        [OPTION_WIDTH] = "FACTOR or N,N,...",
        [OPTION_LIST] = "N,N,...",
        [OPTION_NAME] = "NAME",
    };
    text_printf(out, "%s",
                option_table[key].words ? option_table[key].words : kinds[option_table[key].kind]);
}

static bool refuse_key(const char *key, uint64_t allowed, const char *who, struct error *err)
{
    struct text list = {0};
    for (int k = 0; k < OPT_COUNT; k++)
        if (allowed & OPTION(k))
            text_printf(&list, "%s%s", list.len ? ", " : "", option_table[k].name);
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
            return bad_value(option_table[k].name, value, "a list of at most 8 numbers", err);
        memcpy(number, at, n);
        number[n] = 0;
        TRY(parse_int(option_table[k].name, number, option_table[k].min, option_table[k].max,
                      &list[*count], err));
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
    const char *key = option_table[k].name;
    switch (option_table[k].kind) {
    case OPTION_INT:
        return parse_int(key, value, option_table[k].min, option_table[k].max, &o->value[k], err);
    case OPTION_WORD:
        o->value[k] = find_word(option_table[k].words, value);
        return o->value[k] >= 0 || bad_value(key, value, option_table[k].words, err);
    case OPTION_FLAG:
        return parse_flag(key, value, &o->value[k], err);
    case OPTION_SIZE:
        return parse_size(o, value, err);
    case OPTION_WIDTH:
        return parse_width(o, value, err);
    case OPTION_LIST:
        return parse_list(o, k, value, err);
    case OPTION_NUMBER:
        if (text_to_double(value, &o->tau) && o->tau > 0 && o->tau <= 1e6)
            return true;
        return bad_value(key, value, "a number above 0", err);
    case OPTION_NAME:
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
        while (k < OPT_COUNT && strcmp(option_table[k].name, setting) != 0)
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
            return refuse_key(option_table[k].name, allowed, who, err);
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
    const char *w = option_table[key].words;
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
        text_printf(out, "%s%s=", blank, option_table[k].name);
        blank = " ";
        int *count, *list = list_of(&copy, k, &count);
        switch (option_table[k].kind) {
        case OPTION_INT:
        case OPTION_FLAG:
            text_printf(out, "%d", o->value[k]);
            break;
        case OPTION_WORD:
            text_printf(out, "%s", option_word(o, k, word));
            break;
        case OPTION_SIZE:
            text_printf(out, "%dx%d", o->height, o->width);
            break;
        case OPTION_NUMBER:
            text_printf(out, "%s", text_float(word, (float)o->tau));
            break;
        case OPTION_NAME:
            text_printf(out, "%s", o->family);
            break;
        case OPTION_LIST:
            print_list(list, *count, out);
            break;
        case OPTION_WIDTH:
            if (!o->channel_count)
                text_printf(out, "%s", text_float(word, (float)o->multiplier));
            print_list(list, *count, out);
        }
    }
}
