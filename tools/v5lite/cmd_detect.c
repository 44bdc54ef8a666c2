/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "classes.h"
#include "coco.h"
#include "commands.h"
#include "crops.h"
#include "draw.h"
#include "formats.h"
#include "image_file.h"
#include "inputs.h"
#include "message.h"
#include "output.h"
#include "pictures.h"
#include "progress.h"
#include "session.h"
#include "targets.h"

typedef struct detect_options {
    const char *model, *classes, *draw, *out, *crops, *affinity;
    args_size size;
    float confidence, iou;
    int rect, max_detections, multi_label, agnostic, threads, cpu, direct, format, recursive, quiet;
    draw_options drawing;
} detect_options;

/* State of one run; release() frees it. */
typedef struct detect_run {
    detect_options options;
    inputs images;
    targets texts, pictures;
    crops crops;
    session session;
    uint8_t *classes;
    v5l_detection *found;
    formatter format;
    int numbered; /* COCO: image ids are positions of the images, not numbers in their names */
    size_t detections;
} detect_run;

static const char notes[] =
    "IMAGE is a JPEG, PNG, BMP or PNM (PPM, PGM, PBM, PAM) file; a directory, for the images in it, sorted by path,\n"
    "without hidden files, and without following links to directories; or - for one image on standard input.\n"
    "\n" IMAGE_BOUNDS_HELP "\n"
    "Formats:\n"
    "  text  one line per detection, in columns: score, class, box x0 y0 x1 y1 in pixels, image; '0 detections' and\n"
    "        the image if there is none\n"
    "  tsv   the same seven columns for programs, separated by tabs\n"
    "  csv   image, width, height, class number and name, score, x0, y0, x1, y1, with a header, by RFC 4180\n"
    "  json  one object and line per image, with times in milliseconds; total excludes read\n"
    "  coco  one array for all images. Image ids are the last numbers in the file names; if a name has none of at\n"
    "        most 18 digits, they are 1, 2, 3 ... in the order of the images, and a message says so. Category ids\n"
    "        are COCO's for a model of the 80 COCO classes, and class numbers otherwise\n"
    "  yolo  one NAME.txt per image: class, center x y, width, height, score; boxes are fractions of the image\n"
    "In text, tsv and csv, '?' replaces each character of a name that could forge output. In file names of\n"
    "--save-crops, '_' replaces each character that files cannot have; .N makes equal names unique: N is the number\n"
    "of the class, or the position of the image from 1. After several images a summary goes to standard error.\n"
    "FILE of --draw ends in .png, .jpg, .jpeg, .bmp or .ppm; a DIR with a dot in its name ends in /.\n"
    "\n" DRAW_NOTES "\n"
    "Outputs replace those of earlier runs, but never an input.\n"
    "\n"
    "Exit status: 0 success; 1 some images could not be read (the others were processed); 2 no image could be read,\n"
    "or bad arguments, model or output.\n";

