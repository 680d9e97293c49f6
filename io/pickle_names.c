/* SPDX-License-Identifier: MIT */
/* Which functions and classes of Python no checkpoint has an honest use for. Nothing is called
 * either way: the list is there to tell a user that a file was made to do harm elsewhere. */
#include "io/pickle.h"

#include <string.h>

/* Modules, with all below them: processes, files, the network, code, and pickles inside pickles. */
static const char *const harmful[] = {
    "os",
    "posix",
    "nt",
    "ntpath",
    "posixpath",
    "sys",
    "subprocess",
    "shutil",
    "socket",
    "ssl",
    "pty",
    "tty",
    "runpy",
    "importlib",
    "imp",
    "pkgutil",
    "webbrowser",
    "ctypes",
    "_ctypes",
    "cffi",
    "pickle",
    "_pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "marshal",
    "shelve",
    "code",
    "codeop",
    "operator",
    "_operator",
    "bdb",
    "pdb",
    "cProfile",
    "profile",
    "timeit",
    "trace",
    "doctest",
    "platform",
    "commands",
    "popen2",
    "asyncio",
    "threading",
    "_thread",
    "thread",
    "multiprocessing",
    "_posixsubprocess",
    "signal",
    "pip",
    "ensurepip",
    "venv",
    "distutils",
    "setuptools",
    "idlelib",
    "lib2to3",
    "urllib",
    "urllib2",
    "requests",
    "http",
    "httplib",
    "httpx",
    "ftplib",
    "smtplib",
    "telnetlib",
    "xmlrpc",
    "fileinput",
    "linecache",
    "tempfile",
    "zipimport",
    "inspect",
    "gc",
    "atexit",
    "faulthandler",
};

/* Builtins that only make a value; all others are harmful. */
static const char *const builtins[] = {
    "bool",  "bytearray", "bytes", "complex", "dict",   "float",    "frozenset",
    "int",   "list",      "long",  "object",  "range",  "reversed", "set",
    "slice", "str",       "tuple", "unicode", "xrange", "Ellipsis", "NotImplemented",
};

enum { PARTS_MOST = 16 }; /* of a dotted name */

#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool listed(const char *const *list, size_t count, const char *s, size_t n)
{
    for (size_t i = 0; i < count; i++)
        if (n && *list[i] == *s && strlen(list[i]) == n && !memcmp(list[i], s, n))
            return true;
    return false;
}

/* Length up to the next dot, or of all. */
static size_t part_length(const char *s, size_t n)
{
    const char *dot = memchr(s, '.', n);
    return dot ? (size_t)(dot - s) : n;
}

static bool is_builtin_module(const char *s, size_t n)
{
    static const char *const names[] = {"builtins", "__builtin__", "__builtins__"};
    return listed(names, COUNT(names), s, n);
}

/* A dotted name ("os.system" of a module that imports os) reaches through modules too. One of very
 * many parts is nobody's, and would take long. */
static bool reaches_harm(struct pickle_text name)
{
    size_t at = 0;
    for (int part = 0; at < name.n && part < PARTS_MOST; part++) {
        size_t n = part_length(name.s + at, name.n - at);
        if (at + n == name.n)
            return false;
        if (listed(harmful, COUNT(harmful), name.s + at, n) || is_builtin_module(name.s + at, n) ||
            (n > 1 && !memcmp(name.s + at, "__", 2)))
            return true;
        at += n + 1;
    }
    return at < name.n;
}

bool pickle_is_harmful(struct pickle_text module, struct pickle_text name)
{
    static const char *const own[] = {"torch", "numpy"};
    static const char *const loaders[] = {"load", "load_url", "load_state_dict_from_url"};
    size_t n = part_length(module.s, module.n);
    if (is_builtin_module(module.s, n))
        return !listed(builtins, COUNT(builtins), name.s, name.n);
    return listed(harmful, COUNT(harmful), module.s, n) || reaches_harm(name) ||
           pickle_text_is(module, "torch.hub") ||
           (listed(own, COUNT(own), module.s, n) &&
            listed(loaders, COUNT(loaders), name.s, name.n));
}
