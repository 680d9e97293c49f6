/* SPDX-License-Identifier: MIT */
#include "engine/frames.h"

#include "base/checked.h"
#include "engine/frame_format.h"
#include "engine/frame_tables.h"
#include "engine/plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Elements that the kernels take at a time, and so may read past the end of a buffer. */
enum { VECTOR = 16 };
enum { CROPS_MOST = 10, GRID_MOST = 32768, DEFINES = 96 };
enum { KERNEL_RGB, KERNEL_ACROSS, KERNEL_DOWN, KERNEL_ACROSS_FLOAT, KERNEL_DOWN_HALF, KERNELS };

/* A buffer that grows. */
struct room {
    ocl_buffer buffer;
    uint64_t bytes;
};

/* The tables of one crop for the present geometry; the words live on the device only. */
struct view {
    bool ready;
    struct frame_tables tables;
    struct room words;
};

struct frame_stage {
    struct ocl *ocl;
    const struct recipe *recipe;
    bool half; /* results that are not bytes are stored as half */
    ocl_kernel kernels[KERNELS];
    size_t local[3];
    bool loaded;
    struct frame_geometry geometry;
    struct frame_format format;
    struct view views[CROPS_MOST];
    struct room planes, words, matrix;
    struct room rgb;
    struct room images[2]; /* what stages write in turns; floats only or bytes only, so finite */
    struct room between;   /* between the passes of a stage */
};

static bool is_float(const struct recipe *r)
{
    return r->round == ROUND_NONE;
}

/* A work-item takes a whole row on a CPU, a piece of it on a GPU. The work-group's size is fixed,
 * so that no driver compiles again for a picture of another size. */
static void work_group(const struct caps *caps, size_t local[3])
{
    bool wide = caps->gpu && caps->max_work_group >= 128;
    local[0] = wide ? 32 : 1;
    local[1] = wide ? 4 : 1;
    local[2] = 1;
}

static const char ACROSS_U8[] = "#define ACROSS\n#define SOURCE uchar\n";
static const char ACROSS_FLOAT[] = "#define ACROSS\n#define SOURCE float\n";
static const char DOWN_U8[] = "#define DOWN\n#define RESULT uchar\n";
static const char DOWN_FLOAT[] = "#define DOWN\n#define RESULT float\n#define RESULT_FLOAT\n";
static const char DOWN_HALF[] = "#define DOWN\n#define RESULT half\n#define RESULT_HALF\n";
static const char ACROSS_PIL[] = "#define ACROSS\n#define SOURCE uchar\n#define FILTER_PIL\n";
static const char DOWN_PIL[] = "#define DOWN\n#define RESULT uchar\n#define FILTER_PIL\n";
static const char ACROSS_CV[] = "#define ACROSS\n#define SOURCE uchar\n#define FILTER_CV\n";
static const char DOWN_CV[] = "#define DOWN\n#define RESULT uchar\n#define FILTER_CV\n";

/* All kernels that the recipe can need, for a device of these caps; returns how many. The requests
 * refer to `defines`. */
static int kernel_requests(const struct recipe *r, bool half, bool plain, const struct caps *caps,
                           char defines[KERNELS][DEFINES],
                           struct ocl_kernel_request requests[KERNELS])
{
    bool pil = r->filter == FILTER_PIL, cv = r->filter == FILTER_CV;
    int n = !is_float(r) ? KERNEL_ACROSS_FLOAT : half ? KERNELS : KERNEL_DOWN_HALF;
    const struct ocl_kernel_request all[KERNELS] = {
        [KERNEL_RGB] = {.source = "frame_rgb", .kernel = "frame_rgb"},
        [KERNEL_ACROSS] = {.source = "frame_resize", .kernel = "frame_across",
                           .defines = pil ? ACROSS_PIL : cv ? ACROSS_CV : ACROSS_U8},
        [KERNEL_DOWN] = {.source = "frame_resize", .kernel = "frame_down",
                         .defines = pil ? DOWN_PIL : cv ? DOWN_CV : is_float(r) ? DOWN_FLOAT
                                                                                : DOWN_U8},
        [KERNEL_ACROSS_FLOAT] = {.source = "frame_resize", .kernel = "frame_across",
                                 .defines = ACROSS_FLOAT},
        [KERNEL_DOWN_HALF] = {.source = "frame_resize", .kernel = "frame_down",
                              .defines = DOWN_HALF},
    };
    for (int i = 0; i < n; i++) {
        requests[i] = all[i];
        work_group(caps, requests[i].local);
        snprintf(defines[i], DEFINES, "%s", all[i].defines ? all[i].defines : "");
        size_t len = strlen(defines[i]);
        if (caps->sub_group)
            snprintf(defines[i] + len, DEFINES - len, "#define SUB_GROUP %d\n", caps->sub_group);
        requests[i].defines = defines[i];
        requests[i].plain = plain;
    }
    return n;
}

