/* SPDX-License-Identifier: MIT */
/* v5lite: YOLOv5-Lite object detection in C, without dependencies.
 *
 *     v5l_model model;                                     // a checked view of the weights file, borrows your bytes
 *     v5l_model_open(&model, bytes, size);
 *     v5l_net_options options;
 *     v5l_net_options_default(&options);                   // 320 x 320, conf 0.25, IoU 0.45
 *     size_t need = v5l_net_memory(&model, &options);      // exact; the library allocates nothing
 *     v5l_net *net;
 *     v5l_net_create(&net, &model, &options, memory, need);
 *     v5l_image image = {.data = rgb, .width = w, .height = h, .format = V5L_RGB};
 *     v5l_detection found[300];
 *     int n = v5l_net_detect(net, &image, found, 300);     // letterbox, network, decode, NMS
 *
 * Rules that hold everywhere
 *  - Memory is the caller's: the library allocates nothing, keeps no writable globals, and calls only memcpy and
 *    memset. The model's bytes and the net's memory must outlive the net, and neither move nor change.
 *  - Everything that can fail fails in v5l_model_open, v5l_net_check or v5l_net_create. v5l_net_detect returns an error
 *    only for an argument that breaks its contract. On failure, out-parameters are untouched unless stated.
 *  - An object pointer may be NULL, or point to a v5l_model that was never opened ({0}): functions that return a
 *    status return V5L_E_ARGUMENT, others 0 or NULL; void functions zero the struct they fill, or do nothing. Any int
 *    or enum value is safe: options of 0 or 1 count others as 1. Other wrong pointers, and memory smaller than stated,
 *    are not detected. Returned strings are static or in the model's bytes.
 *  - Errors: lists the statuses of failure; V5L_E_ARGUMENT is one of each function that returns a status.
 *  - Any number of nets and threads may share a model. Only one thread at a time may use a net.
 *  - Activations are float32, float16 or int8, NHWC. Results depend neither on the thread count nor on earlier runs.
 *  - Results require the default floating-point mode: round to nearest, subnormals kept, no traps. On x86 with SSE,
 *    AArch64, ARM with VFP and RISC-V, each computing thread sets it, calls hooks in it, and restores the caller's mode
 *    and flags. On other CPUs the caller sets it, and a call may raise the inexact, overflow and underflow flags.
 *    Compiled with -ffast-math, results differ in their low bits; checks still reject NaN and infinity.
 *  - Structs that can grow end in `reserved`. A later version may use part of it for a new field: sizes and offsets
 *    stay, and 0 keeps the old behaviour. The library writes zeros to it, and refuses a struct of yours with any other
 *    value: start from {0}, a designated initialiser or v5l_net_options_default. Other structs never grow. */
#ifndef V5LITE_H
#define V5LITE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* MAJOR.MINOR.PATCH. A later version of the same MAJOR (while MAJOR is 0: of the same MINOR) can replace an earlier
 * one: it keeps the meaning of functions, types, layouts and numbers, and opens the same files (src/README.md,
 * Versions). */
#define V5L_VERSION "0.5.0"
/* Most bytes of stack that a call, or a task given to a hook, uses. Hooks and observers add their own. */
#define V5L_STACK_BYTES 8192

