/* SPDX-License-Identifier: MIT */
/* clact run --timeline and --overlay. */
#include "base/file.h"
#include "cli/overlay.h"
#include "cli/run.h"
#include "cli/timeline.h"
#include "io/video_write.h"

#include <string.h>

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), k = strlen(end);
    return n > k && !strcmp(path + n - k, end);
}

const char *run_pictures_wrong(const struct run_request *r)
{
    if ((r->timeline || r->overlay) && r->tensors)
        return "--timeline and --overlay need a clip, not --tensors";
    if ((r->timeline || r->overlay) && r->clip_count != 1)
        return "--timeline and --overlay take one clip";
    if (r->timeline && !ends_in(r->timeline, ".svg") && !ends_in(r->timeline, ".html"))
        return "--timeline FILE: its name ends in .svg or .html";
    if (r->overlay && !video_writer_knows(r->overlay))
        return "--overlay FILE: its name ends in .mp4, .m4v, .mov or .mkv";
    if (r->overlay && !strcmp(r->clips[0], "-"))
        return "--overlay reads its clip twice, which standard input cannot be";
    return NULL;
}

static void writing(void *context, double fraction)
{
    (void)context;
    cli_progress("writing the overlay", fraction);
}

bool run_pictures(const struct run_request *r, const struct network *m, const char *path,
                  const struct video_result *v, struct error *err)
{
    struct score_tracks tracks;
    struct text text = {0};
    if (!r->timeline && !r->overlay)
        return true;
    TRY(score_tracks_make(&tracks, m, v, err));
    bool ok = true;
    if (r->timeline) {
        timeline(m, path, v, &tracks, r->top, ends_in(r->timeline, ".html"), &text);
        ok = file_write(r->timeline, text.s, text.len, err);
    }
    if (ok && r->overlay)
        ok = overlay_write(m, path, &r->video, v, &tracks, r->overlay, r->quiet ? NULL : writing,
                           NULL, err);
    cli_progress_clear();
    text_free(&text);
    score_tracks_free(&tracks);
    return ok;
}