static args_result parse(detect_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--model", "FILE", ARGS_TEXT, &o->model, 0, 0, MODEL_HELP},
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, SIZE_HELP},
        {"--rect", NULL, ARGS_FLAG, &o->rect, 0, 0, "pad each image as little as possible, not to the full size"},
        {"--conf", "C", ARGS_REAL, &o->confidence, 0, 1, CONF_HELP},
        {"--iou", "I", ARGS_REAL, &o->iou, 0, 1, IOU_HELP},
        {"--max-det", "N", ARGS_INTEGER, &o->max_detections, 1, MAX_DETECTIONS,
         "most detections per image, 1 to 30000 (300)"},
        {"--multi-label", NULL, ARGS_FLAG, &o->multi_label, 0, 0,
         "report every class of a box above --conf, not only the best"},
        {"--agnostic", NULL, ARGS_FLAG, &o->agnostic, 0, 0, AGNOSTIC_HELP},
        {"--classes", "A,B,...", ARGS_TEXT, &o->classes, 0, 0, CLASSES_HELP},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, MAX_THREADS, THREADS_HELP},
        {"--affinity", AFFINITY_LIST, ARGS_TEXT, &o->affinity, 0, 0, AFFINITY_HELP},
        {"--cpu", session_cpu_choices, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--format", FORMAT_NAMES, ARGS_CHOICE, &o->format, 0, 0, OUTPUT_HELP},
        {"--out", "DIR", ARGS_TEXT, &o->out, 0, 0, "directory for the files of yolo, created if missing (.)"},
        {"--draw", "FILE|DIR", ARGS_TEXT, &o->draw, 0, 0,
         "also draw the boxes into an image file, or into one file per image in DIR"},
        DRAW_OPTIONS(&o->drawing),
        {"--save-crops", "DIR", ARGS_TEXT, &o->crops, 0, 0,
         "also cut out the boxes: DIR/CLASS/IMAGE_N.png (.jpg of a JPEG), N from 1, best first"},
        {"--recursive", NULL, ARGS_FLAG, &o->recursive, 0, 0, RECURSIVE_HELP},
        {"--quiet", NULL, ARGS_FLAG, &o->quiet, 0, 0, QUIET_HELP},
    };
    const args_command command = {
        .name = "detect",
        .operands = "IMAGE...",
        .min_operands = 1,
        .max_operands = INT_MAX,
        .summary = "Finds objects in images.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

static int check_unique(char *const *ids, size_t count) {
    const char *twice;
    if (!find_duplicate(ids, count, &twice)) return report_error("cannot number images", "memory", "out of memory");
    if (twice == NULL) return STATUS_OK;
    return report_error("two images, one COCO image id", twice, "expected different numbers in the file names");
}

/* Uses the numbers in the file names, which have to differ. If a name has none, numbers the images and says so. */
static int choose_coco_ids(detect_run *run) {
    const inputs *in = &run->images;
    char **ids = calloc(in->count, sizeof *ids);
    if (ids == NULL) return report_error("cannot check image ids", "memory", "out of memory");
    int status = STATUS_OK;
    for (size_t i = 0; i < in->count && status == STATUS_OK && !run->numbered; i++) {
        ids[i] = malloc(COCO_ID_SIZE);
        if (ids[i] == NULL)
            status = report_error("cannot check image ids", "memory", "out of memory");
        else
            run->numbered = !coco_image_id(in->paths[i], ids[i]);
        if (run->numbered)
            report_error(
                "COCO image ids", in->paths[i],
                "no number of at most %d digits in this name, so the ids are 1 to %zu in the order of the images",
                COCO_ID_DIGITS, in->count);
    }
    if (status == STATUS_OK && !run->numbered) status = check_unique(ids, in->count);
    for (size_t i = 0; i < in->count; i++)
        free(ids[i]);
    free(ids);
    return status;
}

/* Checks that texts and pictures can be written. */
static int check_targets(detect_run *run) {
    const int status = targets_check(&run->texts);
    return status == STATUS_OK ? targets_check(&run->pictures) : status;
}

/* Names and checks the outputs, and creates their directories, before images are read. */
static int prepare_outputs(detect_run *run) {
    const detect_options *o = &run->options;
    int draw_into_directory = 0, status = STATUS_OK;
    if (o->format == FORMAT_COCO) status = choose_coco_ids(run);
    if (o->format == FORMAT_YOLO) status = targets_text(&run->texts, &run->images, o->out);
    if (status == STATUS_OK && o->draw != NULL)
        status = targets_pictures(&run->pictures, &run->images, o->draw, &draw_into_directory);
    if (status == STATUS_OK) status = targets_guard(&run->texts);
    if (status == STATUS_OK) status = targets_guard(&run->pictures);
    if (status == STATUS_OK && o->format == FORMAT_YOLO) status = output_directory(o->out != NULL ? o->out : ".");
    if (status == STATUS_OK && draw_into_directory) status = output_directory(o->draw);
    if (status == STATUS_OK) status = check_targets(run);
    if (status == STATUS_OK && o->crops != NULL)
        status = crops_open(&run->crops, o->crops, &run->session.model, &run->images);
    return status;
}

static int prepare_session(detect_run *run) {
    const detect_options *o = &run->options;
    session *s = &run->session;
    int status = session_open(s, o->model, o->threads, o->cpu);
    if (status == STATUS_OK) status = session_bind(s, o->affinity);
    if (status == STATUS_OK) status = session_check_size(s, &run->options.size);
    if (status == STATUS_OK && o->classes != NULL) status = classes_parse(o->classes, &s->model, &run->classes);
    if (status != STATUS_OK) return status;
    s->options.confidence = o->confidence;
    s->options.iou = o->iou;
    s->options.max_detections = o->max_detections;
    s->options.multi_label = o->multi_label;
    s->options.agnostic = o->agnostic;
    s->options.direct = o->direct;
    if (o->format == FORMAT_JSON) session_time_stages(s);
    s->options.classes = run->classes;
    run->found = malloc((size_t)o->max_detections * sizeof *run->found);
    if (run->found == NULL) return report_error("out of memory", "--max-det", "expected fewer detections");
    return o->rect ? STATUS_OK : session_shape(s, o->size, o->size); /* with --rect each image sets the shape */
}

static int shape_for_picture(detect_run *run, const image *picture) {
    v5l_letterbox box;
    args_size fit = run->options.size;
    if (!run->options.rect) return STATUS_OK;
    v5l_status status =
        v5l_letterbox_fit(&box, picture->width, picture->height, fit.width, fit.height, run->session.info.max_stride);
    if (status != V5L_OK) return report_error("cannot fit picture", "--rect", "%s", v5l_status_text(status));
    return session_shape(&run->session, (args_size){box.width, box.height}, fit);
}

static int process_picture(void *user, size_t index, image *picture, double read_ms) {
    detect_run *run = user;
    if (shape_for_picture(run, picture) != STATUS_OK) return STATUS_BAD;
    int count = session_detect(&run->session, picture, run->found, run->options.max_detections);
    const char *path = run->images.paths[index];
    if (count < 0) return report_error("cannot detect", path, "%s", v5l_status_text((v5l_status)count));
    const image_result result = {
        .path = path,
        .number = index + 1,
        .width = picture->width,
        .height = picture->height,
        .found = run->found,
        .count = count,
        .times = &run->session.times,
        .read_ms = read_ms,
        .output_path = run->texts.paths != NULL ? run->texts.paths[index] : NULL,
    };
    run->detections += (size_t)count;
    progress_clear();
    if (format_image(&run->format, &result) != STATUS_OK || stdout_broken()) return STATUS_BAD;
    if (run->crops.directory != NULL && crops_write(&run->crops, index, picture, run->found, count) != STATUS_OK)
        return STATUS_BAD;
    if (run->pictures.paths == NULL) return STATUS_OK;
    if (!draw_detections(picture, &run->options.drawing, &run->session.model, run->found, count))
        return report_error("cannot draw", path, "out of memory");
    return image_write(run->pictures.paths[index], picture);
}

static int process_all(detect_run *run) {
    char results[48];
    picture_run done;
    format_begin(&run->format, run->options.format, &run->session.model, run->numbered);
    const int status = pictures_process(&done, &run->images, run->options.quiet, process_picture, run);
    format_end(&run->format);
    snprintf(results, sizeof results, "%zu detections, ", run->detections);
    if (status == STATUS_OK && !stdout_broken()) pictures_summary(&done, results);
    return status == STATUS_OK ? pictures_status(&done) : status;
}

static void release(detect_run *run) {
    session_close(&run->session);
    targets_free(&run->texts);
    targets_free(&run->pictures);
    crops_free(&run->crops);
    inputs_free(&run->images);
    free(run->classes);
    free(run->found);
}

int cmd_detect(int argc, char **argv) {
    int operands;
    detect_run run;
    v5l_net_options defaults;
    memset(&run, 0, sizeof run);
    v5l_net_options_default(&defaults);
    run.options.confidence = defaults.confidence;
    run.options.iou = defaults.iou;
    run.options.max_detections = defaults.max_detections;
    run.options.threads = 1;
    args_result parsed = parse(&run.options, argc, argv, &operands);
    if (parsed != ARGS_RUN) return (int)parsed;
    if (run.options.model == NULL) return report_error("missing option", "--model", "expected a .v5l file");
    if (run.options.out != NULL && run.options.format != FORMAT_YOLO)
        return report_error("bad option", "--out", "expected --format yolo with it");
    if (draw_options_check(&run.options.drawing, run.options.draw != NULL, "--draw") != STATUS_OK) return STATUS_BAD;
    int status = prepare_session(&run);
    if (status == STATUS_OK) status = inputs_expand(&run.images, run.options.recursive, operands, argv);
    if (status == STATUS_OK) status = prepare_outputs(&run);
    if (status == STATUS_OK) status = process_all(&run);
    release(&run);
    return status;
}
