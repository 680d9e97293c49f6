/* SPDX-License-Identifier: MIT */
/* clact.h: recognise actions in video with 3D convolutional networks, on any OpenCL device.
 *
 * The five lines that matter (a whole program: docs/example.c):
 *
 *     clact_error err;
 *     clact_model *model = clact_model_open("r50.graph", NULL, &err);
 *     clact_result *r = model ? clact_run_video(model, "clip.mp4", NULL, &err) : NULL;
 *     if (r)  // the best of the classes, and what the model calls it (NULL without labels)
 *         printf("class %d: %s\n", r->best, clact_label(model, r->best));
 *     else
 *         fprintf(stderr, "%s\n", err.text);
 *     clact_result_free(&r);
 *     clact_model_close(&model);
 *
 * ERRORS. A function that can fail returns NULL or false and fills the caller's clact_error: a code
 * and one line of text that names the file, the place, what was found and what is allowed. `err`
 * may be NULL. On success it is left alone. Nothing is printed, unless the environment asks for it
 * with CLACT_LOG. One thing ends the process, with exit code 7: when a few bytes for bookkeeping
 * cannot be had. Memory whose size a video, a model or the caller decides is an error instead.
 *
 * OWNERSHIP. What a function returns as a non-const pointer is the caller's, until the function
 * named beside it takes it back. What is const belongs to the model or the result it came from and
 * lives as long. Arguments are read during the call only; strings are UTF-8 or plain bytes, ended
 * by zero.
 *
 * THREADS. One thread at a time may use a model; any thread may. Different models may run at the
 * same time; open them one after another. A result is plain memory that belongs to no thread.
 * Callbacks come during the call they were given to, one at a time, maybe from another thread.
 *
 * WAITING. A device that does not answer for 60 s, or for 20 times as long as a slow one would
 * need, is given up with CLACT_RUN (CLACT_TIMEOUT in the environment: other seconds, 0 for ever).
 * From then on nothing in the process speaks to a device: every call that would fails, closing
 * gives no device memory back, and a program had better end with _exit, as drivers may wait in
 * exit().
 *
 * UNITS AND SHAPES. Times are seconds from the first frame of the video; sizes are bytes. Shapes
 * are N C T H W: N windows (a window is the stretch of frames the network sees at once), C
 * channels, T frames, H rows, W columns. Bytes (u8) are frames and lie as pixels do, N T H W C with
 * C = R, G, B, whatever order the network wants; floats lie N C T H W, as in PyTorch.
 *
 * STABILITY. Version 0: functions and structures may still change from one minor version to the
 * next. Build against the version you run with.
 */
#ifndef CLACT_H
#define CLACT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CLACT_API __attribute__((visibility("default")))
#else
#define CLACT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". */
CLACT_API const char *clact_version(void);

/* ---- errors ---------------------------------------------------------------------------------- */

/* The numbers are also the exit codes of the program `clact`. */
enum clact_code {
    CLACT_OK = 0,
    CLACT_USAGE = 1,  /* an argument of this call                                             */
    CLACT_INPUT = 2,  /* the clip: missing, not a video, nothing could be decoded             */
    CLACT_MODEL = 3,  /* graph, weights or labels refused; scores that are not finite         */
    CLACT_DEVICE = 4, /* no such device, or no OpenCL driver at all                           */
    CLACT_BUILD = 5,  /* a kernel did not build                                               */
    CLACT_OUTPUT = 6, /* a file could not be written                                          */
    CLACT_LIMIT = 7,  /* out of memory, or over a stated limit                                */
    CLACT_RUN = 8,    /* the device failed: close the model, do not trust it with the next    */
    CLACT_BUG = 9     /* clact itself is wrong; please report it                              */
};

typedef struct clact_error {
    enum clact_code code;
    char text[508]; /* one line, without a newline */
} clact_error;

/* ---- models ---------------------------------------------------------------------------------- */

/* A network with its weights on a device, ready to run. Holds device memory: see max_memory. */
typedef struct clact_model clact_model;

