/* SPDX-License-Identifier: MIT */
/* The ways to write detections down. */
#ifndef V5LITE_FORMATS_H
#define V5LITE_FORMATS_H

#include "session.h"

/* In the order of the formats' numbers. */
#define FORMAT_NAMES "text|tsv|csv|json|coco|yolo"
enum { FORMAT_TEXT, FORMAT_TSV, FORMAT_CSV, FORMAT_JSON, FORMAT_COCO, FORMAT_YOLO };

typedef struct image_result {
    const char *path;
    size_t number;     /* of the picture, from 1 in the order of the command line */
    int width, height; /* of the picture */
    const v5l_detection *found;
    int count;
    const session_times *times;
    double read_ms;          /* reading and decoding the picture */
    const char *output_path; /* FORMAT_YOLO: the file to write */
} image_result;

typedef struct formatter {
    int format;
    const v5l_model *model;
    int name_width; /* text: of the longest class name */
    int is_coco;    /* coco: category ids instead of class numbers */
    int numbered;   /* coco: image ids are the pictures' numbers, and not those in their names */
    size_t written; /* coco: detections so far */
} formatter;

void format_begin(formatter *f, int format, const v5l_model *model, int numbered);

/* Writes one image's detections. Reports an error and returns STATUS_BAD if its file cannot be written; failures of stdout
 * show in stdout_broken. */
int format_image(formatter *f, const image_result *result);

void format_end(const formatter *f);

#endif
