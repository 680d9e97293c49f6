/* SPDX-License-Identifier: MIT */
/* clact devices --check: the self-check of small networks, which have the kernels of the large
 * ones. */
#ifndef CLI_DEVICES_CHECK_H
#define CLI_DEVICES_CHECK_H
#include "cli/check_kernels.h"

struct device_check {
    struct kernel_report found; /* its texts are released by the caller */
    int networks;
    double seconds;
};

/* The names of networks are known, all of them: "resnet3d-18,x3d_s"; NULL: all. Else an error. */
bool devices_check_names(const char *names, struct error *err);

/* spec: as ocl_open(). False when a network could not be checked to its end. */
bool devices_check(const char *spec, const char *names, struct device_check *check,
                   struct error *err);

void devices_check_print(const struct device_check *check, struct text *out);
/* An object. */
void devices_check_json(const struct device_check *check, struct text *out);

#endif
