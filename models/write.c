/* SPDX-License-Identifier: MIT */
#include "models/write.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct name name_of(const char *fmt, ...)
{
    struct name n;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(n.s, sizeof n.s, fmt, ap);
    va_end(ap);
    return n;
}

static void put_name(struct writer *w, const char *name, size_t len)
{
    bool absolute = *name == '/';
    text_printf(&w->text, "%%%s%.*s", w->prefix && !absolute ? w->prefix : "",
                (int)(len - absolute), name + absolute);
}

void write_header(struct writer *w, const char *model)
{
    snprintf(w->model, sizeof w->model, "%s", model);
    text_printf(&w->text, "clact 1\nmodel %s\n", model);
    if (w->weights)
        text_printf(&w->text, "weights %s\n", w->weights);
    if (w->labels)
        text_printf(&w->text, "labels %s\n", w->labels);
}

/* " %a %b slot=%c" */
static void put_inputs(struct writer *w, const char *inputs)
{
    for (const char *at = inputs + strspn(inputs, " "); *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " "), slot = strcspn(at, " =");
        text_append(&w->text, " ", 1);
        if (slot < n) {
            text_append(&w->text, at, slot + 1);
            put_name(w, at + slot + 1, n - slot - 1);
        } else {
            put_name(w, at, n);
        }
        at += n;
    }
}

void write_node(struct writer *w, const char *name, const char *op, const char *inputs,
                const char *attributes, ...)
{
    put_name(w, name, strlen(name));
    text_printf(&w->text, " = %s", op);
    put_inputs(w, inputs);
    if (attributes) {
        char rest[256];
        va_list ap;
        va_start(ap, attributes);
        vsnprintf(rest, sizeof rest, attributes, ap);
        va_end(ap);
        text_printf(&w->text, " %s", rest);
    }
    text_append(&w->text, "\n", 1);
}

void write_weight(struct writer *w, const char *name, int rank, const int *dim)
{
    put_name(w, name, strlen(name));
    text_printf(&w->text, " = weight f32[");
    for (int i = 0; i < rank; i++)
        text_printf(&w->text, "%s%d", i ? "," : "", dim[i]);
    text_printf(&w->text, "]\n");
}

void write_output(struct writer *w, const char *name)
{
    text_printf(&w->text, "output ");
    put_name(w, name, strlen(name));
    text_append(&w->text, "\n", 1);
}

/* " stride=1,2,2" behind what is already in `to`. */
static void put_int3(char *to, size_t size, const char *key, const int v[3])
{
    size_t n = strlen(to);
    if (v[0] == v[1] && v[1] == v[2])
        snprintf(to + n, size - n, " %s=%d", key, v[0]);
    else
        snprintf(to + n, size - n, " %s=%d,%d,%d", key, v[0], v[1], v[2]);
}

void write_conv(struct writer *w, const char *name, const char *x, const struct conv *c)
{
    struct name weight = name_of("%s.weight", name), bias = name_of("%s.bias", name);
    int groups = c->groups ? c->groups : 1;
    int dim[5] = {c->out, c->in / groups};
    char attributes[128] = "";
    memcpy(dim + 2, c->kernel + c->flat, sizeof(int) * (size_t)(3 - c->flat));
    write_weight(w, weight.s, 5 - c->flat, dim);
    if (c->bias)
        write_weight(w, bias.s, 1, &c->out);
    put_int3(attributes, sizeof attributes, "stride", c->stride);
    if (c->same)
        strcat(attributes, " mode=same");
    else
        put_int3(attributes, sizeof attributes, "pad", c->pad);
    if (groups > 1)
        snprintf(attributes + strlen(attributes), 32, " groups=%d", groups);
    struct text inputs = {0};
    text_printf(&inputs, "%s %s%s%s", x, weight.s, c->bias ? " bias=" : "", c->bias ? bias.s : "");
    write_node(w, name, "conv3d", inputs.s, "%s", attributes + 1);
    text_free(&inputs);
}

void write_batchnorm(struct writer *w, const char *name, const char *x, int channels)
{
    static const char *const keys[] = {"weight", "bias", "running_mean", "running_var"};
    struct text inputs = {0};
    char eps[32];
    text_printf(&inputs, "%s", x);
    for (int i = 0; i < 4; i++) {
        struct name key = name_of("%s.%s", name, keys[i]);
        write_weight(w, key.s, 1, &channels);
        text_printf(&inputs, " %s", key.s);
    }
    write_node(w, name, "batchnorm", inputs.s, "eps=%s", text_float(eps, w->eps ? w->eps : 1e-5f));
    text_free(&inputs);
}

void write_act(struct writer *w, const struct options *o, const char *name, const char *x)
{
    write_node(w, name, o->value[OPT_ACT] == ACT_ELU ? "elu" : "relu", x, NULL);
}

void write_relu(struct writer *w, const char *name, const char *x)
{
    write_node(w, name, "relu", x, NULL);
}

void write_pool(struct writer *w, const char *op, const char *name, const char *x,
                const struct pool *p)
{
    char attributes[160] = "";
    put_int3(attributes, sizeof attributes, "kernel", p->kernel);
    put_int3(attributes, sizeof attributes, "stride", p->stride);
    if (p->pad[0] || p->pad[1] || p->pad[2])
        put_int3(attributes, sizeof attributes, "pad", p->pad);
    write_node(w, name, op, x, "%s%s%s", attributes + 1, p->rest ? " " : "",
               p->rest ? p->rest : "");
}

void write_maxpool(struct writer *w, const char *name, const char *x)
{
    write_pool(w, "maxpool3d", name, x, &(struct pool){CUBE(3), CUBE(2), CUBE(1), NULL});
}

void write_add(struct writer *w, const char *name, const char *a, const char *b)
{
    struct text inputs = {0};
    text_printf(&inputs, "%s %s", a, b);
    write_node(w, name, "add", inputs.s, NULL);
    text_free(&inputs);
}

void write_concat(struct writer *w, const char *name, const struct name *x, int count)
{
    struct text inputs = {0};
    for (int i = 0; i < count; i++)
        text_printf(&inputs, " %s", x[i].s);
    write_node(w, name, "concat", inputs.s, NULL);
    text_free(&inputs);
}

void write_linear(struct writer *w, const char *name, const char *key, const char *x, int in,
                  int out)
{
    struct name weight = name_of("%s.weight", key), bias = name_of("%s.bias", key);
    struct text inputs = {0};
    write_weight(w, weight.s, 2, (int[]){out, in});
    write_weight(w, bias.s, 1, &out);
    text_printf(&inputs, "%s %s bias=%s", x, weight.s, bias.s);
    write_node(w, name, "linear", inputs.s, NULL);
    text_free(&inputs);
}

void write_scores(struct writer *w)
{
    write_node(w, "probs.window", "softmax", "logits", NULL);
    write_node(w, "probs", "mean_windows", "probs.window", NULL);
    write_output(w, "probs");
}

void write_head(struct writer *w, const char *x, int channels, int classes)
{
    write_node(w, "avgpool", "global_average", x, NULL);
    write_linear(w, "logits", "fc", "avgpool", channels, classes);
    write_scores(w);
}
