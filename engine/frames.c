/* SPDX-License-Identifier: MIT */
#include "engine/frames.h"

#include "engine/frame_format.h"
#include "engine/frame_tables.h"
#include "engine/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Work per work-item, as in the kernels. */
enum { RGB_SEGMENT = 16, ACROSS_PIXELS = 8, DOWN_ELEMENTS = 16 };
enum { CROPS_MOST = 10 };
enum { KERNEL_RGB, KERNEL_ACROSS, KERNEL_DOWN, KERNEL_ACROSS_FLOAT };

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
    ocl_kernel kernels[FRAMES_KERNELS];
    bool loaded;
    struct frame_geometry geometry;
    struct frame_format format;
    struct view views[CROPS_MOST];
    struct room planes, words, matrix;
    struct room images[2]; /* what stages read and write in turns */
    struct room between;   /* between the passes of a stage */
};

static bool is_float(const struct recipe *r)
{
    return r->round == ROUND_NONE;
}

int frames_requests(const struct recipe *r, struct ocl_kernel_request *requests)
{
    static const char *const to_u8[] = {
        [FILTER_BILINEAR] = "#define SOURCE uchar\n#define RESULT uchar\n",
        [FILTER_PIL] = "#define SOURCE uchar\n#define RESULT uchar\n#define FILTER_PIL\n",
        [FILTER_CV] = "#define SOURCE uchar\n#define RESULT uchar\n#define FILTER_CV\n",
        [FILTER_TRIANGLE] = "#define SOURCE uchar\n#define RESULT uchar\n",
    };
    static const char u8_to_float[] =
        "#define SOURCE uchar\n#define RESULT float\n#define RESULT_FLOAT\n";
    static const char float_to_float[] =
        "#define SOURCE float\n#define RESULT float\n#define RESULT_FLOAT\n";
    const char *defines = is_float(r) ? u8_to_float : to_u8[r->filter];
    int n = is_float(r) ? FRAMES_KERNELS : FRAMES_KERNELS - 1;
    const struct ocl_kernel_request all[FRAMES_KERNELS] = {
        [KERNEL_RGB] = {.source = "frame_rgb", .kernel = "frame_rgb", .defines = ""},
        [KERNEL_ACROSS] = {.source = "frame_resize", .kernel = "frame_across", .defines = defines},
        [KERNEL_DOWN] = {.source = "frame_resize", .kernel = "frame_down", .defines = defines},
        [KERNEL_ACROSS_FLOAT] = {.source = "frame_resize", .kernel = "frame_across",
                                 .defines = float_to_float},
    };
    memcpy(requests, all, sizeof *all * (size_t)n);
    return n;
}

struct frame_stage *frames_open(struct ocl *ocl, const struct recipe *r, struct error *err)
{
    if (!r->space_count) {
        fail(err, ERROR_MODEL, "clip %s: space is missing, so it cannot be fed with video",
             r->name);
        return NULL;
    }
    struct ocl_kernel_request requests[FRAMES_KERNELS];
    int n = frames_requests(r, requests);
    struct frame_stage *s = calloc(1, sizeof *s);
    if (!s) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    s->ocl = ocl;
    s->recipe = r;
    struct ocl_build_report report;
    if (!ocl_build(ocl, requests, (size_t)n, s->kernels, &report, NULL, NULL, err))
        frames_close(&s);
    return s;
}

void frames_close(struct frame_stage **stage)
{
    struct frame_stage *s = *stage;
    if (!s)
        return;
    for (int i = 0; i < CROPS_MOST; i++)
        ocl_release(&s->views[i].words.buffer);
    struct room *rooms[] = {&s->planes, &s->words, &s->matrix, &s->images[0], &s->images[1],
                            &s->between};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        ocl_release(&rooms[i]->buffer);
    free(s);
    *stage = NULL;
}

uint64_t frames_slot_bytes(const struct recipe *r)
{
    int w, h;
    recipe_size(r, &w, &h);
    return (uint64_t)w * (uint64_t)h * (is_float(r) ? 4u * (uint64_t)layout_row(3) : 3u);
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
    TRY(need(s, &s->planes, format.bytes, err));
    for (int i = 0; i < format.plane_count; i++)
        TRY(ocl_write(s->ocl, s->planes.buffer, format.plane_at[i], f->plane[i],
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
        ok = need(s, &s->images[i % 2], in * (i ? element : 1), err) &&
             need(s, &s->between, (between + DOWN_ELEMENTS) * 4, err);
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

static bool launch(struct frame_stage *s, int kernel, int x, int each, int y,
                   const struct ocl_arg *args, int count, struct error *err)
{
    const size_t global[3] = {(size_t)(x + each - 1) / (size_t)each, (size_t)y, 1};
    const size_t local[3] = {0, 0, 0};
    return ocl_launch(s->ocl, s->kernels[kernel], global, local, args, count, err);
}

static bool launch_rgb(struct frame_stage *s, const struct view *v, struct error *err)
{
    int width = v->tables.across[0].in, height = v->tables.down[0].in;
    const struct ocl_arg args[] = {
        memory(s->planes.buffer), memory(s->words.buffer), memory(s->matrix.buffer),
        memory(v->words.buffer), memory(s->images[0].buffer), number(v->tables.columns_at),
        number(v->tables.rows_at), number(width),
    };
    return launch(s, KERNEL_RGB, width, RGB_SEGMENT, height, args, 8, err);
}

static bool launch_across(struct frame_stage *s, const struct view *v, int stage,
                          struct error *err)
{
    const struct frame_pass *p = &v->tables.across[stage];
    int kernel = stage && is_float(s->recipe) ? KERNEL_ACROSS_FLOAT : KERNEL_ACROSS;
    const struct ocl_arg args[] = {
        memory(s->images[stage % 2].buffer), memory(v->words.buffer), memory(s->between.buffer),
        number(p->index_at), number(p->weight_at), number(p->each), number(p->in),
        number(p->out),
    };
    return launch(s, kernel, p->out, ACROSS_PIXELS, v->tables.down[stage].in, args, 8, err);
}

/* `first` is the element of `to` where the result begins, `row` its elements a pixel. */
static bool launch_down(struct frame_stage *s, const struct view *v, int stage, ocl_buffer to,
                        int row, uint64_t first, struct error *err)
{
    const struct frame_pass *p = &v->tables.down[stage];
    int elements = v->tables.across[stage].out * 3;
    const struct ocl_arg args[] = {
        memory(s->between.buffer), memory(v->words.buffer), memory(to), number(p->index_at),
        number(p->weight_at), number(p->each), number(elements), number(row),
        number((int)(first & ((1u << 30) - 1))), number((int)(first >> 30)),
    };
    return launch(s, KERNEL_DOWN, elements, DOWN_ELEMENTS, p->out, args, 10, err);
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
            TRY(launch_down(s, v, i, s->images[(i + 1) % 2].buffer, 3, 0, err));
        else if (is_float(s->recipe))
            TRY(launch_down(s, v, i, to, layout_row(3), offset / 4, err));
        else
            TRY(launch_down(s, v, i, to, 3, offset, err));
    }
    return true;
}
