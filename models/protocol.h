/* SPDX-License-Identifier: MIT */
/* Protocols: how a paper's or a code base's test takes clips from a video and brings them to the
 * network's size. OPT_PROTOCOL names one; OPT_SIZE scales its sizes in proportion. */
#ifndef MODELS_PROTOCOL_H
#define MODELS_PROTOCOL_H
#include "models/write.h"

/* Defaults that follow from OPT_PROTOCOL, which must be set: OPT_NORM and OPT_SIZE. */
void protocol_defaults(struct options *o);

struct video {
    const char *clip;  /* NULL: "main"                                             */
    const char *value; /* name of the normalised frames                            */
    int frames;        /* that a window reads                                      */
    int segments;      /* windows of a video; 0: the protocol's                    */
};
/* The clip line, then %frames and the normalised value. */
void write_video(struct writer *w, const struct options *o, const struct video *v);

/* The usual input: OPT_FRAMES normalised frames as %input, or, with OPT_RESIDUAL, `step` more as
 * %normalized and their differences as %input. Sets defaults of OPT_RESIDUAL and OPT_STEP. */
bool write_video_input(struct writer *w, struct options *o, const char *clip, struct error *err);
#define OPTIONS_VIDEO                                                                              \
    (OPTION(OPT_FRAMES) | OPTION(OPT_SIZE) | OPTION(OPT_NORM) | OPTION(OPT_PROTOCOL) |             \
     OPTION(OPT_RATE) | OPTION(OPT_RESIDUAL) | OPTION(OPT_STEP))

#endif
