/* SPDX-License-Identifier: MIT */
/* clact run: what happens in a clip. */
#include "cli/onnx.h"
#include "cli/run.h"
#include "cli/shipped.h"
#include "io/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    O_WINDOWS = 256,
    O_FROM,
    O_TO,
    O_THREADS,
    O_FEATURES,
    O_JSON,
    O_TENSORS,
    O_FEED,
    O_TAPS,
    O_SAVE,
    O_MAX_MEMORY,
    O_MAX_PIXELS,
    O_PRECISION,
    O_STREAM,
    O_FP16,
    O_UNCHECKED,
    O_TIMELINE,
    O_OVERLAY,
    O_SET,
    O_LABELS,
    O_RECIPE
};

static const struct option options[] = {
    {"top", required_argument, NULL, 'k'},
    {"batch", required_argument, NULL, 'b'},
    {"device", required_argument, NULL, 'd'},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, 'q'},
    {"windows", no_argument, NULL, O_WINDOWS},
    {"from", required_argument, NULL, O_FROM},
    {"to", required_argument, NULL, O_TO},
    {"threads", required_argument, NULL, O_THREADS},
    {"features", required_argument, NULL, O_FEATURES},
    {"json", no_argument, NULL, O_JSON},
    {"tensors", required_argument, NULL, O_TENSORS},
    {"feed", required_argument, NULL, O_FEED},
    {"taps", required_argument, NULL, O_TAPS},
    {"save", required_argument, NULL, O_SAVE},
    {"max-memory", required_argument, NULL, O_MAX_MEMORY},
    {"precision", required_argument, NULL, O_PRECISION},
    {"max-pixels", required_argument, NULL, O_MAX_PIXELS},
    {"stream", required_argument, NULL, O_STREAM},
    {"fp16", no_argument, NULL, O_FP16},
    {"no-self-check", no_argument, NULL, O_UNCHECKED},
    {"timeline", required_argument, NULL, O_TIMELINE},
    {"overlay", required_argument, NULL, O_OVERLAY},
    {"set", required_argument, NULL, O_SET},
    {"labels", required_argument, NULL, O_LABELS},
    {"recipe", required_argument, NULL, O_RECIPE},
    {NULL, 0, NULL, 0},
};

static bool parse_option(int o, char **argv, struct run_request *r)
{
    const struct command *c = &command_run;
    switch (o) {
    case 'k':
        return cli_int(c, "-k", optarg, 1, 100000, &r->top);
    case 'b':
        return cli_int(c, "--batch", optarg, 1, 1024, &r->batch);
    case 'd':
        r->device = optarg;
        return true;
    case 'o':
        r->out = optarg;
        return true;
    case 'q':
        r->quiet = true;
        return true;
    case O_WINDOWS:
        r->windows = true;
        return true;
    case O_FROM:
        return cli_seconds(c, "--from", optarg, &r->video.from);
    case O_TO:
        return cli_seconds(c, "--to", optarg, &r->video.to);
    case O_THREADS:
        return cli_int(c, "--threads", optarg, 1, 64, &r->video.threads);
    case O_FEATURES:
        r->features = optarg;
        return true;
    case O_JSON:
        r->json = true;
        return true;
    case O_TENSORS:
        r->tensors = optarg;
        return true;
    case O_FEED:
        r->feed = optarg;
        return true;
    case O_TAPS:
        r->taps = optarg;
        return true;
    case O_SAVE:
        r->save = optarg;
        return true;
    case O_MAX_MEMORY:
        return cli_bytes(c, "--max-memory", optarg, &r->max_memory);
    case O_PRECISION:
        return cli_precision(c, optarg, &r->strict);
    case O_MAX_PIXELS:
        return cli_bytes(c, "--max-pixels", optarg, &r->video.max_pixels);
    case O_FP16:
        r->half = true;
        return true;
    case O_UNCHECKED:
        r->unchecked = true;
        return true;
    case O_TIMELINE:
        r->timeline = optarg;
        return true;
    case O_OVERLAY:
        r->overlay = optarg;
        return true;
    case O_SET:
        r->settings = optarg;
        return true;
    case O_LABELS:
        r->labels = optarg;
        return true;
    case O_RECIPE:
        r->recipe = optarg;
        return true;
    case O_STREAM:
        return cli_int(c, "--stream", optarg, 0, 255, &r->video.stream);
    default:
        cli_bad_option(c, argv);
        return false;
    }
}

/* "clip" of "dir/clip.mp4": its length is returned. */
static int stem(const char *path, const char **base)
{
    const char *slash = strrchr(path, '/'), *dot;
    *base = !strcmp(path, "-") ? "stdin" : slash ? slash + 1 : path;
    dot = strrchr(*base, '.');
    return dot && dot != *base ? (int)(dot - *base) : (int)strlen(*base);
}

