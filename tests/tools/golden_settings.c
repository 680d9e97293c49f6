/* SPDX-License-Identifier: MIT */
#include "tests/tools/golden_settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static void set(struct text *t, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void set(struct text *t, const char *key, const char *fmt, ...)
{
    char value[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    text_printf(t, "%s%s=%s", t->len ? "," : "", key, value);
}

/* Arguments and the options that they are. word: the value as an option, where it has another name;
 * without words the value is copied. */
static const struct {
    const char *arch, *argument, *value, *option, *word;
} table[] = {
    {"tao.TaoResNet18", "down", NULL, "down", NULL},
    {"tao.TaoResNet18", "act", NULL, "act", NULL},
    {"tao.TaoResNet18", "fea_diff", NULL, "fea_diff", NULL},
    {"hara.", "act", NULL, "act", NULL},
    {"torchvision.", "act", NULL, "act", NULL},
    {"inception3d.", "act", NULL, "act", NULL},
    {"inception3d.", "adaptive", "true", "head", "global"},
    {"c3d.", "pool5", NULL, "pool5", NULL},
    {"chen_p3d.", "preset", NULL, "preset", NULL},
    {"chen_p3d.", "last", NULL, "last", NULL},
    {"chen_p3d.", "mask", "global", "mask", "clip"},
    {"chen_p3d.", "mask", "frame", "mask", "frame"},
    {"chen_p3d.", "step", NULL, "step", NULL},
    {"chen_p3d.", "stem_pool", NULL, "stem_pool", NULL},
    {"chen_p3d.", "sc", "identity", "shortcut", "identity"},
    {"chen_p3d.", "sc", "none", "shortcut", "none"},
    {"zhao.", "radius", NULL, "radius", NULL},
    {"zhao.", "tau", NULL, "tau", NULL},
    {"zhao.", "wta", NULL, "wta", NULL},
    {"zhao.", "stride", "1", "maps", "224"},
    {"zhao.", "stride", "2", "maps", "112"},
    {"zhao.", "motion_mode", NULL, "motion_mode", NULL},
    {"zhao.", "change_mode", NULL, "change_mode", NULL},
    {"zhao.", "change_input", NULL, "change_input", NULL},
    {"zhao.", "temporal", "gradual", "pool", "gradual"},
    {"zhao.", "temporal", "late_max", "pool", "late"},
    {"zhao.", "pair_temporal", "late_mean", "pair_pool", "late"},
    {"zhao.", "pair_temporal", "gradual", "pair_pool", "gradual"},
    {"zhao.", "fuse", "score", "fusion", "scores"},
    {"zhao.", "fuse", "prob", "fusion", "probs"},
    {"zhao.", "border", NULL, "border", NULL},
    {"zhao.", "sign", "-1", "sign", "minus"},
    {"zhao.", "sign", "1", "sign", "plus"},
    {"zhao.", "outside", NULL, "outside", NULL},
    {"ptv.", "alpha", NULL, "alpha", NULL},
    {"ptv.", "head", "null", "head", "global"},
    {"ptv.", "pools", "null", "head", "global"},
};

/* "abs", 7, 0.05, true as text; lists and objects are empty. */
static void value_text(const json_t *v, char *to, size_t size)
{
    to[0] = 0;
    if (json_is_string(v))
        snprintf(to, size, "%s", json_string_value(v));
    else if (json_is_integer(v))
        snprintf(to, size, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        snprintf(to, size, "%.9g", json_real_value(v));
    else if (json_is_boolean(v))
        snprintf(to, size, "%s", json_is_true(v) ? "true" : "false");
    else if (json_is_null(v))
        snprintf(to, size, "null");
}

static void set_arguments(const char *arch, const json_t *kwargs, struct text *t)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const json_t *v = json_object_get(kwargs, table[i].argument);
        char text[64];
        value_text(v, text, sizeof text);
        if (!v || !*text || !starts(arch, table[i].arch) ||
            (table[i].value && strcmp(table[i].value, text)))
            continue;
        set(t, table[i].option, "%s", table[i].word ? table[i].word : text);
    }
}

