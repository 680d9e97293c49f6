/* SPDX-License-Identifier: MIT */
/* What the commands share. Results go to stdout, everything else to stderr; a command returns the
 * exit code (base/error.h). */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include "base/error.h"
#include "base/text.h"
#include <getopt.h>
#include <stdint.h>

struct command {
    const char *name, *arguments, *about;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const char *help;                  /* options and examples          */
    /* --help together with a word that it knows more about; NULL, or false: `help` is printed */
    bool (*help_about)(const char *word, int *code);
};
extern const struct command command_run, command_model, command_import, command_graph, command_plan,
    command_devices, command_doctor, command_bench, command_tune, command_self_check,
    command_explain, command_verify;

/* "clact: text" on stderr; returns the error's exit code. */
int cli_fail(const struct error *err);
/* What is wrong with a file of 'clact tune', which is then ignored: "clact: text", if any. */
void cli_doubt(const struct error *doubt);
/* Lines of what a network runs instead of kernels that are wrong here. */
void cli_replaced(const struct text *lines);
/* The program that checks kernels before their first use on a device (network_options.checker);
 * NULL with CLACT_SELF_CHECK=off, or when that is not wanted. */
const char *cli_checker(bool wanted);
/* A usage error that points to --help. */
int cli_usage(const struct command *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for what getopt_long refused (call it with opterr = 0). */
int cli_bad_option(const struct command *c, char **argv);
/* The command's help on stdout; returns 0. */
int cli_help(const struct command *c);

/* Numbers from the command line; false after a message has been printed. */
bool cli_int(const struct command *c, const char *option, const char *value, long long min,
             long long max, int *out);
bool cli_seconds(const struct command *c, const char *option, const char *value, double *out);
/* Bytes with an optional K, M or G. */
bool cli_bytes(const struct command *c, const char *option, const char *value, uint64_t *out);
/* --precision fast|strict. */
bool cli_precision(const struct command *c, const char *word, bool *strict);

/* Whether an output (NULL: none) is one of the files that are read; false after a message. */
bool cli_keeps(const struct command *c, const char *output, char *const *inputs, int count);

/* Writes text to `path`, or to stdout when path is NULL; 0 or an exit code. */
int cli_write(const char *path, const struct text *text);

/* A bar on stderr, drawn only on a terminal and only after a second. fraction in 0..1. */
void cli_progress(const char *what, double fraction);
void cli_progress_clear(void);

#endif
