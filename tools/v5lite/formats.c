/* SPDX-License-Identifier: MIT */
#include "formats.h"

#include <stdio.h>
#include <string.h>

#include "coco.h"
#include "json.h"
#include "message.h"
#include "output.h"
#include "text.h"

void format_begin(formatter *f, int format, const v5l_model *model, int numbered) {
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    *f = (formatter){.format = format, .model = model, .is_coco = coco_model(model), .numbered = numbered};
    for (int i = 0; i < info.class_count; i++) {
        int width = text_width(v5l_model_class_name(model, i));
        f->name_width = width > f->name_width ? width : f->name_width;
    }
    if (format == FORMAT_COCO) putchar('[');
    if (format == FORMAT_CSV) fputs("image,width,height,class,name,score,x0,y0,x1,y1\r\n", stdout);
}

/* Columns: score, class, box, picture. A picture without detections has a line as well. */
static void text_image(const formatter *f, const image_result *r) {
    enum { SCORE = 6, BOX = 35, GAP = 2 };
    if (r->count == 0) {
        put_column(stdout, "0 detections", SCORE + GAP + f->name_width + GAP + BOX + GAP);
        put_printable(stdout, r->path);
        putchar('\n');
    }
    for (int i = 0; i < r->count; i++) {
        const v5l_detection *d = &r->found[i];
        printf("%.4f  ", (double)d->score);
        put_column(stdout, v5l_model_class_name(f->model, d->class_id), f->name_width);
        printf("  %8.2f %8.2f %8.2f %8.2f  ", (double)d->x0, (double)d->y0, (double)d->x1, (double)d->y1);
        put_printable(stdout, r->path);
        putchar('\n');
    }
}

/* The columns of the text, separated by tabs. put_printable removes tabs from names. */
static void tsv_image(const formatter *f, const image_result *r) {
    for (int i = 0; i < r->count; i++) {
        const v5l_detection *d = &r->found[i];
        printf("%.6f\t", (double)d->score);
        put_printable(stdout, v5l_model_class_name(f->model, d->class_id));
        printf("\t%.4f\t%.4f\t%.4f\t%.4f\t", (double)d->x0, (double)d->y0, (double)d->x1, (double)d->y1);
        put_printable(stdout, r->path);
        putchar('\n');
    }
}

/* Writes a field by RFC 4180: in quotes if needed, and always on one line. */
static void csv_field(const char *text) {
    const char *quotes = strpbrk(text, ",\"") != NULL ? "\"" : "";
    fputs(quotes, stdout);
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        const size_t bytes = utf8_length(p) > 0 ? (size_t)utf8_length(p) : 1;
        char character[5] = "";
        memcpy(character, p, bytes);
        if (*p == '"') putchar('"');
        put_printable(stdout, character);
        p += bytes;
    }
    fputs(quotes, stdout);
}

static void csv_image(const formatter *f, const image_result *r) {
    for (int i = 0; i < r->count; i++) {
        const v5l_detection *d = &r->found[i];
        csv_field(r->path);
        printf(",%d,%d,%d,", r->width, r->height, d->class_id);
        csv_field(v5l_model_class_name(f->model, d->class_id));
        printf(",%.6f,%.4f,%.4f,%.4f,%.4f\r\n", (double)d->score, (double)d->x0, (double)d->y0, (double)d->x1,
               (double)d->y1);
    }
}

static void json_image(const formatter *f, const image_result *r) {
    const double *stage = r->times->stage;
    fputs("{\"image\": ", stdout);
    json_string(stdout, r->path);
    printf(", \"width\": %d, \"height\": %d, \"detections\": [", r->width, r->height);
    for (int i = 0; i < r->count; i++) {
        const v5l_detection *d = &r->found[i];
        printf("%s{\"box\": [%.4f, %.4f, %.4f, %.4f], \"score\": %.6f, \"class\": %d, \"name\": ", i > 0 ? ", " : "",
               (double)d->x0, (double)d->y0, (double)d->x1, (double)d->y1, (double)d->score, d->class_id);
        json_string(stdout, v5l_model_class_name(f->model, d->class_id));
        putchar('}');
    }
    printf("], \"ms\": {\"read\": %.3f, \"letterbox\": %.3f, \"network\": %.3f, \"decode\": %.3f, \"nms\": %.3f, "
           "\"total\": %.3f}}\n",
           r->read_ms, stage[V5L_STAGE_LETTERBOX], stage[V5L_STAGE_NETWORK], stage[V5L_STAGE_DECODE],
           stage[V5L_STAGE_NMS], r->times->total);
}

static void coco_image(formatter *f, const image_result *r) {
    char id[COCO_ID_SIZE];
    if (f->numbered)
        snprintf(id, sizeof id, "%zu", r->number);
    else
        coco_image_id(r->path, id); /* every path has an id: checked before the first image */
    for (int i = 0; i < r->count; i++) {
        const v5l_detection *d = &r->found[i];
        printf("%s\n{\"image_id\": %s, \"category_id\": %d, \"bbox\": [%.4f, %.4f, %.4f, %.4f], \"score\": %.6f}",
               f->written++ > 0 ? "," : "", id, f->is_coco ? coco_category(d->class_id) : d->class_id, (double)d->x0,
               (double)d->y0, (double)(d->x1 - d->x0), (double)(d->y1 - d->y0), (double)d->score);
    }
}

static int yolo_image(const image_result *r) {
    output out;
    if (output_open(&out, r->output_path) != STATUS_OK) return STATUS_BAD;
    for (int i = 0; i < r->count; i++) {
        const v5l_detection *d = &r->found[i];
        double w = r->width, h = r->height;
        fprintf(out.stream, "%d %.6f %.6f %.6f %.6f %.6f\n", d->class_id, (double)(d->x0 + d->x1) / 2 / w,
                (double)(d->y0 + d->y1) / 2 / h, (double)(d->x1 - d->x0) / w, (double)(d->y1 - d->y0) / h,
                (double)d->score);
    }
    return output_commit(&out);
}

int format_image(formatter *f, const image_result *result) {
    switch (f->format) {
    case FORMAT_TEXT: text_image(f, result); break;
    case FORMAT_TSV: tsv_image(f, result); break;
    case FORMAT_CSV: csv_image(f, result); break;
    case FORMAT_JSON: json_image(f, result); break;
    case FORMAT_COCO: coco_image(f, result); break;
    default: return yolo_image(result);
    }
    return STATUS_OK;
}

void format_end(const formatter *f) {
    if (f->format == FORMAT_COCO) puts("\n]");
}
