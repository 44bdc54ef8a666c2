# SPDX-License-Identifier: MIT
# A toolchain file: ARMv7-A without NEON, floats passed in integer registers, as of Android's armeabi-v7a.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7-a)
set(CMAKE_C_COMPILER arm-linux-gnueabi-gcc)
set(CMAKE_C_FLAGS_INIT "-march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=softfp")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