/* ---- Status ---------------------------------------------------------------------------------------------------- */
/* Numbers are stable. Every function that can fail returns one of these. -20 and below: the weights file. */
typedef enum v5l_status {
    V5L_OK = 0,
    V5L_E_ARGUMENT = -1,   /* a null pointer, or an option outside its documented range */
    V5L_E_ALIGNMENT = -2,  /* model bytes not aligned to 16, or net memory not aligned to 64 */
    V5L_E_MEMORY = -3,     /* net memory smaller than v5l_net_memory says */
    V5L_E_INPUT_SIZE = -4, /* network width or height: not a multiple of the largest stride, or out of range */
    V5L_E_IMAGE = -5, /* an image that breaks the contract of v5l_image, or does not fit the net's minimum padding */
    V5L_E_TOO_LARGE = -6,    /* the network at this size does not fit the address space */
    V5L_E_CPU = -7,          /* the CPU, or cpu_mask, lacks the one instruction set that the library was built for */
    V5L_E_AFFINITY = -8,     /* threads cannot be bound to these CPUs, or this system cannot bind threads */
    V5L_E_DIRECT = -9,       /* option `direct`, but the file has only transformed weights for some convolutions */
    V5L_E_BOX = -10,         /* a box with a corner or score that is NaN or out of range, or with swapped corners */
    V5L_E_SIZE = -20,        /* truncated, or longer than its header says */
    V5L_E_MAGIC = -21,       /* not a .v5l file */
    V5L_E_VERSION = -22,     /* a format version this library does not know */
    V5L_E_CRC = -23,         /* damaged: the checksum does not match */
    V5L_E_LAYOUT = -24,      /* unknown form or weight layout */
    V5L_E_COUNT = -25,       /* a count is zero or above its limit */
    V5L_E_OFFSET = -26,      /* a section, array or string is not where it must be */
    V5L_E_RESERVED = -27,    /* a byte that must be zero is not */
    V5L_E_STRING = -28,      /* unterminated, too long, not UTF-8, or with control characters */
    V5L_E_TENSOR = -29,      /* tensor channels, stride or type out of range or not built in, or no op writes it */
    V5L_E_SPAN = -30,        /* a span names channels or a tensor that do not exist */
    V5L_E_KIND = -31,        /* unknown op kind, flag or activation, or an invalid combination */
    V5L_E_GEOMETRY = -32,    /* kernel, stride, padding or groups are zero, out of range, or inconsistent */
    V5L_E_SHAPE = -33,       /* operands or output of an op disagree in channels, resolution or type */
    V5L_E_PAYLOAD = -34,     /* weight or bias counts do not match the op's dimensions */
    V5L_E_REFERENCE = -35,   /* an op reads channels that no earlier op has written (forward reference, cycle) */
    V5L_E_OVERLAP = -36,     /* an op writes channels it also reads, or writes channels twice */
    V5L_E_PERMUTATION = -37, /* a channel order is not a permutation */
    V5L_E_HEAD = -38,        /* a detect head disagrees with its tensor, op or class count */
    V5L_E_VALUE = -39        /* a weight, bias, anchor, factor or scale is not finite, or outside its limits */
} v5l_status;
/* Returns one line of English without a newline; "unknown status" for other numbers. */
const char *v5l_status_text(v5l_status status);

/* ---- Model: a checked view of a weights file ------------------------------------------------------------------- */
/* Filled by v5l_model_open; may be copied. The fields are private. */
typedef struct v5l_model {
    const unsigned char *bytes;
    size_t size;
} v5l_model;
/* Checks every byte of a .v5l file (weights/FORMAT.md) and sets *model to borrow it. bytes: aligned to at least 16.
 * Later calls trust the checked bytes: if they change, calls may read and write out of bounds. Do not map a file that
 * others may write or truncate. Time: linear in size. Errors: V5L_E_ALIGNMENT, and the weights-file statuses. */
v5l_status v5l_model_open(v5l_model *model, const void *bytes, size_t size);

typedef struct v5l_model_info {
    int planned;                  /* 0: literal form, 1: planned form (FORMAT.md) */
    int class_count, head_count;  /* 1 .. 4096; detect levels, 1 .. 8 */
    int op_count, view_count;     /* all records; those that compute nothing */
    int tensor_count, max_stride; /* input width and height must be multiples of max_stride */
    uint64_t parameter_count;     /* weights and biases after BN folding, padding not counted */
    uint64_t weight_bytes;        /* size of the weights section, padding included */
    size_t file_bytes;
    const char *exporter;         /* program and version that wrote the file */
    const uint8_t *source_sha256; /* 32 bytes: SHA-256 of the checkpoint */
    uint64_t reserved[4];
} v5l_model_info;

