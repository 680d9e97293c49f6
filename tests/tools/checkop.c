/* SPDX-License-Identifier: MIT */
/* checkop [-d DEVICE] [-v 16|8|4|gpu] [-s] [-H] [-e N] [-m N] [-x NAMES] [-c CHOICE] FILE.graph...
 * runs the cases of operator tests (tests/op) on a device. -v plans for another vector width, or as
 * for a GPU, so that one device tests all forms; -s for one so slow that most launches are split.
 * -H: with half storage, against references that are rounded where values are stored: what must be
 * equal must be so still, else 2^-10 a stored value is added to the tolerance. -e N: every N-th
 * case of a file, all of them with CLACT_TEST_FULL=yes in the environment. -m N: without cases of
 * more than N operations, which take a simulator too long; -x NAME,NAME: without these cases, which
 * a driver gets wrong; the last line counts both. -c forces an algorithm and tiles on all
 * convolutions, as "f4-fused tile=5".
 *
 * A file is cases, each a line "#### NAME KEY=VALUE..." and a graph without its "clact 1" line:
 *   tolerance=T   largest error, of the output's root mean square; 0 (default): equal
 *                 tolerance=sum: (n+8) 2^-24 sum |x*w|
 *   half=T        the same with half storage, where T is needed; half=refused: it is not possible
 *   fill=int|real what sources hold when they are not read from a file
 *   n=K           windows (default 2)
 *   precision=strict   compiled without Winograd
 *   choice=ALGORITHM   as -c, for this case
 *   torch=FILE:PREFIX  sources and the output %y from tests/data/op/FILE.safetensors
 *   error=WORDS   the graph must be refused with a message that contains WORDS (_ for a blank)
 */
#include "base/file.h"
#include "tests/tools/opcase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entry {
    struct opcase c;
    char *graph, wanted_error[96], choice[32];
    const char *file;
    struct error opened; /* why it could not be opened */
    bool ok;
};

struct list {
    struct entry *entry;
    size_t count, cap;
    const char *choice;
    int every;              /* of a file's cases this one */
    int most;               /* operations of a case; 0: any */
    const char *wrong;      /* "NAME,NAME": cases to leave out; NULL: none */
    size_t large, left_out; /* cases without which it was done: of -m, of -x */
};

static bool open_torch(struct entry *e, const char *value, struct error *err)
{
    char path[300];
    int n = (int)strcspn(value, ":");
    if (!value[n])
        return fail(err, ERROR_USAGE, "torch=%s: FILE:PREFIX expected", value);
    snprintf(path, sizeof path, "%s/tests/data/op/%.*s.safetensors", SOURCE_DIR, n, value);
    snprintf(e->c.prefix, sizeof e->c.prefix, "%s", value + n + 1);
    return (e->c.torch = safetensors_open(path, ERROR_INPUT, err)) != NULL;
}

static bool set_key(struct entry *e, const char *key, const char *value, struct error *err)
{
    long long n;
    double tolerance;
    if (!strcmp(key, "tolerance") && !strcmp(value, "sum")) {
        e->c.tolerance = TOLERANCE_SUM;
    } else if (!strcmp(key, "tolerance")) {
        if (!text_to_double(value, &e->c.tolerance) || e->c.tolerance < 0)
            return fail(err, ERROR_USAGE, "tolerance=%s", value);
    } else if (!strcmp(key, "half") && !strcmp(value, "refused")) {
        if (e->c.half)
            snprintf(e->wanted_error, sizeof e->wanted_error, "no half storage");
    } else if (!strcmp(key, "half")) {
        if (!text_to_double(value, &tolerance) || !(tolerance > 0))
            return fail(err, ERROR_USAGE, "half=%s", value);
        if (e->c.half)
            e->c.tolerance = tolerance;
    } else if (!strcmp(key, "fill") && (!strcmp(value, "int") || !strcmp(value, "real"))) {
        e->c.fill = *value == 'i' ? FILL_INT : FILL_REAL;
    } else if (!strcmp(key, "n") && text_to_int(value, &n) && n > 0 && n < 1000) {
        e->c.windows = (int)n;
    } else if (!strcmp(key, "precision") && !strcmp(value, "strict")) {
        e->c.strict = true;
    } else if (!strcmp(key, "choice")) {
        snprintf(e->choice, sizeof e->choice, "%s", value);
    } else if (!strcmp(key, "torch")) {
        return open_torch(e, value, err);
    } else if (!strcmp(key, "error")) {
        snprintf(e->wanted_error, sizeof e->wanted_error, "%s", value);
        for (char *s = e->wanted_error; *s; s++)
            *s = *s == '_' ? ' ' : *s;
    } else {
        return fail(err, ERROR_USAGE, "%s=%s is not understood", key, value);
    }
    return true;
}

