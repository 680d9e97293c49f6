/* SPDX-License-Identifier: MIT */
/* What is known of families of GPUs: the described ones and others, without a device. */
#include "cl/caps_family.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

START_TEST(known)
{
    static const struct {
        bool gpu;
        const char *vendor, *name;
        int wave_width, registers, large_registers, sub_group;
    } all[] = {
        {false, "Intel(R) Corporation", "Intel(R) Xeon(R)", 1, 0, 0, 0},
        {true, "NVIDIA Corporation", "Tesla T4", 32, 128, 0, 0},
        {true, "Advanced Micro Devices, Inc.", "gfx906:sramecc+:xnack-", 64, 128, 0, 0},
        {true, "Advanced Micro Devices, Inc.", "gfx1030", 32, 128, 0, 0},
        {true, "AMD", "AMD Radeon RX 6800 (radeonsi, navi21)", 32, 128, 0, 0},
        {true, "Intel(R) Corporation", "Intel(R) UHD Graphics 770", 8, 64, 0, 0},
        {true, "Intel(R) Corporation", "Intel(R) Arc(TM) A770 Graphics", 8, 64, 128, 0},
        {true, "Intel(R) Corporation", "Intel(R) Data Center GPU Flex 170", 8, 64, 128, 0},
        {true, "Intel(R) Corporation", "Intel(R) Data Center GPU Max 1100", 16, 64, 128, 16},
        {true, "ARM", "Mali-G78 r0p1", 16, 32, 0, 0},
        {true, "QUALCOMM", "QUALCOMM Adreno(TM) 740", 64, 64, 0, 0},
        {true, "", "", 32, 128, 0, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct caps caps = {.gpu = all[i].gpu};
        snprintf(caps.vendor, sizeof caps.vendor, "%s", all[i].vendor);
        snprintf(caps.name, sizeof caps.name, "%s", all[i].name);
        caps_family(&caps);
        ck_assert_msg(caps.wave_width == all[i].wave_width && caps.registers == all[i].registers &&
                          caps.large_registers == all[i].large_registers &&
                          caps.sub_group == all[i].sub_group,
                      "%s: %d %d %d %d", all[i].name, caps.wave_width, caps.registers,
                      caps.large_registers, caps.sub_group);
    }
}
END_TEST

/* The files that plans for absent devices are made from say the same. */
START_TEST(files_agree)
{
    static const char *const files[] = {"gfx803",  "gfx900", "gfx90a", "gfx1030", "gfx1100",
                                        "gfx1201", "sm_75",  "sm_86",  "sm_90",   "skl",
                                        "tgllp",   "dg2",    "pvc",    "gpu"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[512];
        struct caps caps, family;
        struct error err = {0};
        snprintf(path, sizeof path, "%s/tests/data/caps/%s.caps", SOURCE_DIR, files[i]);
        ck_assert_msg(caps_read(path, &caps, &err), "%s", err.text);
        family = caps;
        caps_family(&family);
        ck_assert_msg(!memcmp(&family, &caps, sizeof caps), "%s: %d %d %d", path, family.wave_width,
                      family.registers, family.sub_group);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("caps_family");
    tcase_add_test(t, known);
    tcase_add_test(t, files_agree);
    Suite *suite = suite_create("caps_family");
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