typedef struct v5l_head_info {
    int stride, anchor_count; /* input pixels per map pixel; 1 .. 16 */
    const float *anchors;     /* anchor_count pairs (width, height), input pixels */
    uint64_t reserved[2];
} v5l_head_info;

/* clang-format off */
typedef enum v5l_op_kind {
    V5L_OP_CONV = 1, V5L_OP_DWCONV = 2, V5L_OP_MAXPOOL = 3, V5L_OP_ADD = 4, V5L_OP_DETECT = 5, V5L_OP_SPLIT = 6,
    V5L_OP_CONCAT = 7, V5L_OP_SHUFFLE = 8, V5L_OP_UPSAMPLE = 9, V5L_OP_AVGPOOL = 10, V5L_OP_SCALE = 11
} v5l_op_kind;
/* clang-format on */
/* SiLU: x / (1 + e^-x). Hardswish: x * min(max(x + 3, 0), 6) / 6, exactly 0 for x <= -3 and exactly x for x >= 3. */
typedef enum v5l_activation { V5L_ACT_NONE = 0, V5L_ACT_RELU, V5L_ACT_SILU, V5L_ACT_HARDSWISH } v5l_activation;

/* Consecutive channels of one tensor, as the file states them. */
typedef struct v5l_channel_span {
    int tensor, first, count, upsample; /* upsample = 1: read at half resolution, pixel (y/2, x/2) */
} v5l_channel_span;

typedef struct v5l_op_info {
    const char *name; /* module name in the original network, e.g. "model.2.0.branch2.5" */
    v5l_op_kind kind;
    int view; /* 1: computes nothing; its output is its input's channels in place */
    v5l_activation activation;
    int kernel_h, kernel_w, stride, padding, groups; /* 0 where the kind has none */
    float alpha;                                     /* ADD: A + alpha * B */
    int head, in_channels, out_channels;             /* head: of DETECT, the index of the head it writes */
    int a_spans, b_spans, out_spans;                 /* counts for v5l_model_get_span */
    uint64_t parameter_count;
    int winograd;      /* CONV: the file has transformed weights, 16 per pair of channels (FORMAT.md, WINOGRAD) */
    int shared_panels; /* CONV: all output spans share their panels (FORMAT.md, SHARED_PANELS) */
    /* NULL, or in FORMAT.md order: float, float; if a type is S8: int8_t, int32_t; if F16: IEEE binary16, float. */
    const void *weights, *bias;
    uint64_t weight_count, bias_count; /* elements, padding included */
    const uint16_t *order; /* [out_channels]: the original network's index of each channel; NULL = same order */
    int in_type, out_type; /* v5l_type of operand A and of the output; of a view both are operand A's */
    uint64_t reserved[3];
} v5l_op_info;
typedef enum v5l_operand { V5L_OPERAND_A = 0, V5L_OPERAND_B = 1, V5L_OPERAND_OUT = 2 } v5l_operand;

/* Describe a model. head: 0 .. head_count-1. op: 0 .. op_count-1, in execution order. index: 0 .. operand's spans-1. */
void v5l_model_get_info(const v5l_model *model, v5l_model_info *info);
v5l_status v5l_model_get_head(const v5l_model *model, int head, v5l_head_info *info);
v5l_status v5l_model_get_op(const v5l_model *model, int op, v5l_op_info *info);
v5l_status v5l_model_get_span(const v5l_model *model, int op, v5l_operand operand, int index, v5l_channel_span *span);

/* Says what an integer q of an S8 channel stands for: (q - *zero) * *scale; other types: zero 0, scale 1. channel: of
 * the op's output, of a view's operand A, counted through its spans (v5l_view_copy writes it to order[channel]). */
v5l_status v5l_model_get_scale(const v5l_model *model, int op, int channel, float *scale, int *zero);

