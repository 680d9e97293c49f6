/* SPDX-License-Identifier: MIT */
#include "models/pytorchvideo.h"

enum { BLOCKS_MOST = 100 }; /* as in options.c */

int ptv_halved(int size, int times)
{
    for (; times > 0; times--)
        size = (size + 1) / 2;
    return size;
}

void ptv_write_alias(struct writer *w, const char *to, const char *from)
{
    write_node(w, to, "identity", from, NULL);
}

void ptv_write_stem(struct writer *w, const char *name, const char *x, int out, int frames,
                    int stride)
{
    struct name conv = name_of("%s.conv", name), norm = name_of("%s.norm", name);
    struct name act = name_of("%s.activation", name);
    write_conv(w, conv.s, x,
               &(struct conv){3, out, {frames, 7, 7}, {stride, 2, 2}, {frames / 2, 3, 3}, 0});
    write_batchnorm(w, norm.s, conv.s, out);
    write_relu(w, act.s, norm.s);
    write_pool(w, "maxpool3d", name, act.s, &(struct pool){{1, 3, 3}, {stride, 2, 2}, {0, 1, 1}, NULL});
}

/* Convolution and BN `b`.branch2.conv_a, norm_a; the activation follows except after c. Returns the
 * last value's name. */
static struct name write_unit(struct writer *w, const char *b, char letter, const char *x,
                              const struct conv *c)
{
    struct name conv = name_of("%s.branch2.conv_%c", b, letter);
    struct name norm = name_of("%s.branch2.norm_%c", b, letter);
    struct name act = name_of("%s.branch2.act_%c", b, letter);
    write_conv(w, conv.s, x, c);
    write_batchnorm(w, norm.s, conv.s, c->out);
    if (letter == 'c')
        return norm;
    write_relu(w, act.s, norm.s);
    return act;
}

static void write_block(struct writer *w, const char *name, const char *x,
                        const struct ptv_stage *s, int in, int stride, int frames)
{
    struct name shortcut = name_of("%s", x), sum = name_of("%s.branch_fusion", name);
    if (in != s->out || stride != 1) {
        struct name conv = name_of("%s.branch1_conv", name);
        shortcut = name_of("%s.branch1_norm", name);
        write_conv(w, conv.s, x, &(struct conv){in, s->out, CUBE(1), {1, stride, stride}, CUBE(0)});
        write_batchnorm(w, shortcut.s, conv.s, s->out);
    }
    struct name a =
        write_unit(w, name, 'a', x,
                   &(struct conv){in, s->middle, {frames, 1, 1}, CUBE(1), {frames / 2, 0, 0}, 0});
    struct name b =
        write_unit(w, name, 'b', a.s,
                   &(struct conv){s->middle, s->middle, {1, 3, 3}, {1, stride, stride}, {0, 1, 1}});
    struct name c =
        write_unit(w, name, 'c', b.s, &(struct conv){s->middle, s->out, CUBE(1), CUBE(1), CUBE(0)});
    write_add(w, sum.s, c.s, shortcut.s);
    write_relu(w, name, sum.s);
}

void ptv_write_stage(struct writer *w, const char *name, const char *x, const struct ptv_stage *s)
{
    struct name value = name_of("%s", x), all = name_of("%s.res_blocks", name);
    for (int i = 0; i < s->blocks; i++) {
        struct name block = name_of("%s.%d", all.s, i);
        write_block(w, block.s, value.s, s, i ? s->out : s->in, i ? 1 : s->stride,
                    s->frames[i % 2]);
        value = block;
    }
    ptv_write_alias(w, all.s, value.s);
    ptv_write_alias(w, name, all.s);
}

/* ---- head ---- */

