/* SPDX-License-Identifier: MIT */
/* v5lite: YOLOv5-Lite object detection in C, without dependencies.
 *
 *     v5l_model model;                                     // a checked view of the weights file, borrows your bytes
 *     v5l_model_open(&model, bytes, size);
 *
 *     v5l_net_options options;
 *     v5l_net_options_default(&options);                   // 320 x 320, conf 0.25, IoU 0.45
 *     size_t need = v5l_net_memory(&model, &options);      // exact; nothing is allocated behind your back
 *     v5l_net *net;
 *     v5l_net_create(&net, &model, &options, memory, need);
 *
 *     v5l_image image = {.data = rgb, .width = w, .height = h, .format = V5L_RGB};
 *     v5l_detection found[300];
 *     int n = v5l_net_detect(net, &image, found, 300);     // letterbox, network, decode, NMS
 *
 * Rules that hold everywhere
 *  - The library allocates nothing, keeps no writable globals and calls nothing but memcpy and memset. Memory is the
 *    caller's: the model's bytes and the net's memory must outlive the net, neither may move or change.
 *  - Everything that can fail fails in v5l_model_open, v5l_net_check or v5l_net_create. A created net cannot fail: only an
 *    argument that breaks the documented contract makes v5l_net_detect return an error.
 *  - NULL, and a v5l_model that was never opened ({0}), where an object is needed: a function with a status returns
 *    V5L_E_ARGUMENT, another 0 or NULL; one that fills a struct fills it with zeros, and does nothing without a struct. Any number
 *    in an int or enum is answered like that, too. Pointers to anything else, or to memory that is too small, are not detected.
 *  - On failure out-parameters are untouched, but for those zeros and v5l_net_check's `option`.
 *  - A model may be shared by any number of nets and threads. A net is used by one thread at a time.
 *  - Activations are float32, NHWC. Results do not depend on the thread count, nor on earlier runs.
 *  - Results are those of the default floating-point mode: round to nearest, subnormals kept, no traps. x86 with SSE, AArch64, ARM
 *    with VFP and RISC-V: the library sets this mode, on each thread that computes, and gives the caller's back, flags included.
 *    Observers and v5l_parallel.run are called in it. Elsewhere the caller must be in it, and the flags for inexact, overflow and
 *    underflow may be raised. -Ofast or -ffast-math for the library costs bits, but no NaN or infinity passes a check.
 */
#ifndef V5LITE_H
#define V5LITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MAJOR.MINOR.PATCH. A later version of the same MAJOR, and while that is 0 of the same MINOR, can take the place of an earlier
 * one: functions, types, fields, their layout and every number below stay what they are, and weights files that were opened are
 * opened. MINOR is raised by what is added, PATCH by what is mended. In full: src/README.md; held by tests/install/abi.py. */
#define V5L_VERSION "0.3.0"

/* The most stack, in bytes, that a call of the library takes (and a task that it gives to a hook), hooks and observers themselves not
 * counted: `make check-stack` adds up gcc's frames along the deepest chain of calls, on x86-64, AArch64 and ARM. */
#define V5L_STACK_BYTES 8192

/* ---- Status ---------------------------------------------------------------------------------------------------- */

