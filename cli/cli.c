/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int cli_fail(const struct error *err)
{
    cli_progress_clear();
    fprintf(stderr, "clact: %s\n", err->text);
    return err->code ? (int)err->code : ERROR_BUG;
}

void cli_doubt(const struct error *doubt)
{
    if (doubt->code)
        fprintf(stderr, "clact: %s; ignored, 'clact tune' makes it anew\n", doubt->text);
}

bool cli_keeps(const struct command *c, const char *output, char *const *inputs, int count)
{
    struct stat out, in;
    if (!output || stat(output, &out) != 0 || !S_ISREG(out.st_mode))
        return true;
    for (int i = 0; i < count; i++)
        if (inputs[i] && stat(inputs[i], &in) == 0 && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino) {
            cli_usage(c, "%s: is to be read, it cannot be the output too", output);
            return false;
        }
    return true;
}

void cli_replaced(const struct text *lines)
{
    for (const char *s = lines->s, *end; s && (end = strchr(s, '\n')); s = end + 1)
        fprintf(stderr, "clact: %.*s\n", (int)(end - s), s);
}

const char *cli_checker(bool wanted)
{
    const char *off = getenv("CLACT_SELF_CHECK");
    return wanted && !(off && !strcmp(off, "off")) ? "/proc/self/exe" : NULL;
}

int cli_usage(const struct command *c, const char *fmt, ...)
{
    struct error err;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err.text, sizeof err.text, fmt, ap);
    va_end(ap);
    err.code = ERROR_USAGE;
    fail_more(&err, "%s", c->name);
    cli_fail(&err);
    fprintf(stderr, "usage: clact %s %s\nTry 'clact %s --help'.\n", c->name, c->arguments, c->name);
    return ERROR_USAGE;
}

int cli_bad_option(const struct command *c, char **argv)
{
    const char *at = argv[optind - 1];
    char letter[3] = {'-', (char)optopt, 0};
    bool is_short = optopt > ' ' && optopt < 0x7f && strncmp(at, "--", 2) != 0;
    return cli_usage(c, "%.60s: unknown option, or one without its value", is_short ? letter : at);
}

int cli_help(const struct command *c)
{
    printf("usage: clact %s %s\n%s.\n\n%s", c->name, c->arguments, c->about, c->help);
    return 0;
}

bool cli_int(const struct command *c, const char *option, const char *value, long long min,
             long long max, int *out)
{
    long long v;
    if (!text_to_int(value, &v) || v < min || v > max) {
        cli_usage(c, "%s %.40s: a whole number from %lld to %lld is needed", option, value, min,
                  max);
        return false;
    }
    *out = (int)v;
    return true;
}

bool cli_seconds(const struct command *c, const char *option, const char *value, double *out)
{
    if (!text_to_double(value, out) || *out < 0 || *out > 1e9) {
        cli_usage(c, "%s %.40s: seconds are needed, such as 12.5", option, value);
        return false;
    }
    return true;
}

bool cli_precision(const struct command *c, const char *word, bool *strict)
{
    *strict = !strcmp(word, "strict");
    if (*strict || !strcmp(word, "fast"))
        return true;
    cli_usage(c, "--precision %.40s: wanted is fast or strict", word);
    return false;
}

bool cli_bytes(const struct command *c, const char *option, const char *value, uint64_t *out)
{
    char number[32];
    size_t n = strlen(value);
    int shift = 0;
    long long v;
    if (n && strchr("KMG", value[n - 1]))
        shift = value[--n] == 'K' ? 10 : value[n] == 'M' ? 20 : 30;
    if (n >= sizeof number) {
        cli_usage(c, "%s %.40s: too long", option, value);
        return false;
    }
    memcpy(number, value, n);
    number[n] = 0;
    if (!text_to_int(number, &v) || v < 1 || v > (INT64_MAX >> shift)) {
        cli_usage(c, "%s %.40s: bytes are needed, such as 512M or 2G", option, value);
        return false;
    }
    *out = (uint64_t)v << shift;
    return true;
}

int cli_write(const char *path, const struct text *text)
{
    struct error err = {0};
    if (path)
        return file_write(path, text->s ? text->s : "", text->len, &err) ? 0 : cli_fail(&err);
    fwrite(text->s ? text->s : "", 1, text->len, stdout);
    return 0;
}
