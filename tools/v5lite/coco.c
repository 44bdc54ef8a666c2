/* SPDX-License-Identifier: MIT */
#include "coco.h"

#include <string.h>

#include "file.h"

static const char *const coco_names[COCO_CLASSES] = {
    "person",         "bicycle",    "car",           "motorcycle",    "airplane",     "bus",           "train",
    "truck",          "boat",       "traffic light", "fire hydrant",  "stop sign",    "parking meter", "bench",
    "bird",           "cat",        "dog",           "horse",         "sheep",        "cow",           "elephant",
    "bear",           "zebra",      "giraffe",       "backpack",      "umbrella",     "handbag",       "tie",
    "suitcase",       "frisbee",    "skis",          "snowboard",     "sports ball",  "kite",          "baseball bat",
    "baseball glove", "skateboard", "surfboard",     "tennis racket", "bottle",       "wine glass",    "cup",
    "fork",           "knife",      "spoon",         "bowl",          "banana",       "apple",         "sandwich",
    "orange",         "broccoli",   "carrot",        "hot dog",       "pizza",        "donut",         "cake",
    "chair",          "couch",      "potted plant",  "bed",           "dining table", "toilet",        "tv",
    "laptop",         "mouse",      "remote",        "keyboard",      "cell phone",   "microwave",     "oven",
    "toaster",        "sink",       "refrigerator",  "book",          "clock",        "vase",          "scissors",
    "teddy bear",     "hair drier", "toothbrush"};

int coco_model(const v5l_model *model) {
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    int same = info.class_count == COCO_CLASSES;
    for (int i = 0; same && i < COCO_CLASSES; i++)
        same = strcmp(v5l_model_class_name(model, i), coco_names[i]) == 0;
    return same;
}

int coco_category(int class_id) {
    static const int unused[] = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}; /* ids that name no class */
    int id = class_id + 1;
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        id += id >= unused[i];
    return id;
}

int coco_image_id(const char *path, char id[COCO_ID_SIZE]) {
    static const char digits[] = "0123456789";
    const char *run = NULL;
    size_t length = 0;
    for (const char *p = file_base(path); *p != 0;) {
        p += strcspn(p, digits);
        size_t n = strspn(p, digits);
        if (n > 0) {
            run = p;
            length = n;
        }
        p += n;
    }
    for (; length > 1 && *run == '0'; length--)
        run++;
    if (length == 0 || length > COCO_ID_DIGITS) return 0;
    memcpy(id, run, length);
    id[length] = 0;
    return 1;
}