/* How to open a model. Set it to CLACT_MODEL_OPTIONS, then change what matters. */
typedef struct clact_model_options {
    size_t struct_size;  /* sizeof(clact_model_options)                                         */
    const char *device;  /* "0:1" (platform:device), a part of a device's name, "gpu" or "cpu"; */
                         /* NULL or "": the best GPU, else the first device. CLACT_DEVICE is    */
                         /* not looked at                                                       */
    int batch;           /* windows that run at once, 1 to 1024: more is faster, up to a point, */
                         /* and takes that many times the memory                                */
    uint64_t max_memory; /* refuse a model that needs more bytes on the device; 0: as it has    */
    const char *feed;    /* NULL, or "NODE,NODE": nodes of the graph that become inputs, for    */
                         /* clact_run_tensors only. What comes before them is dropped           */
    void (*progress)(void *context, double fraction); /* 0 to 1 while kernels are built; or NULL */
    void *context;       /* for progress                                                        */
    bool strict;         /* only algorithms that sum as the definitions do; slower. Without it  */
                         /* convolutions may differ by 2e-5 of their result's root mean square  */
    bool fp16;           /* store activations and weights as half: half the memory, two or      */
                         /* three digits. Arithmetic stays float; any device can do it          */
} clact_model_options;
#define CLACT_MODEL_OPTIONS                                                                        \
    {sizeof(clact_model_options), NULL, 1, 0, NULL, NULL, NULL, false, false}

/* Reads a graph file and the weights and labels beside it, checks them against each other, opens
 * the device, builds the kernels and uploads the weights. The first time on a device this compiles
 * (tens of seconds on a processor, for large networks minutes); later times it loads what was
 * compiled from CLACT_CACHE_DIR, else XDG_CACHE_HOME/clact, else ~/.cache/clact. options may be
 * NULL.
 *
 * NULL on error: CLACT_USAGE, CLACT_MODEL, CLACT_DEVICE, CLACT_BUILD, CLACT_LIMIT, CLACT_RUN. */
CLACT_API clact_model *clact_model_open(const char *path, const clact_model_options *options,
                                        clact_error *err);

/* Gives back memory and device, and sets *model to NULL. NULL inside is fine. */
CLACT_API void clact_model_close(clact_model **model);

/* The graph's `model` line, or its file name without one. */
CLACT_API const char *clact_model_name(const clact_model *model);

/* The device's name, as its driver states it. */
CLACT_API const char *clact_model_device(const clact_model *model);

/* How many classes the model tells apart: the length of every row of scores. */
CLACT_API int clact_classes(const clact_model *model);

/* The name of a class, 0 <= index < clact_classes(). NULL when the model has no labels, or for any
 * other index. */
CLACT_API const char *clact_label(const clact_model *model, int index);

/* ---- inputs ---------------------------------------------------------------------------------- */

enum clact_type { CLACT_U8, CLACT_F32 };

/* What a model reads: its `input` lines, and the nodes named by clact_model_options.feed. */
typedef struct clact_input {
    const char *name;     /* of the node                                                        */
    const char *clip;     /* inputs of one clip have the same number of windows                 */
    enum clact_type type; /* of its elements                                                    */
    int rank;             /* 5: N C T H W; 4: N C H W; 2: N C                                   */
    int64_t dim[6];       /* in that order, also for u8; dim[0] is 0: any number of windows     */
    size_t window_bytes;  /* of one window of data                                              */
} clact_input;

CLACT_API int clact_input_count(const clact_model *model);

/* NULL unless 0 <= index < clact_input_count(). */
CLACT_API const clact_input *clact_input_at(const clact_model *model, int index);

/* ---- results --------------------------------------------------------------------------------- */

/* The scores of one window, before the mean over windows. */
typedef struct clact_window {
    const char *clip;    /* of the model: which of its clips                                    */
    int64_t index;       /* of the window in time                                               */
    int crop;            /* 0, or which of the recipe's crops                                   */
    double start, end;   /* when it plays; 0 for tensors                                        */
    int classes;
    const float *scores; /* classes of them: what the graph's mean_windows reads, which may be  */
                         /* logits where the result holds probabilities                         */
} clact_window;

