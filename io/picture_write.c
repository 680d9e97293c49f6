/* SPDX-License-Identifier: MIT */
#include "io/picture_write.h"
#include "base/file.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

static AVCodecContext *open_encoder(const struct canvas *c)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    AVCodecContext *x = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!x)
        return NULL;
    x->width = c->w;
    x->height = c->h;
    x->pix_fmt = AV_PIX_FMT_RGB24;
    x->time_base = (AVRational){1, 25};
    x->thread_count = 1;
    av_opt_set(x->priv_data, "pred", "mixed", 0); /* the best filter for each row */
    if (avcodec_open2(x, codec, NULL) < 0)
        avcodec_free_context(&x);
    return x;
}

bool picture_write(const char *path, const struct canvas *c, struct error *err)
{
    AVCodecContext *x = open_encoder(c);
    AVFrame *f = av_frame_alloc();
    AVPacket *p = av_packet_alloc();
    bool ok = x && f && p;
    if (!ok) {
        fail(err, ERROR_OUTPUT, "%s: this libavcodec cannot write PNG", path);
    } else {
        f->format = AV_PIX_FMT_RGB24;
        f->width = c->w;
        f->height = c->h;
        f->data[0] = c->rgb;
        f->linesize[0] = c->w * 3;
        ok = avcodec_send_frame(x, f) >= 0 && avcodec_receive_packet(x, p) >= 0;
        ok = ok ? file_write(path, p->data, (size_t)p->size, err)
                : fail(err, ERROR_LIMIT, "%s: a picture of %dx%d could not be encoded", path, c->w,
                       c->h);
    }
    av_packet_free(&p);
    av_frame_free(&f);
    avcodec_free_context(&x);
    return ok;
}
