/* SPDX-License-Identifier: MIT */
#include "cli/score_tracks.h"

#include <stdlib.h>
#include <string.h>

void score_tracks_free(struct score_tracks *t)
{
    for (int i = 0; i < t->count; i++) {
        free(t->track[i].start);
        free(t->track[i].end);
        free(t->track[i].scores);
    }
    *t = (struct score_tracks){0};
}

static bool make_track(struct score_track *t, int clip, const struct video_result *v)
{
    size_t classes = (size_t)v->classes, most = (size_t)v->window_count + 1;
    int crops = 0;
    int64_t last = -1;
    t->start = calloc(most, sizeof *t->start);
    t->end = calloc(most, sizeof *t->end);
    t->scores = calloc(most, classes * sizeof *t->scores);
    if (!t->start || !t->end || !t->scores)
        return false;
    for (int64_t i = 0; i < v->window_count; i++) {
        const struct window_score *w = &v->window[i];
        if (w->clip != clip)
            continue;
        if (w->index != last) {
            t->start[t->count] = w->start;
            t->end[t->count++] = w->end;
            crops = 0;
            last = w->index;
        }
        float *mean = t->scores + (size_t)(t->count - 1) * classes;
        crops++;
        for (size_t c = 0; c < classes; c++)
            mean[c] += (w->scores[c] - mean[c]) / (float)crops;
    }
    return true;
}

bool score_tracks_make(struct score_tracks *t, const struct network *m,
                       const struct video_result *v, struct error *err)
{
    *t = (struct score_tracks){.classes = v->classes};
    for (int64_t i = 0; i < v->window_count; i++)
        if (v->window[i].classes != v->classes)
            return fail(err, ERROR_MODEL,
                        "%s: its windows have %d values, not scores of %d classes: the mean over "
                        "windows stands before the classifier",
                        m->graph->file, v->window[i].classes, v->classes);
    for (int clip = 0; clip < m->graph->clip_count; clip++) {
        struct score_track *track = &t->track[t->count++];
        track->name = m->graph->clips[clip].name;
        if (!make_track(track, clip, v)) {
            score_tracks_free(t);
            return fail(err, ERROR_LIMIT, "no memory for the scores of %lld windows",
                        (long long)v->window_count);
        }
        if (!track->count) { /* a clip that nothing reads */
            free(track->start);
            free(track->end);
            free(track->scores);
            *track = (struct score_track){0};
            t->count--;
            continue;
        }
        double start = track->start[0], end = track->end[track->count - 1];
        t->start = t->count == 1 || start < t->start ? start : t->start;
        t->end = t->count == 1 || end > t->end ? end : t->end;
    }
    return true;
}

/* The last window that begins at or before `time`, or the first. */
static int64_t last_begun(const struct score_track *t, double time)
{
    int64_t low = 0, high = t->count - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (t->start[middle] <= time)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

int64_t score_track_find(const struct score_track *t, double time)
{
    int64_t i = last_begun(t, time);
    if (i + 1 < t->count && time >= t->end[i] && t->start[i + 1] - time < time - t->end[i])
        i++;
    return i;
}

void score_tracks_at(const struct score_tracks *t, double time, float *out)
{
    memset(out, 0, (size_t)t->classes * sizeof *out);
    for (int k = 0; k < t->count; k++) {
        const struct score_track *track = &t->track[k];
        int64_t last = last_begun(track, time), first = last;
        while (first > 0 && track->end[first - 1] > time)
            first--;
        if (track->end[last] <= time)
            first = last = score_track_find(track, time);
        float part = 1 / (float)(t->count * (last - first + 1));
        for (int64_t i = first; i <= last; i++)
            for (int c = 0; c < t->classes; c++)
                out[c] += part * track->scores[i * t->classes + c];
    }
}
