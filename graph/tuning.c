/* SPDX-License-Identifier: MIT */
#include "graph/tuning.h"
#include "base/text.h"
#include "graph/op.h"
#include "graph/pass/algorithm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MOST = 20000, BLOCKS_MOST = 4, TILE_MOST = 64, CHUNK_MOST = 1 << 24 };

static const char *const algorithm_name[ALGORITHMS] = {"rule",     "direct",   "f2",     "f4",
                                                       "f2-fused", "f4-fused", "clblast"};

int algorithm_winograd(enum algorithm a)
{
    return a == ALGORITHM_F2 || a == ALGORITHM_F2_FUSED   ? 2
           : a == ALGORITHM_F4 || a == ALGORITHM_F4_FUSED ? 4
                                                          : 0;
}

bool algorithm_fused(enum algorithm a)
{
    return a == ALGORITHM_F2_FUSED || a == ALGORITHM_F4_FUSED;
}

const char *choice_text(const struct choice *c, char buf[96])
{
    const struct {
        const char *name;
        int value;
    } part[] = {{"blocks", c->blocks}, {"tile", c->tile}, {"chunk", c->chunk}};
    int n = snprintf(buf, 96, "%s", algorithm_name[c->algorithm]);
    for (int i = 0; i < 3; i++)
        if (part[i].value)
            n += snprintf(buf + n, 96 - (size_t)n, " %s=%d", part[i].name, part[i].value);
    return buf;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* "NAME=VALUE" with an integer of [least, most]; *is stays as it was at another name. */
static bool take_int(const char *word, const char *name, int least, int most, int *to, bool *is,
                     struct error *err)
{
    size_t n = strlen(name);
    long long v;
    if (strncmp(word, name, n) != 0 || word[n] != '=')
        return true;
    *is = true;
    if (!text_to_int(word + n + 1, &v) || v < least || v > most)
        return fail(err, ERROR_INPUT, "%.40s: must be an integer from %d to %d", word, least, most);
    *to = (int)v;
    return true;
}

static bool take_ms(const char *word, const char *name, double *to, bool *is, struct error *err)
{
    size_t n = strlen(name);
    if (strncmp(word, name, n) != 0 || word[n] != '=')
        return true;
    *is = true;
    if (!text_to_double(word + n + 1, to) || *to < 0 || *to > 1e9)
        return fail(err, ERROR_INPUT, "%.40s: must be milliseconds", word);
    return true;
}

static bool take_entry_word(struct tuned *e, const char *word, struct error *err)
{
    bool is = !strcmp(word, "partial");
    e->partial = e->partial || is;
    TRY(take_int(word, "blocks", 1, BLOCKS_MOST, &e->choice.blocks, &is, err));
    TRY(take_int(word, "tile", 1, TILE_MOST, &e->choice.tile, &is, err));
    TRY(take_int(word, "chunk", 1, CHUNK_MOST, &e->choice.chunk, &is, err));
    TRY(take_ms(word, "ms", &e->ms, &is, err));
    TRY(take_ms(word, "rule", &e->rule_ms, &is, err));
    return is || fail(err, ERROR_INPUT, "'%.40s' is not understood", word);
}

static bool read_all_line(struct tuning *t, char *rest, struct error *err)
{
    for (char *word; (word = strtok_r(NULL, " ", &rest));) {
        bool is = false;
        TRY(take_int(word, "accumulators", 2, 64, &t->accumulators, &is, err));
        TRY(take_int(word, "group", 16, 1024, &t->group, &is, err));
        if (!is)
            return fail(err, ERROR_INPUT, "'%.40s' is not understood", word);
    }
    return true;
}

static bool read_entry(struct tuned *e, const char *spec, char *rest, struct error *err)
{
    const char *name = strtok_r(NULL, " ", &rest);
    if (strlen(spec) >= sizeof e->spec || strchr(spec, 'n'))
        return fail(err, ERROR_INPUT, "'%.40s': too long, or with a batch", spec);
    TRY(conv_spec_check(spec, err));
    *e = (struct tuned){.choice.algorithm = ALGORITHMS};
    strcpy(e->spec, spec);
    for (int i = 0; name && i < ALGORITHMS; i++)
        if (!strcmp(algorithm_name[i], name))
            e->choice.algorithm = (enum algorithm)i;
    if (e->choice.algorithm == ALGORITHMS)
        return fail(err, ERROR_INPUT, "'%.40s' is no algorithm", name ? name : "");
    for (const char *word; (word = strtok_r(NULL, " ", &rest));)
        TRY(take_entry_word(e, word, err));
    return true;
}

static bool read_line(struct tuning *t, char *line, bool wanted, struct error *err)
{
    struct tuning unused = {0};
    struct tuned e;
    char *rest = NULL, *word = strtok_r(line, " ", &rest);
    if (!word)
        return true;
    if (!strcmp(word, "all"))
        return read_all_line(wanted ? t : &unused, rest, err);
    TRY(read_entry(&e, word, rest, err));
    return !wanted || tuning_put(t, &e, err);
}

bool tuning_parse(struct tuning *t, const char *text, size_t len, const char *file,
                  const char *section, struct error *err)
{
    if (memchr(text, 0, len))
        return fail(err, ERROR_INPUT, "%s: not a text file (a NUL byte)", file);
    char *copy = strndup(text, len);
    if (!copy)
        return fail(err, ERROR_LIMIT, "%s: out of memory", file);
    int number = 1;
    bool ok = true, open = false, wanted = false;
    for (char *line = copy, *end; ok && *line; line = end, number++) {
        end = line + strcspn(line, "\n");
        size_t n = (size_t)(end - line);
        ok = *end || fail(err, ERROR_INPUT, "the line is cut");
        if (*end)
            *end++ = 0;
        if (!ok || *line == '#') {
            /* nothing to read */
        } else if (*line == '[') {
            ok = line[n - 1] == ']' || fail(err, ERROR_INPUT, "a section without its ']'");
            open = true;
            wanted = n - 2 == strlen(section) && !strncmp(line + 1, section, n - 2);
        } else {
            ok = (open || !*line || fail(err, ERROR_INPUT, "a line before the first section")) &&
                 read_line(t, line, wanted, err);
        }
        if (!ok)
            fail_more(err, "%s:%d", file, number);
    }
    free(copy);
    return ok;
}

/* ---- entries --------------------------------------------------------------------------------- */

static struct tuned *find(const struct tuning *t, const char *spec)
{
    for (int i = 0; i < t->count; i++)
        if (!strcmp(t->entry[i].spec, spec))
            return &t->entry[i];
    return NULL;
}

const struct tuned *tuning_find(const struct tuning *t, const char *spec)
{
    return find(t, spec);
}

bool tuning_put(struct tuning *t, const struct tuned *entry, struct error *err)
{
    struct tuned *e = find(t, entry->spec);
    if (e) {
        if (!entry->partial || e->partial)
            *e = *entry;
        return true;
    }
    if (t->count >= ENTRIES_MOST)
        return fail(err, ERROR_LIMIT, "more than %d entries", ENTRIES_MOST);
    if (t->count == t->cap) {
        int cap = t->cap ? 2 * t->cap : 64;
        struct tuned *more = realloc(t->entry, (size_t)cap * sizeof *more);
        if (!more)
            return fail(err, ERROR_LIMIT, "no memory for %d entries", cap);
        t->entry = more;
        t->cap = cap;
    }
    t->entry[t->count++] = *entry;
    return true;
}

void tuning_print(const struct tuning *t, const char *section, struct text *out)
{
    char text[96];
    text_printf(out, "[%s]\n", section);
    if (t->accumulators || t->group)
        text_printf(out, "all");
    if (t->accumulators)
        text_printf(out, " accumulators=%d", t->accumulators);
    if (t->group)
        text_printf(out, " group=%d", t->group);
    if (t->accumulators || t->group)
        text_printf(out, "\n");
    for (int i = 0; i < t->count; i++) {
        const struct tuned *e = &t->entry[i];
        text_printf(out, "%s %s ms=%.4f rule=%.4f%s\n", e->spec, choice_text(&e->choice, text),
                    e->ms, e->rule_ms, e->partial ? " partial" : "");
    }
}

void tuning_free(struct tuning *t)
{
    free(t->entry);
    *t = (struct tuning){0};
}

const struct choice *tuning_choice(const struct graph *g, const struct node *n)
{
    char spec[CONV_SPEC_SIZE];
    if (!g->tuning || strcmp(n->op->name, "conv3d") != 0 || !conv_spec(g, n, 0, spec, sizeof spec))
        return NULL;
    const struct tuned *e = find(g->tuning, spec);
    if (!e || e->choice.algorithm == ALGORITHM_RULE)
        return NULL;
    if (e->choice.algorithm == ALGORITHM_CLBLAST && (g->half || !is_pointwise(g, n)))
        return NULL;
    if (algorithm_winograd(e->choice.algorithm) && (g->strict || !winograd_fits(g, n)))
        return NULL;
    return &e->choice;
}
