/* SPDX-License-Identifier: MIT */
/* Nets that a v5l_model_open should accept (weights/FORMAT.md), of all op kinds and in the shapes that the library treats in
 * its own way: chains over large maps, in-place blocks, heads in the order of planned files whose map or input other ops use,
 * tensors written in parts, upsampled operands, shared panels, transformed weights, gates, views, orders. */
#ifndef GENERATE_H
#define GENERATE_H

#include "builder.h"
#include "choices.h"

void generate_net(builder *b, choices *c);

/* Changes a few records, so that the file states something else, right or wrong; builder_finish puts a right CRC on it. */
void mutate_records(builder *b, choices *c);

/* Changes a few bytes of a file and puts a right CRC on it. */
void mutate_bytes(blob *f, choices *c);

#endif
