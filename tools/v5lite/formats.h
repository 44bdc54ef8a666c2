/* SPDX-License-Identifier: MIT */
/* Output formats of detections. */
#ifndef V5LITE_FORMATS_H
#define V5LITE_FORMATS_H

#include "session.h"

/* In the order of the enum. */
#define FORMAT_NAMES "text|tsv|csv|json|coco|yolo"
enum { FORMAT_TEXT, FORMAT_TSV, FORMAT_CSV, FORMAT_JSON, FORMAT_COCO, FORMAT_YOLO };

typedef struct image_result {
    const char *path;
    size_t number;     /* position of the picture, from 1 in the order of the command line */
    int width, height; /* of the picture */
    const v5l_detection *found;
    int count;
    const session_times *times;
    double read_ms;          /* milliseconds to read and decode the picture */
    const char *output_path; /* FORMAT_YOLO: the file to write */
} image_result;

typedef struct formatter {
    int format;
    const v5l_model *model;
    int name_width; /* text: width of the longest class name */
    int is_coco;    /* coco: category ids instead of class numbers */
    int numbered;   /* coco: image ids are positions of the pictures, not numbers in their names */
    size_t written; /* coco: number of detections so far */
} formatter;

void format_begin(formatter *f, int format, const v5l_model *model, int numbered);

/* Writes the detections of one image. Reports an error and returns STATUS_BAD if its file cannot be written. Errors
 * of stdout show in stdout_broken. */
int format_image(formatter *f, const image_result *result);

void format_end(const formatter *f);

#endif
