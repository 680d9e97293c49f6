/* SPDX-License-Identifier: MIT */
#include "io/mp4_check.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_DEPTH = 10,            /* libavformat's own limit for boxes in boxes */
    MAX_BOXES = 16 << 20,      /* two weeks of half-second fragments         */
    MAX_RUN_SAMPLES = 16 << 20 /* 6 days at 30 frames a second             */
};

struct walk {
    int fd;
    uint64_t size;
    const char *name;
    struct error *err;
    uint64_t boxes;
    uint64_t run_samples; /* of all 'trun' boxes together */
    bool has_movie;       /* a 'moov' box was met */
};

struct box {
    char type[5];
    uint64_t start, body, end; /* body: first byte after the header */
    bool cut;                  /* said to end behind its parent; `end` is the parent's */
};

/* Boxes that hold boxes, wherever they stand. */
static const char containers[][5] = {"moov", "trak", "mdia", "minf", "stbl", "moof", "traf",
                                     "mvex", "edts", "udta", "dinf", "tref", "clip", "sinf",
                                     "schi", "wave", "hoov", "matt", "meta", "ilst"};

/* Tables: a count, then entries of a fixed size. */
static const struct {
    char type[5];
    unsigned count_at, entry; /* count_at: offset in the body, behind version and flags */
} tables[] = {
    {"stts", 4, 8}, {"ctts", 4, 8}, {"stsc", 4, 12}, {"stco", 4, 4},
    {"co64", 4, 8}, {"stss", 4, 4}, {"stps", 4, 4},
};

