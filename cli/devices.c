/* SPDX-License-Identifier: MIT */
/* clact devices: what OpenCL finds here. */
#include "cl/ocl.h"
#include "cli/cli.h"
#include "engine/roof.h"

#include <stdio.h>
#include <stdlib.h>

static const struct option options[] = {{"caps", required_argument, NULL, 'c'},
                                        {"json", no_argument, NULL, 'j'},
                                        {"measure", no_argument, NULL, 'm'},
                                        {NULL, 0, NULL, 0}};

static const char *yes(bool is)
{
    return is ? "yes" : "no";
}

static void print_roof(const struct roof *r, struct text *out)
{
    text_printf(out, "     measured %.0f GFLOP/s; GB/s of copies of", r->flops / 1e9);
    for (int i = 0; i < ROOF_SIZES; i++)
        text_printf(out, "%s %.0f MB %.1f", i ? "," : "", r->set[i] / (1 << 20),
                    r->bandwidth[i] / 1e9);
    text_append(out, "\n", 1);
}

/* roof: NULL when it was not measured. */
static void print_device(const struct ocl_device *d, const struct roof *roof, struct text *out)
{
    const struct caps *c = &d->caps;
    text_printf(out, "%d:%d  %s  [%s]  %s, %d units, vectors of %d, %.1f GB\n", d->platform,
                d->index, c->name, c->platform, c->gpu ? "GPU" : "CPU", c->compute_units,
                c->vector_width, (double)c->global_memory / 1e9);
    text_printf(out, "     driver %s; ", c->driver);
    if (c->clock)
        text_printf(out, "%d MHz; ", c->clock);
    text_printf(out,
                "%.1f GB in one piece%s; %.0f KB local; work-groups up to %llu; fp16 arithmetic "
                "%s, sub-groups %s\n",
                (double)c->max_allocation / 1e9, c->unified ? ", shared with the host" : "",
                (double)c->local_memory / 1024, (unsigned long long)c->max_work_group, yes(c->fp16),
                yes(c->sub_groups));
    if (roof)
        print_roof(roof, out);
}

static const char *json_bool(bool is)
{
    return is ? "true" : "false";
}

static void json_device(const struct ocl_device *d, const struct roof *roof, struct text *out)
{
    const struct caps *c = &d->caps;
    text_printf(out, "{\"id\":\"%d:%d\",\"name\":", d->platform, d->index);
    text_json(out, c->name);
    text_printf(out, ",\"platform\":");
    text_json(out, c->platform);
    text_printf(out, ",\"driver\":");
    text_json(out, c->driver);
    text_printf(out,
                ",\"gpu\":%s,\"compute_units\":%d,\"clock_mhz\":%d,\"vector_width\":%d,"
                "\"global_memory\":%llu,\"max_allocation\":%llu,\"local_memory\":%llu,"
                "\"unified\":%s,\"max_work_group\":%llu,\"fp16\":%s,\"sub_groups\":%s",
                json_bool(c->gpu), c->compute_units, c->clock, c->vector_width,
                (unsigned long long)c->global_memory, (unsigned long long)c->max_allocation,
                (unsigned long long)c->local_memory, json_bool(c->unified),
                (unsigned long long)c->max_work_group, json_bool(c->fp16),
                json_bool(c->sub_groups));
    if (roof) {
        text_printf(out, ",\"flops\":%.4g,\"bandwidth\":{", roof->flops);
        for (int i = 0; i < ROOF_SIZES; i++)
            text_printf(out, "%s\"%.0f\":%.4g", i ? "," : "", roof->set[i], roof->bandwidth[i]);
        text_append(out, "}", 1);
    }
    text_append(out, "}", 1);
}

static bool measure(const struct ocl_device *d, struct roof *roof, struct error *err)
{
    char spec[32];
    snprintf(spec, sizeof spec, "%d:%d", d->platform, d->index);
    struct ocl *ocl = ocl_open(spec, err);
    bool ok = ocl && roof_measure(ocl, roof, err);
    ocl_close(&ocl);
    return ok || fail_more(err, "%s", spec);
}

/* All devices; one that cannot be measured is listed too, and its error is the exit code. */
static int list(bool json, bool measured, struct text *out)
{
    struct error err = {0};
    struct ocl_device *d = NULL;
    struct roof roof;
    size_t n = 0;
    int code = 0;
    if (!ocl_devices(&d, &n, &err))
        return cli_fail(&err);
    if (json)
        text_printf(out, "{\"schema\":1,\"devices\":[");
    for (size_t i = 0; i < n; i++) {
        bool has_roof = measured && measure(&d[i], &roof, &err);
        if (measured && !has_roof)
            code = cli_fail(&err);
        if (json && i)
            text_append(out, ",", 1);
        (json ? json_device : print_device)(&d[i], has_roof ? &roof : NULL, out);
    }
    if (json)
        text_printf(out, "]}\n");
    free(d);
    return code;
}

static int describe(const char *spec, struct text *out)
{
    struct error err = {0};
    struct ocl *ocl = ocl_open(spec, &err);
    if (!ocl)
        return cli_fail(&err);
    caps_print(ocl_caps(ocl), out);
    ocl_close(&ocl);
    return 0;
}

static int run(int argc, char **argv)
{
    const char *caps = NULL;
    bool json = false, measured = false;
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c')
            caps = optarg;
        else if (o == 'j')
            json = true;
        else if (o == 'm')
            measured = true;
        else
            return cli_bad_option(&command_devices, argv);
    }
    if (optind != argc)
        return cli_usage(&command_devices, "no argument is needed");
    struct text text = {0};
    int code = caps ? describe(caps, &text) : list(json, measured, &text);
    int write = text.len ? cli_write(NULL, &text) : 0;
    text_free(&text);
    return code ? code : write;
}

const struct command command_devices = {
    "devices", "[options]", "list the OpenCL devices of this machine", run,
    "      --json          as JSON\n"
    "      --measure       also multiply-adds in registers and copies of several sizes a second\n"
    "      --caps DEVICE   one device's description in the form 'clact plan --caps' reads\n\n"
    "A device is chosen elsewhere with -d: 0:1 (platform:device), a part of its name, gpu or cpu.\n"
    "Without -d and CLACT_DEVICE it is the best GPU (with memory of its own before one that "
    "shares\n"
    "the host's, then by units and clock), else the first device.\n\n"
    "examples:\n"
    "  clact devices\n"
    "  clact devices --measure\n"
    "  clact devices --caps 0:0 > here.caps\n"};