/* Return the UTF-8 name of class 0 .. class_count-1, without control characters, NULL for other numbers; and "conv",
 * "dwconv" ..., "?" for other numbers. */
const char *v5l_model_class_name(const v5l_model *model, int class_id);
const char *v5l_op_kind_name(v5l_op_kind kind);

/* ---- Hooks ----------------------------------------------------------------------------------------------------- */
#define V5L_MAX_THREADS 64
/* run: calls task(argument, i) once for each i in 0 .. count-1, in any order and on any threads, and returns when all
 * have returned. count is at most `threads`. */
typedef struct v5l_parallel {
    void *user;
    int threads; /* 1 .. V5L_MAX_THREADS */
    void (*run)(void *user, void (*task)(void *argument, int index), void *argument, int count);
    uint64_t reserved[2];
} v5l_parallel;

/* Element types of tensors, as numbered in weights files. F32: float. U8: uint8_t, the network input. F16: IEEE 754
 * binary16, stored as float where the CPU does not compute in it. S8: int8_t, quantised, see v5l_model_get_scale. */
typedef enum v5l_type { V5L_TYPE_F32 = 0, V5L_TYPE_U8 = 1, V5L_TYPE_F16 = 2, V5L_TYPE_S8 = 3 } v5l_type;

/* A run of channels of one tensor in memory. The library makes these; more types may come with a later MINOR. */
typedef struct v5l_span {
    void *data;                        /* address of the first channel at pixel (0, 0) */
    uint32_t channels;                 /* elements */
    uint32_t pixel_stride, row_stride; /* bytes from one pixel or row to the next, at the tensor's own resolution */
    uint32_t type, upsample;           /* a v5l_type; 1: the view reads it at (y/2, x/2) */
    uint32_t window_rows;              /* > 0: rolling window, row y at y % window_rows; 0: all rows, as in a view */
    const void *reserved;              /* NULL */
} v5l_span;

/* An op's output, valid during the observer call only. */
typedef struct v5l_view {
    int height, width, channels, span_count;
    const v5l_span *spans; /* read only */
    const uint16_t *order; /* as in v5l_op_info */
    uint64_t reserved[4];
} v5l_view;
/* Copies a view to dst[height][width][channels], channels in the original's order, integers without their scale. */
void v5l_view_copy(const v5l_view *view, float *dst);

typedef enum v5l_stage { V5L_STAGE_LETTERBOX = 0, V5L_STAGE_NETWORK, V5L_STAGE_DECODE, V5L_STAGE_NMS } v5l_stage;
/* Called on the thread that runs the net. Either may be NULL. The library has no clock: measure time here.
 * stage: before (done = 0) and after (done = 1) each stage of a detection. With neither stage nor op, the letterbox
 * runs inside the network stage: it feeds the first convolution row by row.
 * op: before (output = NULL) and after each op, views included. Outputs of DETECT are raw logits. A net with op runs op
 * by op and keeps each output whole until its last use, which needs more memory; a net without it runs some ops row by
 * row through rolling windows. Results are bit-identical. */
typedef struct v5l_observer {
    void *user;
    void (*stage)(void *user, v5l_stage stage, int done);
    void (*op)(void *user, int op, const v5l_view *output);
    uint64_t reserved[2];
} v5l_observer;

