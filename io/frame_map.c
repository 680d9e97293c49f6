/* SPDX-License-Identifier: MIT */
#include "io/frame_map.h"

#include <stdlib.h>
#include <libavutil/avconfig.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

/* What libswscale converts to: the nearest of these, judged by depth, subsampling and colour. */
static const enum AVPixelFormat targets[] = {
    AV_PIX_FMT_YUV420P,   AV_PIX_FMT_YUV422P,   AV_PIX_FMT_YUV444P,   AV_PIX_FMT_YUV420P10,
    AV_PIX_FMT_YUV422P10, AV_PIX_FMT_YUV444P10, AV_PIX_FMT_YUV420P12, AV_PIX_FMT_YUV422P12,
    AV_PIX_FMT_YUV444P12, AV_PIX_FMT_YUV420P16, AV_PIX_FMT_YUV422P16, AV_PIX_FMT_YUV444P16,
    AV_PIX_FMT_GRAY8,     AV_PIX_FMT_GRAY16,    AV_PIX_FMT_RGB24,     AV_PIX_FMT_RGB48,
};

/* One depth, one shift, whole samples in native byte order. */
static bool samples_are_plain(const AVPixFmtDescriptor *d)
{
    const uint64_t odd = AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL |
                         AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;
    const AVComponentDescriptor *c = d->comp;
    int colours = d->nb_components < 3 ? 1 : 3;
    if ((d->flags & odd) || c[0].depth < 8 || c[0].depth > 16)
        return false;
    if (c[0].depth > 8 && !!(d->flags & AV_PIX_FMT_FLAG_BE) != AV_HAVE_BIGENDIAN)
        return false;
    for (int i = 1; i < colours; i++)
        if (c[i].depth != c[0].depth || c[i].shift != c[0].shift)
            return false;
    return true;
}

static bool map_packed_rgb(const AVPixFmtDescriptor *d, struct frame *f)
{
    int bytes = f->bits > 8 ? 2 : 1;
    if (d->comp[0].shift || (d->comp[0].step != 3 * bytes && d->comp[0].step != 4 * bytes))
        return false;
    f->layout = FRAME_RGB;
    f->pixel_bytes = d->comp[0].step;
    for (int i = 0; i < 3; i++) {
        if (d->comp[i].plane || d->comp[i].offset % bytes)
            return false;
        f->rgba[i] = d->comp[i].offset / bytes;
    }
    return true;
}

static bool map_planar(const AVPixFmtDescriptor *d, struct frame *f)
{
    const AVComponentDescriptor *c = d->comp;
    int bytes = f->bits > 8 ? 2 : 1;
    if (c[0].step != bytes || c[0].offset)
        return false;
    if (d->nb_components < 3) {
        f->layout = FRAME_GRAY;
        return c[0].plane == 0;
    }
    if (d->flags & AV_PIX_FMT_FLAG_RGB) {
        f->layout = FRAME_GBR;
        return c[1].plane == 0 && c[2].plane == 1 && c[0].plane == 2 && c[1].step == bytes;
    }
    f->chroma_w = d->log2_chroma_w;
    f->chroma_h = d->log2_chroma_h;
    if (c[1].plane == 1 && c[2].plane == 2) {
        f->layout = FRAME_YUV;
        return c[1].step == bytes && !c[1].offset && !c[2].offset;
    }
    f->layout = FRAME_NV12;
    return c[1].plane == 1 && c[2].plane == 1 && c[1].step == 2 * bytes && c[1].offset == 0 &&
           c[2].offset == bytes;
}

/* False: the format has no struct frame. */
static bool map_format(enum AVPixelFormat format, struct frame *f)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
    if (!d || !samples_are_plain(d))
        return false;
    f->bits = d->comp[0].depth;
    f->shift = d->comp[0].shift;
    f->chroma_w = f->chroma_h = f->pixel_bytes = 0;
    f->rgba[0] = f->rgba[1] = f->rgba[2] = 0;
    if ((d->flags & AV_PIX_FMT_FLAG_RGB) && !(d->flags & AV_PIX_FMT_FLAG_PLANAR))
        return map_packed_rgb(d, f);
    return map_planar(d, f);
}

static bool is_yuvj(enum AVPixelFormat format)
{
    return format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P ||
           format == AV_PIX_FMT_YUVJ444P || format == AV_PIX_FMT_YUVJ440P ||
           format == AV_PIX_FMT_YUVJ411P;
}