typedef struct clact_result {
    int classes;
    const float *scores;        /* of the whole video: mean over its windows; finite numbers     */
    int best;                   /* the class of the highest score                                */
    int64_t windows;            /* that were run, crops included                                 */
    int64_t window_count;       /* 0, or as many if windows were asked for ...                   */
    const clact_window *window; /* ... and they are here                                         */

    /* Of a video; all zero for tensors. */
    int width, height;          /* of its first frame, as shown                                  */
    int64_t frames;             /* decoded: those that no window needs are not                   */
    double duration;            /* of them                                                       */
    const char *codec;          /* libav's short name, such as "h264"; "" for tensors            */
    bool padded;                /* shorter than one window: frames were repeated                 */
    const char *damage;         /* NULL, or what is wrong with the clip (cut off, errors): the   */
                                /* scores are those of the frames that are there                 */
    double decode_seconds, prepare_seconds, network_seconds; /* where the time went: what it     */
                                /* waited for, as decoder, frames and network work side by side  */
} clact_result;

/* Gives the result back and sets *result to NULL. NULL inside is fine. */
CLACT_API void clact_result_free(clact_result **result);

/* The classes of the `count` highest scores, best first, equal ones in the order of the classes, to
 * classes[0 .. n-1]; returns n, the smaller of count and scores. For result->scores or a window's.
 * */
CLACT_API int clact_top(const float *scores, int scores_count, int count, int *classes);

/* ---- running --------------------------------------------------------------------------------- */

/* How to run a video. Set it to CLACT_VIDEO_OPTIONS, then change what matters. */
typedef struct clact_video_options {
    size_t struct_size; /* sizeof(clact_video_options)                                          */
    double from, to;    /* use the frames with from <= time < to; to 0: up to the end           */
    int threads;        /* of the decoder, 1 to 64; 0: as many as processors                    */
    int stream;         /* of the file; -1: its best video stream                               */
    uint64_t max_pixels; /* refuse larger frames; 0: 8192 x 8192                                */
    bool windows;       /* keep the scores of every window                                      */
    void (*progress)(void *context, double fraction); /* 0 to 1, if the length is known; or NULL */
    void *context;      /* for progress                                                         */
} clact_video_options;
#define CLACT_VIDEO_OPTIONS {sizeof(clact_video_options), 0, 0, 0, -1, 0, false, NULL, NULL}

/* Runs one clip: a video file, a picture, a folder of pictures, a pattern such as "f_%05d.png", or
 * "-" for standard input. Memory does not grow with the clip's length, but for the scores of
 * windows that are asked for. options may be NULL. A damaged clip is no error as long as one frame
 * of it can be decoded: see result->damage.
 *
 * NULL on error: CLACT_USAGE, CLACT_INPUT, CLACT_LIMIT (all three: go on with the next clip),
 * CLACT_MODEL, CLACT_BUILD, CLACT_RUN. The model stays open. Freed by clact_result_free(). */
CLACT_API clact_result *clact_run_video(clact_model *model, const char *path,
                                        const clact_video_options *options, clact_error *err);

/* Windows of one input, made by the caller. */
typedef struct clact_tensor {
    const char *input;    /* name of an input of the model                                      */
    enum clact_type type; /* that input's                                                       */
    int64_t windows;      /* N, at least 1                                                      */
    const void *data;     /* windows * window_bytes bytes: u8 as N T H W C, floats as N C T H W */
} clact_tensor;

/* Runs tensors in place of a video: every input of the model once, in any order. Bytes are frames
 * of the network's size as a decoder would give them; normalization and residuals are the graph's
 * work. Each window gives a row of scores, and the result is their mean. keep_windows: as in
 * clact_video_options.windows.
 *
 * NULL on error: CLACT_USAGE (a name, type or number of windows that does not fit), CLACT_LIMIT,
 * CLACT_MODEL, CLACT_RUN. Freed by clact_result_free(). */
CLACT_API clact_result *clact_run_tensors(clact_model *model, const clact_tensor *tensors,
                                          int count, bool keep_windows, clact_error *err);

#ifdef __cplusplus
}
#endif
#endif
