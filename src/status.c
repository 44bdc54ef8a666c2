/* SPDX-License-Identifier: MIT */
#include "v5lite.h"

const char *v5l_status_text(v5l_status status) {
    switch (status) {
    case V5L_OK: return "ok";
    case V5L_E_ARGUMENT: return "an argument is null or outside its documented range";
    case V5L_E_ALIGNMENT: return "memory is not aligned (model bytes: 16, net memory: 64)";
    case V5L_E_MEMORY: return "memory is smaller than needed";
    case V5L_E_INPUT_SIZE:
        return "network width and height must be multiples of the model's largest stride, at most 8192";
    case V5L_E_IMAGE: return "image is empty, too large, of an unknown format, or does not fit the network input";
    case V5L_E_TOO_LARGE: return "the network at this size does not fit the address space";
    case V5L_E_CPU:
        return "the CPU, or the mask of its features, lacks the instruction set that this library was built for";
    case V5L_E_AFFINITY: return "threads cannot be bound to these CPUs, or on this system not at all";
    case V5L_E_DIRECT:
        return "option direct is set, but the weights file holds only transformed weights of some convolutions";
    case V5L_E_BOX: return "a box has a corner or score that is NaN or out of range, or swapped corners";
    case V5L_E_SIZE: return "weights file is truncated, or longer than its header says";
    case V5L_E_MAGIC: return "not a .v5l weights file";
    case V5L_E_VERSION: return "weights file has a format version that this library does not know";
    case V5L_E_CRC: return "weights file is damaged: its checksum does not match";
    case V5L_E_LAYOUT: return "weights file has an unknown form or weight layout";
    case V5L_E_COUNT: return "weights file: a count is zero or above its limit";
    case V5L_E_OFFSET: return "weights file: a section, array or string is not where it must be";
    case V5L_E_RESERVED: return "weights file: a byte that must be zero is not";
    case V5L_E_STRING: return "weights file: a string is empty, too long, not UTF-8, or has control characters";
    case V5L_E_TENSOR:
        return "weights file: a tensor's channels, stride or type are out of range or not built in, or no op writes it";
    case V5L_E_SPAN: return "weights file: a span names channels that do not exist or may not be used there";
    case V5L_E_KIND: return "weights file: an op's kind, flag or activation is unknown, or they do not suit each other";
    case V5L_E_GEOMETRY:
        return "weights file: kernel, stride, padding or groups are out of range or do not fit each other";
    case V5L_E_SHAPE: return "weights file: an op's operands and output disagree in channels, resolution or type";
    case V5L_E_PAYLOAD: return "weights file: weight or bias counts do not match the op's dimensions";
    case V5L_E_REFERENCE: return "weights file: an op reads channels that no earlier op has written";
    case V5L_E_OVERLAP: return "weights file: an op writes channels that it reads, or that were just written";
    case V5L_E_PERMUTATION: return "weights file: a channel order is not a permutation";
    case V5L_E_HEAD: return "weights file: a detect head disagrees with its tensor, op or class count";
    case V5L_E_VALUE:
        return "weights file: a weight, bias, anchor, factor or scale is not finite or outside its limits";
    }
    return "unknown status";
}
