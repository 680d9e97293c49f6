/* SPDX-License-Identifier: MIT */
/* All networks, by name. */
#include "models/models.h"
#include "models/family.h"

#include <string.h>

const struct family *family_find(const char *name)
{
    for (int i = 0; family_list[i]; i++)
        if (!strcmp(family_list[i]->name, name))
            return family_list[i];
    return NULL;
}

/* Index in family_list of the family that lists m. */
static int family_index(const struct model *m)
{
    for (int i = 0; family_list[i]; i++)
        for (const struct model *k = family_list[i]->models; k->name; k++)
            if (k == m)
                return i;
    return -1;
}

static const struct family *family_of(const struct model *m)
{
    return family_list[family_index(m)];
}

const struct model *model_next(const struct model *m)
{
    if (m && m[1].name)
        return m + 1;
    const struct family *next = family_list[m ? family_index(m) + 1 : 0];
    return next ? next->models : NULL;
}

const char *model_name(const struct model *m)
{
    return m->name;
}

const char *model_about(const struct model *m)
{
    return m->about;
}

/* Whether `word` is one of the words between blanks in `list`. */
static bool among(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at && *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        if (len == n && !memcmp(at, word, n))
            return true;
        at += len;
    }
    return false;
}

const struct model *model_find(const char *name)
{
    for (const struct model *m = model_next(NULL); m; m = model_next(m))
        if (!strcmp(m->name, name) || among(m->aliases, name))
            return m;
    return NULL;
}

/* Parses a model's own settings and the user's, and writes its text. */
static bool write_model(const struct model *m, const char *settings, struct options *o,
                        struct writer *w, struct error *err)
{
    /* Which model it is goes without saying, so a builder takes every key but `family`. */
    uint64_t keys = family_of(m)->keys & ~OPTION(OPT_FAMILY);
    TRY(options_parse(o, m->settings, keys, m->name, err));
    o->given = 0;
    return options_parse(o, settings, keys, m->name, err) && family_of(m)->build(o, w, err);
}

struct graph *model_build(const struct model *m, const char *settings,
                          const struct model_files *files, const char *file, struct error *err)
{
    struct options o = {0};
    struct writer w = {.weights = files ? files->weights : NULL,
                       .labels = files ? files->labels : NULL};
    bool ok = write_model(m, settings, &o, &w, err);
    struct graph *g = ok ? graph_parse(w.text.s, w.text.len, file, err) : NULL;
    text_free(&w.text);
    return g;
}

const char *model_paper(const struct model *m)
{
    return family_of(m)->paper;
}

const char *model_family(const struct model *m)
{
    return family_of(m)->name;
}

const char *model_family_about(const struct model *m)
{
    return family_of(m)->about;
}

typedef void option_reader(void *context, const struct model_option *option);

static void show_option(enum option_key key, const struct options *o, option_reader *each,
                        void *context)
{
    struct text values = {0}, value = {0};
    option_values(key, &values);
    if (o)
        options_print(o, OPTION(key), &value);
    const char *equals = value.s ? strchr(value.s, '=') : NULL;
    each(context, &(struct model_option){option_name(key), values.s, equals ? equals + 1 : "",
                                         option_about(key)});
    text_free(&values);
    text_free(&value);
}

bool model_options(const struct model *m, option_reader *each, void *context, struct error *err)
{
    struct options o = {0};
    struct writer w = {0};
    bool ok = write_model(m, NULL, &o, &w, err);
    text_free(&w.text);
    for (int k = 0; ok && k < OPT_COUNT; k++)
        if (k != OPT_FAMILY && (family_of(m)->keys & OPTION(k)))
            show_option((enum option_key)k, &o, each, context);
    return ok;
}

void model_all_options(option_reader *each, void *context)
{
    for (int k = 0; k < OPT_COUNT; k++)
        if (k != OPT_FAMILY)
            show_option((enum option_key)k, NULL, each, context);
}