static uint64_t be(const uint8_t *p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* False at the end of the file. */
static bool read_at(const struct walk *w, uint64_t pos, uint8_t *buf, size_t n)
{
    while (n) {
        ssize_t got = pread(w->fd, buf, n, (off_t)pos);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        buf += got;
        pos += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}

/* The box at `pos` inside a parent that ends at `end`; false when there is none. */
static bool box_at(const struct walk *w, uint64_t pos, uint64_t end, struct box *b)
{
    uint8_t h[16];
    if (end - pos < 8 || !read_at(w, pos, h, 8))
        return false;
    uint64_t size = be(h, 4), header = 8;
    memcpy(b->type, h + 4, 4);
    b->type[4] = 0;
    if (size == 1) {
        if (end - pos < 16 || !read_at(w, pos + 8, h + 8, 8))
            return false;
        size = be(h + 8, 8);
        header = 16;
    }
    b->cut = size > end - pos;
    if (size == 0 || b->cut)
        size = end - pos;
    if (size < header)
        return false;
    b->start = pos;
    b->body = pos + header;
    b->end = pos + size;
    return true;
}

static bool table_fits(const struct walk *w, const struct box *b, uint64_t count, uint64_t at,
                       uint64_t bytes)
{
    uint64_t room = b->end - b->body > at ? b->end - b->body - at : 0;
    if (!bytes || count <= room / bytes)
        return true;
    return fail(w->err, ERROR_INPUT,
                "%s: box '%s' at byte %llu says %llu entries, its size holds %llu", w->name,
                b->type, (unsigned long long)b->start, (unsigned long long)count,
                (unsigned long long)(room / bytes));
}

static bool samples_fit(const struct walk *w, const struct box *b, uint64_t count, uint64_t limit)
{
    if (count <= limit)
        return true;
    return fail(
        w->err, ERROR_LIMIT,
        "%s: box '%s' at byte %llu brings the samples to %llu, at most %llu are possible in "
        "%llu bytes",
        w->name, b->type, (unsigned long long)b->start, (unsigned long long)count,
        (unsigned long long)limit, (unsigned long long)w->size);
}

/* Sample sizes: one size for all, or one entry each (4 bytes; 'stz2': 4, 8 or 16 bits). */
static bool check_sizes(const struct walk *w, const struct box *b)
{
    uint8_t p[12];
    if (b->end - b->body < sizeof p || !read_at(w, b->body, p, sizeof p))
        return true;
    uint64_t count = be(p + 8, 4), each = be(p + 4, 4);
    if (!strcmp(b->type, "stz2"))
        return table_fits(w, b, count / 2, sizeof p, 1) && samples_fit(w, b, count, w->size);
    if (each == 0)
        return table_fits(w, b, count, sizeof p, 4);
    return samples_fit(w, b, count, w->size);
}

/* A run of samples of a fragment: 0 to 16 bytes a sample, as the flags say. */
static bool check_run(struct walk *w, const struct box *b)
{
    uint8_t p[8];
    if (b->end - b->body < sizeof p || !read_at(w, b->body, p, sizeof p))
        return true;
    uint64_t flags = be(p + 1, 3), count = be(p + 4, 4), at = sizeof p, entry = 0;
    at += (flags & 1 ? 4u : 0u) + (flags & 4 ? 4u : 0u);
    for (uint64_t bit = 0x100; bit <= 0x800; bit <<= 1)
        entry += flags & bit ? 4u : 0u;
    if (!table_fits(w, b, count, at, entry))
        return false;
    w->run_samples += count;
    return samples_fit(w, b, w->run_samples, w->size < MAX_RUN_SAMPLES ? w->size : MAX_RUN_SAMPLES);
}

static bool check_box(struct walk *w, const struct box *b)
{
    uint8_t p[4];
    if (!strcmp(b->type, "trun"))
        return check_run(w, b);
    if (!strcmp(b->type, "stsz") || !strcmp(b->type, "stz2"))
        return check_sizes(w, b);
    if (!strcmp(b->type, "cmov"))
        return fail(w->err, ERROR_INPUT,
                    "%s: its movie header is compressed ('cmov' at byte %llu), "
                    "which is not supported",
                    w->name, (unsigned long long)b->start);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (!strcmp(b->type, tables[i].type) && b->end - b->body >= tables[i].count_at + 4 &&
            read_at(w, b->body + tables[i].count_at, p, 4))
            return table_fits(w, b, be(p, 4), tables[i].count_at + 4, tables[i].entry);
    return true;
}

static bool is_container(const struct walk *w, const struct box *b)
{
    uint8_t p[8];
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (!strcmp(b->type, containers[i]))
            return true;
    /* libavformat looks for a movie header that was turned into free space. */
    return !strcmp(b->type, "free") && b->end - b->body >= 8 && read_at(w, b->body, p, 8) &&
           (!memcmp(p + 4, "moov", 4) || !memcmp(p + 4, "cmov", 4));
}

/* A file that ends inside a top-level box can be used only when the movie header is in front. */
static bool check_cut(struct walk *w, const struct box *b)
{
    bool movie = !strcmp(b->type, "moov");
    if (!b->cut || (w->has_movie && !movie))
        return true;
    return fail(w->err, ERROR_INPUT, "%s: the file ends inside box '%s' at byte %llu%s", w->name,
                b->type, (unsigned long long)b->start,
                movie ? ", its list of frames"
                      : ", and the box 'moov' that lists the frames is missing");
}

/* Where the boxes in a container start: 'meta' has four bytes in front of them in MP4, none in
 * QuickTime. */
static uint64_t first_inside(const struct walk *w, const struct box *b)
{
    uint8_t p[8];
    if (strcmp(b->type, "meta") || b->end - b->body < sizeof p ||
        (read_at(w, b->body, p, sizeof p) && !memcmp(p + 4, "hdlr", 4)))
        return b->body;
    return b->body + 4;
}

static bool walk_boxes(struct walk *w, uint64_t pos, uint64_t end, int depth)
{
    struct box b;
    for (; box_at(w, pos, end, &b); pos = b.end) {
        if (++w->boxes > MAX_BOXES)
            return fail(w->err, ERROR_LIMIT, "%s: more than %d boxes", w->name, MAX_BOXES);
        if (depth == 0)
            TRY(check_cut(w, &b));
        w->has_movie |= !strcmp(b.type, "moov");
        TRY(check_box(w, &b));
        if (depth < MAX_DEPTH && is_container(w, &b))
            TRY(walk_boxes(w, first_inside(w, &b), b.end, depth + 1));
    }
    return true;
}

bool mp4_check(int fd, uint64_t size, const char *name, struct error *err)
{
    struct walk w = {.fd = fd, .size = size, .name = name, .err = err};
    return walk_boxes(&w, 0, size, 0);
}
