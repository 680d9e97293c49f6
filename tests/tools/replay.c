/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target on files and folders of files, without libFuzzer: replay PATH... */
#include "base/file.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>

static int replay(const char *path)
{
    struct error err = {0};
    struct dirent *e;
    DIR *dir = opendir(path);
    int count = 0;
    if (!dir) {
        size_t n;
        char *data = file_read(path, 1 << 26, ERROR_INPUT, &n, &err);
        if (!data) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
        LLVMFuzzerTestOneInput((const uint8_t *)data, n);
        free(data);
        return 1;
    }
    while ((e = readdir(dir))) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        count += e->d_name[0] != '.' ? replay(name) : 0;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%d inputs\n", count);
    return count ? 0 : 1;
}
