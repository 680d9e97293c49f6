/* SPDX-License-Identifier: MIT */
/* golden [--fp16] DIR [NAME...]: whole networks against stored PyTorch values, tap by tap.
 *
 * DIR/manifest.json lists cases; each is imported from NAME.weights.safetensors, run from the
 * tensors of NAME.io.safetensors (its `feed`, and its u8 `frames` where the graph can start there)
 * with every tap and again without, and compared with the stored values within the stated
 * tolerances. One line a case; exit 1 when anything is off, missing, or there is no case.
 *
 * With --fp16, activations and weights are stored as half, and tolerances are HALF_TIMES as large,
 * but no more than HALF_PART of the largest number. The line then says how far the scores of the
 * fused network are off, as parts of the largest: the largest error and the root of the mean
 * square.
 */
#include "base/file.h"
#include "engine/tensor_run.h"
#include "models/models.h"
#include "tests/tools/golden_settings.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A tolerance for floats says how much a network amplifies the rounding of sums. Halfs are rounded
 * 2^13 times as coarsely, but only where they are stored, once for hundreds of additions. */
#define HALF_TIMES 1000
#define HALF_PART 0.1

struct golden {
    const char *dir;
    char work[256]; /* a directory of our own */
    const char *name;
    json_t *spec;
    struct safetensors *io;
    double worst; /* error over tolerance */
    bool half;
    double score_worst, score_rms; /* of the last run */
    char where[128];
};

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* ---- comparing ---- */

static const char *node_of(const char *key)
{
    return starts(key, "act.") ? key + 4 : key;
}

static const struct safetensor *expected_tensor(const struct golden *g, const char *key)
{
    const json_t *names = json_object_get(g->spec, "io_names");
    const char *other = json_string_value(json_object_get(names, key));
    if (!other)
        other = json_string_value(json_object_get(names, node_of(key)));
    return safetensors_find(g->io, other ? other : key);
}

/* Dimensions of the stored tensor in the order N C T H W of ours; perm[i]: our axis of stored
 * axis i. */
static bool axes_of(const char *axes, int rank, int perm[5])
{
    static const char order[] = "NCTHW";
    if ((int)strlen(axes) != rank || rank > 5)
        return false;
    for (int i = 0; i < rank; i++) {
        const char *p = strchr(order, axes[i]);
        if (!p)
            return false;
        perm[i] = (int)(p - order);
    }
    return true;
}

static float *read_all(const struct safetensors *s, const struct safetensor *t, struct error *err)
{
    float *x = malloc((size_t)t->elements * sizeof *x + 1);
    if (x && safetensors_read(s, t, 0, (size_t)t->elements, x, err))
        return x;
    free(x);
    return NULL;
}

static void note(struct golden *g, double ratio, const char *key, const char *run)
{
    if (isnan(ratio))
        ratio = INFINITY;
    if (ratio > g->worst) {
        g->worst = ratio;
        snprintf(g->where, sizeof g->where, "%s, %s", key, run);
    }
}

/* Sizes N C T H W of one of our tensors, and their strides. Frames or pairs that were stored in
 * place of windows are all frames of all windows: NT is then one axis, which ours is not. */
struct layout {
    int64_t dim[5], stride[5], total;
};

static struct layout layout_of(const struct safetensor *t)
{
    struct layout l = {.dim = {1, 1, 1, 1, 1}, .total = 1};
    for (int i = 0; i < t->rank; i++)
        l.dim[t->rank == 4 && i >= 2 ? i + 1 : i] = t->dim[i];
    for (int i = 4; i >= 0; i--) {
        l.stride[i] = l.total;
        l.total *= l.dim[i];
    }
    return l;
}

/* Where the stored element i stands in ours. */
static int64_t place_of(const struct layout *l, const struct safetensor *want, const int perm[5],
                        bool frames_of_all, int64_t i)
{
    int64_t at = 0;
    for (int k = want->rank - 1; k >= 0; k--) {
        int64_t x = i % want->dim[k];
        i /= want->dim[k];
        if (frames_of_all && perm[k] == 2) {
            at += x / l->dim[2] * l->stride[0];
            x %= l->dim[2];
        }
        at += x * l->stride[perm[k]];
    }
    return at;
}