/* ---- Net: a model planned for one input size ------------------------------------------------------------------- */
typedef struct v5l_net v5l_net;
/* CPU features, for `cpu_mask`. The number of an instruction set is larger than the numbers of the sets it extends. */
#define V5L_CPU_REF 0x000u              /* none: reference kernels only */
#define V5L_CPU_AVX2 0x001u             /* x86-64: AVX2, FMA and F16C */
#define V5L_CPU_AVX512 0x002u           /* x86-64: AVX-512 F, VL, BW, DQ */
#define V5L_CPU_AVX512_FULL_RATE 0x004u /* hint: AVX-512 in full-width units, not in two halves as in AMD's Zen 4 */
#define V5L_CPU_AVX512VNNI 0x008u       /* x86-64: VNNI with AVX-512 */
#define V5L_CPU_AVXVNNI 0x010u          /* x86-64: VNNI in VEX encoding, without AVX-512 */
#define V5L_CPU_NEON 0x100u             /* AArch64; ARMv7 with NEON and VFPv4 */
#define V5L_CPU_IN_ORDER 0x200u         /* hint: AArch64 core that executes in order, such as Cortex-A53, A55 */
#define V5L_CPU_DOT 0x400u              /* AArch64: SDOT, such as Cortex-A55, A76 */
#define V5L_CPU_I8MM 0x800u             /* AArch64: SMMLA */
#define V5L_CPU_FP16 0x1000u            /* AArch64: half-precision arithmetic, such as Cortex-A55, A76 */
#define V5L_CPU_DSP 0x10000u            /* 32-bit ARM, profiles M and R: DSP extension */
#define V5L_CPU_MVE 0x20000u            /* Cortex-M: MVE (Helium) with floating point */
#define V5L_CPU_WASM 0x100000u          /* WebAssembly: SIMD of 128 bits */
#define V5L_CPU_ALL 0xFFFFFFFFu
/* The hints: no instruction sets; kernels that ask for them run on any CPU. */
#define V5L_CPU_TRAITS (V5L_CPU_AVX512_FULL_RATE | V5L_CPU_IN_ORDER)
/* Returns the features of this CPU. V5L_CPU_IN_ORDER describes the core that makes the call. The library never uses a
 * feature that is not among them, whatever cpu_mask says. */
uint32_t v5l_cpu_features(void);

typedef struct v5l_net_options {
    int width, height; /* network input in pixels, multiples of max_stride, at most 8192 */
    /* The scaled picture fits this box; 0 = width, height. Larger only for "rect": v5l_letterbox_fit. */
    int fit_width, fit_height;
    float confidence; /* 0 .. 1: a row counts if objectness > confidence, a class if objectness * class > confidence */
    float iou;        /* 0 .. 1: a box is dropped if its IoU with a better one is > iou */
    int max_detections, max_candidates; /* 1 .. 30000; best boxes that enter NMS, 1 .. 30000, 0 = all up to 30000 */
    int multi_label;                    /* 0: best class of a box only; 1: every class above the threshold */
    int agnostic;                       /* 0: boxes suppress boxes of their own class; 1: of any class */
    const uint8_t *classes;             /* class_count bytes, 0 = ignore that class; NULL = all. Must outlive the net */
    /* 0: large 3x3 convolutions use Winograd F(2x2, 3x3). Transformed weights that the file lacks are made in the net's
     * memory, 16/9 of their size in the file. Weights and maps above 1e37 may overflow. 1: all convolutions sum in the
     * order of FORMAT.md. V5L_E_DIRECT if the file has transformed weights. */
    int direct;
    uint32_t cpu_mask;     /* CPU features that may be used */
    v5l_parallel parallel; /* run = NULL: one thread */
    v5l_observer observer;
    uint64_t reserved[8];
} v5l_net_options;
/* Sets the defaults of the original's detect.py, but 320 x 320 instead of 640: confidence 0.25, iou 0.45, 300
 * detections, one label, class-aware, one thread, no observer. */
void v5l_net_options_default(v5l_net_options *options);

/* Returns V5L_OK if v5l_net_create can make this net. *bytes: exactly the memory it needs, set if V5L_OK. *option:
 * field at fault, spelled as in C ("confidence", "parallel.threads"); NULL if none, or no single one (V5L_E_TOO_LARGE).
 * Either pointer may be NULL. v5l_net_memory returns *bytes, 0 on failure. Errors: V5L_E_INPUT_SIZE, V5L_E_TOO_LARGE,
 * V5L_E_CPU, V5L_E_DIRECT. */
