/* SPDX-License-Identifier: MIT */
#include "io/measurement.h"

#include <jansson.h>
#include <string.h>

static bool bad_file(const char *path, int line, const char *what, struct error *err)
{
    return fail(err, ERROR_INPUT, "%s:%d: %s; wanted is what 'clact bench --format json' wrote",
                path, line, what);
}

static bool read_steps(const json_t *steps, struct measurement *m)
{
    size_t i;
    json_t *s;
    m->steps = ARENA_ARRAY(&m->arena, struct measured_step, (int)json_array_size(steps) + 1);
    json_array_foreach(steps, i, s)
    {
        const char *node = json_string_value(json_object_get(s, "node"));
        const json_t *ms = json_object_get(s, "ms");
        if (!node || !json_is_number(ms))
            return false;
        m->steps[m->count++] =
            (struct measured_step){arena_dup(&m->arena, node), json_number_value(ms)};
    }
    return true;
}

struct measurement *measurement_read(const char *path, struct error *err)
{
    json_error_t why;
    json_t *all = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    struct arena arena = {0};
    struct measurement *m = ARENA_NEW(&arena, struct measurement);
    const json_t *steps = json_object_get(all, "steps"), *ms = json_object_get(all, "ms");
    const char *device = json_string_value(json_object_get(all, "device"));
    const char *model = json_string_value(json_object_get(all, "model"));
    m->arena = arena;
    bool ok = all || bad_file(path, why.line, why.text, err);
    ok = ok && ((json_is_array(steps) && json_is_number(ms) && json_array_size(steps) < 1000000 &&
                 read_steps(steps, m)) ||
                bad_file(path, 1, "no measurement", err));
    m->device = arena_dup(&m->arena, device ? device : "");
    m->model = arena_dup(&m->arena, model ? model : "");
    m->batch = (int)json_integer_value(json_object_get(all, "batch"));
    m->ms = json_number_value(ms);
    json_decref(all);
    if (!ok)
        measurement_free(&m);
    return m;
}

void measurement_free(struct measurement **m)
{
    if (!*m)
        return;
    struct arena arena = (*m)->arena;
    arena_free(&arena);
    *m = NULL;
}
