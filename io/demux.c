/* SPDX-License-Identifier: MIT */
#include "io/demux.h"
#include "base/log.h"
#include "io/matroska_end.h"
#include "io/mp4_check.h"

#include <pthread.h>
#include <string.h>
#include <libavcodec/avcodec.h>
#include <libavutil/avstring.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>

enum { MAX_STREAMS = 256, MAX_RETRIES = 1000 };

/* No playlists, scripts, devices or formats without a probe. Sound-only containers are there so
 * that the message can say what is missing. */
static const char allowed_formats[] =
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,vvc,evc,h263,h261,av1,obu,ivf,vc1,"
    "vc1test,flv,asf,ogg,gif,apng,mjpeg,mjpeg_2000,yuv4mpegpipe,nut,mxf,gxf,dv,rm,dirac,dnxhd,"
    "cavsvideo,avs2,avs3,wtv,pva,nuv,smjpeg,swf,"
    "png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,webp_pipe,ppm_pipe,pgm_pipe,pbm_pipe,pam_pipe,"
    "sgi_pipe,j2k_pipe,jpegls_pipe,jpegxl_pipe,exr_pipe,dpx_pipe,qoi_pipe,sunrast_pipe,"
    "mp3,aac,wav,w64,flac,aiff,caf,ac3,eac3,dts,amr,ape,tta,wv,au";

static void quiet_libav(void)
{
    av_log_set_level(log_wants("video") ? AV_LOG_VERBOSE : AV_LOG_QUIET);
}

static int refuse_open(AVFormatContext *s, AVIOContext **pb, const char *url, int flags,
                       AVDictionary **options)
{
    (void)s, (void)pb, (void)flags, (void)options;
    log_line("video", "refused to open %s", url);
    return AVERROR(EACCES);
}

static int interrupted(void *opaque)
{
    struct input *in = opaque;
    return atomic_load(&in->stop);
}

static bool fail_libav(struct error *err, const char *name, const char *what, int code)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    if (code == AVERROR(ENOMEM))
        return fail(err, ERROR_LIMIT, "%s: out of memory", name);
    av_strerror(code, text, sizeof text);
    return fail(err, ERROR_INPUT, "%s: %s (%s)", name, what, text);
}

static bool probe(struct demux *d, struct input *in, const char *name, const AVInputFormat **format,
                  struct error *err)
{
    if (in->size == 0)
        return fail(err, ERROR_INPUT, "%s: is empty", name);
    /* No file name: its extension or a '%' in it must not decide what the content is. */
    if (av_probe_input_buffer2(d->io, format, NULL, NULL, 0, 0) < 0 ||
        av_match_list((*format)->name, allowed_formats, ',') <= 0)
        return fail(err, ERROR_INPUT, "%s: not a media file that can be read", name);
    if (av_match_list((*format)->name, "mov", ','))
        TRY(mp4_check(in->fd, in->size, name, err));
    return true;
}

static bool open_format(struct demux *d, struct input *in, const char *name,
                        const AVInputFormat *format, struct error *err)
{
    AVDictionary *options = NULL;
    d->format = avformat_alloc_context();
    if (!d->format)
        return fail(err, ERROR_LIMIT, "%s: out of memory", name);
    d->format->pb = d->io;
    d->format->io_open = refuse_open;
    d->format->interrupt_callback = (AVIOInterruptCB){interrupted, in};
    d->format->max_streams = MAX_STREAMS;
    av_dict_set(&options, "format_whitelist", allowed_formats, 0);
    av_dict_set(&options, "protocol_whitelist", "", 0);
    int r = avformat_open_input(&d->format, NULL, format, &options);
    av_dict_free(&options);
    return r >= 0 || fail_libav(err, name, "its container cannot be read", r);
}

/* Lets libavformat look into the streams, with the same limit on picture size as the decoder. */
static bool find_streams(struct demux *d, const char *name, uint64_t max_pixels, struct error *err)
{
    unsigned n = d->format->nb_streams;
    AVDictionary **options = n ? av_calloc(n, sizeof(*options)) : NULL;
    if (n && !options)
        return fail(err, ERROR_LIMIT, "%s: out of memory", name);
    for (unsigned i = 0; i < n; i++) {
        av_dict_set_int(&options[i], "max_pixels", (int64_t)max_pixels, 0);
        av_dict_set(&options[i], "threads", "1", 0);
    }
    int r = avformat_find_stream_info(d->format, options);
    for (unsigned i = 0; i < n; i++)
        av_dict_free(&options[i]);
    av_free(options);
    return r >= 0 || fail_libav(err, name, "its streams cannot be read", r);
}

