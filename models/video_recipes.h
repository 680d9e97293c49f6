/* SPDX-License-Identifier: MIT */
/* Recipes: what lies between a video and a network's float input, for networks that come without
 * it. By name, from the same table as the builders' (models/protocol.h), or from a file. */
#ifndef MODELS_VIDEO_RECIPES_H
#define MODELS_VIDEO_RECIPES_H
#include "models/write.h"

struct recipe_input {
    const char *clip;              /* name of the clip line                         */
    const char *prefix;            /* of the nodes, "" or ends in '.'               */
    int64_t frames, height, width; /* that the network wants             */
};
/* Appends the clip line, %frames, and what leads to %input. recipe: a name or a file. */
bool video_recipe_write(struct writer *w, const char *recipe, const struct recipe_input *in,
                        struct error *err);
/* "hara          3D ResNets of Hara et al.\n": all names, a line each. */
void video_recipes_list(struct text *out);
/* "hara, hara-old, ..." */
void video_recipes_names(struct text *out);

#endif
