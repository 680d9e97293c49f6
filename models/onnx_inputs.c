/* SPDX-License-Identifier: MIT */
/* The inputs of an ONNX graph: each is a clip of its own, or all are windows of one. */
#include "models/onnx_ends.h"
#include "models/video_recipes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { INPUTS_MOST = 8, NAME_SPACE = 128, PLACES_MOST = 8192 };

struct source {
    const char *onnx; /* its name in the file */
    char clip[NAME_SPACE], prefix[NAME_SPACE], node[NAME_SPACE + 8];
    int64_t c, t, h, w;
    struct value v;
};

/* Sizes; only the first may be open, and is 1 then. */
static bool read_dims(const struct import_state *m, const Onnx__ValueInfoProto *info,
                      struct value *v, struct error *err)
{
    const Onnx__TypeProto *type = info->type;
    const Onnx__TypeProto__Tensor *t =
        type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? type->tensor_type : NULL;
    if (!t || !t->shape || t->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
        return fail(err, ERROR_MODEL, "%s: input '%.80s' is no tensor of floats with a shape",
                    m->f->path, info->name);
    v->rank = (int)t->shape->n_dim;
    if (t->shape->n_dim < 2 || t->shape->n_dim > 5)
        return fail(err, ERROR_MODEL,
                    "%s: input '%.80s' has rank %zu, wanted is [N,C,T,H,W], "
                    "[N,T,C,H,W], [N,C,H,W], [N,C,T] or [N,C]",
                    m->f->path, info->name, t->shape->n_dim);
    for (int i = 0; i < v->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
        bool open = d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        v->dim[i] = open ? (i ? -1 : 1) : d->dim_value;
        if (v->dim[i] < 1 || v->dim[i] > (i == 1 ? 1 << 24 : PLACES_MOST))
            return fail(err, ERROR_MODEL,
                        "%s: input '%.80s': axis %d is %s; only the batch may be "
                        "open: export it with fixed sizes up to %d",
                        m->f->path, info->name, i, open ? "open" : "empty or too large",
                        PLACES_MOST);
    }
    return true;
}

/* What its axes are. A fixed batch of pictures is the frames of one window. */
static void read_axes(struct source *s)
{
    static const char *const usual[][5] = {
        {"n", "c"}, {"n", "c", "t"}, {"n", "c", "h", "w"}, {"n", "c", "t", "h", "w"}};
    struct value *v = &s->v;
    bool turned = v->rank == 5 && v->dim[1] != 3 && v->dim[2] == 3;
    for (int i = 0; i < v->rank; i++)
        strcpy(v->axis[i], usual[v->rank - 2][i]);
    if (turned) {
        strcpy(v->axis[1], "t");
        strcpy(v->axis[2], "c");
    }
    v->batch = v->dim[0];
    s->c = s->t = s->h = s->w = 1;
    if (v->rank == 4 && v->batch > 1) {
        strcpy(v->axis[0], "nt");
        s->t = v->batch;
        v->batch = 1;
    }
    for (int i = 1; i < v->rank; i++) {
        int64_t *size = v->axis[i][0] == 'c'   ? &s->c
                        : v->axis[i][0] == 't' ? &s->t
                        : v->axis[i][0] == 'h' ? &s->h
                                               : &s->w;
        *size = v->dim[i];
    }
}

static bool find_sources(struct import_state *m, struct source *list, int *count, struct error *err)
{
    const Onnx__GraphProto *g = m->f->graph;
    *count = 0;
    for (size_t i = 0; i < g->n_input; i++) { /* but those that have a value: initializers */
        if (!g->input[i]->name || value_find(m, g->input[i]->name))
            continue;
        if (*count == INPUTS_MOST)
            return fail(err, ERROR_MODEL, "%s: more than %d inputs", m->f->path, INPUTS_MOST);
        struct source *s = &list[(*count)++];
        *s = (struct source){.onnx = g->input[i]->name,
                             .v = {.node = NODE_NONE, .shift.of = NODE_NONE, .batch = 1}};
        TRY(read_dims(m, g->input[i], &s->v, err));
        read_axes(s);
    }
    if (!*count)
        return fail(err, ERROR_MODEL, "%s: no input", m->f->path);
    for (int i = 0; i < *count; i++) {
        const char *name = clean_name(m, list[i].onnx);
        bool one = *count == 1;
        snprintf(list[i].clip, NAME_SPACE, "%.60s", one || m->joint ? "main" : name);
        snprintf(list[i].prefix, NAME_SPACE, "%.60s%s", one ? "" : name, one ? "" : ".");
        snprintf(list[i].node, sizeof list[i].node, "%sinput", list[i].prefix);
    }
    return true;
}

/* The recipe of one input, of "a=x,b=y" or one for all. */
static bool recipe_for(const struct source *s, const char *recipe, char to[NAME_SPACE * 4],
                       struct error *err)
{
    if (!strchr(recipe, '=')) {
        snprintf(to, NAME_SPACE * 4, "%s", recipe);
        return true;
    }
    size_t n = strlen(s->onnx);
    for (const char *at = recipe; *at; at += strcspn(at, ",") + (strchr(at, ',') != NULL))
        if (!strncmp(at, s->onnx, n) && at[n] == '=') {
            snprintf(to, NAME_SPACE * 4, "%.*s", (int)strcspn(at + n + 1, ","), at + n + 1);
            return true;
        }
    return fail(err, ERROR_USAGE, "--recipe %.60s: nothing for input '%.60s'", recipe, s->onnx);
}

static bool write_clip_input(struct import_state *m, struct writer *w, const struct source *s,
                             const char *recipe, struct error *err)
{
    char own[NAME_SPACE * 4];
    TRY(recipe_for(s, recipe, own, err));
    if (s->c != 3 || s->v.rank < 4)
        return fail(err, ERROR_MODEL,
                    "%s: input '%.60s' takes no pictures of 3 channels: it has "
                    "%lld; no recipe fits",
                    m->f->path, s->onnx, (long long)s->c);
    struct recipe_input in = {s->clip, s->prefix, s->t, s->h, s->w};
    return video_recipe_write(w, own, &in, err);
}

/* The one with the most frames reads the clip, the others some of its frames. */
static bool write_joint(struct import_state *m, struct writer *w, const struct source *list,
                        int count, const char *recipe, struct error *err)
{
    const struct source *most = &list[0];
    for (int i = 1; i < count; i++)
        most = list[i].t > most->t ? &list[i] : most;
    TRY(write_clip_input(m, w, most, recipe, err));
    for (int i = 0; i < count; i++) {
        const struct source *s = &list[i];
        if (s == most)
            continue;
        if (s->c != most->c || s->h != most->h || s->w != most->w)
            return fail(err, ERROR_MODEL,
                        "%s: inputs '%.60s' and '%.60s' meet in the network, but "
                        "have pictures of different sizes: no recipe fits",
                        m->f->path, s->onnx, most->onnx);
        text_printf(&w->text, "%%%s = select_frames %%%s count=%lld spread=1\n", s->node,
                    most->node, (long long)s->t);
    }
    return true;
}

static void write_tensor_inputs(struct writer *w, const struct source *list, int count, bool joint)
{
    for (int i = 0; i < count; i++)
        if (i == 0 || !joint)
            text_printf(&w->text, "clip %s frames=%lld\n", list[i].clip,
                        (long long)(list[i].t > 4096 ? 4096 : list[i].t));
    for (int i = 0; i < count; i++) {
        const struct source *s = &list[i];
        if (s->v.rank == 2)
            text_printf(&w->text, "%%%s = input f32[N,%lld] clip=%s\n", s->node, (long long)s->c,
                        s->clip);
        else
            text_printf(&w->text, "%%%s = input f32[N,%lld,%lld,%lld,%lld] clip=%s\n", s->node,
                        (long long)s->c, (long long)s->t, (long long)s->h, (long long)s->w,
                        s->clip);
    }
}

static const char *name_of_model(struct import_state *m)
{
    const char *slash = strrchr(m->f->path, '/'), *base = slash ? slash + 1 : m->f->path;
    size_t n = strlen(base);
    n = n > 5 && !strcasecmp(base + n - 5, ".onnx") ? n - 5 : n;
    return clean_name(m, arena_dup_n(&m->arena, base, n < 40 ? n : 40));
}

bool import_inputs(struct import_state *m, const char *recipe, const struct model_files *files,
                   struct error *err)
{
    struct source list[INPUTS_MOST];
    int count;
    TRY(values_prepare(m, err) && find_sources(m, list, &count, err));
    struct writer w = {.weights = files ? files->weights : NULL,
                       .labels = files ? files->labels : NULL};
    write_header(&w, name_of_model(m));
    bool ok = true;
    if (recipe && m->joint)
        ok = write_joint(m, &w, list, count, recipe, err);
    for (int i = 0; recipe && !m->joint && ok && i < count; i++)
        ok = write_clip_input(m, &w, &list[i], recipe, err);
    if (!recipe)
        write_tensor_inputs(&w, list, count, m->joint);
    for (int i = 0; i < count; i++)
        text_printf(&w.text, "output %%%s\n", list[i].node);
    ok = ok && (m->g = graph_parse(w.text.s, w.text.len, m->f->path, err)) != NULL;
    text_free(&w.text);
    TRY(ok);
    m->g->output_count = 0;
    for (int i = 0; i < count; i++) {
        list[i].v.node = graph_find(m->g, list[i].node);
        TRY(value_add(m, list[i].onnx, &list[i].v, err));
    }
    return true;
}
