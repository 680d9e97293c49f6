/* SPDX-License-Identifier: MIT */
/* Operators by name and their input slots. */
#include "graph/op.h"

#include <string.h>

const struct op *op_find(const char *name)
{
    for (int i = 0; op_table[i]; i++)
        if (!strcmp(op_table[i]->name, name))
            return op_table[i];
    return NULL;
}

bool op_variadic(const struct op *op)
{
    return op->inputs && strstr(op->inputs, "...") != NULL;
}

/* The slot-th word of "x w bias?"; its length, 0 when there is none. */
static size_t slot_word(const struct op *op, int slot, const char **word)
{
    const char *s = op->inputs ? op->inputs : "";
    for (;; slot--) {
        s += strspn(s, " ");
        size_t n = strcspn(s, " ");
        if (n == 0 || slot == 0) {
            *word = s;
            return n;
        }
        s += n;
    }
}

int op_slot_count(const struct op *op)
{
    const char *w;
    int n = 0;
    while (slot_word(op, n, &w))
        n++;
    return n;
}

const char *op_slot_name(const struct op *op, int slot, char buf[24])
{
    const char *w;
    size_t n = slot_word(op, op_variadic(op) ? 0 : slot, &w), k = 0;
    while (k < n && k < 23 && w[k] != '?' && w[k] != '.')
        k++;
    memcpy(buf, w, k);
    buf[k] = 0;
    return buf;
}

int op_slot(const struct op *op, const char *name)
{
    char buf[24];
    for (int i = 0, n = op_slot_count(op); i < n; i++)
        if (!strcmp(op_slot_name(op, i, buf), name))
            return i;
    return -1;
}

bool op_slot_optional(const struct op *op, int slot)
{
    const char *w;
    size_t n = slot_word(op, op_variadic(op) ? 0 : slot, &w);
    return n > 0 && w[n - 1] == '?';
}