/* Numbers are stable. Every function that can fail returns one of these. */
typedef enum v5l_status {
    V5L_OK = 0,
    V5L_E_ARGUMENT = -1,   /* a null pointer, or an option outside its documented range */
    V5L_E_ALIGNMENT = -2,  /* model bytes not aligned to 16, or net memory not aligned to 64 */
    V5L_E_MEMORY = -3,     /* net memory smaller than v5l_net_memory says */
    V5L_E_INPUT_SIZE = -4, /* network width or height: not a multiple of the largest stride, or out of range */
    V5L_E_IMAGE = -5, /* image without pixels, of an unknown format or odd size, rows shorter than their pixels, or not
                                fitting a net planned for minimum padding of another shape */
    V5L_E_TOO_LARGE = -6, /* the network at this size does not fit the address space */
    V5L_E_CPU = -7,       /* a library built for one instruction set, on a CPU, or with a cpu_mask, without it */
    V5L_E_AFFINITY = -8,  /* threads cannot be bound to these CPUs, or on this system not at all */
    V5L_E_DIRECT = -9, /* option direct, with a weights file that has only transformed weights of some convolutions */
    /* Weights file */
    V5L_E_SIZE = -20,        /* truncated, or longer than it says */
    V5L_E_MAGIC = -21,       /* not a .v5l file */
    V5L_E_VERSION = -22,     /* a format version this library does not know */
    V5L_E_CRC = -23,         /* damaged: the checksum does not match */
    V5L_E_LAYOUT = -24,      /* unknown form or weight layout */
    V5L_E_COUNT = -25,       /* a count is zero or above its limit */
    V5L_E_OFFSET = -26,      /* a section, array or string lies elsewhere than it must */
    V5L_E_RESERVED = -27,    /* a byte that must be zero is not */
    V5L_E_STRING = -28,      /* unterminated, too long, not UTF-8, or with control characters */
    V5L_E_TENSOR = -29,      /* tensor channels, stride or type out of range, or a tensor nobody writes */
    V5L_E_SPAN = -30,        /* a span names channels or a tensor that do not exist */
    V5L_E_KIND = -31,        /* unknown op kind, flag or activation, or one that does not go with the other */
    V5L_E_GEOMETRY = -32,    /* kernel, stride, padding or groups are zero, out of range, or do not fit each other */
    V5L_E_SHAPE = -33,       /* operands or output of an op disagree in channels or resolution */
    V5L_E_PAYLOAD = -34,     /* weight or bias counts do not match the op's dimensions */
    V5L_E_REFERENCE = -35,   /* an op reads what no earlier op has written (forward reference, cycle) */
    V5L_E_OVERLAP = -36,     /* an op writes channels it also reads, or writes channels twice */
    V5L_E_PERMUTATION = -37, /* a channel order is not a permutation */
    V5L_E_HEAD = -38,        /* a detect head disagrees with its tensor, op or class count */
    V5L_E_VALUE = -39        /* a weight, bias, anchor or factor is not finite, or an anchor is not positive */
} v5l_status;

/* One line of English for a status, without a newline; "unknown status" for other numbers. Static storage. */
const char *v5l_status_text(v5l_status status);

/* ---- Model: a checked view of a weights file ------------------------------------------------------------------- */

/* Filled by v5l_model_open. Borrows the caller's bytes; copy it as you like. Fields are the library's: read
 * the model through the functions below. */
typedef struct v5l_model {
    const unsigned char *bytes;
    size_t size;
} v5l_model;

/* Checks every byte of a .v5l file (weights/FORMAT.md) and sets *model to borrow it. bytes: aligned to at least 16.
 * They must not change as long as a model or net uses them, because later calls trust what was checked: changed bytes can make
 * them read and write anywhere. A file that someone else may write to, or cut off, is read into memory, not mapped.
 * Takes time linear in size (the CRC) plus a bounded check of the tables; uses no memory.
 * Errors: V5L_E_ARGUMENT, V5L_E_ALIGNMENT, and all of the weights-file statuses. */
v5l_status v5l_model_open(v5l_model *model, const void *bytes, size_t size);

typedef struct v5l_model_info {
    int planned;     /* 0: literal form, 1: planned form (FORMAT.md) */
    int class_count; /* 1 .. 4096 */
    int head_count;  /* detect levels, 1 .. 8 */
    int op_count;    /* records, views included */
    int view_count;  /* records that compute nothing */
    int tensor_count;
    int max_stride;           /* input width and height must be multiples of it */
    uint64_t parameter_count; /* weights and biases after BN folding, padding not counted */
    uint64_t weight_bytes;    /* size of the weights section, padding included */
    size_t file_bytes;
    const char *exporter;         /* program and version that wrote the file */
    const uint8_t *source_sha256; /* 32 bytes: SHA-256 of the checkpoint */
} v5l_model_info;

/* Fills *info; with zeros and NULL if there is no model. */
void v5l_model_get_info(const v5l_model *model, v5l_model_info *info);

/* UTF-8 name of class 0 .. class_count-1, without control characters; NULL outside that range or without a model. */
const char *v5l_model_class_name(const v5l_model *model, int class_id);

typedef struct v5l_head_info {
    int stride;           /* input pixels per map pixel */
    int anchor_count;     /* 1 .. 16 */
    const float *anchors; /* anchor_count pairs (width, height), input pixels */
} v5l_head_info;

/* head: 0 .. head_count-1. Errors: V5L_E_ARGUMENT. */
v5l_status v5l_model_get_head(const v5l_model *model, int head, v5l_head_info *info);

