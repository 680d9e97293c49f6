/* SPDX-License-Identifier: MIT */
#include "io/track.h"
#include "io/packet_count.h"

#include <stdio.h>

/* Decoding this many seconds for nothing is cheaper than being wrong about a seek. */
static const double seek_worth = 10, seek_margin = 2;

bool track_open(struct track *t, const struct track_spec *spec, struct error *err)
{
    *t = (struct track){.spec = spec};
    TRY(demux_open(&t->demux, spec->input, spec->name, spec->stream, spec->max_pixels, err));
    t->open =
        decoder_open(&t->decoder, &t->demux, spec->name, spec->threads, spec->max_pixels, err);
    if (!t->open)
        demux_close(&t->demux);
    return t->open;
}

void track_close(struct track *t)
{
    if (t->open) {
        decoder_close(&t->decoder);
        demux_close(&t->demux);
    }
    t->open = false;
}

/* Goes near `from` where the container has an exact index, and takes the answer only when a frame
 * before `from` comes out. 1: *frame is that one; 0: the track is at its beginning; -1: error. */
static int jump(struct track *t, AVFrame *frame, double *time, struct error *err)
{
    double from = t->spec->from;
    if (from < seek_worth ||
        !(demux_format_is(&t->demux, "mov") || demux_format_is(&t->demux, "matroska")))
        return 0;
    int r = decoder_next(&t->decoder, frame, time, err);
    if (r > 0 && decoder_seek(&t->decoder, from - seek_margin)) {
        av_frame_unref(frame);
        r = decoder_next(&t->decoder, frame, time, err);
        if (r > 0 && *time < from && frame->best_effort_timestamp != AV_NOPTS_VALUE) {
            t->decoder.errors = 0; /* of frames in front of the keyframe: outside the range */
            return 1;
        }
    }
    if (r < 0)
        return r;
    av_frame_unref(frame);
    const struct track_spec *spec = t->spec;
    track_close(t);
    r = track_open(t, spec, err) ? 0 : -1;
    t->started = true;
    return r;
}

int track_next(struct track *t, AVFrame *frame, double *time, struct error *err)
{
    int r = 0;
    if (!t->started) {
        t->started = true;
        r = jump(t, frame, time, err);
    }
    for (;;) {
        if (r == 0)
            r = decoder_next(&t->decoder, frame, time, err);
        if (r <= 0)
            return r;
        if (t->spec->to > 0 && *time >= t->spec->to) {
            t->left_range = true;
            av_frame_unref(frame);
            return 0;
        }
        if (*time >= t->spec->from)
            return 1;
        av_frame_unref(frame);
        r = 0;
    }
}

static const int32_t *stream_matrix(const AVStream *s)
{
    const size_t bytes = 9 * sizeof(int32_t);
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData *d = av_packet_side_data_get(
        s->codecpar->coded_side_data, s->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return d && d->size >= bytes ? (const int32_t *)(const void *)d->data : NULL;
#else
    size_t size = 0;
    const uint8_t *data = av_stream_get_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return data && size >= bytes ? (const int32_t *)(const void *)data : NULL;
#endif
}

const int32_t *track_matrix(const struct track *t, const AVFrame *frame)
{
    const AVFrameSideData *d = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
    if (d && d->size >= 9 * sizeof(int32_t))
        return (const int32_t *)(const void *)d->data;
    return stream_matrix(t->demux.stream);
}

void track_info(const struct track *t, struct video_info *info)
{
    const AVStream *s = t->demux.stream;
    AVRational rate = s->avg_frame_rate.num > 0 ? s->avg_frame_rate : s->r_frame_rate;
    info->codec = avcodec_get_name(s->codecpar->codec_id);
    info->container = t->demux.format->iformat->name;
    info->width = s->codecpar->width;
    info->height = s->codecpar->height;
    info->fps = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
    info->duration = 0;
    if (s->duration > 0 && s->time_base.den > 0)
        info->duration = (double)s->duration * av_q2d(s->time_base);
    else if (t->demux.format->duration > 0)
        info->duration = (double)t->demux.format->duration / AV_TIME_BASE;
}

bool track_ended_early(const struct demux *d, struct video_damage *damage)
{
    if (!demux_ended_early(d))
        return false;
    *damage = (struct video_damage){.truncated = true};
    if (!d->sought && d->stream->nb_frames > d->packets)
        snprintf(damage->text, sizeof damage->text,
                 "the file ends early, after %lld of %lld frames", (long long)d->packets,
                 (long long)d->stream->nb_frames);
    else
        snprintf(damage->text, sizeof damage->text, "the file ends early");
    return true;
}

static bool measure_by_decoding(struct track *t, struct video_extent *extent, struct error *err)
{
    AVFrame *frame = av_frame_alloc();
    double time;
    int r = -1;
    *extent = (struct video_extent){0};
    if (!frame)
        fail(err, ERROR_LIMIT, "%s: out of memory", t->spec->name);
    else
        while ((r = track_next(t, frame, &time, err)) > 0) {
            extent->frames++;
            extent->last_time = time;
            av_frame_unref(frame);
        }
    av_frame_free(&frame);
    if (r == 0 && !t->left_range)
        track_ended_early(&t->demux, &extent->end);
    return r == 0;
}

bool track_measure(const struct track_spec *spec, struct video_extent *extent, struct error *err)
{
    struct demux demux;
    struct track t;
    TRY(demux_open(&demux, spec->input, spec->name, spec->stream, spec->max_pixels, err));
    int r = packet_count(&demux, spec->name, spec->from, spec->to, extent, err);
    if (r > 0 && spec->to <= 0)
        track_ended_early(&demux, &extent->end);
    demux_close(&demux);
    if (r != 0)
        return r > 0;
    TRY(track_open(&t, spec, err));
    bool ok = measure_by_decoding(&t, extent, err);
    track_close(&t);
    return ok;
}
