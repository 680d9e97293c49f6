/* SPDX-License-Identifier: MIT */
#include "engine/video_run.h"

#include <stdlib.h>
#include <string.h>

void video_result_free(struct video_result *r)
{
    for (int64_t i = 0; i < r->window_count; i++)
        free(r->window[i].scores);
    free(r->window);
    free(r->scores);
    free(r->features);
    *r = (struct video_result){0};
}

bool video_result_add(struct video_result *r, const struct window_score *window,
                      const float *scores, struct error *err)
{
    int64_t n = r->window_count;
    size_t bytes = (size_t)window->classes * sizeof *scores;
    if (!(n & (n - 1))) { /* 0, 1, 2, 4 ...: the room doubles */
        struct window_score *more = realloc(r->window, (size_t)(n ? 2 * n : 1) * sizeof *more);
        if (!more)
            return fail(err, ERROR_LIMIT, "no memory for the scores of %lld windows",
                        (long long)n + 1);
        r->window = more;
    }
    r->window[n] = *window;
    r->window[n].scores = malloc(bytes);
    if (!r->window[n].scores)
        return fail(err, ERROR_LIMIT, "no memory for the scores of %lld windows", (long long)n + 1);
    memcpy(r->window[n].scores, scores, bytes);
    r->window_count++;
    return true;
}