typedef enum v5l_op_kind {
    V5L_OP_CONV = 1,
    V5L_OP_DWCONV = 2,
    V5L_OP_MAXPOOL = 3,
    V5L_OP_ADD = 4,
    V5L_OP_DETECT = 5,
    V5L_OP_SPLIT = 6,
    V5L_OP_CONCAT = 7,
    V5L_OP_SHUFFLE = 8,
    V5L_OP_UPSAMPLE = 9,
    V5L_OP_AVGPOOL = 10,
    V5L_OP_SCALE = 11
} v5l_op_kind;

/* SiLU: x / (1 + e^-x). Hardswish: x * min(max(x + 3, 0), 6) / 6, that is 0 up to -3, x from 3 on. */
typedef enum v5l_activation {
    V5L_ACT_NONE = 0,
    V5L_ACT_RELU = 1,
    V5L_ACT_SILU = 2,
    V5L_ACT_HARDSWISH = 3
} v5l_activation;

/* A run of channels of one tensor, as the file states it. */
typedef struct v5l_channel_span {
    int tensor, first, count;
    int upsample; /* 1: read at half resolution, pixel (y/2, x/2) */
} v5l_channel_span;

typedef struct v5l_op_info {
    const char *name; /* module name in the original network, e.g. "model.2.0.branch2.5" */
    v5l_op_kind kind;
    int view; /* 1: nothing is computed, the value is the input's channels as they lie */
    v5l_activation activation;
    int kernel_h, kernel_w, stride, padding, groups; /* 0 where the kind has none */
    float alpha;                                     /* ADD: A + alpha * B */
    int head;                                        /* DETECT: index of the head it writes */
    int in_channels, out_channels;
    int a_spans, b_spans, out_spans; /* counts for v5l_model_get_span */
    uint64_t parameter_count;
    int winograd; /* CONV: weights are stored as Winograd's transform takes them, 16 for each pair of channels */
    const float *weights, *bias;       /* FORMAT.md order; NULL where there are none */
    int shared_panels;                 /* CONV: FORMAT.md, SHARED_PANELS: all output spans share their panels */
    uint64_t weight_count, bias_count; /* floats, padding included */
    const uint16_t *order; /* out_channels entries: the original's channel of each output channel; NULL = the same */
} v5l_op_info;

/* op: 0 .. op_count-1, in execution order. Errors: V5L_E_ARGUMENT. */
v5l_status v5l_model_get_op(const v5l_model *model, int op, v5l_op_info *info);

typedef enum v5l_operand { V5L_OPERAND_A = 0, V5L_OPERAND_B = 1, V5L_OPERAND_OUT = 2 } v5l_operand;

/* index: 0 .. spans of that operand - 1. Errors: V5L_E_ARGUMENT. */
v5l_status v5l_model_get_span(const v5l_model *model, int op, v5l_operand operand, int index, v5l_channel_span *span);

/* "conv", "dwconv", ...; "?" for other numbers. Static storage. */
const char *v5l_op_kind_name(v5l_op_kind kind);

/* ---- Hooks ----------------------------------------------------------------------------------------------------- */

#define V5L_MAX_THREADS 64

/* Runs task(argument, i) for every i in 0 .. count-1, each exactly once, in any order and on any threads, and returns
 * when all have returned. count is at most `threads`. */
typedef struct v5l_parallel {
    void *user;
    int threads; /* 1 .. V5L_MAX_THREADS */
    void (*run)(void *user, void (*task)(void *argument, int index), void *argument, int count);
} v5l_parallel;

/* Channels first .. of one tensor in memory. data: pixel (0, 0); pixel and row: floats from one pixel or row to the next,
 * at the tensor's own resolution. */
typedef struct v5l_span {
    float *data;
    uint32_t channels, pixel, row;
    uint32_t upsample; /* 1: the view reads it at (y/2, x/2) */
    uint32_t
        window_rows; /* of a rolling window: row y is at y % window_rows; 0: all rows are kept, as always in a view */
} v5l_span;

/* An op's output while it is valid: during the observer call only. */
typedef struct v5l_view {
    int height, width, channels;
    int span_count;
    const v5l_span *spans; /* read only */
    const uint16_t *order; /* as in v5l_op_info */
} v5l_view;

/* Copies a view to dst[height][width][channels], channels in the original's order. Without a view or dst: nothing. */
void v5l_view_copy(const v5l_view *view, float *dst);

