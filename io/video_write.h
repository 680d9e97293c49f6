/* SPDX-License-Identifier: MIT */
/* Pictures as a video file: H.264 where libavcodec has libx264, else MPEG-4. It is written beside
 * its final place and appears when it is whole (base/file.h). No sound. */
#ifndef IO_VIDEO_WRITE_H
#define IO_VIDEO_WRITE_H
#include "io/canvas.h"

struct video_writer;

/* Whether the name ends in .mp4, .m4v, .mov or .mkv. */
bool video_writer_knows(const char *path);
extern const char video_writer_names[]; /* "mp4, m4v, mov, mkv", for messages */

/* For pictures of w x h; an odd last row or column is left out. */
struct video_writer *video_writer_open(const char *path, int w, int h, struct error *err);

/* A picture of that size, shown from `time` on: seconds, at least that of the last one. The video
 * begins with the first. */
bool video_writer_put(struct video_writer *w, const struct canvas *c, double time,
                      struct error *err);

bool video_writer_commit(struct video_writer **w, struct error *err); /* closes, also on failure */
void video_writer_abandon(struct video_writer **w);                   /* NULL is fine */

#endif
