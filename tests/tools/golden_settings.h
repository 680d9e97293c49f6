/* SPDX-License-Identifier: MIT */
/* The settings that rebuild the network of a golden case: the arguments of the published
 * constructor that names and shapes of its weights cannot tell, as `--set` keys. */
#ifndef TESTS_GOLDEN_SETTINGS_H
#define TESTS_GOLDEN_SETTINGS_H
#include "base/text.h"
#include "io/safetensors.h"

#include <jansson.h>

/* spec: one entry of the manifest; io: its tensors, of which only input shapes are looked at. */
void golden_settings(const json_t *spec, const struct safetensors *io, struct text *settings);
/* Whether the stored frames are one window, so that a run can start from them. */
bool golden_starts_at_frames(const struct safetensors *io);

#endif