typedef enum v5l_stage {
    V5L_STAGE_LETTERBOX = 0,
    V5L_STAGE_NETWORK = 1,
    V5L_STAGE_DECODE = 2,
    V5L_STAGE_NMS = 3
} v5l_stage;

/* Called on the thread that runs the net. The library has no clock: take the time yourself. Either may be NULL. */
typedef struct v5l_observer {
    void *user;
    /* Before (done = 0) and after (done = 1) each stage of a detection. Without it, and without `op`, the letterbox is part of
     * the network: it feeds the first convolution row by row. */
    void (*stage)(void *user, v5l_stage stage, int done);
    /* Before (output = NULL) and after op `op`. Views are observed too. Outputs of DETECT are the raw logits. A net that
     * is created with this runs op by op and keeps every output whole while it is used, which takes more memory; one
     * without runs some ops row by row through rolling windows. The results are the same bits. */
    void (*op)(void *user, int op, const v5l_view *output);
} v5l_observer;

/* ---- Net: a model planned for one input size ------------------------------------------------------------------- */

typedef struct v5l_net v5l_net;

/* CPU features, for `cpu_mask`. Of an architecture's instruction sets, each has a larger number than those that it adds to. */
#define V5L_CPU_REF 0x000u              /* none: reference kernels only */
#define V5L_CPU_AVX2 0x001u             /* x86-64: AVX2 and FMA */
#define V5L_CPU_AVX512 0x002u           /* x86-64: AVX-512 F, VL, BW, DQ */
#define V5L_CPU_AVX512_FULL_RATE 0x004u /* hint: AVX-512 in full-width units, not in two halves as in AMD's Zen 4 */
#define V5L_CPU_NEON 0x100u             /* AArch64; ARMv7 with NEON and VFPv4 */
#define V5L_CPU_IN_ORDER 0x200u         /* hint: AArch64 core that executes in order, such as Cortex-A53, A55 */
#define V5L_CPU_ALL 0xFFFFFFFFu

/* Tuning hints, not instruction sets: kernels that ask for them run on any CPU. */
#define V5L_CPU_TRAITS (V5L_CPU_AVX512_FULL_RATE | V5L_CPU_IN_ORDER)

/* Returns the features of this CPU; V5L_CPU_IN_ORDER is that of the core that calls. */
uint32_t v5l_cpu_features(void);

typedef struct v5l_net_options {
    int width, height; /* network input in pixels, multiples of max_stride, at most 8192 */
    int fit_width,
        fit_height;   /* the box the picture is scaled to fit; 0 = width, height. Larger than width x height only for
                                  minimum padding, see v5l_letterbox_fit */
    float confidence; /* 0 .. 1: a row counts if objectness > confidence, a class if objectness * class > confidence */
    float iou;        /* 0 .. 1: a box is dropped if its IoU with a better one is > iou */
    int max_detections; /* 1 .. 30000 */
    int max_candidates; /* boxes that enter NMS, the best by score: 1 .. 30000; 0 = all, up to 30000 */
    /* The next two and `direct`: any number but 0 counts as 1. */
    int multi_label;        /* 0: best class of a box only; 1: every class above the threshold */
    int agnostic;           /* 0: boxes suppress boxes of their own class; 1: of any class */
    const uint8_t *classes; /* class_count bytes, 0 = ignore that class; NULL = all. Must outlive the net */
    int direct; /* 0: large 3x3 convolutions by Winograd's transform, F(2x2, 3x3), whose weights take memory (16/9
                               of the file's) unless the file has them transformed; 1: all directly, the sums in the order
                               of FORMAT.md; impossible with such a file. Weights and maps above 1e37 may overflow
                               in the transform */
    uint32_t cpu_mask;     /* CPU features that may be used */
    v5l_parallel parallel; /* run = NULL: one thread */
    v5l_observer observer;
} v5l_net_options;

/* 320 x 320, confidence 0.25, iou 0.45, 300 detections, one label, class-aware, one thread, no observer: the defaults
 * of the original's detect.py (but for its size of 640). NULL: nothing. */
void v5l_net_options_default(v5l_net_options *options);

/* Whether v5l_net_create can make a net for this model and these options, given the memory. *bytes: exactly how much it needs,
 * set if V5L_OK. *option: the field at fault as C spells it ("confidence", "parallel.threads"), static storage; NULL if there is
 * none, or no single one (V5L_E_TOO_LARGE). Either pointer may be NULL.
 * Errors: V5L_E_ARGUMENT, V5L_E_INPUT_SIZE, V5L_E_TOO_LARGE, V5L_E_CPU, V5L_E_DIRECT. */