static bool check_axes(const struct layout *l, const struct safetensor *want, const char *axes,
                       const int perm[5], bool frames_of_all, const char *what, struct error *err)
{
    int64_t seen = 1;
    for (int i = 0; i < want->rank; i++) {
        int64_t have = l->dim[perm[i]] * (frames_of_all && perm[i] == 2 ? l->dim[0] : 1);
        if (want->dim[i] != have)
            return fail(err, ERROR_BUILD, "%s: axis %c is %lld, stored %lld", what, axes[i],
                        (long long)have, (long long)want->dim[i]);
        seen *= want->dim[i];
    }
    if (seen != l->total)
        return fail(err, ERROR_BUILD, "%s: %lld values, stored %lld", what, (long long)l->total,
                    (long long)seen);
    return true;
}

static bool compare(struct golden *g, const struct safetensors *out, const char *key,
                    const char *run, double tolerance, struct error *err)
{
    const struct safetensor *want = expected_tensor(g, key);
    const struct safetensor *have = safetensors_find(out, node_of(key));
    const char *axes = json_string_value(json_object_get(json_object_get(g->spec, "axes"), key));
    int perm[5];
    char what[160];
    snprintf(what, sizeof what, "%s, %s", key, run);
    if (!want || !have)
        return fail(err, ERROR_BUILD, "%s: no value '%s' %s", run, key, want ? "saved" : "stored");
    if (!axes || !axes_of(axes, want->rank, perm))
        return fail(err, ERROR_BUILD, "%s: axes of rank %d are needed", key, want->rank);
    struct layout l = layout_of(have);
    bool frames_of_all = strchr(axes, 'T') && !strchr(axes, 'N');
    TRY(check_axes(&l, want, axes, perm, frames_of_all, what, err));
    float *a = read_all(g->io, want, err), *b = read_all(out, have, err);
    double worst = 0, largest = 0, squares = 0;
    for (int64_t i = 0; a && b && i < l.total; i++) {
        double d = fabs((double)a[i] - (double)b[place_of(&l, want, perm, frames_of_all, i)]);
        if (!(d <= worst))
            worst = d;
        largest = fmax(largest, fabs((double)a[i]));
        squares += d * d;
    }
    if (g->half)
        tolerance = fmin(HALF_TIMES * tolerance, HALF_PART * largest);
    bool logits = json_object_get(json_object_get(g->spec, "tolerance"), "logits") != NULL;
    if (!strcmp(key, "logits") || !logits) {
        g->score_worst = worst / largest;
        g->score_rms = sqrt(squares / (double)l.total) / largest;
    }
    bool ok = a && b;
    free(a);
    free(b);
    if (ok)
        note(g, worst / tolerance, key, run);
    return ok;
}

/* Every tap that has axes has a tolerance, and every tolerance is one: none is forgotten. */
static bool check_tolerances(const json_t *spec, struct error *err)
{
    json_t *tolerance = json_object_get(spec, "tolerance"), *value;
    const char *key;
    if (!json_object_size(tolerance))
        return fail(err, ERROR_BUILD, "no tolerances");
    json_object_foreach(tolerance, key, value)
    {
        if (!(json_number_value(value) > 0))
            return fail(err, ERROR_BUILD, "%s: its tolerance is no positive number", key);
    }
    json_object_foreach(json_object_get(spec, "axes"), key, value)
    {
        if (!json_object_get(tolerance, key))
            return fail(err, ERROR_BUILD, "%s: no tolerance", key);
    }
    return true;
}

/* ---- running ---- */

static bool run_once(struct golden *g, const char *graph, const char *feed, bool tapped,
                     struct error *err)
{
    char io[600], out[600], run[64];
    json_t *tolerance = json_object_get(g->spec, "tolerance"), *value;
    const char *key;
    struct text taps = {0};
    snprintf(io, sizeof io, "%s/%s.io.safetensors", g->dir, g->name);
    snprintf(out, sizeof out, "%s/out.safetensors", g->work);
    snprintf(run, sizeof run, "%s from %.32s", tapped ? "tapped" : "fused", feed);
    json_object_foreach(tolerance, key, value) if (tapped)
        text_printf(&taps, "%s%s", taps.len ? "," : "", node_of(key));
    struct tensor_run_options o = {
        .device = getenv("CLACT_DEVICE"), .batch = 2, .half = g->half, .feed = feed,
        .taps = tapped ? taps.s : NULL};
    bool ok = tensor_run(graph, io, out, &o, err);
    text_free(&taps);
    if (!ok)
        return fail_more(err, "%s", run);
    struct safetensors *s = safetensors_open(out, ERROR_BUILD, err);
    ok = s != NULL;
    json_object_foreach(tolerance, key, value)
    {
        bool always = !strcmp(key, "logits") || !strcmp(key, "probs");
        if (ok && (tapped || always))
            ok = compare(g, s, key, run, json_number_value(value), err);
    }
    safetensors_close(&s);
    return ok;
}

