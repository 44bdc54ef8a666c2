/* SPDX-License-Identifier: MIT */
#include "winograd.h"

#include <math.h>

static const double g_matrix[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
static const double b_matrix[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}; /* B^T */
static const double a_matrix[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};                              /* A^T */

void winograd_weights(double g[3][3], double u[4][4], double magnitudes[4][4]) {
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            u[i][j] = magnitudes[i][j] = 0.0;
            for (int k = 0; k < 9; k++) {
                const double term = g_matrix[i][k / 3] * g[k / 3][k % 3] * g_matrix[j][k % 3];
                u[i][j] += term;
                magnitudes[i][j] += fabs(term);
            }
        }
    }
}

void winograd_add(winograd_tile *tile, double pixels[4][4], double u[4][4], double magnitudes[4][4]) {
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            double v = 0.0, magnitude = 0.0;
            for (int k = 0; k < 16; k++) {
                const double term = b_matrix[i][k / 4] * pixels[k / 4][k % 4] * b_matrix[j][k % 4];
                v += term;
                magnitude += fabs(term);
            }
            tile->sums[i][j] += u[i][j] * v;
            tile->magnitudes[i][j] += magnitudes[i][j] * magnitude;
        }
    }
}

void winograd_output(const winograd_tile *tile, int y, int x, double *value, double *magnitude) {
    *value = *magnitude = 0.0;
    for (int k = 0; k < 16; k++) {
        const double factor = a_matrix[y][k / 4] * a_matrix[x][k % 4];
        *value += factor * tile->sums[k / 4][k % 4];
        *magnitude += fabs(factor) * tile->magnitudes[k / 4][k % 4];
    }
}