v5l_status v5l_net_check(const v5l_model *model, const v5l_net_options *options, size_t *bytes, const char **option);

/* The bytes of v5l_net_check; 0 if it fails. */
size_t v5l_net_memory(const v5l_model *model, const v5l_net_options *options);

/* Plans the network inside memory (aligned to 64, at least v5l_net_memory bytes; larger is fine, never touched beyond)
 * and sets *net into it. There is no destroy: drop the memory.
 * Errors: V5L_E_ARGUMENT, V5L_E_ALIGNMENT, V5L_E_MEMORY, V5L_E_INPUT_SIZE, V5L_E_TOO_LARGE,
 * V5L_E_CPU, V5L_E_DIRECT. */
v5l_status v5l_net_create(v5l_net **net, const v5l_model *model, const v5l_net_options *options, void *memory,
                          size_t size);

typedef enum v5l_pixel_format {
    V5L_RGB = 0, /* 8-bit R, G, B */
    V5L_BGR,
    V5L_RGBA, /* alpha is ignored */
    V5L_BGRA,
    V5L_GRAY, /* one byte a pixel */
    V5L_NV12, /* Y plane, then interleaved U, V at half resolution; BT.601 limited range; width and height even */
    V5L_I420, /* Y plane, then U and V planes at half resolution */
    V5L_YUYV  /* Y0 U Y1 V for two pixels; width even */
} v5l_pixel_format;

/* A picture. Rows run top to bottom. */
typedef struct v5l_image {
    const uint8_t *data; /* first row; for NV12 and I420 the Y plane */
    int width, height;   /* pixels, 1 .. 32768 */
    int row_bytes;       /* bytes from row to row; 0 = rows without gaps. I420: of the Y plane; U and V half of it */
    v5l_pixel_format format;
    const uint8_t
        *chroma[2]; /* NV12: [0] = UV plane, rows of row_bytes; I420: U, V. NULL = right behind the plane before */
} v5l_image;

typedef struct v5l_detection {
    float x0, y0, x1, y1; /* corners in pixels of the picture, inside 0 .. width and 0 .. height */
    float score;          /* objectness * class probability, 0 .. 1 */
    int class_id;         /* 0 .. class_count-1 */
} v5l_detection;

/* Finds objects: letterbox, network, decode, NMS. Writes at most `capacity` detections, best first (equal scores: in the
 * order level, anchor, row, column), and returns their number, or a negative status: V5L_E_ARGUMENT (null pointer,
 * capacity < 1), V5L_E_IMAGE. */
int v5l_net_detect(v5l_net *net, const v5l_image *image, v5l_detection *detections, int capacity);

typedef struct v5l_net_info {
    int width, height;
    int threads;
    size_t memory_bytes;   /* all of it: what v5l_net_memory said */
    size_t arena_bytes;    /* activations, candidates included */
    size_t input_bytes;    /* of these: the letterboxed picture; 0 if it only exists row by row */
    size_t winograd_bytes; /* weights of Winograd's transform that the file does not have, all ops' */
    size_t scratch_bytes;  /* row pointers and padded rows of the ops, all threads */
    size_t tables_bytes;   /* the rest: net, steps, spans */
    uint64_t macs;         /* multiply-accumulates of all convolutions */
} v5l_net_info;

/* Fills *info; with zeros if there is no net. */
void v5l_net_get_info(const v5l_net *net, v5l_net_info *info);

typedef struct v5l_op_plan {
    int in_height, in_width, in_channels;
    int out_height, out_width, out_channels;
    uint64_t macs;
    uint64_t bytes_read, bytes_written; /* activations and weights, each counted once; 0 for a view */
    size_t arena_offset;                /* of the first output span's tensor, bytes; views: of the first input span's */
    int first_op,
        last_op;          /* life of that tensor: from its first write to its last read; op_count = after the last op */
    const char *kernel;   /* function of src/kernels that computes it; "view" if nothing does */
    const char *function; /* function of src/ops that calls it; "view" if nothing does */
} v5l_op_plan;

/* op: 0 .. op_count-1. Errors: V5L_E_ARGUMENT. */
v5l_status v5l_net_get_op(const v5l_net *net, int op, v5l_op_plan *plan);