v5l_status v5l_net_check(const v5l_model *model, const v5l_net_options *options, size_t *bytes, const char **option);
size_t v5l_net_memory(const v5l_model *model, const v5l_net_options *options);

/* Plans the network inside memory, aligned to 64, of at least v5l_net_memory bytes; touches no others. Sets *net into
 * it: to destroy the net, reuse or free the memory. Errors: those of v5l_net_check, V5L_E_ALIGNMENT, V5L_E_MEMORY. */
v5l_status v5l_net_create(v5l_net **net, const v5l_model *model, const v5l_net_options *options, void *memory,
                          size_t size);

/* Layout of a picture's bytes. Sizes may be odd: chroma that pixels share has (width + 1) / 2 samples a row, and
 * (height + 1) / 2 rows where rows share it too. The names in parentheses are those of V4L2. */
typedef enum v5l_pixel_format {
    V5L_RGB = 0, /* 8-bit R, G, B */
    V5L_BGR = 1,
    V5L_RGBA = 2, /* alpha is ignored */
    V5L_BGRA = 3,
    V5L_GRAY = 4,        /* one byte a pixel */
    V5L_NV12 = 5,        /* Y plane, then interleaved U, V for 2x2 pixels */
    V5L_I420 = 6,        /* (YU12) planes Y, U, V; chroma for 2x2 pixels. YV12: swap the pointers of U and V */
    V5L_YUYV = 7,        /* Y0 U Y1 V for two pixels; Y1 is there, and ignored, after the last pixel of an odd width */
    V5L_NV21 = 8,        /* as NV12, but V, U */
    V5L_UYVY = 9,        /* U Y0 V Y1, otherwise as YUYV */
    V5L_RGB565 = 10,     /* (RGBP) 16 bits, the low byte first: red in bits 15 .. 11, green 10 .. 5, blue 4 .. 0 */
    V5L_RGB_PLANAR = 11, /* planes R, G, B */
    V5L_I422 = 12,       /* (422P) planes Y, U, V; chroma for 2x1 pixels */
    V5L_I444 = 13        /* planes Y, U, V; chroma for each pixel */
} v5l_pixel_format;
/* Conversion of YUV to RGB; the other formats ignore it. 0, 0: the default of V4L2 cameras. LIMITED: Y 16 .. 235, U and
 * V 16 .. 240. FULL: all three 0 .. 255, as in JPEG. */
typedef enum v5l_yuv_matrix { V5L_BT601 = 0, V5L_BT709 = 1 } v5l_yuv_matrix;
typedef enum v5l_yuv_range { V5L_YUV_LIMITED = 0, V5L_YUV_FULL = 1 } v5l_yuv_range;

/* A picture, rows from top to bottom. A value outside these limits, or an unknown enum value, is V5L_E_IMAGE.
 * more_planes, more_row_bytes: planes after the first, and their row strides; ignored where the format has no such
 * plane. NULL: directly after the plane before. 0: the stride of the first plane, for as many samples: half of it,
 * rounded up, for U and V of I420 and I422; rounded up to even for NV12 and NV21. */
typedef struct v5l_image {
    const uint8_t *data;          /* first row of the first plane */
    int width, height, row_bytes; /* pixels, 1 .. 32768; row stride of the first plane, 0 = no gaps */
    v5l_pixel_format format;
    const uint8_t *more_planes[2];
    v5l_yuv_matrix yuv_matrix;
    v5l_yuv_range yuv_range;
    int more_row_bytes[2];
    uint64_t reserved[3];
} v5l_image;
/* Writes an image to rgb[height][width][3] as 8-bit R, G, B: the pixels that v5l_net_detect resizes. YUV: rounded, in
 * fixed point of 20 bits, within one level of the exact matrix; limited to 0 .. 255; Y of limited range below 16 counts
 * as 16; pixels that share chroma get the same. BT.601 gives the bits of OpenCV's cvtColor: limited range those of
 * YUV2RGB (4:2:0, 4:2:2), full range those of YCrCb2RGB. Resizing gives the bits of its resize(INTER_LINEAR). RGB565:
 * the top bits are repeated below, so 31 becomes 255. GRAY: the same byte three times. The others: copied. rgb must not
 * overlap the image. Not defined with V5L_NO_LETTERBOX. Errors: V5L_E_IMAGE, V5L_E_CPU. */
