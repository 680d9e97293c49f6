/* SPDX-License-Identifier: MIT */
/* The process that checks, seen from the one that wants to know. */
#include "base/log.h"
#include "base/text.h"
#include "engine/checker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* One program may take a slow compiler a minute or two. */
enum { SILENCE_MS = 300 * 1000, LINE_MOST = 4096 };

struct child {
    const struct checker *c;
    struct verdicts *verdicts;
    pid_t pid;
    int from; /* its standard output */
    char tried[VERDICT_KEY]; /* "": nothing is being tried */
    int found;
    bool ended, silent, full;
};

/* The graph as a file without a name. */
static int graph_file(const struct graph *g, bool video)
{
    FILE *f = tmpfile();
    struct text text = {0};
    checker_print(g, video, &text);
    bool ok = f && text.s && fwrite(text.s, 1, text.len, f) == text.len && fflush(f) == 0;
    text_free(&text);
    int fd = ok ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 3) : -1;
    if (f)
        fclose(f);
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

/* argv and the strings in it. */
struct command_line {
    char batch[16], memory[32];
    char *argv[16];
};

static void command_line(const struct checker *c, bool one_by_one, struct command_line *l)
{
    int n = 0;
    snprintf(l->batch, sizeof l->batch, "%d", c->batch);
    snprintf(l->memory, sizeof l->memory, "%llu", (unsigned long long)c->max_memory);
    char *const fixed[] = {(char *)c->program, "self-check", "--child", "-b", l->batch};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        l->argv[n++] = fixed[i];
    if (c->device) {
        l->argv[n++] = "-d";
        l->argv[n++] = (char *)c->device;
    }
    if (c->max_memory) {
        l->argv[n++] = "--max-memory";
        l->argv[n++] = l->memory;
    }
    if (c->again)
        l->argv[n++] = "--again";
    if (one_by_one)
        l->argv[n++] = "--one-by-one";
    l->argv[n] = NULL;
}

static bool start(struct child *p, const struct trust *t, bool one_by_one)
{
    int out[2], in = graph_file(t->prepared, t->video);
    posix_spawn_file_actions_t files;
    struct command_line line;
    if (in < 0 || pipe(out) != 0 || fcntl(out[0], F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(out[1], F_SETFD, FD_CLOEXEC) != 0) {
        if (in >= 0)
            close(in);
        return false;
    }
    command_line(p->c, one_by_one, &line);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&files, out[0]);
    if (!log_wants("check")) /* a driver's last words say nothing that our own line does not */
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int code = posix_spawn(&p->pid, p->c->program, &files, NULL, line.argv, environ);
    posix_spawn_file_actions_destroy(&files);
    close(in);
    close(out[1]);
    p->from = out[0];
    if (code)
        close(out[0]);
    return !code;
}

static void verdict(struct child *p, const char *key, enum verdict is, const char *why)
{
    if (verdicts_find(p->verdicts, key, NULL) == is)
        return;
    p->full = !verdicts_add(p->verdicts, key, is, why) || p->full;
    p->found++;
}

static void take_line(struct child *p, const char *line)
{
    char word[8], key[VERDICT_KEY] = "";
    size_t done, all;
    int why = 0;
    if (sscanf(line, "build %zu %zu", &done, &all) == 2) {
        if (p->c->progress)
            p->c->progress(p->c->context, done, all);
        return;
    }
    log_line("check", "%s", line);
    if (sscanf(line, "%7s %32s %n", word, key, &why) < 1)
        return;
    if (!strcmp(word, "end"))
        p->ended = true;
    if (strlen(key) != VERDICT_KEY - 1)
        return;
    bool is_try = !strcmp(word, "try");
    snprintf(p->tried, sizeof p->tried, "%s", is_try ? key : "");
    if (!is_try)
        verdict(p, key, !strcmp(word, "right") ? VERDICT_RIGHT : VERDICT_WRONG, line + why);
}

static void read_lines(struct child *p)
{
    char buffer[LINE_MOST];
    size_t have = 0;
    for (;;) {
        struct pollfd wait = {.fd = p->from, .events = POLLIN};
        int ready = poll(&wait, 1, SILENCE_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t n = ready > 0 ? read(p->from, buffer + have, sizeof buffer - 1 - have) : 0;
        p->silent = ready == 0;
        if (n <= 0)
            return;
        have += (size_t)n;
        buffer[have] = 0;
        char *line = buffer, *end;
        for (; (end = strchr(line, '\n')); line = end + 1) {
            *end = 0;
            take_line(p, line);
        }
        have -= (size_t)(line - buffer);
        memmove(buffer, line, have);
        if (have == sizeof buffer - 1) /* not a line of ours */
            have = 0;
    }
}

/* What it died of, for people. */
static void cause(const struct child *p, int status, char *why, size_t size)
{
    if (p->silent)
        snprintf(why, size, "no answer in %d s", SILENCE_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(why, size, "the driver crashed: %s", strsignal(WTERMSIG(status)));
    else
        snprintf(why, size, "the self-check ended with status %d", WEXITSTATUS(status));
}

/* Its own fault: not a lack of memory, and nobody's wish. */
static bool is_crash(int status)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (WIFSIGNALED(status) && WTERMSIG(status) == signals[i])
            return true;
    return false;
}

/* *clean: it came to its end. */
static bool run_once(struct child *p, const struct trust *t, bool one_by_one, bool *clean)
{
    int status = 0;
    char why[VERDICT_WHY];
    p->ended = p->silent = false;
    *p->tried = 0;
    if (!start(p, t, one_by_one))
        return false;
    read_lines(p);
    close(p->from);
    if (p->silent)
        kill(p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    *clean = p->ended && !p->silent;
    if (!*clean && *p->tried && (p->silent || is_crash(status))) {
        cause(p, status, why, sizeof why);
        verdict(p, p->tried, VERDICT_WRONG, why);
    }
    if (!*clean)
        log_line("check", "status %d%s", status, p->silent ? ", silent" : "");
    return true;
}

bool checker_run(const struct checker *c, const struct trust *t, struct verdicts *verdicts,
                 int *found, struct error *err)
{
    struct child p = {.c = c, .verdicts = verdicts};
    bool clean = false, ran = run_once(&p, t, false, &clean);
    if (ran && !clean && !p.found) /* while building: which one it was shows when they are alone */
        ran = run_once(&p, t, true, &clean);
    *found = p.found;
    return !p.full || fail(err, ERROR_LIMIT, "out of memory");
}
