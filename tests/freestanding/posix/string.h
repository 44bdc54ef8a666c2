/* SPDX-License-Identifier: MIT */
#include "../hosted/string.h"
