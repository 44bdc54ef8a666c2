/* SPDX-License-Identifier: MIT */
/* Runs an opened model as a host may, in several ways that must all give the same bits, and checks the library's
 * reports. Aborts on an error. */
#ifndef ORACLE_H
#define ORACLE_H

#include "choices.h"
#include "v5lite.h"

/* Counts over many inputs, once for each net. */
typedef struct {
    uint64_t inputs, opened, ran, detections;
    uint64_t deferred_heads, windows, streamed, winograd, lowres; /* nets that the library runs so */
    uint64_t status[64];                                          /* of v5l_model_open: [-status] */
    uint64_t quantised, halves;                                   /* nets with S8 or F16 maps that ran */
} fuzz_counts;

void check_model(const v5l_model *model, choices *c, fuzz_counts *counts);

#endif
