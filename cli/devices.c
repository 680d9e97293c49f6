/* SPDX-License-Identifier: MIT */
/* clact devices: what OpenCL finds here, and whether it computes right. */
#include "cl/ocl.h"
#include "cli/cli.h"
#include "cli/devices_check.h"
#include "engine/roof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"caps", required_argument, NULL, 'c'},   {"check", optional_argument, NULL, 'k'},
    {"device", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},
    {"measure", no_argument, NULL, 'm'},      {NULL, 0, NULL, 0}};

struct request {
    const char *caps, *device, *names; /* names: of networks to check; NULL: all */
    bool json, measured, checked;
};

/* What was found out about a device; NULL: that was not wanted, or failed. */
struct known {
    const struct roof *roof;
    const struct device_check *check;
};

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

static void print_device(const struct ocl_device *d, const struct known *known, struct text *out)
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
    if (known->roof)
        print_roof(known->roof, out);
    if (known->check)
        devices_check_print(known->check, out);
}

static const char *json_bool(bool is)
{
    return is ? "true" : "false";
}

static void json_device(const struct ocl_device *d, const struct known *known, struct text *out)
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
    const struct roof *roof = known->roof;
    if (roof) {
        text_printf(out, ",\"flops\":%.4g,\"bandwidth\":{", roof->flops);
        for (int i = 0; i < ROOF_SIZES; i++)
            text_printf(out, "%s\"%.0f\":%.4g", i ? "," : "", roof->set[i], roof->bandwidth[i]);
        text_append(out, "}", 1);
    }
    if (known->check) {
        text_printf(out, ",\"check\":");
        devices_check_json(known->check, out);
    }
    text_append(out, "}", 1);
}

static bool measure(const char *spec, struct roof *roof, struct error *err)
{
    struct ocl *ocl = ocl_open(spec, err);
    bool ok = ocl && roof_measure(ocl, roof, err);
    ocl_close(&ocl);
    return ok || fail_more(err, "%s", spec);
}

static bool check(const char *spec, const char *names, struct device_check *c, struct error *err)
{
    const struct kernel_report *r = &c->found;
    bool ok = devices_check(spec, names, c, err);
    int wrong = r->nodes_wrong + r->clips_wrong, unknown = r->nodes_unknown + r->clips_unknown;
    if (ok && wrong)
        ok = fail(err, ERROR_BUILD,
                  "%d wrong; 'clact run' uses what is safer there, or refuses the "
                  "model",
                  wrong);
    else if (ok && unknown)
        ok = fail(err, ERROR_BUILD,
                  "%d nodes or clips could not be checked: CLACT_LOG=check says "
                  "where it ended",
                  unknown);
    return ok || fail_more(err, "%s", spec);
}

/* One device, with what is wanted to be known of it; an exit code. */
static int add_device(const struct request *r, const struct ocl_device *d, struct text *out)
{
    struct error err = {0};
    struct roof roof;
    struct device_check found = {.networks = 0};
    struct known known = {NULL, NULL};
    char spec[32];
    int code = 0;
    snprintf(spec, sizeof spec, "%d:%d", d->platform, d->index);
    if (r->measured && measure(spec, &roof, &err))
        known.roof = &roof;
    else if (r->measured)
        code = cli_fail(&err);
    err = (struct error){.code = 0};
    if (r->checked && !check(spec, r->names, &found, &err))
        code = cli_fail(&err);
    if (r->checked && found.networks)
        known.check = &found;
    (r->json ? json_device : print_device)(d, &known, out);
    text_free(&found.found.lines);
    text_free(&found.found.json);
    return code;
}

/* The device that spec means, as an index of the list. */
static bool find_device(const char *spec, const struct ocl_device *d, size_t n, size_t *at,
                        struct error *err)
{
    char own[32];
    for (*at = 0; *at < n; ++*at) {
        snprintf(own, sizeof own, "%d:%d", d[*at].platform, d[*at].index);
        if (!strcmp(own, spec))
            return true;
    }
    struct ocl *ocl = ocl_open(spec, err);
    TRY(ocl);
    for (*at = 0; *at < n; ++*at)
        if (!strcmp(d[*at].caps.name, ocl_caps(ocl)->name) &&
            !strcmp(d[*at].caps.driver, ocl_caps(ocl)->driver))
            break;
    ocl_close(&ocl);
    return *at < n || fail(err, ERROR_DEVICE, "no device matches \"%s\"", spec);
}

/* All devices, or one of them; one that cannot be measured or is wrong is listed too, and its error
 * is the exit code. */
static int list(const struct request *r, struct text *out)
{
    struct error err = {0};
    struct ocl_device *d = NULL;
    size_t n = 0, only = 0;
    int code = 0;
    if (!devices_check_names(r->names, &err) || !ocl_devices(&d, &n, &err) ||
        (r->device && !find_device(r->device, d, n, &only, &err))) {
        free(d);
        return cli_fail(&err);
    }
    if (r->json)
        text_printf(out, "{\"schema\":1,\"devices\":[");
    for (size_t i = 0, listed = 0; i < n; i++) {
        if (r->device && i != only)
            continue;
        if (r->json && listed++)
            text_append(out, ",", 1);
        int own = add_device(r, &d[i], out);
        code = own ? own : code;
    }
    if (r->json)
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
    struct request r = {.caps = NULL};
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "d:", options, NULL)) != -1;) {
        if (o == 'c')
            r.caps = optarg;
        else if (o == 'd')
            r.device = optarg;
        else if (o == 'j')
            r.json = true;
        else if (o == 'm')
            r.measured = true;
        else if (o == 'k')
            r.checked = true, r.names = optarg;
        else
            return cli_bad_option(&command_devices, argv);
    }
    if (optind != argc)
        return cli_usage(&command_devices, "no argument is needed");
    struct text text = {0};
    int code = r.caps ? describe(r.caps, &text) : list(&r, &text);
    int write = text.len ? cli_write(NULL, &text) : 0;
    text_free(&text);
    return code ? code : write;
}

const struct command command_devices = {
    "devices", "[options]", "list the OpenCL devices of this machine", run,
    "      --json          as JSON\n"
    "      --measure       also multiply-adds in registers and copies of several sizes a second\n"
    "      --check[=NAMES] also run the self-check of small networks, a list of NAMES or all: see\n"
    "                      'clact self-check'\n"
    "      --caps DEVICE   one device's description in the form 'clact plan --caps' reads\n"
    "  -d, --device DEV    only this one\n\n"
    "A device is chosen here and elsewhere with -d: 0:1 (platform:device), a part of its name, gpu "
    "or\n"
    "cpu. Elsewhere, without -d and CLACT_DEVICE, it is the best GPU (with memory of its own "
    "before "
    "one\n"
    "that shares the host's, then by units and clock), else the first device.\n\n"
    "exit code: 5 when a kernel is wrong.\n\n"
    "examples:\n"
    "  clact devices\n"
    "  clact devices --check -d gpu\n"
    "  clact devices --measure\n"
    "  clact devices --caps 0:0 > here.caps\n"};