/* Nothing that is read is written, and no features replace those of another clip. */
static bool check_outputs(const struct run_request *r)
{
    const char *out[] = {r->out, r->timeline, r->overlay, r->save}, *a, *b;
    char *const model[] = {(char *)r->model, (char *)r->tensors};
    for (int i = 0; i < 4; i++)
        if (!cli_keeps(&command_run, out[i], r->clips, r->clip_count) ||
            !cli_keeps(&command_run, out[i], model, 2))
            return false;
    for (int i = 0; r->features && i < r->clip_count; i++)
        for (int k = 0; k < i; k++) {
            int n = stem(r->clips[i], &a);
            if (n == stem(r->clips[k], &b) && !strncmp(a, b, (size_t)n)) {
                cli_usage(&command_run, "--features: %s and %s would write the same file",
                          r->clips[k], r->clips[i]);
                return false;
            }
        }
    return true;
}

static bool parse(int argc, char **argv, struct run_request *r)
{
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "k:b:d:o:q", options, NULL)) != -1;)
        if (!parse_option(o, argv, r))
            return false;
    if (r->recipe && !strcmp(r->recipe, "list"))
        return true;
    r->shipped = optind < argc && !r->tensors && shipped_is_clip(argv[optind]);
    if (optind < argc && !r->shipped)
        r->model = argv[optind++];
    r->clips = argv + optind;
    r->clip_count = argc - optind;
    const char *wrong = !r->model && !r->shipped      ? "a model or a clip is needed"
                        : r->tensors && r->clip_count ? "--tensors takes no clip"
                        : r->tensors && !r->save      ? "--tensors wants --save FILE"
                        : r->tensors && (r->settings || r->labels)
                            ? "--tensors takes a graph: import the checkpoint first"
                        : !r->tensors && (r->feed || r->taps || r->save)
                            ? "--feed, --taps and --save go with --tensors"
                        : !r->tensors && !r->clip_count ? "a clip is needed"
                        : r->video.to > 0 && r->video.to <= r->video.from
                            ? "--to must be later than --from"
                            : run_pictures_wrong(r);
    if (wrong)
        cli_usage(&command_run, "%s", wrong);
    return !wrong && check_outputs(r);
}

static void building(void *context, size_t done, size_t all)
{
    (void)context;
    cli_progress("building kernels", (double)done / (double)(all ? all : 1));
}

static void running(void *context, double fraction)
{
    const char *path = context, *slash = strrchr(path, '/');
    cli_progress(slash ? slash + 1 : path, fraction);
}

/* clip.mp4 + avgpool -> clip.avgpool.npy in the working directory */
static bool save_features(const char *path, const char *node, const struct video_result *v,
                          struct error *err)
{
    const char *base;
    char name[512];
    int n = stem(path, &base);
    if (snprintf(name, sizeof name, "%.*s.%s.npy", n, base, node) >= (int)sizeof name)
        return fail(err, ERROR_OUTPUT, "%s: name too long for its features", path);
    return npy_write(name, v->feature_shape.rank, v->feature_shape.dim, v->features, err);
}

/* One clip; its report is appended. Returns its exit code: 0, or 2 and up when something is
 * wrong. */
static int run_clip(const struct run_request *r, struct network *m, const char *path,
                    struct text *out)
{
    struct video_run_options o = {
        .video = r->video,
        .windows = r->windows || r->timeline || r->overlay,
        .features = r->features,
        .context = (void *)path};
    struct video_result result;
    struct error err = {0};
    if (!r->quiet)
        o.progress = running;
    bool ok = video_run(m, path, &o, &result, &err);
    cli_progress_clear();
    if (ok && !((!r->features || save_features(path, r->features, &result, &err)) &&
                run_pictures(r, m, path, &result, &err))) {
        video_result_free(&result);
        ok = false;
    }
    report_clip(r, m, path, ok ? &result : NULL, &err, out);
    if (!ok)
        return cli_fail(&err);
    int code = 0;
    if (result.damage.truncated || result.damage.errors) {
        fail(&err, ERROR_INPUT, "%s: damaged: %s; the frames so far were used", path,
             result.damage.text);
        code = cli_fail(&err);
    }
    video_result_free(&result);
    return code;
}

/* A device that failed once cannot be trusted with the next clip. */
static bool is_fatal(int code)
{
    return code != 0 && code != ERROR_INPUT && code != ERROR_LIMIT && code != ERROR_MODEL;
}

static int run_clips(const struct run_request *r, struct network *m)
{
    struct text text = {0};
    int worst = 0, code = 0, failed = 0;
    for (int i = 0; i < r->clip_count && !is_fatal(code); i++) {
        code = run_clip(r, m, r->clips[i], &text);
        failed += code != 0;
        if (code && (!worst || is_fatal(code)))
            worst = code;
        if (!r->out) { /* each report at once, whole */
            cli_write(NULL, &text);
            fflush(stdout);
            text.len = 0;
            if (ferror(stdout))
                break;
        }
    }
    if (r->out) {
        int write = cli_write(r->out, &text);
        worst = write ? write : worst;
    }
    if (failed && r->clip_count > 1)
        fprintf(stderr, "clact: %d of %d clips failed or are damaged\n", failed, r->clip_count);
    if (worst && !is_fatal(worst) && r->clip_count > 1)
        worst = ERROR_INPUT;
    text_free(&text);
    return worst;
}

