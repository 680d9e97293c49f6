/* SPDX-License-Identifier: MIT */
/* clact devices: what OpenCL finds here. */
#include "cl/ocl.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

static const struct option options[] = {
    {"caps", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};

static void print_table(const struct ocl_device *d, size_t n, struct text *out)
{
    for (size_t i = 0; i < n; i++)
        text_printf(out, "%d:%d  %s  [%s]  %s, %d units, vectors of %d, %.1f GB\n", d[i].platform,
                    d[i].index, d[i].caps.name, d[i].caps.platform, d[i].caps.gpu ? "GPU" : "CPU",
                    d[i].caps.compute_units, d[i].caps.vector_width,
                    (double)d[i].caps.global_memory / 1e9);
}

static void print_json(const struct ocl_device *d, size_t n, struct text *out)
{
    text_printf(out, "{\"schema\":1,\"devices\":[");
    for (size_t i = 0; i < n; i++) {
        text_printf(out, "%s{\"id\":\"%d:%d\",\"name\":", i ? "," : "", d[i].platform, d[i].index);
        text_json(out, d[i].caps.name);
        text_printf(out, ",\"platform\":");
        text_json(out, d[i].caps.platform);
        text_printf(out, ",\"driver\":");
        text_json(out, d[i].caps.driver);
        text_printf(out, ",\"gpu\":%s,\"compute_units\":%d,\"global_memory\":%llu}",
                    d[i].caps.gpu ? "true" : "false", d[i].caps.compute_units,
                    (unsigned long long)d[i].caps.global_memory);
    }
    text_printf(out, "]}\n");
}

static int run(int argc, char **argv)
{
    const char *caps = NULL;
    bool json = false;
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c')
            caps = optarg;
        else if (o == 'j')
            json = true;
        else
            return cli_bad_option(&command_devices, argv);
    }
    if (optind != argc)
        return cli_usage(&command_devices, "no argument is needed");
    struct error err = {0};
    struct text text = {0};
    struct ocl_device *list = NULL;
    size_t n = 0;
    int code = 0;
    if (caps) {
        struct ocl *ocl = ocl_open(caps, &err);
        if (!ocl)
            return cli_fail(&err);
        caps_print(ocl_caps(ocl), &text);
        ocl_close(&ocl);
    } else if (!ocl_devices(&list, &n, &err)) {
        return cli_fail(&err);
    } else if (json) {
        print_json(list, n, &text);
    } else {
        print_table(list, n, &text);
    }
    code = cli_write(NULL, &text);
    text_free(&text);
    free(list);
    return code;
}

const struct command command_devices = {
    "devices", "[options]", "list the OpenCL devices of this machine", run,
    "      --json          as JSON\n"
    "      --caps DEVICE   one device's description in the form 'clact plan --caps' reads\n\n"
    "A device is chosen elsewhere with -d: 0:1 (platform:device) or a part of its name.\n\n"
    "examples:\n"
    "  clact devices\n"
    "  clact devices --caps 0:0 > here.caps\n"};
