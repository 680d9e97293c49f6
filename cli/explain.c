/* SPDX-License-Identifier: MIT */
/* clact explain: where in its frames a network finds what it says. */
#include "cli/explain.h"
#include "io/safetensors.h"
#include "io/video_write.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { O_CLASS = 256, O_COLUMNS, O_FLOW, O_SAVE, O_FROM, O_TO, O_PRECISION, O_FP16, O_STREAM };
enum { SAVED_MOST = 32 };

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"class", required_argument, NULL, O_CLASS},
    {"columns", required_argument, NULL, O_COLUMNS},
    {"flow", no_argument, NULL, O_FLOW},
    {"save", required_argument, NULL, O_SAVE},
    {"from", required_argument, NULL, O_FROM},
    {"to", required_argument, NULL, O_TO},
    {"stream", required_argument, NULL, O_STREAM},
    {"batch", required_argument, NULL, 'b'},
    {"device", required_argument, NULL, 'd'},
    {"fp16", no_argument, NULL, O_FP16},
    {"precision", required_argument, NULL, O_PRECISION},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

static bool parse_option(int o, char **argv, struct explain_request *r)
{
    const struct command *c = &command_explain;
    switch (o) {
    case 'o':
        r->out = optarg;
        return true;
    case 'b':
        return cli_int(c, "--batch", optarg, 1, 1024, &r->batch);
    case 'd':
        r->device = optarg;
        return true;
    case 'q':
        r->quiet = true;
        return true;
    case O_CLASS:
        r->class = optarg;
        return true;
    case O_COLUMNS:
        return cli_int(c, "--columns", optarg, 1, EXPLAIN_COLUMNS_MOST, &r->columns);
    case O_FLOW:
        r->flow = true;
        return true;
    case O_SAVE:
        r->save = optarg;
        return true;
    case O_FROM:
        return cli_seconds(c, "--from", optarg, &r->video.from);
    case O_TO:
        return cli_seconds(c, "--to", optarg, &r->video.to);
    case O_STREAM:
        return cli_int(c, "--stream", optarg, 0, 255, &r->video.stream);
    case O_FP16:
        r->half = true;
        return true;
    case O_PRECISION:
        return cli_precision(c, optarg, &r->strict);
    default:
        cli_bad_option(c, argv);
        return false;
    }
}

static bool parse(int argc, char **argv, struct explain_request *r)
{
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "o:b:d:q", options, NULL)) != -1;)
        if (!parse_option(o, argv, r))
            return false;
    if (argc - optind == 2) {
        r->model = argv[optind];
        r->clip = argv[optind + 1];
    }
    const char *dot = r->out ? strrchr(r->out, '.') : NULL;
    r->film = r->out && video_writer_knows(r->out);
    const char *wrong =
        !r->model                                        ? "a model and a clip are needed"
        : !r->out                                        ? "-o FILE is needed"
        : !r->film && !(dot && !strcasecmp(dot, ".png")) ? "-o FILE: its name ends in .png, or in "
                                                           ".mp4, .m4v, .mov or .mkv"
        : r->flow && r->class                            ? "--class is not for --flow"
        : !r->flow && !strcmp(r->clip, "-")
            ? "the clip is read twice, which standard input cannot be"
        : r->video.to > 0 && r->video.to <= r->video.from ? "--to must be later than --from"
                                                          : NULL;
    if (wrong)
        cli_usage(&command_explain, "%s", wrong);
    char *const read[] = {(char *)r->model, (char *)r->clip};
    return !wrong && cli_keeps(&command_explain, r->out, read, 2) &&
           cli_keeps(&command_explain, r->save, read, 2);
}

static void building(void *context, size_t done, size_t all)
{
    (void)context;
    cli_progress("building kernels", (double)done / (double)(all ? all : 1));
}

static void running(void *context, double fraction)
{
    (void)context;
    cli_progress("looking at the clip", fraction);
}

void explain_progress(const struct explain_request *r, struct video_run_options *o)
{
    if (!r->quiet)
        o->progress = running;
}

struct network *explain_open(const struct explain_request *r, const char *const *keep, int count,
                             struct error *err)
{
    struct network_options o = {.device = r->device,
                                .checker = cli_checker(true),
                                .batch = r->batch,
                                .half = r->half,
                                .strict = r->strict,
                                .keep = keep,
                                .keep_count = count};
    if (!r->quiet)
        o.progress = building;
    struct network *m = network_open(r->model, &o, err);
    cli_progress_clear();
    if (m)
        cli_doubt(&m->tuning_doubt);
    return m;
}

bool explain_save(const char *path, const struct explain_tensor *list, int count, struct error *err)
{
    struct safetensor entry[SAVED_MOST] = {0};
    for (int i = 0; i < count; i++) {
        entry[i] = (struct safetensor){
            .name = list[i].name, .type = SAFETENSOR_F32, .rank = list[i].rank, .elements = 1};
        for (int k = 0; k < list[i].rank; k++) {
            entry[i].dim[k] = list[i].dim[k];
            entry[i].elements *= (uint64_t)list[i].dim[k];
        }
        entry[i].bytes = entry[i].elements * sizeof(float);
    }
    struct safetensors_writer *w = safetensors_create(path, entry, count, err);
    bool ok = w != NULL;
    for (int i = 0; ok && i < count; i++)
        ok = safetensors_put(w, list[i].data, entry[i].bytes, err);
    if (ok)
        return safetensors_commit(&w, err);
    safetensors_abandon(&w);
    return false;
}

static int run(int argc, char **argv)
{
    struct explain_request r = {.columns = 6, .batch = 1, .device = getenv("CLACT_DEVICE")};
    r.video.stream = -1;
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    struct error err = {0};
    bool ok = r.flow ? explain_flow(&r, &err) : explain_cam(&r, &err);
    cli_progress_clear();
    return ok ? 0 : cli_fail(&err);
}

const struct command command_explain = {
    "explain", "MODEL.graph CLIP -o FILE [options]",
    "where in its frames a network finds what it says", run,
    "Class activation maps: heat over the frames, blue to red, of what speaks for a class; for\n"
    "networks that end in pooling and one linear layer. A network of several paths shows each.\n\n"
    "  -o, --output FILE    .png: a contact sheet; .mp4, .mov, .mkv: the clip\n"
    "      --class NAME     a label, or its number from 0 (default: the best class)\n"
    "      --columns N      of the contact sheet; pairs of frames with --flow (6)\n"
    "      --flow           for networks that match frames: displacements in the colours of the\n"
    "                       Middlebury wheel, differences of frames, and what is left of them\n"
    "                       when the frame before is warped\n"
    "      --save FILE      the maps, as safetensors\n"
    "      --from S, --to S only this part of the clip, in seconds\n"
    "      --stream N       this video stream of the file\n"
    "  -b, --batch N        windows a run (1)\n"
    "      --fp16           store activations and weights as half\n"
    "      --precision strict  only algorithms that sum as the definitions do\n"
    "  -d, --device DEV     0:1 or a part of its name; default CLACT_DEVICE, else the best GPU\n"
    "  -q, --quiet          no progress\n\n"
    "examples:\n"
    "  clact explain two-path.graph dive.avi -o dive.png\n"
    "  clact explain r50.graph clip.mp4 --class 'playing flute' -o clip-flute.mp4\n"
    "  clact explain --flow models/flow/flow.graph frame%d.png -o motion.png\n"};
