/* SPDX-License-Identifier: MIT */
#include "tests/tools/fault_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
#define X(name) "cl" #name,
    FUNCTIONS(X)
#undef X
};
static const char *const kinds[] = {"context", "queue", "memory", "program", "kernel", "event"};

struct object {
    void *handle;
    enum kind kind;
    long references;
    bool hangs; /* an event that never comes */
};

struct fault {
    char name[40]; /* of a function, or * */
    long at;
    bool for_ever;
    cl_int code;
};

struct asked asked;
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
bool hung;

static FILE *report;
static long calls[F_COUNT], all_calls;
static struct object *objects;
static size_t object_count, object_room;
static struct fault faults[8];
static int fault_count;

/* What is claimed of the first device and of the others; -1: as it is. */
struct claim {
    const char *key;
    cl_device_info info;
    long long value[2];
};
static struct claim claims[] = {
    {"units=", CL_DEVICE_MAX_COMPUTE_UNITS, {-1, -1}},
    {"clock=", CL_DEVICE_MAX_CLOCK_FREQUENCY, {-1, -1}},
    {"unified=", CL_DEVICE_HOST_UNIFIED_MEMORY, {-1, -1}},
    {"local=", CL_DEVICE_LOCAL_MEM_SIZE, {-1, -1}},
    {"group=", CL_DEVICE_MAX_WORK_GROUP_SIZE, {-1, -1}},
    {"alloc=", CL_DEVICE_MAX_MEM_ALLOC_SIZE, {-1, -1}},
    {"global=", CL_DEVICE_GLOBAL_MEM_SIZE, {-1, -1}},
    {"vector=", CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, {-1, -1}},
};
enum { CLAIMS = sizeof claims / sizeof *claims };
static cl_device_id first_device;