struct frame_stage *frames_open(struct ocl *ocl, const struct recipe *r, bool half, bool plain,
                                struct error *err)
{
    if (!r->space_count) {
        fail(err, ERROR_MODEL, "clip %s: space is missing, so it cannot be fed with video",
             r->name);
        return NULL;
    }
    char defines[KERNELS][DEFINES];
    struct ocl_kernel_request requests[KERNELS];
    struct frame_stage *s = calloc(1, sizeof *s);
    if (!s) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    s->ocl = ocl;
    s->recipe = r;
    s->half = half;
    work_group(ocl_caps(ocl), s->local);
    int n = kernel_requests(r, half, plain, ocl_caps(ocl), defines, requests);
    if (!ocl_build(ocl, requests, (size_t)n, s->kernels, NULL, NULL, NULL, err))
        frames_close(&s);
    return s;
}

bool frames_key(struct ocl *ocl, const struct recipe *r, bool half, bool plain, char key[33],
                struct error *err)
{
    struct ocl_kernel_request requests[KERNELS];
    char defines[KERNELS][DEFINES], keys[KERNELS][33];
    int n = kernel_requests(r, half, plain, ocl_caps(ocl), defines, requests);
    for (int i = 0; i < n; i++)
        TRY(ocl_kernel_key(ocl, &requests[i], keys[i], err));
    ocl_join_keys(keys, (size_t)n, key);
    return true;
}

void frames_close(struct frame_stage **stage)
{
    struct frame_stage *s = *stage;
    if (!s)
        return;
    for (int i = 0; i < CROPS_MOST; i++)
        ocl_release(&s->views[i].words.buffer);
    struct room *rooms[] = {&s->planes, &s->words, &s->matrix, &s->rgb, &s->images[0],
                            &s->images[1], &s->between};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        ocl_release(&rooms[i]->buffer);
    free(s);
    *stage = NULL;
}

uint64_t frames_slot_bytes(const struct recipe *r, bool half)
{
    int w, h;
    recipe_size(r, &w, &h);
    uint64_t pixel = is_float(r) ? (half ? 2u : 4u) * (uint64_t)layout_row(3) : 3u;
    return (uint64_t)w * (uint64_t)h * pixel;
}

static bool need(struct frame_stage *s, struct room *room, uint64_t bytes, struct error *err)
{
    if (bytes <= room->bytes)
        return true;
    ocl_release(&room->buffer);
    room->bytes = 0;
    room->buffer = ocl_alloc(s->ocl, bytes, err);
    TRY(room->buffer);
    room->bytes = bytes;
    return true;
}

static bool put(struct frame_stage *s, struct room *room, const void *data, uint64_t bytes,
                struct error *err)
{
    return need(s, room, bytes, err) && ocl_write(s->ocl, room->buffer, 0, data, bytes, err);
}

static bool same_geometry(const struct frame_geometry *a, const struct frame_geometry *b)
{
    return a->width == b->width && a->height == b->height && a->chroma_w == b->chroma_w &&
           a->chroma_h == b->chroma_h && a->transpose == b->transpose && a->flip_x == b->flip_x &&
           a->flip_y == b->flip_y;
}

bool frames_load(struct frame_stage *s, const struct frame *f, struct error *err)
{
    bool subsampled = f->layout == FRAME_YUV || f->layout == FRAME_NV12;
    struct frame_geometry geometry = {
        .width = f->width, .height = f->height, .chroma_w = subsampled ? f->chroma_w : 0,
        .chroma_h = subsampled ? f->chroma_h : 0, .transpose = f->transpose,
        .flip_x = f->flip_x, .flip_y = f->flip_y,
    };
    struct frame_format format;
    TRY(frame_format_make(&format, s->recipe, f, err));
    bool same = s->loaded && !memcmp(format.words, s->format.words, sizeof format.words) &&
                !memcmp(format.matrix, s->format.matrix, sizeof format.matrix);
    if (!s->loaded || !same_geometry(&geometry, &s->geometry))
        for (int i = 0; i < CROPS_MOST; i++)
            s->views[i].ready = false;
    s->loaded = false;
    if (!same) {
        TRY(put(s, &s->words, format.words, sizeof format.words, err));
        TRY(put(s, &s->matrix, format.matrix, sizeof format.matrix, err));
    }
    TRY(need(s, &s->planes, format.bytes + VECTOR * 2, err));
    for (int i = 0; i < format.plane_count; i++)
        TRY(ocl_write_later(s->ocl, s->planes.buffer, format.plane_at[i], f->plane[i],
                            format.plane_bytes[i], err));
    s->format = format;
    s->geometry = geometry;
    s->loaded = true;
    return true;
}

