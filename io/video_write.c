/* SPDX-License-Identifier: MIT */
#include "io/video_write.h"
#include "base/file.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char video_writer_names[] = "mp4, m4v, mov, mkv";

enum { TICKS = 12000, BUFFER = 1 << 16 }; /* a second; mpeg4 knows at most 65535 */

struct video_writer {
    const char *path;
    struct file_writer *file;
    struct error file_error; /* what a callback of libav could not report */
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *stream;
    AVFrame *frame;
    AVPacket *packet;
    struct SwsContext *sws;
    double first; /* time of the first picture, which becomes 0 */
    int64_t last; /* time of the last frame, in ticks */
    int64_t count;
    bool begun; /* the file's head is written */
};

static const char *format_of(const char *path)
{
    static const char *const names[][2] = {
        {".mp4", "mp4"}, {".m4v", "mp4"}, {".mov", "mov"}, {".mkv", "matroska"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(dot, names[i][0]))
            return names[i][1];
    return NULL;
}

bool video_writer_knows(const char *path)
{
    return format_of(path) != NULL;
}

/* ---- bytes ---- */

#if LIBAVFORMAT_VERSION_MAJOR < 61
static int write_bytes(void *opaque, uint8_t *data, int n)
#else
static int write_bytes(void *opaque, const uint8_t *data, int n)
#endif
{
    struct video_writer *w = opaque;
    return file_writer_put(w->file, data, (size_t)n, &w->file_error) ? n : AVERROR(EIO);
}

static int64_t seek(void *opaque, int64_t offset, int whence)
{
    struct video_writer *w = opaque;
    if (whence != SEEK_SET || offset < 0)
        return AVERROR(EINVAL);
    return file_writer_seek(w->file, (uint64_t)offset, &w->file_error) ? offset : AVERROR(EIO);
}

static bool failed(const struct video_writer *w, int code, struct error *err)
{
    char why[AV_ERROR_MAX_STRING_SIZE];
    if (w->file_error.code) {
        if (err)
            *err = w->file_error;
        return false;
    }
    av_strerror(code, why, sizeof why);
    return fail(err, ERROR_OUTPUT, "%s: cannot be written: %s", w->path, why);
}

static bool open_file(struct video_writer *w, struct error *err)
{
    int code = avformat_alloc_output_context2(&w->format, NULL, format_of(w->path), NULL);
    if (code < 0)
        return failed(w, code, err);
    TRY(w->file = file_writer_open(w->path, err));
    TRY(file_writer_seek(w->file, 0, err)); /* a pipe cannot: said before the work */
    uint8_t *buffer = av_malloc(BUFFER);
    if (buffer)
        w->format->pb = avio_alloc_context(buffer, BUFFER, 1, w, NULL, write_bytes, seek);
    if (!w->format->pb) {
        av_free(buffer);
        return fail(err, ERROR_LIMIT, "%s: out of memory", w->path);
    }
    return true;
}

/* ---- pictures ---- */

static bool open_codec(struct video_writer *w, const AVCodec *codec, int width, int height)
{
    AVCodecContext *x = w->codec = avcodec_alloc_context3(codec);
    if (!x)
        return false;
    x->width = width;
    x->height = height;
    x->pix_fmt = AV_PIX_FMT_YUV420P;
    x->time_base = (AVRational){1, TICKS};
    x->colorspace = AVCOL_SPC_SMPTE170M;
    x->color_range = AVCOL_RANGE_MPEG;
    if (w->format->oformat->flags & AVFMT_GLOBALHEADER)
        x->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (codec->id == AV_CODEC_ID_MPEG4) {
        x->flags |= AV_CODEC_FLAG_QSCALE;
        x->global_quality = 3 * FF_QP2LAMBDA;
    } else {
        av_opt_set(x->priv_data, "preset", "fast", 0);
        av_opt_set(x->priv_data, "crf", "20", 0);
    }
    if (avcodec_open2(x, codec, NULL) >= 0)
        return true;
    avcodec_free_context(&w->codec);
    return false;
}

static bool open_stream(struct video_writer *w, int width, int height, struct error *err)
{
    const AVCodec *first = avcodec_find_encoder_by_name("libx264");
    const AVCodec *second = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (!(first && open_codec(w, first, width, height)) &&
        !(second && open_codec(w, second, width, height)))
        return fail(err, ERROR_OUTPUT,
                    "%s: this libavcodec has neither libx264 nor mpeg4 for %dx%d pictures", w->path,
                    width, height);
    w->stream = avformat_new_stream(w->format, NULL);
    w->frame = av_frame_alloc();
    w->packet = av_packet_alloc();
    w->sws = sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height, AV_PIX_FMT_YUV420P,
                            SWS_BILINEAR, NULL, NULL, NULL);
    if (!w->stream || !w->frame || !w->packet || !w->sws)
        return fail(err, ERROR_LIMIT, "%s: out of memory", w->path);
    w->frame->format = AV_PIX_FMT_YUV420P;
    w->frame->width = width;
    w->frame->height = height;
    w->stream->time_base = w->codec->time_base;
    int code = avcodec_parameters_from_context(w->stream->codecpar, w->codec);
    if (code >= 0)
        code = avformat_write_header(w->format, NULL);
    w->begun = code >= 0;
    return w->begun || failed(w, code, err);
}