static void map_colour(const AVFrame *av, struct frame *f)
{
    f->matrix = MATRIX_UNKNOWN;
    f->range = RANGE_UNKNOWN;
    if (f->layout == FRAME_RGB || f->layout == FRAME_GBR) {
        f->range = RANGE_FULL;
        return;
    }
    switch (av->colorspace) {
    case AVCOL_SPC_BT709:
        f->matrix = MATRIX_BT709;
        break;
    case AVCOL_SPC_FCC:
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        f->matrix = MATRIX_BT601;
        break;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        f->matrix = MATRIX_BT2020;
        break;
    default:
        break;
    }
    /* Grey pictures without a tag use all values: that is what libswscale makes and expects. */
    if (av->color_range == AVCOL_RANGE_JPEG || is_yuvj(av->format) ||
        (av->color_range == AVCOL_RANGE_UNSPECIFIED && f->layout == FRAME_GRAY))
        f->range = RANGE_FULL;
    else if (av->color_range == AVCOL_RANGE_MPEG)
        f->range = RANGE_LIMITED;
}

static enum AVPixelFormat nearest_target(enum AVPixelFormat from)
{
    enum AVPixelFormat best = targets[0];
    for (size_t i = 1; i < sizeof targets / sizeof *targets; i++)
        best = av_find_best_pix_fmt_of_2(best, targets[i], from, 0, NULL);
    return best;
}

static bool scale_into(AVFrame *to, const AVFrame *from)
{
    struct SwsContext *sws =
        sws_getContext(from->width, from->height, from->format, to->width, to->height, to->format,
                       SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
    if (!sws)
        return false;
    const int *matrix = sws_getCoefficients(SWS_CS_DEFAULT);
    int full = from->color_range == AVCOL_RANGE_JPEG;
    /* Same range on both sides: only the way the samples are stored may change. */
    sws_setColorspaceDetails(sws, matrix, full, matrix, full, 0, 1 << 16, 1 << 16);
    int rows = sws_scale(sws, (const uint8_t *const *)from->data, from->linesize, 0, from->height,
                         to->data, to->linesize);
    sws_freeContext(sws);
    return rows == to->height;
}

/* Replaces the content of av by a copy in another format, or the same one with its rows in order.
 */
static bool replace(AVFrame *av, enum AVPixelFormat format, struct error *err)
{
    AVFrame *copy = av_frame_alloc();
    const char *name = av_get_pix_fmt_name(av->format);
    bool ok = false;
    if (copy) {
        copy->format = format;
        copy->width = av->width;
        copy->height = av->height;
        ok = av_frame_get_buffer(copy, 0) >= 0 && av_frame_copy_props(copy, av) >= 0;
    }
    if (!ok) {
        fail(err, ERROR_LIMIT, "no memory for a frame of %dx%d", av->width, av->height);
    } else if (format == av->format ? av_frame_copy(copy, av) < 0 : !scale_into(copy, av)) {
        ok = fail(err, ERROR_INPUT, "pixel format %s cannot be read", name ? name : "unknown");
    } else {
        av_frame_unref(av);
        av_frame_move_ref(av, copy);
    }
    av_frame_free(&copy);
    return ok;
}

static bool bottom_up(const AVFrame *av)
{
    for (int i = 0; i < 4; i++)
        if (av->linesize[i] < 0)
            return true;
    return false;
}

bool frame_map(AVFrame *av, struct frame *f, struct error *err)
{
    if (!map_format(av->format, f)) {
        TRY(replace(av, nearest_target(av->format), err));
        if (!map_format(av->format, f))
            return fail(err, ERROR_BUG, "pixel format %s has no layout",
                        av_get_pix_fmt_name(av->format));
    } else if (bottom_up(av)) {
        TRY(replace(av, av->format, err));
    }
    f->width = av->width;
    f->height = av->height;
    for (int i = 0; i < 3; i++) {
        f->plane[i] = av->data[i];
        f->stride[i] = (size_t)av->linesize[i];
    }
    map_colour(av, f);
    return true;
}

void frame_orient(struct frame *f, const int32_t *matrix)
{
    f->transpose = f->flip_x = f->flip_y = false;
    if (!matrix)
        return;
    /* Shown x = a * x + c * y, shown y = b * x + d * y. */
    int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    int64_t straight = llabs(a) < llabs(d) ? llabs(a) : llabs(d);
    int64_t crossed = llabs(b) < llabs(c) ? llabs(b) : llabs(c);
    int64_t most_straight = llabs(a) + llabs(d), most_crossed = llabs(b) + llabs(c);
    if (straight > 0 && most_crossed <= straight / 100) {
        f->flip_x = a < 0;
        f->flip_y = d < 0;
    } else if (crossed > 0 && most_straight <= crossed / 100) {
        f->transpose = true;
        f->flip_x = c < 0;
        f->flip_y = b < 0;
    }
}