typedef enum v5l_block_kind {
    V5L_BLOCK_TENSOR = 0,
    V5L_BLOCK_LETTERBOX = 1, /* rows that the letterbox works on, all threads */
    V5L_BLOCK_CANDIDATES = 2 /* boxes between decode and NMS */
} v5l_block_kind;

/* A piece of a net's arena. Blocks that are alive at the same time do not overlap. */
typedef struct v5l_block_info {
    v5l_block_kind kind;
    size_t offset, bytes;        /* in the arena; 0 bytes: it does not exist (the picture, if it is fed row by row) */
    int height, width, channels; /* of a tensor: at its own resolution, channels that are kept; 0 for other kinds */
    int window_rows;             /* of these rows so many are kept, for each thread; 0: all, once */
    int first_op, last_op;       /* its life, both included; -1 = letterbox, op_count = decode and NMS */
} v5l_block_info;

/* block: 0 .. tensor_count-1 the tensors, tensor_count the letterbox's rows, tensor_count+1 the candidates.
 * Errors: V5L_E_ARGUMENT. */
v5l_status v5l_net_get_block(const v5l_net *net, int block, v5l_block_info *info);

/* The letterboxed picture [height][width][3] (R, G, B), for an observer: from the end of V5L_STAGE_LETTERBOX until op 0 has run.
 * NULL in a net without an observer, where only single rows of it exist, and without a net. */
const uint8_t *v5l_net_picture(const v5l_net *net);

/* ---- Letterbox geometry ---------------------------------------------------------------------------------------- */

typedef struct v5l_letterbox {
    int resized_width, resized_height; /* the picture inside the network input, pixels */
    int left, top;                     /* where it starts; the rest is gray 114 */
    int width, height;                 /* network input */
} v5l_letterbox;

/* How an image of image_width x image_height comes into a network input. The scale is min(fit_width / image_width,
 * fit_height / image_height), as in the original's letterbox(). stride = 0: the input is fit_width x fit_height;
 * stride > 0: only as much padding as makes each side a multiple of stride ("rect"): create the net with that width and
 * height and with this fit_width and fit_height. All arguments in pixels, sizes at least 1.
 * Errors: V5L_E_ARGUMENT. */
v5l_status v5l_letterbox_fit(v5l_letterbox *box, int image_width, int image_height, int fit_width, int fit_height,
                             int stride);

/* ---- Threads, optional: src/parallel_posix.c --------------------------------------------------------------------- */

/* Defined only in a library with POSIX threads: not on bare metal, and not with V5L_NO_THREADS. */

typedef struct v5l_pool v5l_pool;

/* A pool has one job at a time. It may be the hook of several nets, on several threads: the caller whose pool is busy runs all
 * parts of its job itself. So does a task that uses the pool it runs on, and a child of fork(), where the pool's threads do not
 * exist. Results are the same bits. A job uses at most as many threads as there are CPUs that the process may use (or that the
 * pool is bound to), also if that changes while the pool lives; idle threads sleep. The threads block all signals but those of
 * a fault of their own (SIGSEGV and the like). */

/* Bytes for a pool of `threads` (1 .. V5L_MAX_THREADS), the calling thread included; 0 for other counts. */
size_t v5l_pool_memory(int threads);

/* Starts threads-1 POSIX threads inside memory (aligned to 64). Errors: V5L_E_ARGUMENT, V5L_E_ALIGNMENT, V5L_E_MEMORY (too
 * small, or the system gave no thread). */
v5l_status v5l_pool_create(v5l_pool **pool, int threads, void *memory, size_t size);

/* The hook to put into v5l_net_options.parallel. NULL: {0}, one thread. */
v5l_parallel v5l_pool_hook(v5l_pool *pool);

/* Binds thread i of the pool to CPU cpus[i % count], by the numbers of Linux. Thread i % count does the share of thread i.
 * Thread 0 is the calling thread, which does its share of every job: call this on the thread that runs the nets. It stays bound when the pool is gone. Results are the same bits,
 * bound or not. No net may be running. On failure all threads are where they were.
 * Errors: V5L_E_ARGUMENT (also a negative number), V5L_E_AFFINITY (a CPU that is not there or that this process may not use; a
 * child of fork(); a system without pthread_setaffinity_np, or another than Linux). */
v5l_status v5l_pool_bind(v5l_pool *pool, const int *cpus, int count);

/* Ends the threads. No net may be running. NULL, or in a child of fork(): nothing. */
void v5l_pool_destroy(v5l_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