/* "NAME KEY=VALUE..." */
static bool read_header(struct entry *e, char *line, struct error *err)
{
    char *rest = NULL, *word = strtok_r(line, " ", &rest);
    snprintf(e->c.name, sizeof e->c.name, "%s", word ? word : "");
    if (!word)
        return fail(err, ERROR_USAGE, "a case without a name");
    while ((word = strtok_r(NULL, " ", &rest))) {
        char *eq = strchr(word, '=');
        if (!eq)
            return fail(err, ERROR_USAGE, "'%s' is not KEY=VALUE", word);
        *eq = 0;
        TRY(set_key(e, word, eq + 1, err));
    }
    return true;
}

static struct entry *new_entry(struct list *l, const char *file)
{
    if (l->count == l->cap) {
        l->cap = l->cap * 2 + 64;
        l->entry = realloc(l->entry, sizeof *l->entry * l->cap);
        if (!l->entry)
            abort();
    }
    struct entry *e = &l->entry[l->count++];
    *e = (struct entry){.file = file, .c = {.windows = 2, .seed = l->count, .choice = l->choice}};
    return e;
}

/* Arithmetic, and one for each number that is made. */
static double operations(const struct opcase *c)
{
    const struct graph *g = c->compiled[VARIANT_KEPT];
    double sum = 0;
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        struct cost cost = {0};
        if (n->part == PART_WEIGHT)
            continue;
        if (n->op->cost)
            n->op->cost(g, n, &cost);
        sum += cost.flops + (double)shape_elements(&n->shape, 1);
    }
    return sum * c->windows;
}

static bool named(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = names; at; at = (at = strchr(at, ',')) ? at + 1 : NULL)
        if (!strncmp(at, name, n) && (!at[n] || at[n] == ','))
            return true;
    return false;
}

static size_t names(const char *list)
{
    size_t n = list != NULL;
    for (; list && *list; list++)
        n += *list == ',';
    return n;
}

/* Takes the last case back if it is one to leave out. */
static void leave_out(struct list *l)
{
    struct entry *e = &l->entry[l->count - 1];
    bool wrong = named(l->wrong, e->c.name);
    if (!wrong && !(e->ok && l->most && operations(&e->c) > l->most))
        return;
    opcase_close(&e->c);
    l->count--;
    l->left_out += wrong;
    l->large += !wrong;
}

static bool read_cases(struct list *l, const char *path, const struct caps *caps, bool half,
                       struct error *err)
{
    size_t len;
    char *text = file_read(path, 1 << 20, ERROR_INPUT, &len, err);
    const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (!text)
        return false;
    char *at = strncmp(text, "#### ", 5) ? strstr(text, "\n#### ") : text;
    bool ok = at || fail(err, ERROR_INPUT, "%s: no cases", path);
    for (int i = 0; ok && at; i++) {
        char *line = at + (at == text ? 5 : 6), *end = strchr(line, '\n');
        char *next = end ? strstr(end, "\n#### ") : NULL;
        if (i % l->every) {
            at = next;
            continue;
        }
        struct entry *e = new_entry(l, file);
        e->c.half = half;
        if (end)
            *end = 0;
        if (next)
            *next = 0;
        ok = read_header(e, line, err) || fail_more(err, "%s", path);
        if (*e->choice)
            e->c.choice = e->choice;
        e->ok = ok && opcase_open(&e->c, end ? end + 1 : "", caps, &e->opened);
        leave_out(l);
        at = next;
        if (next)
            *next = '\n';
    }
    free(text);
    return ok;
}

