/* SPDX-License-Identifier: MIT */
/* Computes Winograd's F(2x2, 3x3) in double precision, by the matrices of Lavin and Gray (2016), and the same with
 * every term's magnitude, which bounds the roundings. */
#ifndef WINOGRAD_H
#define WINOGRAD_H

typedef struct {
    double sums[4][4], magnitudes[4][4];
} winograd_tile;

/* Computes G g G^T, and the same with all magnitudes. */
void winograd_weights(double g[3][3], double u[4][4], double magnitudes[4][4]);

/* Adds an input channel: its 4 x 4 pixels, its transformed weights and their magnitudes. */
void winograd_add(winograd_tile *tile, double pixels[4][4], double u[4][4], double magnitudes[4][4]);

/* Returns the sum at row y, column x of the 2 x 2 outputs, and its magnitude. */
void winograd_output(const winograd_tile *tile, int y, int x, double *value, double *magnitude);

#endif
