/* SPDX-License-Identifier: MIT */
/* operators FILE.md: the operators of model files, as the table in their source says; compared with
 * the file. UPDATE=1 in the environment writes it.
 */
#include "base/file.h"
#include "base/text.h"
#include "graph/op.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const types[] = {
    [ATTR_INT] = "integer", [ATTR_INT3] = "integers", [ATTR_FLOAT] = "number",
    [ATTR_FLOAT3] = "numbers", [ATTR_ENUM] = "", [ATTR_STRING] = "word",
};

/* "none|relu|elu" as "`none` `relu` `elu`": a bar would end the cell. */
static void print_choices(const char *s, struct text *out)
{
    for (const char *blank = ""; *s; blank = " ") {
        size_t n = strcspn(s, "|");
        text_printf(out, "%s`%.*s`", blank, (int)n, s);
        s += n + (s[n] == '|');
    }
}

static void print_prose(const char *s, struct text *out)
{
    for (; *s; s++)
        text_printf(out, *s == '|' ? "\\|" : "%c", *s);
}

static void print_attr(const struct attr *a, struct text *out)
{
    text_printf(out, "| `%s` | ", a->name);
    if (a->type == ATTR_ENUM)
        print_choices(a->choices, out);
    else if (a->min != 0 || a->max != 0)
        text_printf(out, "%s, %g to %g", types[a->type], a->min, a->max);
    else
        text_printf(out, "%s", types[a->type]);
    if (!a->def)
        text_printf(out, " | must be given | ");
    else if (*a->def)
        text_printf(out, " | `%s` | ", a->def);
    else
        text_printf(out, " | | ");
    print_prose(a->about, out);
    text_printf(out, " |\n");
}

static void print_op(const struct op *op, struct text *out)
{
    text_printf(out, "\n## %s\n\n", op->name);
    for (const char *s = op->about; *s; s++)
        text_append(out, s, 1);
    const char *quote = *op->inputs ? "`" : "";
    text_printf(out, ". Inputs: %s%s%s.%s\n", quote, *op->inputs ? op->inputs : "none", quote,
                op->traits & OP_WINDOWS  ? " Ends the window part."
                : op->traits & OP_SOURCE ? " Wants a type."
                                         : "");
    if (!op->attrs || !op->attrs->name)
        return;
    text_printf(out, "\n| attribute | values | default | |\n|---|---|---|---|\n");
    for (const struct attr *a = op->attrs; a->name; a++)
        print_attr(a, out);
}

int main(int argc, char **argv)
{
    struct error err;
    struct text out = {0};
    size_t len;
    text_printf(&out,
                "<!-- SPDX-License-Identifier: MIT -->\n"
                "<!-- Made from the tables in engine/op by UPDATE=1 build/tests/operators "
                "docs/operators.md -->\n"
                "# Operators\n\n"
                "What a model file may contain; [graph.md](graph.md) explains the language. "
                "`x?` is an optional\ninput, given as `x=%%name`; `x...` is one or more. Where "
                "three numbers are wanted (T,H,W or\nper channel), one stands for three equal "
                "ones.\n");
    for (int i = 0; op_table[i]; i++)
        if (!(op_table[i]->traits & OP_INTERNAL))
            print_op(op_table[i], &out);
    if (argc != 2)
        return fputs("usage: operators FILE.md\n", stderr), 1;
    if (getenv("UPDATE"))
        return file_write(argv[1], out.s, out.len, &err) ? 0 : (puts(err.text), 1);
    char *old = file_read(argv[1], 1 << 20, ERROR_INPUT, &len, &err);
    int same = old && len == out.len && !memcmp(old, out.s, len);
    if (!same)
        printf("%s does not say what engine/op says; write it anew:\n  UPDATE=1 %s %s\n", argv[1],
               argv[0], argv[1]);
    free(old);
    text_free(&out);
    return !same;
}
