/* SPDX-License-Identifier: MIT */
/* Runs a weights file op by op in double precision, as weights/FORMAT.md specifies it, and compares with the values
 * that a net computes. Each op reads the net's own earlier outputs, so errors do not add up, and the bound of each
 * value follows from its sum alone: the number of roundings times the sum of the magnitudes of its products, where
 * roundings are those of floats or, if the net computes in them, of half floats. Outputs of quantised ops must be
 * equal. */
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include "choices.h"
#include "v5lite.h"

typedef struct interpreter interpreter;

/* Makes an interpreter of a model that v5l_model_open has accepted. c chooses which values of large outputs are
 * compared. */
interpreter *interpreter_create(const v5l_model *model, int width, int height, choices *c);
void interpreter_free(interpreter *p);

/* The network input, [height][width][3]. */
void interpreter_picture(interpreter *p, const uint8_t *pixels);

/* Compares an op's output, or a view, with the expected values, and stores it. Aborts where they differ. winograd: the
 * net computes this convolution by Winograd's transform, which has more roundings. */
void interpreter_check(interpreter *p, int op, const v5l_view *output, int winograd);

/* Compares detections with the heads' maps: each is the box of some anchor, and with an IoU threshold of 1 none is
 * missing. */
void interpreter_check_detections(const interpreter *p, const v5l_net_options *options, const v5l_image *image,
                                  const v5l_detection *found, int count, int capacity);

/* For interpreter_decode.c and interpreter_s8.c: returns the value of a tensor. */
double interpreter_value(const interpreter *p, uint32_t tensor, int y, int x, uint32_t channel);
const v5l_model *interpreter_model(const interpreter *p);

#endif
