/* SPDX-License-Identifier: MIT */
#include "io/packet_count.h"

#include <stdlib.h>
#include <libavcodec/avcodec.h>

enum { MAX_STAMPS = 64 << 20 };

struct stamps {
    int64_t *at;
    size_t count, cap;
};

/* Codecs and containers of which every packet is one frame to show, or shows_frame() can tell. */
static bool packets_tell(const struct demux *d)
{
    const AVCodecParameters *p = d->stream->codecpar;
    const AVCodecDescriptor *c = avcodec_descriptor_get(p->codec_id);
    /* These cut their streams by parsing; what comes out depends on where they start. */
    if (demux_format_is(d, "mpegts") || demux_format_is(d, "mpeg") || demux_format_is(d, "wtv"))
        return false;
    switch (p->codec_id) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
        /* Length-prefixed access units (the configuration record starts with 1), no fields. */
        return p->extradata_size > 0 && p->extradata[0] == 1 &&
               (p->field_order == AV_FIELD_PROGRESSIVE || p->field_order == AV_FIELD_UNKNOWN);
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_MSMPEG4V1:
    case AV_CODEC_ID_MSMPEG4V2:
    case AV_CODEC_ID_MSMPEG4V3:
    case AV_CODEC_ID_WMV1:
    case AV_CODEC_ID_WMV2:
    case AV_CODEC_ID_H263:
    case AV_CODEC_ID_FLV1:
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1:
        return true;
    default:
        return c && (c->props & AV_CODEC_PROP_INTRA_ONLY);
    }
}

/* 1: the packet shows one frame; 0: none (an alternate reference); -1: hard to say. */
static int shows_frame(enum AVCodecID codec, const AVPacket *packet)
{
    int first = packet->size > 0 ? packet->data[0] : 0;
    if (packet->size == 0)
        return -1;
    switch (codec) {
    case AV_CODEC_ID_VP8:
        return first >> 4 & 1;
    case AV_CODEC_ID_VP9:
        /* A superframe (its last byte is a marker) shows one frame. Otherwise the header tells:
         * marker 2 bits, profile 2 (3 in profile 3), show_existing, key, show_frame. */
        if ((packet->data[packet->size - 1] & 0xe0) == 0xc0)
            return 1;
        if ((first & 0x30) == 0x30)
            return -1;
        return (first & 8) || (first & 2);
    case AV_CODEC_ID_MPEG4:
        /* A picture of a few bytes may be the "not coded" one that shows nothing new. */
        return packet->size < 24 ? -1 : 1;
    default:
        return 1;
    }
}

static bool add(struct stamps *s, int64_t stamp)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1024;
        int64_t *grown = cap <= MAX_STAMPS ? realloc(s->at, cap * sizeof *grown) : NULL;
        if (!grown)
            return false;
        s->at = grown;
        s->cap = cap;
    }
    s->at[s->count++] = stamp;
    return true;
}

/* As packet_count(), filling s with the timestamp of every frame. */
static int collect(struct demux *d, AVPacket *packet, struct stamps *s)
{
    while (demux_next(d, packet)) {
        int shown = shows_frame(d->stream->codecpar->codec_id, packet);
        bool hidden = (packet->flags & AV_PKT_FLAG_DISCARD) || shown == 0;
        int64_t stamp = packet->pts;
        av_packet_unref(packet);
        if (hidden)
            continue;
        if (shown < 0 || stamp == AV_NOPTS_VALUE)
            return 0;
        if (!add(s, stamp))
            return -1;
    }
    return 1;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure(struct stamps *s, AVRational base, double from, double to,
                    struct video_extent *extent)
{
    *extent = (struct video_extent){0};
    if (!s->count)
        return;
    qsort(s->at, s->count, sizeof *s->at, by_value);
    for (size_t i = 0; i < s->count; i++) {
        double time = ((double)s->at[i] - (double)s->at[0]) * base.num / base.den;
        if (time < from || (to > 0 && time >= to))
            continue;
        extent->frames++;
        extent->last_time = time;
    }
}

int packet_count(struct demux *d, const char *name, double from, double to,
                 struct video_extent *extent, struct error *err)
{
    struct stamps s = {0};
    AVRational base = d->stream->time_base;
    if (!packets_tell(d) || base.num <= 0 || base.den <= 0)
        return 0;
    AVPacket *packet = av_packet_alloc();
    int r = packet ? collect(d, packet, &s) : -1;
    av_packet_free(&packet);
    if (r > 0)
        measure(&s, base, from, to, extent);
    if (r < 0)
        fail(err, ERROR_LIMIT, "%s: no memory for the times of its frames", name);
    free(s.at);
    return r;
}
