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

#endif