struct video_writer *video_writer_open(const char *path, int w, int h, struct error *err)
{
    struct video_writer *v = calloc(1, sizeof *v);
    if (!v) {
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    v->path = path;
    v->last = -1;
    if (!format_of(path))
        fail(err, ERROR_OUTPUT, "%s: unknown kind of video; known are %s", path,
             video_writer_names);
    else if (w < 2 || h < 2)
        fail(err, ERROR_OUTPUT, "%s: pictures of %dx%d are too small for a video", path, w, h);
    else if (open_file(v, err) && open_stream(v, w & ~1, h & ~1, err))
        return v;
    video_writer_abandon(&v);
    return NULL;
}

/* How long a frame is shown when no other one ends it: as long as they are on average. */
static int64_t usual_duration(const struct video_writer *w)
{
    return w->count > 1 && w->last >= w->count ? w->last / (w->count - 1) : TICKS / 25;
}

/* Hands on what the encoder has ready. */
static bool drain(struct video_writer *w, struct error *err)
{
    for (;;) {
        int code = avcodec_receive_packet(w->codec, w->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return true;
        if (code >= 0) {
            w->packet->duration = usual_duration(w); /* without one, players drop the last frame */
            av_packet_rescale_ts(w->packet, w->codec->time_base, w->stream->time_base);
            w->packet->stream_index = w->stream->index;
            code = av_interleaved_write_frame(w->format, w->packet);
        }
        if (code < 0 || w->file_error.code)
            return failed(w, code, err);
    }
}

bool video_writer_put(struct video_writer *w, const struct canvas *c, double time,
                      struct error *err)
{
    const uint8_t *const rgb[] = {c->rgb};
    const int stride[] = {c->w * 3};
    AVFrame *f = w->frame;
    if ((c->w & ~1) != f->width || (c->h & ~1) != f->height)
        return fail(err, ERROR_BUG, "%s: a picture of %dx%d in a video of %dx%d", w->path, c->w,
                    c->h, f->width, f->height);
    int code = f->buf[0] ? av_frame_make_writable(f) : av_frame_get_buffer(f, 0);
    if (code < 0)
        return failed(w, code, err);
    sws_scale(w->sws, rgb, stride, 0, f->height, f->data, f->linesize);
    w->first = w->count ? w->first : time;
    f->pts = (int64_t)((time - w->first) * TICKS + 0.5);
    f->pts = f->pts > w->last ? f->pts : w->last + 1;
    w->last = f->pts;
    w->count++;
    code = avcodec_send_frame(w->codec, f);
    return code < 0 ? failed(w, code, err) : drain(w, err);
}

void video_writer_abandon(struct video_writer **wp)
{
    struct video_writer *w = *wp;
    if (!w)
        return;
    av_frame_free(&w->frame);
    av_packet_free(&w->packet);
    sws_freeContext(w->sws);
    avcodec_free_context(&w->codec);
    if (w->format && w->format->pb) {
        av_freep(&w->format->pb->buffer);
        avio_context_free(&w->format->pb);
    }
    avformat_free_context(w->format);
    file_writer_abandon(&w->file);
    free(w);
    *wp = NULL;
}

bool video_writer_commit(struct video_writer **wp, struct error *err)
{
    struct video_writer *w = *wp;
    int code = avcodec_send_frame(w->codec, NULL);
    bool ok = code >= 0 ? drain(w, err) : failed(w, code, err);
    if (ok) {
        code = av_write_trailer(w->format);
        avio_flush(w->format->pb);
        ok = (code >= 0 && !w->file_error.code) || failed(w, code, err);
    }
    if (ok)
        ok = file_writer_commit(&w->file, err);
    video_writer_abandon(wp);
    return ok;
}
