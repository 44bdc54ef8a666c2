/* SPDX-License-Identifier: MIT */
#ifndef V5L_NET_H
#define V5L_NET_H

#include "plan.h"

struct v5l_net {
    v5l_model model;
    v5l_net_options options;
    v5l_plan plan;
    size_t memory_bytes;
};

/* Runs the net on `input`, placed as `box` says. Puts boxes into `image`. Returns as v5l_net_detect. */
int v5l_net_run(v5l_net *net, const v5l_image *input, const v5l_letterbox *box, const v5l_image *image,
                v5l_detection *detections, int capacity);

#endif
