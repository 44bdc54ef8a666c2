/* SPDX-License-Identifier: MIT */
/* Generates nets that v5l_model_open should accept (weights/FORMAT.md), of all op kinds and in the shapes that the
 * library optimises: chains over large maps, in-place blocks, heads in the order of planned files whose map or input
 * other ops use, tensors written in parts, upsampled operands, shared panels, transformed weights, squeeze and
 * excitation, views, orders; in floats, in 8 bits or in half floats. */
#ifndef GENERATE_H
#define GENERATE_H

#include "builder.h"
#include "choices.h"

/* type: of maps, but for some of the first convolution's and the heads' maps: F32, S8 or F16. */
void generate_net(builder *b, choices *c, v5l_type type);

/* Changes a few records, so that the file states something else, valid or not. builder_finish adds a valid CRC. */
void mutate_records(builder *b, choices *c);

/* Changes a few bytes of a file and adds a valid CRC. */
void mutate_bytes(blob *f, choices *c);

#endif
