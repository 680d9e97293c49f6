/* SPDX-License-Identifier: MIT */
#include "cli/shipped.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODEL "motion/motion.graph"

static bool has_model_name(const char *path)
{
    static const char *const ends[] = {".graph", ".safetensors", ".pth", ".pt",
                                       ".ckpt",  ".onnx",        ".tar", ".bin"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i]);
        if (n > m && !strcasecmp(path + n - m, ends[i]))
            return true;
    }
    return false;
}

/* Graphs are text; checkpoints of PyTorch are zip archives. An empty file counts as text. */
static bool has_model_content(const unsigned char *s, size_t n)
{
    if (n >= 4 && !memcmp(s, "PK\3\4", 4))
        return true;
    for (size_t i = 0; i < n; i++)
        if (s[i] < ' ' && !strchr("\t\n\r\f", s[i] ? s[i] : 1))
            return false;
    return true;
}

bool shipped_is_clip(const char *argument)
{
    struct stat st;
    if (!strcmp(argument, "-"))
        return true;
    if (has_model_name(argument))
        return false;
    if (stat(argument, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    int fd = open(argument, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return true; /* reading it as a clip says what is wrong */
    unsigned char start[4096];
    ssize_t n = read(fd, start, sizeof start);
    close(fd);
    return n >= 0 && !has_model_content(start, (size_t)n);
}

/* folder/MODEL when there is such a file. */
static char *model_in(const char *folder)
{
    struct text t = {0};
    text_printf(&t, "%s/" MODEL, folder);
    if (access(t.s, R_OK) != 0)
        text_free(&t);
    return t.s;
}

/* PREFIX/bin/clact finds PREFIX/share/clact/models, wherever it was moved to; a program in its
 * build folder finds the copy there. */
static char *model_by_program(void)
{
    static const char *const places[] = {"/../share/clact/models", "/models"};
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);
    if (n <= 0)
        return NULL;
    path[n] = 0;
    char *slash = strrchr(path, '/'), *found = NULL;
    for (size_t i = 0; slash && !found && i < sizeof places / sizeof *places; i++) {
        snprintf(slash, 64, "%s", places[i]);
        found = model_in(path);
    }
    return found;
}

char *shipped_model(void)
{
    const char *folder = getenv("CLACT_MODELS");
    char *found = NULL;
    if (folder)
        found = model_in(folder);
    else if (!(found = model_by_program()))
        found = model_in(CLACT_SHARED "/models");
    if (!found)
        fprintf(stderr,
                "clact: run: no model is given, and the shipped one, " MODEL ", is not in %s\n",
                folder ? folder : CLACT_SHARED "/models");
    return found;
}
