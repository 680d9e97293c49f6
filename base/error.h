/* SPDX-License-Identifier: MIT */
/* Errors: one line of text and a class, on the caller's stack.
 *
 * A function that can fail returns bool (or a pointer) and takes `struct error *` last; it fills it
 * through fail() and returns false (or NULL). The class is the program's exit code. A bug in clact
 * itself is not an error: assert it.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H
#include <stdbool.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_USAGE = 1,  /* the command line                                        */
    ERROR_INPUT = 2,  /* a clip or another input medium                          */
    ERROR_MODEL = 3,  /* graph, weights or checkpoint refused, non-finite scores */
    ERROR_DEVICE = 4, /* no usable device                                        */
    ERROR_BUILD = 5,  /* kernel build, self-check or comparison failed           */
    ERROR_OUTPUT = 6, /* output not written                                      */
    ERROR_LIMIT = 7,  /* out of memory, or over a stated limit                   */
    ERROR_RUN = 8,    /* the device failed while it worked                       */
    ERROR_BUG = 9     /* clact itself is wrong                                   */
};

struct error {
    enum error_code code;
    char text[480]; /* one line, no newline; names file, place, found and allowed */
};

#if defined(__GNUC__)
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define PRINTF_LIKE(f, a)
#endif

/* Fills err (which may be NULL) and returns false. Control characters in the text become '?'. */
bool fail(struct error *err, enum error_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "prefix: " in front of what err says; returns false. */
bool fail_more(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define TRY(e)                                                                                     \
    do {                                                                                           \
        if (!(e))                                                                                  \
            return false;                                                                          \
    } while (0)

#endif
