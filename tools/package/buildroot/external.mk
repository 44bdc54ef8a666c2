# SPDX-License-Identifier: MIT
include $(sort $(wildcard $(BR2_EXTERNAL_V5LITE_PATH)/package/*/*.mk))
