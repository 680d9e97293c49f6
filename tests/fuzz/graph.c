/* SPDX-License-Identifier: MIT */
/* The text of a graph. What is understood is printed, and that text must mean the same. */
#include "graph/graph.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct text first = {0}, second = {0};
    struct graph *g = graph_parse((const char *)data, size, "fuzz.graph", &err);
    if (!g && (err.code == ERROR_NONE || !err.text[0]))
        abort();
    if (g) {
        graph_print(g, &first);
        graph_free(&g);
        g = graph_parse(first.s, first.len, "again.graph", &err);
        if (!g)
            abort();
        graph_print(g, &second);
        if (first.len != second.len || memcmp(first.s, second.s, first.len) != 0)
            abort();
        graph_free(&g);
    }
    text_free(&first);
    text_free(&second);
    return 0;
}