v5l_status v5l_image_to_rgb(const v5l_image *image, uint8_t *rgb);

typedef struct v5l_detection {
    float x0, y0, x1, y1; /* corners in pixels of the picture, inside 0 .. width and 0 .. height */
    float score;          /* objectness * class probability, 0 .. 1 */
    int class_id;         /* 0 .. class_count-1 */
} v5l_detection;
/* Finds objects: letterbox, network, decode, NMS. Writes at most `capacity` (at least 1) detections, best first, equal
 * scores by level, anchor, row, column. Returns their number, or a negative status: V5L_E_ARGUMENT, V5L_E_IMAGE. */
int v5l_net_detect(v5l_net *net, const v5l_image *image, v5l_detection *detections, int capacity);

/* The same in two parts, so that another thread, or a scaler in hardware, can letterbox the next picture meanwhile.
 * v5l_net_letterbox writes the network's input, picture[height][width][3] (R, G, B), to the start of memory. It may run
 * while the net does, on another thread. memory: aligned to 64, of v5l_net_letterbox_bytes bytes (0 for NULL); it must
 * not overlap the image. v5l_net_detect_letterboxed finds in such an input of a picture of width x height pixels what
 * v5l_net_detect finds in the picture. Errors: as v5l_net_detect, and V5L_E_ALIGNMENT. With V5L_NO_LETTERBOX only the
 * last one is defined. */
size_t v5l_net_letterbox_bytes(const v5l_net *net);
v5l_status v5l_net_letterbox(const v5l_net *net, const v5l_image *image, void *memory);
int v5l_net_detect_letterboxed(v5l_net *net, const uint8_t *picture, int width, int height, v5l_detection *detections,
                               int capacity);

typedef struct v5l_net_info {
    int width, height, threads;
    size_t memory_bytes, arena_bytes; /* the whole net, as v5l_net_memory returns; activations and candidates */
    size_t input_bytes;               /* part of arena_bytes: the letterboxed picture; 0 if streamed row by row */
    size_t winograd_bytes;            /* transformed weights that the file lacks, all ops */
    size_t scratch_bytes;             /* row pointers and padded rows of the ops, all threads */
    size_t tables_bytes;              /* the rest: net, steps, spans */
    uint64_t macs;                    /* multiply-accumulates of all convolutions */
    uint64_t reserved[4];
} v5l_net_info;

typedef struct v5l_op_plan {
    int in_height, in_width, in_channels, out_height, out_width, out_channels;
    uint64_t macs, bytes_read, bytes_written; /* bytes: activations and weights, each counted once; 0 for a view */
    size_t arena_offset;   /* of the first output span's tensor, bytes; views: of the first input span's */
    int first_op, last_op; /* that tensor's first write and last read; op_count = after the last op */
    const char *kernel;    /* of src/kernels: does most of the work; "view" if none does */
    const char *function;  /* of src/ops: calls the kernel; "view" if none does */
    uint64_t reserved[4];
} v5l_op_plan;

/* LETTERBOX: the letterbox's working rows, all threads. CANDIDATES: boxes between decode and NMS. */
typedef enum v5l_block_kind { V5L_BLOCK_TENSOR = 0, V5L_BLOCK_LETTERBOX, V5L_BLOCK_CANDIDATES } v5l_block_kind;
/* A piece of a net's arena. Blocks that are alive at the same time do not overlap. */
typedef struct v5l_block_info {
    v5l_block_kind kind;
    size_t offset, bytes;        /* in the arena; 0 bytes: no block (the picture, if it is streamed row by row) */
    int height, width, channels; /* of a tensor, at its own resolution, stored channels only; 0 for other kinds */
    int window_rows;             /* rows kept at a time, for each thread; 0 = all rows, once */
    int first_op, last_op;       /* lifetime, both included; -1 = letterbox, op_count = decode and NMS */
    int type, element_bytes;     /* of a tensor: its v5l_type and the bytes of an element; 0 for other kinds */
    uint64_t reserved[3];
} v5l_block_info;

