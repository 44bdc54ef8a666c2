/* SPDX-License-Identifier: MIT */
#include "classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "message.h"

/* Marks all classes of this name, or else the class of this number. Returns 0 if there is none. */
static int mark(const char *word, const v5l_model *model, int count, uint8_t *mask) {
    int known = 0, index;
    for (int i = 0; i < count; i++) {
        if (strcmp(v5l_model_class_name(model, i), word) == 0) {
            mask[i] = 1;
            known = 1;
        }
    }
    if (!known && args_integer(word, 0, count - 1, &index)) {
        mask[index] = 1;
        known = 1;
    }
    return known;
}

int classes_parse(const char *list, const v5l_model *model, uint8_t **mask) {
    char word[256]; /* names are shorter */
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    uint8_t *marks = calloc((size_t)info.class_count, 1);
    if (marks == NULL) return report_error("cannot read classes", list, "out of memory");
    for (const char *p = list;;) {
        size_t n = strcspn(p, ",");
        snprintf(word, sizeof word, "%.*s", n < sizeof word ? (int)n : 0, p);
        if (n == 0 || !mark(word, model, info.class_count, marks)) {
            free(marks);
            return report_error("unknown class", *word != 0 ? word : list,
                                "expected class names or numbers from 0 to %d", info.class_count - 1);
        }
        if (p[n] == 0) break;
        p += n + 1;
    }
    *mask = marks;
    return STATUS_OK;
}