/* *most: the largest error so far, as a part of what is allowed. */
static bool check_entry(const struct entry *e, struct ocl *ocl, double *most)
{
    struct error err = {0};
    double worst = 0;
    bool ok;
    if (*e->wanted_error) {
        ok = !e->ok && strstr(e->opened.text, e->wanted_error);
        if (!ok)
            fail(&err, ERROR_BUILD, "wanted an error with '%s', got %s", e->wanted_error,
                 e->ok ? "none" : e->opened.text);
    } else if (!e->ok) {
        err = e->opened;
        ok = false;
    } else {
        ok = opcase_check(&e->c, ocl, &worst, &err);
    }
    printf("%-4s %-22s %-28s ", ok ? "ok" : "FAIL", e->file, e->c.name);
    if (!ok)
        printf("%s\n", err.text);
    else if (worst > 0)
        printf("%.2f of what is allowed\n", worst);
    else
        printf("%s\n", *e->wanted_error ? "refused as wanted" : "equal");
    fflush(stdout);
    *most = ok && worst > *most ? worst : *most;
    return ok;
}

static int run(struct ocl *ocl, const struct caps *caps, struct list l, bool half, char **files,
               int count)
{
    struct error err = {0};
    struct opcase *cases;
    size_t failed = 0;
    double worst = 0;
    for (int i = 0; i < count; i++)
        if (!read_cases(&l, files[i], caps, half, &err)) {
            fprintf(stderr, "checkop: %s\n", err.text);
            return 1;
        }
    if (l.left_out < names(l.wrong)) {
        fprintf(stderr, "checkop: -x %s: not all of them are there\n", l.wrong);
        return 1;
    }
    if (!(cases = calloc(l.count + 1, sizeof *cases)))
        return 1;
    for (size_t i = 0; i < l.count; i++)
        cases[i] = l.entry[i].ok ? l.entry[i].c : (struct opcase){0};
    if (!opcase_build(cases, l.count, ocl, &err))
        fprintf(stderr, "checkop: %s\n", err.text); /* each case will say it again */
    free(cases);
    for (size_t i = 0; i < l.count; i++) {
        failed += !check_entry(&l.entry[i], ocl, &worst);
        opcase_close(&l.entry[i].c);
    }
    free(l.entry);
    printf("%zu cases, %zu failed", l.count, failed);
    if (worst > 0)
        printf(", worst error %.2f of what is allowed", worst);
    if (l.large)
        printf(", %zu too large for this run", l.large);
    if (l.left_out)
        printf(", %zu left out", l.left_out);
    printf("\n");
    return failed || !(l.count + l.large);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    const char *device = NULL, *width = NULL, *full = getenv("CLACT_TEST_FULL");
    struct list list = {.every = 1};
    bool half = false, slow = false;
    int o;
    while ((o = getopt(argc, argv, "d:v:c:e:m:x:Hs")) != -1) {
        if (o == 'd')
            device = optarg;
        else if (o == 'v')
            width = optarg;
        else if (o == 'c')
            list.choice = optarg;
        else if (o == 'e' && atoi(optarg) > 0)
            list.every = full && !strcmp(full, "yes") ? 1 : atoi(optarg);
        else if (o == 'm' && atoi(optarg) > 0)
            list.most = atoi(optarg);
        else if (o == 'x')
            list.wrong = optarg;
        else if (o == 'H')
            half = true;
        else if (o == 's')
            slow = true;
        else
            return 1;
    }
    struct ocl *ocl = ocl_open(device, &err);
    if (!ocl) {
        fprintf(stderr, "checkop: %s\n", err.text);
        return err.code == ERROR_DEVICE ? 77 : 1;
    }
    struct caps caps = *ocl_caps(ocl);
    int rc = 1;
    if (slow)
        caps.compute_units = caps.clock = caps.launch_limit = 1;
    if (!width || opcase_caps(&caps, width))
        rc = run(ocl, &caps, list, half, argv + optind, argc - optind);
    ocl_close(&ocl);
    return rc;
}
