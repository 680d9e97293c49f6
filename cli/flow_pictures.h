/* SPDX-License-Identifier: MIT */
/* What can be seen of a displacement map: two frames, what moved where between them, how they
 * differ, and what of that the displacements do not explain. */
#ifndef CLI_FLOW_PICTURES_H
#define CLI_FLOW_PICTURES_H
#include "io/canvas.h"

struct flow_pair {
    double time; /* of the first frame, seconds          */
    struct canvas now, next;
    int h, w;            /* of the map                           */
    float *down, *right; /* in its pixels, h * w of each */
};

enum flow_picture { FLOW_FRAME, FLOW_COLORS, FLOW_DIFFERENCE, FLOW_WARPED, FLOW_PICTURES };
extern const char *const flow_titles[FLOW_PICTURES];

bool flow_pair_make(struct flow_pair *p, int frame_w, int frame_h, int w, int h, struct error *err);
void flow_pair_free(struct flow_pair *p); /* harmless on zeros */

/* 95 of 100 displacements are at most so long, in pixels of the frames. */
double flow_pair_length(const struct flow_pair *p, struct error *err);

/* out: of the frames' size. full: the length that gets the full colour, in pixels of the frames. */
void flow_pair_draw(const struct flow_pair *p, enum flow_picture which, double full,
                    struct canvas *out);

#endif