/* ["static", "change"] as "static+change", in the order that the option has. */
static void set_branches(const json_t *list, struct text *t)
{
    static const char *const names[] = {"static", "motion", "change"};
    char words[64] = "";
    json_t *item;
    size_t at;
    for (int i = 0; i < 3; i++)
        json_array_foreach(list, at, item) if (!strcmp(json_string_value(item), names[i]))
            snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s",
                     *words ? "+" : "", names[i]);
    if (json_array_size(list))
        set(t, "branches", "%s", json_array_size(list) == 3 ? "all" : words);
}

/* [4, 7, 7], or one such list for each pathway. */
static void set_head_window(const json_t *list, struct text *t)
{
    char numbers[96] = "";
    json_t *item, *inner;
    size_t i, k;
    json_array_foreach(list, i, item)
    {
        size_t n = strlen(numbers);
        if (json_is_integer(item))
            snprintf(numbers + n, sizeof numbers - n, "%s%lld", n ? "," : "",
                     (long long)json_integer_value(item));
        json_array_foreach(item, k, inner) snprintf(
            numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%s%lld",
            *numbers ? "," : "", (long long)json_integer_value(inner));
    }
    if (*numbers) {
        set(t, "head", "window");
        set(t, "head_window", "%s", numbers);
    }
}

/* The network's frames and size are those of the tensor that is fed. */
static void set_size(const char *arch, const json_t *kwargs, const struct safetensors *io,
                     struct text *t)
{
    const struct safetensor *x = safetensors_find(io, "input.fast");
    long long step = starts(arch, "chen_p3d.") ? json_integer_value(json_object_get(kwargs, "step"))
                                               : 0;
    if (!x)
        x = safetensors_find(io, "input");
    if (!x || x->rank < 4)
        return;
    if (starts(arch, "chen_p3d.") && !step)
        step = 1;
    if (x->rank == 5)
        set(t, "frames", "%lld", (long long)x->dim[2] - step);
    set(t, "size", "%lldx%lld", (long long)x->dim[x->rank - 2], (long long)x->dim[x->rank - 1]);
}

static void set_residual(const char *arch, const json_t *residual, struct text *t)
{
    if (json_is_object(residual)) {
        set(t, "residual", "%s", json_string_value(json_object_get(residual, "mode")));
        set(t, "step", "%d", (int)json_integer_value(json_object_get(residual, "step")));
    } else if (!strcmp(arch, "tao.TaoResNet18")) {
        set(t, "residual", "none");
    }
}

void golden_settings(const json_t *spec, const struct safetensors *io, struct text *t)
{
    const char *arch = json_string_value(json_object_get(spec, "arch"));
    const char *norm = json_string_value(json_object_get(spec, "preproc"));
    const json_t *kwargs = json_object_get(spec, "kwargs");
    if (!arch)
        return;
    if (!strcmp(arch, "tao.TaoResNet18"))
        set(t, "family", "tao");
    set_arguments(arch, kwargs, t);
    set_arguments("tao.TaoResNet18", json_object_get(kwargs, "motion"), t); /* of two paths */
    set_branches(json_object_get(kwargs, "branches"), t);
    set_head_window(json_object_get(kwargs, "head"), t);
    set_head_window(json_object_get(kwargs, "pools"), t);
    set_size(arch, kwargs, io, t);
    set_residual(arch, json_object_get(spec, "residual"), t);
    if (norm)
        set(t, "norm", "%s", norm);
}

bool golden_starts_at_frames(const struct safetensors *io)
{
    const struct safetensor *frames = safetensors_find(io, "frames");
    const struct safetensor *x = safetensors_find(io, "input");
    return frames && (!x || x->dim[0] == 1);
}