static int run_network(const struct run_request *r)
{
    struct network_options o = {.device = r->device,
                                .batch = r->batch,
                                .half = r->half,
                                .max_memory = r->max_memory,
                                .strict = r->strict,
                                .checker = cli_checker(!r->unchecked),
                                .keep = &r->features,
                                .keep_count = r->features ? 1 : 0};
    struct error err = {0};
    if (!r->quiet)
        o.progress = building;
    struct network *m = run_open(r, &o, &err);
    cli_progress_clear();
    if (!m)
        return cli_fail(&err);
    cli_doubt(&m->tuning_doubt);
    cli_replaced(&m->replaced);
    int code = run_clips(r, m);
    network_close(&m);
    return code;
}

static int run(int argc, char **argv)
{
    struct run_request r = {.top = 5, .batch = 1, .device = getenv("CLACT_DEVICE")};
    r.video.stream = -1;
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    if (r.recipe && !strcmp(r.recipe, "list"))
        return cli_list_recipes();
    if (r.tensors)
        return run_tensors(&r);
    if (!r.shipped)
        return run_network(&r);
    char *path = shipped_model();
    if (!path)
        return ERROR_MODEL;
    if (!r.quiet)
        fprintf(stderr, "model: motion (shipped), %s\n", path);
    r.model = path;
    int code = run_network(&r);
    free(path);
    return code;
}

const struct command command_run = {
    "run", "[MODEL] CLIP... [options]", "recognise what happens in clips", run,
    "MODEL is a graph, or a checkpoint (PyTorch, safetensors), which is imported on the way.\n"
    "Without one, the shipped model tells how the camera moves (CLACT_MODELS: folder of it).\n"
    "A clip is a video file, a picture, a folder of pictures, a pattern such as f_%05d.png, or -\n"
    "for standard input.\n\n"
    "  -k, --top N          classes to print (5)\n"
    "      --json           one JSON object a clip and line, \"schema\":1\n"
    "      --recipe NAME|FILE  of an ONNX file, as in 'clact import'; 'list' prints the names\n"
    "      --windows        also the scores of every window, with its times\n"
    "      --timeline FILE  the scores of the best classes over time, .svg or .html; one clip\n"
    "      --overlay FILE   the clip with labels and scores drawn, .mp4, .mov or .mkv; one clip\n"
    "      --from S, --to S only this part of the clip, in seconds\n"
    "      --set KEY=VALUE,..., --labels FILE   of a checkpoint, as in 'clact import'\n"
    "  -b, --batch N        windows a run (1)\n"
    "      --fp16           store activations and weights as half: half the memory, two or three\n"
    "                       digits; arithmetic stays float\n"
    "      --threads N      decoder threads (all processors)\n"
    "  -d, --device DEV     0:1, a part of its name, gpu or cpu; default CLACT_DEVICE, else the\n"
    "                       best GPU, else the first device\n"
    "      --features NODE  that node's values of all windows to CLIP.NODE.npy\n"
    "      --stream N       this video stream of the file\n"
    "      --precision strict  only algorithms that sum as the definitions do; slower\n"
    "      --no-self-check  use kernels that were never checked on this device, see\n"
    "                       'clact self-check'\n"
    "      --max-memory SIZE, --max-pixels N   refuse what needs more\n"
    "  -o, --output FILE    write the report there\n"
    "  -q, --quiet          no progress\n\n"
    "for checking a conversion, tensors instead of clips:\n"
    "      --tensors IN.safetensors --save OUT.safetensors\n"
    "      --feed NODE=TENSOR,...  which tensor goes where (default: by name)\n"
    "      --taps NODE,...|all     save these values too\n\n"
    "exit code: 0, or 2 when a clip failed or is damaged (its line says why), others: clact "
    "--help\n\n"
    "examples:\n"
    "  clact run clip.mp4\n"
    "  clact run r18.graph clip.mp4\n"
    "  clact run r3d18.pth clip.mp4 --labels kinetics400.txt\n"
    "  clact run model.onnx clip.mp4 --recipe torchvision\n"
    "  clact run r18.graph --json --windows --from 10 --to 20 *.mkv > scores.jsonl\n"
    "  ffmpeg -i URL -t 10 -f matroska - | clact run r18.graph -\n"
    "  clact run r18.graph talk.mkv --timeline talk.svg --overlay talk.mp4\n"
    "  clact run r18.graph frames/%05d.jpg --features avgpool\n"};