/* Makes the tables of a crop, and all memory that its stages need. */
static bool prepare(struct frame_stage *s, struct view *v, int crop, struct error *err)
{
    struct frame_tables *t = &v->tables;
    TRY(frame_tables_make(t, s->recipe, &s->geometry, crop, err));
    bool ok = put(s, &v->words, t->words, (uint64_t)t->count * sizeof *t->words, err);
    uint64_t element = is_float(s->recipe) ? 4 : 1;
    for (int i = 0; i < t->stages && ok; i++) {
        uint64_t in = (uint64_t)t->across[i].in * (uint64_t)t->down[i].in * 3;
        uint64_t between = (uint64_t)t->across[i].out * (uint64_t)t->down[i].in * 3;
        ok = need(s, i ? &s->images[i % 2] : &s->rgb, (in + VECTOR) * (i ? element : 1), err) &&
             need(s, &s->between, (between + VECTOR) * 4, err);
    }
    free(t->words);
    t->words = NULL;
    v->ready = ok;
    return ok;
}

static struct ocl_arg number(int value)
{
    return (struct ocl_arg){.value = value};
}

static struct ocl_arg memory(ocl_buffer buffer)
{
    return (struct ocl_arg){.buffer = buffer};
}

/* Work-items for x times y pieces of work. Kernels loop over what the grid leaves out: whole rows
 * on a CPU, where long loops are cheap. A driver's other code for large grids is never needed. */
static bool launch(struct frame_stage *s, int kernel, int x, int y, const struct ocl_arg *args,
                   int count, struct error *err)
{
    size_t w = s->local[0] == 1 ? 1 : (size_t)x, h = y < GRID_MOST ? (size_t)y : GRID_MOST;
    const size_t global[3] = {round_up(w < GRID_MOST ? w : GRID_MOST, s->local[0]),
                              round_up(h, s->local[1]), 1};
    return ocl_launch(s->ocl, s->kernels[kernel], global, s->local, args, count, err);
}

static bool launch_rgb(struct frame_stage *s, const struct view *v, struct error *err)
{
    int width = v->tables.across[0].in, height = v->tables.down[0].in;
    const struct ocl_arg args[] = {
        memory(s->planes.buffer), memory(s->words.buffer), memory(s->matrix.buffer),
        memory(v->words.buffer), memory(s->rgb.buffer), number(v->tables.columns_at),
        number(v->tables.rows_at), number(width), number(height),
    };
    return launch(s, KERNEL_RGB, (width + VECTOR - 1) / VECTOR, height, args, 9, err);
}

static bool launch_across(struct frame_stage *s, const struct view *v, int stage,
                          struct error *err)
{
    const struct frame_pass *p = &v->tables.across[stage];
    int kernel = stage && is_float(s->recipe) ? KERNEL_ACROSS_FLOAT : KERNEL_ACROSS;
    int rows = v->tables.down[stage].in;
    ocl_buffer from = stage ? s->images[stage % 2].buffer : s->rgb.buffer;
    const struct ocl_arg args[] = {
        memory(from), memory(v->words.buffer), memory(s->between.buffer),
        number(p->index_at), number(p->weight_at), number(p->each), number(p->in),
        number(p->out), number(rows),
    };
    return launch(s, kernel, p->out, rows * 3, args, 9, err);
}

/* To element `first` of `to`, as pixels of `row` elements; row 0: as the next stage reads it. */
static bool launch_down(struct frame_stage *s, const struct view *v, int stage, ocl_buffer to,
                        bool half, int row, uint64_t first, struct error *err)
{
    const struct frame_pass *p = &v->tables.down[stage];
    int width = v->tables.across[stage].out;
    const struct ocl_arg args[] = {
        memory(s->between.buffer), memory(v->words.buffer), memory(to), number(p->index_at),
        number(p->weight_at), number(p->each), number(width), number(p->out),
        number(row ? row : 1), number(row ? 1 : width), number(width * (row ? row : 3)),
        number((int)(first & ((1u << 30) - 1))), number((int)(first >> 30)),
    };
    int kernel = half ? KERNEL_DOWN_HALF : KERNEL_DOWN;
    return launch(s, kernel, (width * 3 + VECTOR - 1) / VECTOR, p->out, args, 13, err);
}

bool frames_store(struct frame_stage *s, int crop, ocl_buffer to, uint64_t offset,
                  struct error *err)
{
    assert(s->loaded && crop >= 0 && crop < space_crops(s->recipe));
    struct view *v = &s->views[crop];
    if (!v->ready)
        TRY(prepare(s, v, crop, err));
    TRY(launch_rgb(s, v, err));
    for (int i = 0; i < v->tables.stages; i++) {
        TRY(launch_across(s, v, i, err));
        bool last = i == v->tables.stages - 1;
        if (!last)
            TRY(launch_down(s, v, i, s->images[(i + 1) % 2].buffer, false, 0, 0, err));
        else if (is_float(s->recipe))
            TRY(launch_down(s, v, i, to, s->half, layout_row(3), offset / (s->half ? 2 : 4), err));
        else
            TRY(launch_down(s, v, i, to, false, 3, offset, err));
    }
    return true;
}
