/* SPDX-License-Identifier: MIT */
/* Frames of a clip, in display order, as the decoder's own planes.
 *
 * A clip is a video file of any container and codec that libav reads, one picture, a folder of
 * pictures (sorted by name, numbers by value), a pattern of pictures (img_%05d.png or img_%d.png,
 * every file that matches, sorted by number), or "-" for standard input. A pattern is tried only
 * when no file has that very name. Pixel formats that fit no layout are converted. Decoding runs in
 * its own thread behind a bounded queue; at most VIDEO_QUEUE_FRAMES frames or VIDEO_QUEUE_BYTES are
 * ahead of the caller, however long the video is.
 *
 * Threads: one caller at a time per struct video. Ownership: a frame's planes belong to the video
 * and stay valid until the VIDEO_KEPT-th next video_next(), video_rewind() or video_close().
 */
#ifndef IO_VIDEO_H
#define IO_VIDEO_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum { VIDEO_QUEUE_FRAMES = 16, VIDEO_KEPT = 4 };
#define VIDEO_QUEUE_BYTES (256u << 20)

enum frame_layout {
    FRAME_YUV,   /* planes Y, U, V                                            */
    FRAME_NV12,  /* planes Y and interleaved UV (U first), any subsampling    */
    FRAME_GRAY,  /* plane Y; range as tagged, full without a tag              */
    FRAME_RGB,   /* one packed plane of `pixel_bytes` bytes a pixel, see rgba */
    FRAME_GBR    /* planes G, B, R                                            */
};
enum frame_matrix { MATRIX_UNKNOWN, MATRIX_BT601, MATRIX_BT709, MATRIX_BT2020 };
enum frame_range { RANGE_UNKNOWN, RANGE_LIMITED, RANGE_FULL };

struct frame {
    enum frame_layout layout;
    int width, height; /* as stored, before orientation                                         */
    int bits;          /* 8 to 16 per sample; more than 8: uint16_t samples, native byte order,
                          value in the low bits (value = sample >> shift)                        */
    int shift;         /* right shift that yields the value (P010 and friends: 6); else 0       */
    int chroma_w, chroma_h; /* log2 subsampling, 0 to 2: 1,1 is 4:2:0; 1,0 is 4:2:2; 2,0 is 4:1:1;
                               a plane's last column and row may be partial: sizes round up     */
    int pixel_bytes;        /* FRAME_RGB: bytes from pixel to pixel (3, 4, 6 or 8)              */
    int rgba[3];            /* FRAME_RGB: offset of R, G, B inside a pixel, in samples          */
    const uint8_t *plane[3];
    size_t stride[3]; /* bytes from row to row, always positive (a bottom-up picture is copied)   */
    enum frame_matrix matrix;
    enum frame_range range;
    /* How to show it (from the container's display matrix), applied in this order: transpose
     * (x <-> y), then mirror left-right, then mirror top-bottom. Shown size: height x width when
     * transposed. */
    bool transpose, flip_x, flip_y;
    double time;   /* presentation time in seconds from the first frame of the video (>= 0,
                      never decreasing); when the file has no timestamps: index / fps           */
    double tick;   /* length of one time-base unit in seconds                                   */
    int64_t index; /* 0, 1, 2, ... of the frames handed out (after from/to)                     */
};

struct video_options {
    double from, to;     /* seconds; to <= 0: the end. Frames with from <= time < to           */
    int threads;         /* decoder threads, 0: as many as processors                          */
    int stream;          /* -1: the best video stream                                          */
    uint64_t max_pixels; /* 0: VIDEO_MAX_PIXELS; larger frames are refused, ERROR_LIMIT        */
    double image_fps;    /* frame rate of a folder or pattern of pictures; 0: 25               */
};
#define VIDEO_MAX_PIXELS (8192u * 8192u)

struct video_info {
    const char *codec, *container; /* libav's short names                                      */
    int width, height;             /* as the header says; a frame's own size counts            */
    double fps;                    /* average rate, 0 when unknown                              */
    double duration;               /* seconds, 0 when unknown                                   */
};

/* What went wrong up to the frame handed out last without ending the video. */
struct video_damage {
    int64_t errors;   /* packets or frames that the decoder refused or marked damaged; pictures
                         that cannot be read                                                    */
    bool truncated;   /* the file ends before its header says, or in the middle of a packet     */
    char text[200];   /* one readable clause, "" when all was well                              */
};

struct video;

/* NULL and err (ERROR_INPUT, ERROR_LIMIT) when there is no video to be had. Only regular files are
 * opened ("-" aside: standard input is copied to an unlinked temporary file first, so that every
 * container can seek), with libav's protocols and formats restricted to lists: a playlist or a
 * script never opens another file. */
struct video *video_open(const char *path, const struct video_options *options, struct error *err);
void video_close(struct video **video); /* NULL is fine; safe in the middle of the video */

const struct video_info *video_info(const struct video *video);

/* 1: *frame is filled; 0: the end; -1: error (nothing could be decoded at all, or a limit). */
int video_next(struct video *video, struct frame *frame, struct error *err);

const struct video_damage *video_damage(const struct video *video);

/* Back to the first frame of the range, with the same options. */
bool video_rewind(struct video *video, struct error *err);

/* How many frames video_next() will hand out, and the time of the last one (0 without frames). The
 * header is not trusted: packets are counted, or decoded where packets do not tell (transport and
 * raw streams, interlaced H.264, times missing). Damaged files may decode to fewer frames. Reads on
 * its own: the position of video_next() does not change. */
struct video_extent {
    int64_t frames;
    double last_time; /* of the last frame, seconds on the scale of struct frame.time */
    struct video_damage end; /* that the file ends early, where the range has no end */
};
bool video_measure(struct video *video, struct video_extent *extent, struct error *err);

#endif
