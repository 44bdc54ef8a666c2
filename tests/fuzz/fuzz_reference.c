/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as an .npz archive, whose members are .npy files, and as an .npy file. */
#include <stdint.h>
#include <stdlib.h>

#include "crc32.h"
#include "npy.h"
#include "npz.h"

enum { LARGE = 1 << 20 }; /* members may overlap: hundreds of large ones in one small file are slow */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_array(const uint8_t *data, size_t size) {
    npy_array array;
    volatile float last;
    if (npy_parse(data, size, &array) != NULL) return;
    last = npy_element(&array, 0);
    last = npy_element(&array, array.count - 1);
    (void)last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    npz archive;
    npz_member member;
    read_array(data, size);
    if (npz_open(&archive, data, size) != NULL) return 0;
    while (archive.left > 0 && npz_next(&archive, &member) == NULL) {
        uint8_t *unpacked;
        volatile uint32_t name = crc32_of(member.name, member.name_length);
        (void)name;
        if (member.size > LARGE || npz_unpack(&member, &unpacked) != NULL) continue;
        read_array(unpacked, member.size);
        free(unpacked);
    }
    return 0;
}