static bool run_case(struct golden *g, struct error *err)
{
    char path[600], graph[600];
    struct text settings = {0}, feed = {0};
    json_t *value;
    const char *node;
    snprintf(path, sizeof path, "%s/%s.io.safetensors", g->dir, g->name);
    TRY(check_tolerances(g->spec, err));
    TRY(g->io = safetensors_open(path, ERROR_BUILD, err));
    golden_settings(g->spec, g->io, &settings);
    snprintf(path, sizeof path, "%s/%s.weights.safetensors", g->dir, g->name);
    snprintf(graph, sizeof graph, "%s/case.graph", g->work);
    struct import im = {.checkpoint = path, .output = graph, .settings = settings.s};
    struct import_report report = {0};
    bool ok = model_import(&im, &report, err);
    if (!ok && report.misfit.s)
        fputs(report.misfit.s, stderr);
    import_report_free(&report);
    text_free(&settings);
    json_object_foreach(json_object_get(g->spec, "feed"), node, value)
        text_printf(&feed, "%s%s=%s", feed.len ? "," : "", node, json_string_value(value));
    ok = ok && (feed.s || fail(err, ERROR_BUILD, "no feed"));
    ok = ok && run_once(g, graph, feed.s, true, err) && run_once(g, graph, feed.s, false, err);
    text_free(&feed);
    const struct safetensor *frames = safetensors_find(g->io, "frames");
    if (ok && frames && frames->type == SAFETENSOR_U8 && golden_starts_at_frames(g->io))
        ok = run_once(g, graph, "frames=frames", true, err) &&
             run_once(g, graph, "frames=frames", false, err);
    return ok;
}

/* names ends with NULL; none are all. */
static bool chosen(const char *name, char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name))
            return true;
    return !*names;
}

static void remove_work(const char *dir)
{
    static const char *const names[] = {"out.safetensors", "case.graph", "case.safetensors"};
    char path[600];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

int main(int argc, char **argv)
{
    char path[600];
    struct error err = {0};
    int passed = 0, failed = 0;
    struct golden g = {.half = argc > 1 && !strcmp(argv[1], "--fp16")};
    char *const *names = argv + 2 + g.half;
    if (argc < 2 + g.half) {
        fputs("usage: golden [--fp16] DIR [NAME...]\n", stderr);
        return 1;
    }
    g.dir = argv[1 + g.half];
    snprintf(path, sizeof path, "%s/manifest.json", g.dir);
    json_error_t why;
    json_t *manifest = json_load_file(path, JSON_REJECT_DUPLICATES, &why), *spec;
    size_t index;
    if (!json_is_array(manifest)) {
        fprintf(stderr, "golden: %s: %s\n", path, manifest ? "not a list" : why.text);
        return 1;
    }
    const char *tmp = getenv("TMPDIR");
    snprintf(g.work, sizeof g.work, "%s/clact-golden-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(g.work)) {
        perror(g.work);
        return 1;
    }
    json_array_foreach(manifest, index, spec)
    {
        g.name = json_string_value(json_object_get(spec, "name"));
        if (!g.name || !chosen(g.name, names))
            continue;
        g.spec = spec;
        g.worst = 0;
        g.where[0] = 0;
        bool ok = run_case(&g, &err);
        safetensors_close(&g.io);
        if (ok)
            printf("%-4s %-28s worst %.3f of tolerance (%s)", g.worst <= 1 ? "ok" : "FAIL", g.name,
                   g.worst, g.where);
        if (ok && g.half)
            printf(", scores off by %.1e, rms %.1e", g.score_worst, g.score_rms);
        if (ok)
            puts("");
        else
            printf("FAIL %-28s %s\n", g.name, err.text);
        fflush(stdout);
        *(ok && g.worst <= 1 ? &passed : &failed) += 1;
    }
    for (int i = 0; names[i]; i++) { /* a name that no case has */
        bool found = false;
        json_array_foreach(manifest, index, spec)
        {
            const char *name = json_string_value(json_object_get(spec, "name"));
            found = found || (name && !strcmp(name, names[i]));
        }
        if (!found) {
            printf("FAIL %-28s no such case\n", names[i]);
            failed++;
        }
    }
    remove_work(g.work);
    json_decref(manifest);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