static void note(const char *what, const char *name, long n)
{
    if (report) {
        fprintf(report, "%s %s %ld\n", what, name, n);
        fflush(report);
    }
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static void bad_word(const char *word)
{
    fprintf(stderr, "fault_layer: FAULTS: %s is not understood\n", word);
    _exit(99);
}

static void read_fault(const char *value, const char *word)
{
    struct fault f = {.at = 0};
    char plus[2] = "";
    int code;
    if (fault_count == (int)(sizeof faults / sizeof *faults) ||
        (sscanf(value, "%39[^:]:%ld:%d", f.name, &f.at, &code) != 3 &&
         sscanf(value, "%39[^:]:%ld%1[+]:%d", f.name, &f.at, plus, &code) != 4))
        bad_word(word);
    f.for_ever = *plus;
    f.code = code;
    faults[fault_count++] = f;
}

static void read_miscompile(const char *value, const char *word)
{
    if (sscanf(value, "%63[^:]:%63s", asked.wrong_kernel, asked.wrong_define) != 2)
        bad_word(word);
}

static void read_word(char *word)
{
    static const struct {
        const char *key;
        long *value;
    } counts[] = {{"lie=read:", &asked.lie_read},
                  {"lie=launch:", &asked.lie_launch},
                  {"crash=launch:", &asked.crash_launch},
                  {"crash=build:", &asked.crash_build},
                  {"hang=launch:", &asked.hang_launch}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!strncmp(word, counts[i].key, strlen(counts[i].key))) {
            *counts[i].value = atol(word + strlen(counts[i].key));
            return;
        }
    for (int i = 0; i < CLAIMS; i++)
        if (!strncmp(word, claims[i].key, strlen(claims[i].key))) {
            const char *value = word + strlen(claims[i].key), *other = strchr(value, '/');
            claims[i].value[0] = atoll(value);
            claims[i].value[1] = atoll(other ? other + 1 : value);
            return;
        }
    if (!strncmp(word, "fail=", 5))
        read_fault(word + 5, word);
    else if (!strncmp(word, "lie=kernel:", 11))
        snprintf(asked.lie_kernel, sizeof asked.lie_kernel, "%s", word + 11);
    else if (!strncmp(word, "lie=value:", 10))
        snprintf(asked.lie_value, sizeof asked.lie_value, "%s", word + 10);
    else if (!strcmp(word, "lie=done"))
        asked.lie_done = true;
    else if (!strncmp(word, "miscompile=", 11))
        read_miscompile(word + 11, word);
    else if (!strncmp(word, "crash=kernel:", 13))
        snprintf(asked.crash_kernel, sizeof asked.crash_kernel, "%s", word + 13);
    else if (!strncmp(word, "name=", 5))
        snprintf(asked.name, sizeof asked.name, "%s", word + 5);
    else if (!strncmp(word, "vendor=", 7))
        snprintf(asked.vendor, sizeof asked.vendor, "%s", word + 7);
    else if (!strncmp(word, "driver=", 7))
        snprintf(asked.driver, sizeof asked.driver, "%s", word + 7);
    else if (!strcmp(word, "type=gpu") || !strcmp(word, "type=cpu"))
        asked.type = word[5] == 'g' ? CL_DEVICE_TYPE_GPU : CL_DEVICE_TYPE_CPU;
    else
        bad_word(word);
}

static void read_faults(void)
{
    const char *spec = getenv("FAULTS"), *log = getenv("FAULTS_LOG");
    static char words[1024]; /* strtok keeps pointers into it */
    char *rest = NULL;
    report = log ? fopen(log, "a") : NULL;
    snprintf(words, sizeof words, "%s", spec ? spec : "");
    for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        read_word(w);
}

/* ---- counting -------------------------------------------------------------------------------- */

cl_int enter(enum function f)
{
    cl_int code = CL_SUCCESS;
    pthread_mutex_lock(&lock);
    long mine = ++calls[f], all = ++all_calls;
    for (int i = 0; i < fault_count && !code; i++) {
        bool any = !strcmp(faults[i].name, "*");
        long n = any ? all : mine;
        if ((any || !strcmp(faults[i].name, names[f])) &&
            (n == faults[i].at || (faults[i].for_ever && n > faults[i].at)))
            code = faults[i].code;
    }
    if (code)
        note("failed", names[f], all);
    pthread_mutex_unlock(&lock);
    return code;
}

static struct object *find(void *handle)
{
    for (size_t i = object_count; i-- > 0;) /* the youngest first */
        if (objects[i].handle == handle)
            return &objects[i];
    return NULL;
}

void born(void *handle, enum kind kind)
{
    if (!handle)
        return;
    pthread_mutex_lock(&lock);
    if (object_count == object_room) {
        object_room = object_room * 2 + 256;
        objects = realloc(objects, object_room * sizeof *objects);
        if (!objects)
            abort();
    }
    objects[object_count++] = (struct object){handle, kind, 1, kind == EVENT && hung};
    pthread_mutex_unlock(&lock);
}

void retained(void *handle)
{
    pthread_mutex_lock(&lock);
    struct object *o = find(handle);
    if (o)
        o->references++;
    pthread_mutex_unlock(&lock);
}

bool released(void *handle, enum kind kind)
{
    pthread_mutex_lock(&lock);
    struct object *o = find(handle);
    if (!o)
        note("released too often", kinds[kind], 1);
    else if (--o->references == 0)
        *o = objects[--object_count];
    pthread_mutex_unlock(&lock);
    return o != NULL;
}

bool hangs(cl_event event)
{
    pthread_mutex_lock(&lock);
    struct object *o = find(event);
    bool yes = o && o->hangs;
    pthread_mutex_unlock(&lock);
    return yes;
}

/* ---- devices that say something else ---- */

long long claimed(cl_device_id d, cl_device_info info)
{
    pthread_mutex_lock(&lock);
    if (!first_device)
        first_device = d;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < CLAIMS; i++)
        if (claims[i].info == info)
            return claims[i].value[d && d != first_device];
    return -1;
}

bool exceeds(size_t n, cl_device_info info)
{
    long long most = claimed(first_device, info);
    return most >= 0 && n > (size_t)most;
}

/* ---- the end ---- */

static void at_exit(void)
{
    long left[KINDS] = {0};
    for (int f = 0; f < F_COUNT; f++)
        if (calls[f])
            note("calls", names[f], calls[f]);
    note("calls", "*", all_calls);
    for (size_t i = 0; i < object_count; i++)
        left[objects[i].kind]++;
    for (int k = 0; k < KINDS; k++)
        if (left[k])
            note("leaked", kinds[k], left[k]);
}

void faults_begin(void)
{
    read_faults();
    atexit(at_exit);
}
