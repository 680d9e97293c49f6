/* SPDX-License-Identifier: MIT */
/* Helpers for tests that read clips: digests of frames, their lists, files made on the way. */
#ifndef TESTS_IO_CLIP_H
#define TESTS_IO_CLIP_H
#include <check.h>
#undef fail /* Check's name for an assertion; here it is base/error.h's */
#include "io/video.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libavutil/md5.h>
#include <libavutil/mem.h>

#define CLIPS SOURCE_DIR "/tests/data/clips/"

struct digest {
    char hex[33];
};

struct shown {
    struct digest md5;
    double time;
};

struct listing {
    struct shown *frame;
    int64_t count;
};

static inline int plane_count(const struct frame *f)
{
    return f->layout == FRAME_YUV || f->layout == FRAME_GBR ? 3 : f->layout == FRAME_NV12 ? 2 : 1;
}

static inline void plane_size(const struct frame *f, int plane, size_t *row_bytes, int *rows)
{
    bool chroma = plane && f->layout != FRAME_GBR;
    int cw = chroma ? f->chroma_w : 0, ch = chroma ? f->chroma_h : 0;
    size_t w = (size_t)((f->width + (1 << cw) - 1) >> cw);
    size_t pixel = f->layout == FRAME_RGB ? (size_t)f->pixel_bytes : f->bits > 8 ? 2u : 1u;
    *row_bytes = w * pixel * (f->layout == FRAME_NV12 && chroma ? 2 : 1);
    *rows = (f->height + (1 << ch) - 1) >> ch;
}

/* MD5 over the rows of all planes, as the framemd5 lists have it. */
static inline struct digest frame_digest(const struct frame *f)
{
    struct digest d;
    uint8_t sum[16];
    struct AVMD5 *md5 = av_md5_alloc();
    ck_assert_ptr_nonnull(md5);
    av_md5_init(md5);
    for (int p = 0; p < plane_count(f); p++) {
        size_t row;
        int rows;
        plane_size(f, p, &row, &rows);
        for (int y = 0; y < rows; y++)
            av_md5_update(md5, f->plane[p] + (size_t)y * f->stride[p], row);
    }
    av_md5_final(md5, sum);
    av_free(md5);
    for (int i = 0; i < 16; i++)
        snprintf(d.hex + 2 * i, 3, "%02x", sum[i]);
    return d;
}

static inline struct video *must_open(const char *path, const struct video_options *o)
{
    struct error err = {0};
    struct video *v = video_open(path, o, &err);
    ck_assert_msg(v != NULL, "%s", err.text);
    return v;
}

static inline void list_add(struct listing *l, struct digest md5, double time)
{
    l->frame = realloc(l->frame, (size_t)(l->count + 1) * sizeof *l->frame);
    ck_assert_ptr_nonnull(l->frame);
    l->frame[l->count++] = (struct shown){md5, time};
}

/* All frames that are left. */
static inline struct listing list_frames(struct video *v)
{
    struct listing l = {0};
    struct error err = {0};
    struct frame f;
    int r;
    while ((r = video_next(v, &f, &err)) > 0) {
        ck_assert_int_eq(f.index, l.count);
        list_add(&l, frame_digest(&f), f.time);
    }
    ck_assert_msg(r == 0, "%s", err.text);
    return l;
}

static inline struct listing list_clip(const char *path, const struct video_options *o)
{
    struct video *v = must_open(path, o);
    struct listing l = list_frames(v);
    video_close(&v);
    return l;
}

/* The frames of CLIPS name.framemd5; times in seconds from the first one. */
static inline struct listing list_truth(const char *name)
{
    struct listing l = {0};
    char path[512], line[256];
    long long pts, first = 0;
    int num = 0, den = 1;
    struct digest md5;
    snprintf(path, sizeof path, CLIPS "%s.framemd5", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s is missing", path);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "#tb 0: %d/%d", &num, &den) == 2 || line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "0, %*d, %lld, %*d, %*d, %32s", &pts, md5.hex), 2);
        if (!l.count)
            first = pts;
        list_add(&l, md5, (double)(pts - first) * num / den);
    }
    fclose(file);
    return l;
}

static inline void expect_same(const char *name, const struct listing *got,
                               const struct listing *want, double tolerance)
{
    ck_assert_msg(got->count == want->count, "%s: %lld frames instead of %lld", name,
                  (long long)got->count, (long long)want->count);
    for (int64_t i = 0; i < want->count; i++) {
        ck_assert_msg(!strcmp(got->frame[i].md5.hex, want->frame[i].md5.hex),
                      "%s: frame %lld differs", name, (long long)i);
        ck_assert_msg(got->frame[i].time >= want->frame[i].time - tolerance &&
                          got->frame[i].time <= want->frame[i].time + tolerance,
                      "%s: frame %lld is at %.9g s instead of %.9g", name, (long long)i,
                      got->frame[i].time, want->frame[i].time);
    }
}

static inline uint8_t *load(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is missing", path);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(*n + 1);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_eq(fread(data, 1, *n, f), *n);
    fclose(f);
    return data;
}

static inline void store(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    ck_assert_msg(f != NULL, "%s cannot be written", path);
    ck_assert_uint_eq(fwrite(data, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* Where the four letters of a box stand; it must be there. */
static inline uint8_t *find_box(uint8_t *data, size_t n, const char *type)
{
    for (size_t i = 0; i + 4 <= n; i++)
        if (!memcmp(data + i, type, 4))
            return data + i;
    ck_abort_msg("no box %s", type);
    return NULL;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

#endif