bool ptv_default_head(struct options *o, const int (*map)[3], int pathways, const int window[2],
                      struct error *err)
{
    int list[OPTION_LIST_MOST];
    bool fits = true, smaller = false, given = o->set & OPTION(OPT_HEAD_WINDOW);
    for (int p = 0; p < pathways; p++) {
        list[3 * p] = map[p][0];
        for (int i = 1; i < 3; i++) {
            list[3 * p + i] = window[i - 1];
            fits = fits && map[p][i] >= window[i - 1];
            smaller = smaller || map[p][i] > window[i - 1];
        }
    }
    option_default(o, OPT_HEAD, given || (fits && smaller) ? HEAD_WINDOW : HEAD_GLOBAL);
    if (o->value[OPT_HEAD] == HEAD_WINDOW)
        option_default_list(o, OPT_HEAD_WINDOW, list, 3 * pathways);
    else if (given)
        return fail(err, ERROR_USAGE, "option head_window needs head=window");
    if (o->value[OPT_HEAD] == HEAD_WINDOW && o->head_count != 3 * pathways)
        return fail(err, ERROR_USAGE, "option head_window: %d numbers, wanted are %d: T,H,W%s",
                    o->head_count, 3 * pathways, pathways > 1 ? " of each pathway" : "");
    return true;
}

void ptv_write_pool(struct writer *w, const struct options *o, const char *name, const char *x,
                    int pathway)
{
    const int *k = o->head + 3 * pathway;
    if (o->value[OPT_HEAD] == HEAD_WINDOW)
        write_pool(w, "avgpool3d", name, x,
                   &(struct pool){{k[0], k[1], k[2]}, CUBE(1), CUBE(0), NULL});
    else
        write_node(w, name, "global_average", x, NULL);
}

void ptv_write_scores(struct writer *w, const struct options *o, const char *key, const char *x,
                      int channels)
{
    bool window = o->value[OPT_HEAD] == HEAD_WINDOW;
    write_linear(w, window ? key : "logits", key, x, channels, o->value[OPT_CLASSES]);
    if (window)
        write_node(w, "logits", "global_average", key, NULL);
    write_scores(w);
}

/* ---- options ---- */

void ptv_defaults(struct options *o, int frames, int rate)
{
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_FRAMES, frames);
    option_default(o, OPT_RATE, rate);
    option_default(o, OPT_PROTOCOL, PROTOCOL_PYTORCHVIDEO);
    protocol_defaults(o);
}

/* ---- checkpoints ---- */

bool ptv_count_blocks(const struct checkpoint *c, ptv_stage_name *stage, int blocks[RESNET_STAGES],
                      struct error *err)
{
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name all = name_of("%s.res_blocks", stage(s).s);
        blocks[s] = checkpoint_children(c, all.s);
        if (blocks[s] < 1 || blocks[s] > BLOCKS_MOST)
            return fail(err, ERROR_MODEL, "%s: %s%s has %d blocks, wanted are 1 to %d",
                        tensor_file_path(c->file), c->prefix, all.s, blocks[s], BLOCKS_MOST);
    }
    return true;
}

bool ptv_recognise_stages(const struct checkpoint *c, ptv_stage_name *stage, struct options *o,
                          struct error *err)
{
    int blocks[RESNET_STAGES], planes[RESNET_STAGES];
    TRY(ptv_count_blocks(c, stage, blocks, err));
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name key = name_of("%s.res_blocks.0.branch2.conv_a.weight", stage(s).s);
        TRY(resnet_channels(c, key.s, 0, &planes[s], err));
    }
    int depth = resnet_depth(blocks, true);
    if (!depth && !(o->set & OPTION(OPT_DEPTH)))
        option_default_list(o, OPT_BLOCKS, blocks, RESNET_STAGES);
    option_default(o, OPT_DEPTH, depth ? depth : 50);
    option_default_list(o, OPT_WIDTH, planes, RESNET_STAGES);
    return true;
}

void ptv_recognise_classes(const struct checkpoint *c, const char *key, struct options *o)
{
    int classes = checkpoint_dim(c, key, 0);
    if (classes)
        option_default(o, OPT_CLASSES, classes);
}
