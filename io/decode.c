/* SPDX-License-Identifier: MIT */
#include "io/decode.h"
#include "base/parallel.h"

#include <math.h>

enum {
    MAX_THREADS = 16,
    /* Errors in a row that a decoder may report at the end of the stream: it must get there. */
    MAX_DRAIN_ERRORS = 256
};

/* libavcodec compares its limit with sizes rounded up to its alignment; the exact comparison is
 * made on the frame. */
static int64_t padded_limit(uint64_t pixels)
{
    return (int64_t)pixels + (64 << 16);
}

static bool setup(struct decoder *d, int threads, struct error *err)
{
    const AVStream *s = d->demux->stream;
    const AVCodec *codec = avcodec_find_decoder(s->codecpar->codec_id);
    if (s->codecpar->codec_id == AV_CODEC_ID_NONE)
        return fail(err, ERROR_INPUT, "%s: the codec of its video stream is not known", d->name);
    if (!codec)
        return fail(err, ERROR_INPUT, "%s: no decoder for its codec %s", d->name,
                    avcodec_get_name(s->codecpar->codec_id));
    d->codec = avcodec_alloc_context3(codec);
    d->packet = av_packet_alloc();
    if (!d->codec || !d->packet || avcodec_parameters_to_context(d->codec, s->codecpar) < 0)
        return fail(err, ERROR_LIMIT, "%s: out of memory", d->name);
    if (threads <= 0)
        threads = parallel_threads();
    d->codec->thread_count = threads < MAX_THREADS ? threads : MAX_THREADS;
    d->codec->pkt_timebase = s->time_base;
    d->codec->max_pixels = padded_limit(d->max_pixels);
    int r = avcodec_open2(d->codec, codec, NULL);
    if (r == AVERROR(ENOMEM))
        return fail(err, ERROR_LIMIT, "%s: out of memory", d->name);
    return r >= 0 ||
           fail(err, ERROR_INPUT, "%s: its %s decoder cannot be started", d->name, codec->name);
}

bool decoder_open(struct decoder *d, struct demux *demux, const char *name, int threads,
                  uint64_t max_pixels, struct error *err)
{
    *d = (struct decoder){.demux = demux, .name = name, .max_pixels = max_pixels};
    d->rate = av_guess_frame_rate(demux->format, demux->stream, NULL);
    if (d->rate.num <= 0 || d->rate.den <= 0)
        d->rate = (AVRational){25, 1};
    if (setup(d, threads, err))
        return true;
    decoder_close(d);
    return false;
}

void decoder_close(struct decoder *d)
{
    avcodec_free_context(&d->codec);
    av_packet_free(&d->packet);
}

/* Feeds one packet, or the end of the stream; false: out of memory. */
static bool feed(struct decoder *d)
{
    int r;
    if (demux_next(d->demux, d->packet)) {
        /* A demuxer's own mark of damage is no error here: joined transport streams have it too.
         * Where something is missing the decoder says so. */
        r = avcodec_send_packet(d->codec, d->packet);
        av_packet_unref(d->packet);
        d->errors += r < 0 && r != AVERROR_EOF;
    } else {
        d->draining = true;
        r = avcodec_send_packet(d->codec, NULL);
    }
    return r != AVERROR(ENOMEM);
}

/* The next frame without its time; as decoder_next(). */
static int receive(struct decoder *d, AVFrame *frame, struct error *err)
{
    int drain_errors = 0;
    for (;;) {
        int r = avcodec_receive_frame(d->codec, frame);
        if (r >= 0)
            return 1;
        if (r == AVERROR_EOF)
            return 0;
        if (r == AVERROR(EAGAIN)) {
            if (d->draining)
                return 0;
            r = feed(d) ? 0 : AVERROR(ENOMEM);
        } else {
            d->errors++;
            if (d->draining && ++drain_errors > MAX_DRAIN_ERRORS)
                return 0;
        }
        if (r == AVERROR(ENOMEM)) {
            fail(err, ERROR_LIMIT, "%s: out of memory in the %s decoder", d->name,
                 d->codec->codec->name);
            return -1;
        }
    }
}

static double frame_time(struct decoder *d, const AVFrame *frame)
{
    AVRational base = d->demux->stream->time_base;
    int64_t stamp = frame->best_effort_timestamp;
    double step = (double)d->rate.den / d->rate.num, time;
    if (d->frames == 0 && stamp != AV_NOPTS_VALUE && base.num > 0 && base.den > 0) {
        d->timed = true;
        d->origin = stamp;
    }
    if (!d->timed)
        time = (double)d->frames * d->rate.den / d->rate.num;
    else if (stamp != AV_NOPTS_VALUE)
        time = ((double)stamp - (double)d->origin) * base.num / base.den;
    else
        time = d->time + step;
    return fmax(time, d->time);
}

int decoder_next(struct decoder *d, AVFrame *frame, double *time, struct error *err)
{
    int r = receive(d, frame, err);
    if (r <= 0)
        return r;
    if ((uint64_t)frame->width * (uint64_t)frame->height > d->max_pixels) {
        fail(err, ERROR_LIMIT, "%s: a frame of %dx%d pixels, at most %llu are allowed", d->name,
             frame->width, frame->height, (unsigned long long)d->max_pixels);
        return -1;
    }
    if ((frame->flags & AV_FRAME_FLAG_CORRUPT) || frame->decode_error_flags)
        d->errors++;
    *time = d->time = frame_time(d, frame);
    d->frames++;
    return 1;
}

bool decoder_seek(struct decoder *d, double seconds)
{
    AVStream *s = d->demux->stream;
    if (!d->timed)
        return false;
    int64_t stamp = d->origin + (int64_t)(seconds * s->time_base.den / s->time_base.num);
    if (av_seek_frame(d->demux->format, s->index, stamp, AVSEEK_FLAG_BACKWARD) < 0)
        return false;
    avcodec_flush_buffers(d->codec);
    d->demux->sought = true;
    d->draining = false;
    d->time = 0;
    return true;
}
