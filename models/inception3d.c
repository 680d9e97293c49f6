/* SPDX-License-Identifier: MIT */
#include "models/inception3d.h"
#include "models/protocol.h"

const struct mixed mixed_blocks[MIXED_BLOCKS] = {
    {"Mixed_3b", {64, 96, 128, 16, 32, 32}},     {"Mixed_3c", {128, 128, 192, 32, 96, 64}},
    {"Mixed_4b", {192, 96, 208, 16, 48, 64}},    {"Mixed_4c", {160, 112, 224, 24, 64, 64}},
    {"Mixed_4d", {128, 128, 256, 24, 64, 64}},   {"Mixed_4e", {112, 144, 288, 32, 64, 64}},
    {"Mixed_4f", {256, 160, 320, 32, 128, 128}}, {"Mixed_5b", {256, 160, 320, 32, 128, 128}},
    {"Mixed_5c", {384, 192, 384, 48, 128, 128}},
};

void mixed_channels(const struct options *o, int block, int channels[MIXED_UNITS])
{
    for (int i = 0; i < MIXED_UNITS; i++)
        channels[i] = option_scale(o, mixed_blocks[block].channels[i]);
}

int mixed_out(const int channels[MIXED_UNITS])
{
    return channels[MIXED_B0] + channels[MIXED_B1B] + channels[MIXED_B2B] + channels[MIXED_B3B];
}

void inception_tao_defaults(struct options *o)
{
    option_default(o, OPT_RESIDUAL, RESIDUAL_ABS);
    option_default(o, OPT_ACT, ACT_ELU);
    option_default(o, OPT_CLASSES, 101);
}

void inception_defaults(struct options *o, int frames, int protocol)
{
    bool residual = o->value[OPT_RESIDUAL] != RESIDUAL_NONE;
    option_default(o, OPT_ACT, ACT_RELU);
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_FRAMES, residual ? 16 : frames);
    option_default(o, OPT_PROTOCOL, residual ? PROTOCOL_TAO : protocol);
    protocol_defaults(o);
}

static bool window_fits(const struct inception_head *h)
{
    return h->map[0] >= h->window[0] && h->map[1] >= h->window[1] && h->map[2] >= h->window[2];
}

void inception_default_head(struct options *o, const struct inception_head *head)
{
    option_default(o, OPT_HEAD, window_fits(head) ? HEAD_WINDOW : HEAD_GLOBAL);
}

bool inception_check(const struct options *o, const struct inception_head *head, struct error *err)
{
    const int *map = head->map, *window = head->window;
    if (o->channel_count)
        return fail(err, ERROR_USAGE, "option width: %d numbers, wanted is one factor",
                    o->channel_count);
    if (map[0] < 1 || map[1] < 1 || map[2] < 1)
        return fail(err, ERROR_USAGE,
                    "frames=%d and size=%dx%d are too small: the last map is "
                    "%dx%dx%d",
                    o->value[OPT_FRAMES], o->height, o->width, map[0], map[1], map[2]);
    if (o->value[OPT_HEAD] == HEAD_WINDOW && !window_fits(head))
        return fail(err, ERROR_USAGE,
                    "option head=window: the last map is %dx%dx%d, smaller than "
                    "the window of %dx%dx%d; head=global takes any",
                    map[0], map[1], map[2], window[0], window[1], window[2]);
    return true;
}

void inception_write_head(struct writer *w, const struct options *o, const char *x, int channels,
                          const struct inception_head *head)
{
    const int *k = o->value[OPT_HEAD] == HEAD_WINDOW ? head->window : head->map;
    write_pool(w, "avgpool3d", "avgpool", x,
               &(struct pool){{k[0], k[1], k[2]}, CUBE(1), CUBE(0), NULL});
    write_conv(
        w, head->key, "avgpool",
        &(struct conv){channels, o->value[OPT_CLASSES], CUBE(1), CUBE(1), CUBE(0), .bias = true});
    write_node(w, "logits", "global_average", head->key, NULL);
}

bool inception_recognise(const struct checkpoint *c, struct options *o,
                         const struct full_width stem[3], inception_key *key, const char *head_key,
                         struct error *err)
{
    struct name names[MIXED_BLOCKS * MIXED_UNITS];
    struct full_width list[3 + MIXED_BLOCKS * MIXED_UNITS];
    int count = 0;
    for (; count < 3; count++)
        list[count] = stem[count];
    for (int b = 0; b < MIXED_BLOCKS; b++)
        for (int u = 0; u < MIXED_UNITS; u++, count++) {
            names[count - 3] = key(b, u);
            list[count] = (struct full_width){names[count - 3].s, mixed_blocks[b].channels[u]};
        }
    TRY(checkpoint_factor(c, list, count, o, err));
    if (checkpoint_dim(c, head_key, 0))
        option_default(o, OPT_CLASSES, checkpoint_dim(c, head_key, 0));
    return true;
}
