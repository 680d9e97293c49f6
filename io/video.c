/* SPDX-License-Identifier: MIT */
#include "io/video.h"
#include "io/reader.h"

#include <pthread.h>
#include <stdlib.h>
#include <libavutil/imgutils.h>

struct item {
    AVFrame *av;
    struct frame frame;
    struct video_damage damage; /* known when it was decoded: does not depend on the queue */
    size_t bytes;
};

/* The reader belongs to the decode thread while `running`, to the caller otherwise. */
struct video {
    struct reader *reader;
    AVFrame *shown[VIDEO_KEPT]; /* own the planes of the frames that the caller has, in turns */
    unsigned turn;
    struct video_damage damage;
    pthread_t thread;
    bool running;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct item ring[VIDEO_QUEUE_FRAMES]; /* below: under the lock */
    unsigned head, count;
    size_t bytes;
    bool stop;  /* the caller wants no more                        */
    bool over;  /* the thread has put its last frame into the ring */
    int result; /* of the last reader_next(): 0 or -1 with `error` */
    struct error error;
};

struct video *video_open(const char *path, const struct video_options *options, struct error *err)
{
    struct video *v = calloc(1, sizeof *v);
    if (!v) {
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    v->reader = reader_open(path, options, err);
    if (!v->reader) {
        free(v);
        return NULL;
    }
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->changed, NULL);
    return v;
}

static size_t frame_bytes(const AVFrame *av)
{
    int n = av_image_get_buffer_size(av->format, av->width, av->height, 64);
    return n > 0 ? (size_t)n : 0;
}

/* Waits for room and puts the frame in; false: the caller wants no more. One frame always fits. */
static bool put(struct video *v, const struct item *item)
{
    pthread_mutex_lock(&v->lock);
    while (!v->stop && v->count &&
           (v->count == VIDEO_QUEUE_FRAMES || v->bytes + item->bytes > VIDEO_QUEUE_BYTES))
        pthread_cond_wait(&v->changed, &v->lock);
    bool wanted = !v->stop;
    if (wanted) {
        v->ring[(v->head + v->count++) % VIDEO_QUEUE_FRAMES] = *item;
        v->bytes += item->bytes;
        pthread_cond_signal(&v->changed);
    }
    pthread_mutex_unlock(&v->lock);
    return wanted;
}

static void *decode(void *context)
{
    struct video *v = context;
    struct error error = {0};
    int result;
    for (;;) {
        struct item item = {.av = av_frame_alloc()};
        if (!item.av) {
            fail(&error, ERROR_LIMIT, "out of memory for a frame");
            result = -1;
            break;
        }
        result = reader_next(v->reader, item.av, &item.frame, &error);
        if (result > 0) {
            item.bytes = frame_bytes(item.av);
            reader_damage(v->reader, &item.damage);
            if (put(v, &item))
                continue;
            result = 0;
        }
        av_frame_free(&item.av);
        break;
    }
    pthread_mutex_lock(&v->lock);
    v->over = true;
    v->result = result;
    v->error = error;
    pthread_cond_signal(&v->changed);
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

static bool start(struct video *v, struct error *err)
{
    v->stop = v->over = false;
    v->result = 0;
    if (pthread_create(&v->thread, NULL, decode, v) != 0)
        return fail(err, ERROR_LIMIT, "the decode thread cannot be started");
    v->running = true;
    return true;
}

/* Ends the thread, wherever it is, and empties the queue. */
static void stop(struct video *v)
{
    if (v->running) {
        pthread_mutex_lock(&v->lock);
        v->stop = true;
        pthread_cond_signal(&v->changed);
        pthread_mutex_unlock(&v->lock);
        reader_stop(v->reader);
        pthread_join(v->thread, NULL);
        v->running = false;
    }
    for (; v->count; v->count--)
        av_frame_free(&v->ring[v->head++ % VIDEO_QUEUE_FRAMES].av);
    v->head = 0;
    v->bytes = 0;
    v->over = false;
    for (int i = 0; i < VIDEO_KEPT; i++)
        av_frame_free(&v->shown[i]);
}

void video_close(struct video **video)
{
    struct video *v = *video;
    if (!v)
        return;
    stop(v);
    reader_close(v->reader);
    pthread_cond_destroy(&v->changed);
    pthread_mutex_destroy(&v->lock);
    free(v);
    *video = NULL;
}

const struct video_info *video_info(const struct video *v)
{
    return reader_info(v->reader);
}

int video_next(struct video *v, struct frame *frame, struct error *err)
{
    AVFrame **shown = &v->shown[v->turn++ % VIDEO_KEPT];
    av_frame_free(shown);
    if (!v->running && !v->over && !start(v, err))
        return -1;
    pthread_mutex_lock(&v->lock);
    while (!v->count && !v->over)
        pthread_cond_wait(&v->changed, &v->lock);
    int result = v->result;
    if (v->count) {
        struct item *item = &v->ring[v->head];
        *shown = item->av;
        *frame = item->frame;
        v->damage = item->damage;
        v->head = (v->head + 1) % VIDEO_QUEUE_FRAMES;
        v->count--;
        v->bytes -= item->bytes;
        pthread_cond_signal(&v->changed);
        result = 1;
    } else if (result < 0 && err) {
        *err = v->error;
    }
    pthread_mutex_unlock(&v->lock);
    if (result <= 0 && v->running) {
        pthread_join(v->thread, NULL);
        v->running = false;
        reader_damage(v->reader, &v->damage);
    }
    return result;
}

const struct video_damage *video_damage(const struct video *v)
{
    return &v->damage;
}

bool video_rewind(struct video *v, struct error *err)
{
    stop(v);
    v->damage = (struct video_damage){0};
    return reader_rewind(v->reader, err);
}

bool video_measure(struct video *v, struct video_extent *extent, struct error *err)
{
    return reader_measure(v->reader, extent, err);
}
