/* SPDX-License-Identifier: MIT */
/* Shapes on which kernels that move or scan data are tested and measured: every such op of the literal
 * v5lite-e and v5lite-s at 320 x 320, the objectness of their heads, and the squeeze-and-excitation of v5lite-c. */
#ifndef MOVE_SHAPES_H
#define MOVE_SHAPES_H

#include <stdint.h>

typedef enum { MOVE_COPY, MOVE_SHUFFLE, MOVE_FIND_ABOVE, MOVE_AVGPOOL, MOVE_SCALE } move_kind;

typedef struct {
    move_kind kind;
    const char *name;
    uint16_t channels;             /* of a pixel; shuffle: of one of two groups; find_above: 1 */
    uint16_t src_pixel, dst_pixel; /* floats from pixel to pixel; find_above: src_pixel is the stride */
    uint16_t pixels;               /* of a row, and rows of the map */
    uint16_t x_shift;
} move_shape;

static const move_shape move_shapes[] = {{MOVE_COPY, "split", 60, 120, 60, 40, 0},
                                         {MOVE_COPY, "split", 116, 232, 116, 20, 0},
                                         {MOVE_COPY, "split", 232, 464, 232, 10, 0},
                                         {MOVE_COPY, "concat", 60, 60, 120, 40, 0},
                                         {MOVE_COPY, "concat", 116, 116, 232, 20, 0},
                                         {MOVE_COPY, "concat", 232, 232, 464, 10, 0},
                                         {MOVE_COPY, "concat e", 96, 96, 328, 20, 0},
                                         {MOVE_COPY, "concat e", 232, 232, 328, 20, 0},
                                         {MOVE_COPY, "concat e", 96, 96, 216, 40, 0},
                                         {MOVE_COPY, "concat e", 120, 120, 216, 40, 0},
                                         {MOVE_COPY, "concat s", 128, 128, 360, 20, 0},
                                         {MOVE_COPY, "concat s", 232, 232, 360, 20, 0},
                                         {MOVE_COPY, "concat s", 64, 64, 184, 40, 0},
                                         {MOVE_COPY, "concat s", 120, 120, 184, 40, 0},
                                         {MOVE_COPY, "concat s", 32, 32, 64, 40, 0},
                                         {MOVE_COPY, "concat s", 64, 64, 128, 20, 0},
                                         {MOVE_COPY, "concat s", 128, 128, 256, 10, 0},
                                         {MOVE_COPY, "upsample e", 96, 96, 96, 20, 1},
                                         {MOVE_COPY, "upsample e", 96, 96, 96, 40, 1},
                                         {MOVE_COPY, "upsample s", 128, 128, 128, 20, 1},
                                         {MOVE_COPY, "upsample s", 64, 64, 64, 40, 1},
                                         {MOVE_SHUFFLE, "shuffle", 60, 120, 120, 40, 0},
                                         {MOVE_SHUFFLE, "shuffle", 116, 232, 232, 20, 0},
                                         {MOVE_SHUFFLE, "shuffle", 232, 464, 464, 10, 0},
                                         {MOVE_FIND_ABOVE, "find_above flat", 1, 1, 0, 40, 0},
                                         {MOVE_FIND_ABOVE, "find_above lazy", 1, 3, 0, 40, 0},
                                         {MOVE_FIND_ABOVE, "find_above lazy", 1, 3, 0, 20, 0},
                                         {MOVE_FIND_ABOVE, "find_above lazy", 1, 3, 0, 10, 0},
                                         {MOVE_FIND_ABOVE, "find_above whole", 1, 255, 0, 40, 0},
                                         {MOVE_FIND_ABOVE, "find_above whole", 1, 255, 0, 20, 0},
                                         {MOVE_FIND_ABOVE, "find_above whole", 1, 255, 0, 10, 0},
                                         {MOVE_AVGPOOL, "avgpool c", 128, 128, 128, 20, 0},
                                         {MOVE_AVGPOOL, "avgpool c", 256, 256, 256, 10, 0},
                                         {MOVE_AVGPOOL, "avgpool c", 512, 512, 512, 10, 0},
                                         {MOVE_SCALE, "scale c", 128, 128, 128, 20, 0},
                                         {MOVE_SCALE, "scale c", 256, 256, 256, 10, 0},
                                         {MOVE_SCALE, "scale c", 512, 512, 512, 10, 0}};

enum { MOVE_SHAPES = sizeof move_shapes / sizeof *move_shapes };

#endif