/* Describe a net. op: 0 .. op_count-1. block: 0 .. tensor_count-1 for tensors, tensor_count for the letterbox's rows,
 * tensor_count+1 for the candidates. */
void v5l_net_get_info(const v5l_net *net, v5l_net_info *info);
v5l_status v5l_net_get_op(const v5l_net *net, int op, v5l_op_plan *plan);
v5l_status v5l_net_get_block(const v5l_net *net, int block, v5l_block_info *info);

/* Returns the letterboxed picture [height][width][3] (R, G, B), valid in observer calls from the end of
 * V5L_STAGE_LETTERBOX until op 0 has run. NULL without an observer: then only single rows of it exist. */
const uint8_t *v5l_net_picture(const v5l_net *net);

typedef struct v5l_letterbox {
    int resized_width, resized_height, left, top; /* the picture in the network input, pixels; its first pixel */
    int width, height;                            /* network input; what the picture leaves free is gray 114 */
} v5l_letterbox;
/* Computes where an image goes in a network input, as the original's letterbox() does, scaled by min(fit_width /
 * image_width, fit_height / image_height). stride = 0: the input is fit_width x fit_height. stride > 0 ("rect"): sides
 * are padded only to the next multiple of stride; create the net with box's width and height and with this fit. Sizes
 * in pixels, at least 1. */
v5l_status v5l_letterbox_fit(v5l_letterbox *box, int image_width, int image_height, int fit_width, int fit_height,
                             int stride);

/* ---- Threads, optional: src/parallel_posix.c --------------------------------------------------------------------- */
/* A pool runs one job at a time. A job uses at most one thread for each CPU that the pool may use at that moment. Idle
 * threads sleep. Nets on several threads may share it. The caller runs its whole job itself if the pool is busy, if the
 * caller is a thread of that pool, and in a child of fork(), which has no pool threads. Pool threads block all signals
 * except those of their own faults (SIGSEGV and the like). Not defined on bare metal, nor with V5L_NO_THREADS. */
typedef struct v5l_pool v5l_pool;
/* v5l_pool_memory returns the bytes of a pool of `threads` threads (1 .. V5L_MAX_THREADS), the calling thread included;
 * 0 for other counts. v5l_pool_create starts threads-1 POSIX threads. memory: aligned to 64, and in use until
 * v5l_pool_destroy. Errors: V5L_E_ALIGNMENT, V5L_E_MEMORY (too small, or the system refuses a thread). */
size_t v5l_pool_memory(int threads);
v5l_status v5l_pool_create(v5l_pool **pool, int threads, void *memory, size_t size);
/* Returns the hook for v5l_net_options.parallel. NULL: {0}, one thread. */
v5l_parallel v5l_pool_hook(v5l_pool *pool);

/* Binds thread i to CPU cpus[i % count], in Linux's numbering. Thread 0 is the calling thread, which works on every
 * job. Call this on the thread that runs the nets, while no net runs. The thread stays bound after the pool ends. On
 * failure no thread is moved. Errors: V5L_E_ARGUMENT (also a negative number), V5L_E_AFFINITY (a CPU does not exist or
 * is forbidden to this process; a child of fork(); a system without pthread_setaffinity_np or other than Linux). */
v5l_status v5l_pool_bind(v5l_pool *pool, const int *cpus, int count);
/* Ends the threads. No net may be running. Does nothing in a child of fork(). */
void v5l_pool_destroy(v5l_pool *pool);
#ifdef __cplusplus
}
#endif
#endif
