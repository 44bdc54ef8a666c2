/* SPDX-License-Identifier: MIT */
/* Shapes on which the kernels are measured. */
#ifndef SHAPES_H
#define SHAPES_H

#include "v5lite.h"

enum { MAX_SHAPES = 256 };

/* Work for one kernel, and the number of ops of the model that do it. */
typedef struct {
    int kind;           /* V5L_OP_CONV, V5L_OP_DWCONV or V5L_OP_MAXPOOL */
    int inputs;         /* products an output */
    int channels;       /* of an output span: each is a gemm of its own */
    int kernel, stride; /* the window is square */
    int height, width;  /* of the output */
    int ops;
    v5l_activation activation;
} shape;

/* Sets list[MAX_SHAPES] to the different shapes of a model for an input of size x size and returns their number, or -1
 * if the file cannot be read. */
int model_shapes(const char *path, int size, shape *list);

/* The main layers of v5lite-e at 320 x 320, for machines without the weights, and of v5lite-c and v5lite-g what is
 * unlike them: 5 x 5 windows, and Focus as a convolution. */
int builtin_shapes(shape *list);

#endif
