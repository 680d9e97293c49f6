/* SPDX-License-Identifier: MIT */
/* The scores of windows in the order of time: what happens when. */
#ifndef CLI_SCORE_TRACKS_H
#define CLI_SCORE_TRACKS_H
#include "engine/video_run.h"

/* The windows of one of the model's clips; crops of a window are averaged. */
struct score_track {
    const char *name;
    int64_t count;
    double *start, *end; /* seconds, ascending          */
    float *scores;       /* count x classes             */
};

struct score_tracks {
    struct score_track track[GRAPH_CLIPS_MOST];
    int count, classes;
    double start, end; /* of all windows */
};

/* From a result with the scores of its windows. ERROR_MODEL where windows have other values than
 * scores of the classes (the mean over windows stands before the classifier). */
bool score_tracks_make(struct score_tracks *t, const struct network *m,
                       const struct video_result *v, struct error *err);
void score_tracks_free(struct score_tracks *t);

/* The window of a track that plays at a time; between two the nearer one. */
int64_t score_track_find(const struct score_track *t, double time);

/* Scores at a time: the mean over the windows that play then (else the nearest), and over tracks.
 * out: classes of them. */
void score_tracks_at(const struct score_tracks *t, double time, float *out);

#endif
