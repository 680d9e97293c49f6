/* SPDX-License-Identifier: MIT */
/* randomop [-d DEVICE] [-v 16|8|4|gpu] [-s SEED] [-n PARTS] [OPERATOR...]: operators on random shapes
 * and attributes. -v as in checkop; -n: the first of so many parts of the cases.
 *
 * Sums of integers must come out equal; real data has a bound that follows from the number of
 * terms, or a part of the output's root mean square. A failure prints the graph, ready for a file
 * of tests/op. The same seed makes the same cases, whichever operators run.
 */
#include "tests/tools/randomcase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_failure(const char *name, const char *graph, const struct error *err)
{
    printf("FAIL %s: %s\n#### %s\n%s\n", name, err->text, name, graph);
    fflush(stdout);
}

/* The cases of one operator; returns how many failed. */
static int run_operator(const struct random_operator *op, int count, uint64_t seed,
                        struct ocl *ocl, const struct caps *caps)
{
    static struct opcase cases[RANDOM_CASES];
    static char *graph[RANDOM_CASES];
    struct error err[RANDOM_CASES] = {{0}}, build = {0};
    bool open[RANDOM_CASES];
    double worst = 0;
    int failed = 0;
    for (int i = 0; i < count; i++) {
        cases[i] = (struct opcase){.windows = 1, .seed = seed ^ (uint64_t)(i + 1) << 20};
        struct maker m = {{seed * 1000003 + (uint64_t)i}, &cases[i], {0}};
        for (const char *s = op->name; *s; s++)
            m.r.state = (m.r.state ^ (unsigned char)*s) * 0x100000001b3u;
        cases[i].windows = random_int(&m.r, 1, 3);
        snprintf(cases[i].name, sizeof cases[i].name, "%s.%d", op->name, i);
        op->make(&m);
        text_printf(&m.graph, "\noutput %%y\n");
        graph[i] = m.graph.s;
        open[i] = opcase_open(&cases[i], graph[i], caps, &err[i]);
    }
    if (!opcase_build(cases, (size_t)count, ocl, &build))
        printf("%s: %s\n", op->name, build.text);
    for (int i = 0; i < count; i++) {
        double part = 0;
        if (!open[i] || !opcase_check(&cases[i], ocl, &part, &err[i])) {
            print_failure(cases[i].name, graph[i], &err[i]);
            failed++;
        }
        worst = part > worst ? part : worst;
        opcase_close(&cases[i]);
        free(graph[i]);
    }
    printf("%-16s %3d cases, %d failed, at most %.2f of what is allowed\n", op->name, count,
           failed, worst);
    fflush(stdout);
    return failed;
}

static bool is_named(const char *op, char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(op, names[i]))
            return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    const char *device = NULL, *width = NULL;
    long long seed = 1, parts = 1;
    int first = 1, cases = 0, failed = 0;
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (!strcmp(argv[first], "-d"))
            device = argv[first + 1];
        else if (!strcmp(argv[first], "-v"))
            width = argv[first + 1];
        else if (!strcmp(argv[first], "-n") && text_to_int(argv[first + 1], &parts) && parts > 0)
            continue;
        else if (strcmp(argv[first], "-s") || !text_to_int(argv[first + 1], &seed))
            return 1;
    }
    struct ocl *ocl = ocl_open(device, &err);
    if (!ocl) {
        fprintf(stderr, "randomop: %s\n", err.text);
        return err.code == ERROR_DEVICE ? 77 : 1;
    }
    struct caps caps = *ocl_caps(ocl);
    if (width && !opcase_caps(&caps, width))
        return 1;
    printf("seed %lld on %s\n", seed, caps.name);
    for (const struct random_operator *op = random_operators; op->name; op++) {
        if (!is_named(op->name, argv + first, argc - first))
            continue;
        int count = (op->count + (int)parts - 1) / (int)parts;
        failed += run_operator(op, count, (uint64_t)seed, ocl, &caps);
        cases += count;
    }
    ocl_close(&ocl);
    printf("%d cases, %d failed\n", cases, failed);
    return failed || !cases;
}
