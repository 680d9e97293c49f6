/* SPDX-License-Identifier: MIT */
/* clact: the command line. */
#include "cli/cli.h"
#include "cl/ocl.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static const struct command *const commands[] = {
    &command_run, &command_explain, &command_bench, &command_tune, &command_self_check,
    &command_model, &command_import, &command_verify, &command_graph, &command_plan,
    &command_devices, &command_doctor,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int help(FILE *to)
{
    fputs("clact - recognise actions in video, on any OpenCL device\n\n"
          "usage: clact COMMAND [options]\n\n",
          to);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->about);
    fputs("\nexamples:\n"
          "  clact run clip.mp4                                how the camera moves in it\n"
          "  clact model resnet3d-18 --random 1 -o r18.graph   a network, random weights\n"
          "  clact import r3d50.pth -o r50.graph               a trained checkpoint\n"
          "  clact import model.onnx --recipe tao -o m.graph   a network from elsewhere\n"
          "  clact run r50.graph clip.mp4                      what happens in this clip\n"
          "  clact run r50.graph *.mp4 --json                  one JSON object a clip\n"
          "  clact explain r50.graph clip.mp4 -o why.png       where in its frames\n"
          "  clact bench r50.graph --steps                     where the time goes\n"
          "  clact tune r50.graph                              measure what is fastest here\n"
          "  clact plan r50.graph                              what the device will do\n\n"
          "'clact COMMAND --help' tells more. Environment: CLACT_DEVICE, CLACT_CACHE_DIR,\n"
          "CLACT_LOG=build,check,tune,video, CLACT_KERNELS, CLACT_MODELS, CLACT_SELF_CHECK=off,\n"
          "CLACT_TUNING=off, CLACT_TIMEOUT=SECONDS.\n"
          "Exit codes: 0 ok, 1 usage, 2 input, 3 model, 4 no device, 5 kernel build or verify,\n"
          "6 output, 7 limit, 8 device error, 9 bug.\n",
          to);
    return to == stdout ? 0 : ERROR_USAGE;
}

/* "clact model r3d_18 --help": about r3d_18. */
static int command_help(const struct command *c, int argc, char **argv)
{
    int code = 0;
    for (int i = 2; c->help_about && i < argc; i++)
        if (argv[i][0] != '-' && c->help_about(argv[i], &code))
            return code;
    return cli_help(c);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return help(stdout);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        puts("clact " CLACT_VERSION);
        return 0;
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        for (int k = 2; k < argc && strcmp(argv[k], "--"); k++)
            if (!strcmp(argv[k], "--help") || !strcmp(argv[k], "-h"))
                return command_help(commands[i], argc, argv);
        return commands[i]->run(argc - 1, argv + 1);
    }
    struct error err = {0};
    fail(&err, ERROR_USAGE, "no command '%.40s'", argv[1]);
    cli_fail(&err);
    fputs("Try 'clact --help'.\n", stderr);
    return ERROR_USAGE;
}

/* A closed standard file would become the next file that is opened, and messages would end up in
 * somebody's weights. What stands in for it fails like a closed one. */
static void guard_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
            _exit(ERROR_OUTPUT);
}

/* Weights and frames that were freed go back to the system, instead of lying beside the device
 * memory that a processor has in the same place: glibc would keep up to 64 MB a thread. */
static void limit_heap(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

int main(int argc, char **argv)
{
    guard_standard_files();
    limit_heap();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error with exit code 6, not a death */
    int code = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0) {
        fputs("clact: standard output: cannot be written\n", stderr);
        code = ERROR_OUTPUT;
    }
    if (ocl_hung())
        _exit(code); /* its driver's exit handlers might wait for it as well */
    return code;
}