static bool is_video(const AVStream *s)
{
    return s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           !(s->disposition & AV_DISPOSITION_ATTACHED_PIC);
}

/* Decodable first, then the default one, then the larger one, then the earlier one. */
static int64_t stream_score(const AVStream *s)
{
    int64_t area = (int64_t)s->codecpar->width * s->codecpar->height;
    return area + ((int64_t) !!(s->disposition & AV_DISPOSITION_DEFAULT) << 40) +
           ((int64_t) !!avcodec_find_decoder(s->codecpar->codec_id) << 41);
}

static bool fail_no_video(const AVFormatContext *f, const char *name, struct error *err)
{
    bool sound = false, cover = false;
    for (unsigned i = 0; i < f->nb_streams; i++) {
        sound |= f->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        cover |= (f->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    }
    return fail(err, ERROR_INPUT, "%s: no video stream%s", name,
                cover   ? " (only an attached picture)"
                : sound ? " (only audio)"
                        : "");
}

static bool choose_stream(struct demux *d, const char *name, int wanted, struct error *err)
{
    AVFormatContext *f = d->format;
    for (unsigned i = 0; i < f->nb_streams; i++) {
        AVStream *s = f->streams[i];
        if (wanted >= 0 ? (unsigned)wanted == i && is_video(s)
                        : is_video(s) && (!d->stream || stream_score(s) > stream_score(d->stream)))
            d->stream = s;
    }
    if (!d->stream && wanted >= 0)
        return fail(err, ERROR_INPUT, "%s: stream %d is not a video stream (it has %u streams)",
                    name, wanted, f->nb_streams);
    if (!d->stream)
        return fail_no_video(f, name, err);
    for (unsigned i = 0; i < f->nb_streams; i++)
        f->streams[i]->discard = f->streams[i] == d->stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    return true;
}

static bool check_size(const struct demux *d, const char *name, uint64_t max_pixels,
                       struct error *err)
{
    const AVCodecParameters *p = d->stream->codecpar;
    if (p->width > 0 && p->height > 0 && (uint64_t)p->width * (uint64_t)p->height > max_pixels)
        return fail(err, ERROR_LIMIT, "%s: %dx%d pixels, at most %llu are allowed", name, p->width,
                    p->height, (unsigned long long)max_pixels);
    return true;
}

bool demux_open(struct demux *d, struct input *in, const char *name, int stream,
                uint64_t max_pixels, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const AVInputFormat *format = NULL;
    pthread_once(&once, quiet_libav);
    *d = (struct demux){.io = input_stream(in)};
    if (!d->io)
        return fail(err, ERROR_LIMIT, "%s: out of memory", name);
    if (probe(d, in, name, &format, err) && open_format(d, in, name, format, err) &&
        find_streams(d, name, max_pixels, err) && choose_stream(d, name, stream, err) &&
        check_size(d, name, max_pixels, err)) {
        d->cut = demux_format_is(d, "matroska") && matroska_is_cut(in->fd, in->size);
        return true;
    }
    demux_close(d);
    return false;
}

void demux_close(struct demux *d)
{
    avformat_close_input(&d->format);
    input_stream_free(&d->io);
    d->stream = NULL;
}

bool demux_next(struct demux *d, AVPacket *packet)
{
    int retries = 0;
    for (;;) {
        int r = av_read_frame(d->format, packet);
        if (r == AVERROR(EAGAIN) && ++retries < MAX_RETRIES)
            continue;
        if (r < 0) {
            if (r != AVERROR_EOF && r != AVERROR_EXIT)
                d->truncated = true;
            return false;
        }
        if (packet->stream_index == d->stream->index)
            break;
        av_packet_unref(packet);
    }
    d->packets++;
    /* libavformat hands out what it got of a packet that the end of the file cuts. */
    if ((packet->flags & AV_PKT_FLAG_CORRUPT) && avio_feof(d->io))
        d->truncated = true;
    return true;
}

bool demux_ended_early(const struct demux *d)
{
    int64_t announced = d->sought ? 0 : d->stream->nb_frames;
    return d->truncated || d->cut || (announced > 0 && d->packets < announced - announced / 20 - 1);
}

bool demux_format_is(const struct demux *d, const char *name)
{
    return av_match_list(d->format->iformat->name, name, ',') > 0;
}
