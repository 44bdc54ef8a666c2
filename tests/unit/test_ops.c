/* SPDX-License-Identifier: MIT */
/* Every op against an independent, straightforward implementation in double, at edge-biased shapes. A case makes random
 * operands (several spans of wider tensors, some upsampled), runs the step in two parts as two workers would, and checks
 * every output and that nothing else was written. */
#include "check.h"

#include "kernels/scalar_math.h"
#include "ops/ops.h"

enum { MAX_SPANS = 4 };

typedef struct {
    int spans;
    int channels[MAX_SPANS], upsample[MAX_SPANS];
} shape;

typedef struct {
    v5l_span spans[MAX_SPANS];
    float *memory[MAX_SPANS];
    size_t floats[MAX_SPANS];
} operand;

static builder rng; /* for builder_random only */
static v5l_kernels kernels;
static v5l_letterbox_source *rows; /* what feeds a step that reads the picture row by row */

static int setup(void **state) {
    (void)state;
    rng.seed = 7;
    assert_int_equal(v5l_kernels_select(&kernels, check_cpu_mask() & v5l_cpu_features()), V5L_OK);
    return 0;
}

/* Spans of tensors that are 3 channels wider than needed, with NaN wherever the op may neither read nor write. */
static operand make_operand(const shape *s, int height, int width, int random) {
    operand o;
    memset(&o, 0, sizeof o);
    for (int i = 0; i < s->spans; i++) {
        const int h = height >> s->upsample[i], w = width >> s->upsample[i], pixel = s->channels[i] + 3;
        o.floats[i] = (size_t)h * (size_t)w * (size_t)pixel;
        o.memory[i] = malloc(o.floats[i] * sizeof(float));
        for (size_t k = 0; k < o.floats[i]; k++) {
            const size_t c = k % (size_t)pixel;
            o.memory[i][k] = random && c >= 2 && c < 2 + (size_t)s->channels[i] ? builder_random(&rng) : NAN;
        }
        o.spans[i] = (v5l_span){.data = o.memory[i] + 2,
                                .channels = (uint32_t)s->channels[i],
                                .pixel = (uint32_t)pixel,
                                .row = (uint32_t)(pixel * w),
                                .upsample = (uint32_t)s->upsample[i]};
    }
    return o;
}

static void free_operand(operand *o, int spans) {
    for (int i = 0; i < spans; i++)
        free(o->memory[i]);
}

static int total(const shape *s) {
    int n = 0;
    for (int i = 0; i < s->spans; i++)
        n += s->channels[i];
    return n;
}

/* Channel c of an operand at pixel (y, x); 0 outside. */
static double value(const operand *o, int height, int width, int y, int x, int c) {
    if (y < 0 || y >= height || x < 0 || x >= width) return 0.0;
    int i = 0;
    while (c >= (int)o->spans[i].channels)
        c -= (int)o->spans[i++].channels;
    const v5l_span *s = &o->spans[i];
    const int shift = (int)s->upsample;
    return (double)s->data[(size_t)(y >> shift) * s->row + (size_t)(x >> shift) * s->pixel + (size_t)c];
}

static void check_untouched(const operand *o, const shape *s) {
    for (int i = 0; i < s->spans; i++) {
        const size_t pixel = o->spans[i].pixel;
        for (size_t k = 0; k < o->floats[i]; k++)
            if (k % pixel < 2 || k % pixel >= 2 + o->spans[i].channels) assert_true(isnan(o->memory[i][k]));
    }
}

static double act(double x, int activation) {
    if (activation == V5L_ACT_RELU) return x > 0 ? x : 0;
    if (activation == V5L_ACT_SILU) return x / (1 + exp(-x));
    if (activation == V5L_ACT_HARDSWISH) return x * fmin(fmax(x + 3, 0), 6) / 6;
    return x;
}

/* Runs a step with its own scratch, split in two before row `cut`. */
static void run_rows(v5l_step *step, int cut) {
    v5l_step_bind(step);
    assert_non_null(step->run);
    guarded scratch = guarded_new((size_t)v5l_step_scratch(step));
    float *zeros = calloc(V5L_MAX_CHANNELS, sizeof(float));
    const v5l_worker worker = {.scratch = scratch.at, .rows = rows, .zeros = zeros};
    if (cut > 0) step->run(step, &worker, 0, cut);
    step->run(step, &worker, cut, step->out_height);
    free(zeros);
    guarded_free(&scratch);
}

/* The same, split at a place that is odd where it can be. */
static void run(v5l_step *step) { run_rows(step, (step->out_height + 1) / 3 | (step->out_height > 1)); }

static int joined; /* output spans of the convolution under test share panels */

static size_t padded_channels(const shape *to) {
    size_t n = 0;
    if (joined) return (size_t)(total(to) + 7) / 8 * 8;
    for (int i = 0; i < to->spans; i++)
        n += (size_t)(to->channels[i] + 7) / 8 * 8;
    return n;
}

static v5l_step make_step(v5l_file_op *op, operand *a, operand *out, const shape *in, const shape *to, int h, int w) {
    v5l_step s;
    memset(&s, 0, sizeof s);
    op->a_count = (uint32_t)in->spans;
    op->out_count = (uint32_t)to->spans;
    s.op = op;
    s.kernels = &kernels;
    s.a = a->spans;
    s.out = out->spans;
    s.in_height = h;
    s.in_width = w;
    s.in_channels = total(in);
    s.out_height = h / (op->stride ? op->stride : 1);
    s.out_width = w / (op->stride ? op->stride : 1);
    s.out_channels = total(to);
    s.out_spans = op->out_count;
    for (uint32_t i = 0; i < s.out_spans; i++)
        if (s.out[i].channels > s.widest) s.widest = s.out[i].channels;
    s.out_padded = (uint32_t)padded_channels(to);
    return s;
}

static float *random_floats(size_t n) {
    float *f = malloc(n * sizeof(float));
    for (size_t i = 0; i < n; i++)
        f[i] = builder_random(&rng);
    return f;
}

/* ---- dense convolution ---- */

/* Position of weight (k, output j) in the panels of FORMAT.md, and of bias j at k = depth. */
static size_t panel_at(const shape *to, int depth, int k, int j, int bias) {
    size_t before = 0;
    int i = 0;
    while (!joined && j >= to->channels[i]) {
        before += (size_t)(to->channels[i] + 7) / 8 * 8;
        j -= to->channels[i++];
    }
    if (bias) return before + (size_t)j;
    return before * (size_t)depth + (size_t)(j / 8) * (size_t)depth * 8 + (size_t)k * 8 + (size_t)(j % 8);
}

static void check_conv(const v5l_step *s, const operand *a, const operand *out, const shape *to,
                       const uint8_t *picture) {
    const v5l_file_op *op = s->op;
    const int depth = op->kernel_h * op->kernel_w * s->in_channels;
    for (int oy = 0; oy < s->out_height; oy++) {
        for (int ox = 0; ox < s->out_width; ox++) {
            for (int j = 0; j < s->out_channels; j++) {
                double sum = (double)s->bias[panel_at(to, depth, 0, j, 1)], magnitude = fabs(sum);
                for (int k = 0; k < depth; k++) {
                    const int c = k % s->in_channels, tap = k / s->in_channels;
                    const int y = oy * op->stride - op->pad + tap / op->kernel_w;
                    const int x = ox * op->stride - op->pad + tap % op->kernel_w;
                    const int inside = y >= 0 && y < s->in_height && x >= 0 && x < s->in_width;
                    const double v = picture == NULL ? value(a, s->in_height, s->in_width, y, x, c)
                                     : inside        ? picture[(y * s->in_width + x) * 3 + c]
                                                     : 0;
                    const double p = v * (double)s->weights[panel_at(to, depth, k, j, 0)];
                    sum += p;
                    magnitude += fabs(p);
                }
                const double got = value(out, s->out_height, s->out_width, oy, ox, j);
                assert_sum((float)got, act(sum, op->activation), depth, magnitude);
            }
        }
    }
}

/* Winograd's transform gives the same sums but for rounding, and the same bits wherever the rows are cut. */
static void check_winograd(v5l_step *s, const operand *a, const shape *to) {
    operand out = make_operand(to, s->out_height, s->out_width, 0);
    operand uncut = make_operand(to, s->out_height, s->out_width, 0);
    s->winograd = 1;
    guarded transformed = guarded_new((size_t)v5l_winograd_weight_bytes(s));
    v5l_winograd_prepare(s, (float *)(void *)transformed.at);
    s->transformed = (float *)(void *)transformed.at;
    s->out = out.spans;
    run(s);
    check_conv(s, a, &out, to, NULL);
    check_untouched(&out, to);
    s->out = uncut.spans;
    run_rows(s, 0);
    for (int i = 0; i < to->spans; i++)
        assert_memory_equal(uncut.memory[i], out.memory[i], out.floats[i] * sizeof(float));
    guarded_free(&transformed);
    free_operand(&out, to->spans);
    free_operand(&uncut, to->spans);
}

/* Summing up the leading spans at their own resolution changes no bit. */
static void check_split(v5l_step *s, const operand *whole, const shape *to) {
    operand out = make_operand(to, s->out_height, s->out_width, 0);
    s->out = out.spans;
    for (s->low_spans = 1; s->low_spans < s->op->a_count && s->a[s->low_spans - 1].upsample; s->low_spans++) {
        run(s);
        assert_memory_equal(out.memory[0], whole->memory[0], out.floats[0] * sizeof(float));
    }
    free_operand(&out, to->spans);
}

static void one_conv(const shape *in, const shape *to, int kernel, int stride, int h, int w, int activation) {
    operand a = make_operand(in, h, w, 1), out = make_operand(to, h / stride, w / stride, 0);
    v5l_file_op op = {.kind = V5L_OP_CONV,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = (uint16_t)stride,
                      .pad = (uint16_t)(kernel / 2),
                      .groups = 1,
                      .flags = joined ? V5L_FLAG_JOINED : 0,
                      .activation = (uint16_t)activation};
    v5l_step s = make_step(&op, &a, &out, in, to, h, w);
    float *weights = random_floats(padded_channels(to) * (size_t)(kernel * kernel * total(in)));
    float *bias = random_floats(padded_channels(to));
    s.weights = weights;
    s.bias = bias;
    run(&s);
    check_conv(&s, &a, &out, to, NULL);
    check_untouched(&out, to);
    if (in->upsample[0] && kernel == 1 && stride == 1 && to->spans == 1) check_split(&s, &out, to);
    if (kernel == 3 && stride == 1) check_winograd(&s, &a, to);
    free(weights);
    free(bias);
    free_operand(&a, in->spans);
    free_operand(&out, to->spans);
}

/* Output spans with panels of their own, and with panels in common. */
static void conv_case(const shape *in, const shape *to, int kernel, int stride, int h, int w, int activation) {
    for (joined = 0; joined < (to->spans > 1 ? 2 : 1); joined++)
        one_conv(in, to, kernel, stride, h, w, activation);
    joined = 0;
}

static void test_conv_1x1_at_every_depth_and_width(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        conv_case(&(shape){1, {n}, {0}}, &(shape){1, {18 - n}, {0}}, 1, 1, 3, 3, V5L_ACT_RELU);
        conv_case(&(shape){1, {n}, {0}}, &(shape){1, {n}, {0}}, 1, 1, 1, n, V5L_ACT_NONE);
    }
}

static void test_conv_reads_concatenated_and_upsampled_spans(void **state) {
    (void)state;
    conv_case(&(shape){2, {5, 3}, {0, 0}}, &(shape){1, {9}, {0}}, 1, 1, 2, 5, V5L_ACT_SILU);
    conv_case(&(shape){2, {5, 4}, {1, 0}}, &(shape){1, {8}, {0}}, 1, 1, 4, 6, V5L_ACT_SILU);
    conv_case(&(shape){3, {1, 8, 2}, {0, 1, 1}}, &(shape){1, {7}, {0}}, 3, 1, 6, 4, V5L_ACT_NONE);
    for (int half = 1; half < 12; half++)
        conv_case(&(shape){4, {3, 9, 2, 7}, {1, 1, 0, 1}}, &(shape){1, {3 * half}, {0}}, 1, 1, 2 * half, 26 - 2 * half,
                  half % 4);
}

static void test_conv_writes_several_spans(void **state) {
    (void)state;
    conv_case(&(shape){1, {6}, {0}}, &(shape){3, {8, 1, 11}, {0}}, 1, 1, 3, 5, V5L_ACT_RELU);
    conv_case(&(shape){2, {6, 5}, {0}}, &(shape){4, {3, 3, 8, 9}, {0}}, 3, 2, 4, 4, V5L_ACT_NONE);
}

static void test_conv_with_taps_pads_with_zeros(void **state) {
    (void)state;
    for (int size = 1; size <= 5; size++) {
        conv_case(&(shape){1, {4}, {0}}, &(shape){1, {5}, {0}}, 3, 1, size, 6 - size, V5L_ACT_RELU);
        conv_case(&(shape){1, {3}, {0}}, &(shape){1, {2}, {0}}, 5, 1, size, 3, V5L_ACT_NONE);
        conv_case(&(shape){1, {4}, {0}}, &(shape){1, {9}, {0}}, 3, 2, 2 * size, 2 * (6 - size), V5L_ACT_RELU);
        conv_case(&(shape){1, {2}, {0}}, &(shape){1, {3}, {0}}, 1, 2, 2 * size, 4, V5L_ACT_NONE);
    }
}

static void test_conv_at_shapes_of_the_networks(void **state) {
    (void)state;
    conv_case(&(shape){1, {60}, {0}}, &(shape){1, {60}, {0}}, 1, 1, 5, 7, V5L_ACT_RELU);
    conv_case(&(shape){2, {64, 120}, {1, 0}}, &(shape){1, {32}, {0}}, 1, 1, 4, 4, V5L_ACT_SILU);
    conv_case(&(shape){1, {96}, {0}}, &(shape){1, {255}, {0}}, 1, 1, 3, 3, V5L_ACT_NONE);
    conv_case(&(shape){1, {64}, {0}}, &(shape){1, {64}, {0}}, 3, 2, 6, 6, V5L_ACT_SILU);
    conv_case(&(shape){1, {64}, {0}}, &(shape){1, {64}, {0}}, 3, 1, 13, 9, V5L_ACT_SILU);
    conv_case(&(shape){2, {19, 32}, {1, 0}}, &(shape){2, {30, 9}, {0, 0}}, 3, 1, 10, 14, V5L_ACT_HARDSWISH);
    conv_case(&(shape){1, {64}, {0}}, &(shape){1, {128}, {0}}, 1, 1, 5, 7, V5L_ACT_HARDSWISH);
}

/* The same bits if a letterbox that changes nothing makes the rows. */
static void check_fed(v5l_step *s, operand *out, uint8_t *picture) {
    float *whole = malloc(out->floats[0] * sizeof(float));
    memcpy(whole, out->memory[0], out->floats[0] * sizeof(float));
    const int h = s->in_height, w = s->in_width;
    const v5l_image image = {.data = picture, .width = w, .height = h, .format = V5L_RGB};
    const v5l_letterbox box = {w, h, 0, 0, w, h};
    guarded scratch = guarded_new((size_t)v5l_letterbox_scratch(w));
    v5l_letterbox_source source;
    v5l_letterbox_begin(&source, &kernels, &image, &box, scratch.at);
    rows = &source;
    s->picture = NULL;
    run(s);
    rows = NULL;
    assert_memory_equal(out->memory[0], whole, out->floats[0] * sizeof(float));
    guarded_free(&scratch);
    free(whole);
}

static void stem_case(int kernel, int pad, int channels, int h, int w) {
    const shape in = {1, {3}, {0}}, to = {1, {channels}, {0}};
    operand a, out = make_operand(&to, h / 2, w / 2, 0);
    memset(&a, 0, sizeof a);
    v5l_file_op op = {.kind = V5L_OP_CONV,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = 2,
                      .pad = (uint16_t)pad,
                      .groups = 1,
                      .activation = V5L_ACT_RELU};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    uint8_t *picture = malloc((size_t)(h * w * 3)); /* exact: a read past the end is an error under ASan */
    for (int i = 0; i < h * w * 3; i++)
        picture[i] = (uint8_t)(127.0f * builder_random(&rng) + 128.0f);
    float *weights = random_floats(padded_channels(&to) * (size_t)(kernel * kernel * 3));
    float *bias = random_floats(padded_channels(&to));
    s.reads_picture = 1;
    s.picture = picture;
    s.weights = weights;
    s.bias = bias;
    run(&s);
    check_conv(&s, &a, &out, &to, picture);
    check_untouched(&out, &to);
    check_fed(&s, &out, picture);
    free(weights);
    free(bias);
    free(picture);
    free_operand(&out, 1);
}

static void test_stem_reads_bytes(void **state) {
    (void)state;
    for (int size = 2; size <= 20; size += 2)
        stem_case(3, 1, size, size, 22 - size);
    stem_case(3, 1, 32, 32, 36);
    for (int size = 2; size <= 20; size += 2) /* the plain equivalent of Focus */
        stem_case(6, 2, size, size, 22 - size);
    stem_case(6, 2, 32, 32, 100);
}

/* ---- depthwise, pool ---- */

static void dwconv_case(const shape *in, int kernel, int stride, int h, int w, int activation) {
    const shape to = {1, {total(in)}, {0}};
    operand a = make_operand(in, h, w, 1), out = make_operand(&to, h / stride, w / stride, 0);
    v5l_file_op op = {.kind = V5L_OP_DWCONV,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = (uint16_t)stride,
                      .pad = (uint16_t)(kernel / 2),
                      .groups = (uint32_t)total(in),
                      .activation = (uint16_t)activation};
    v5l_step s = make_step(&op, &a, &out, in, &to, h, w);
    const int channels = total(in);
    float *weights = random_floats((size_t)(kernel * kernel * channels)), *bias = random_floats((size_t)channels);
    s.weights = weights;
    s.bias = bias;
    run(&s);
    for (int oy = 0; oy < s.out_height; oy++) {
        for (int ox = 0; ox < s.out_width; ox++) {
            for (int c = 0; c < channels; c++) {
                double sum = (double)bias[c], magnitude = fabs(sum);
                for (int tap = 0; tap < kernel * kernel; tap++) {
                    const int y = oy * stride - kernel / 2 + tap / kernel, x = ox * stride - kernel / 2 + tap % kernel;
                    const double p = value(&a, h, w, y, x, c) * (double)weights[tap * channels + c];
                    sum += p;
                    magnitude += fabs(p);
                }
                assert_sum((float)value(&out, s.out_height, s.out_width, oy, ox, c), act(sum, activation),
                           kernel * kernel, magnitude);
            }
        }
    }
    check_untouched(&out, &to);
    free(weights);
    free(bias);
    free_operand(&a, in->spans);
    free_operand(&out, 1);
}

static void test_depthwise_at_edges(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        dwconv_case(&(shape){1, {n}, {0}}, 3, 1, 1 + n % 4, 1 + n % 7, V5L_ACT_NONE);
        dwconv_case(&(shape){1, {n}, {0}}, 3, 2, 2 + n % 4 / 2 * 2, 2 + n % 6 / 2 * 2, V5L_ACT_RELU);
        dwconv_case(&(shape){1, {n}, {0}}, 5, 1, 1 + n % 6, 1 + n % 5, V5L_ACT_SILU);
        dwconv_case(&(shape){1, {n}, {0}}, 5, 2, 2, 2 + n % 10 / 2 * 2, V5L_ACT_HARDSWISH);
    }
    dwconv_case(&(shape){1, {60}, {0}}, 3, 1, 5, 9, V5L_ACT_NONE);
    dwconv_case(&(shape){1, {116}, {0}}, 3, 2, 6, 6, V5L_ACT_NONE);
    dwconv_case(&(shape){1, {64}, {0}}, 3, 1, 7, 9, V5L_ACT_HARDSWISH);
    dwconv_case(&(shape){1, {256}, {0}}, 5, 1, 10, 10, V5L_ACT_HARDSWISH);
    dwconv_case(&(shape){1, {128}, {0}}, 5, 2, 20, 20, V5L_ACT_HARDSWISH);
}

static void test_depthwise_reads_concatenated_and_upsampled_spans(void **state) {
    (void)state;
    dwconv_case(&(shape){2, {6, 5}, {1, 0}}, 3, 1, 4, 6, V5L_ACT_RELU);
    dwconv_case(&(shape){3, {1, 2, 9}, {0, 1, 0}}, 3, 1, 2, 2, V5L_ACT_RELU);
    dwconv_case(&(shape){3, {1, 2, 9}, {0, 1, 1}}, 5, 2, 8, 4, V5L_ACT_NONE);
}

static void maxpool_case(int channels, int kernel, int stride, int h, int w, int upsample) {
    const shape in = {1, {channels}, {upsample}}, to = {1, {channels}, {0}};
    operand a = make_operand(&in, h, w, 1), out = make_operand(&to, h / stride, w / stride, 0);
    for (size_t i = 0; i < a.floats[0]; i++)
        a.memory[0][i] -= 2.0f; /* all negative: padding must not win as a zero */
    v5l_file_op op = {.kind = V5L_OP_MAXPOOL,
                      .kernel_h = (uint16_t)kernel,
                      .kernel_w = (uint16_t)kernel,
                      .stride = (uint16_t)stride,
                      .pad = (uint16_t)(kernel / 2)};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    run(&s);
    for (int oy = 0; oy < s.out_height; oy++) {
        for (int ox = 0; ox < s.out_width; ox++) {
            for (int c = 0; c < channels; c++) {
                double best = -INFINITY;
                for (int tap = 0; tap < kernel * kernel; tap++) {
                    const int y = oy * stride - kernel / 2 + tap / kernel, x = ox * stride - kernel / 2 + tap % kernel;
                    if (y >= 0 && y < h && x >= 0 && x < w) best = fmax(best, value(&a, h, w, y, x, c));
                }
                assert_true(value(&out, s.out_height, s.out_width, oy, ox, c) == best);
            }
        }
    }
    check_untouched(&out, &to);
    free_operand(&a, 1);
    free_operand(&out, 1);
}

static void test_maxpool_ignores_padding(void **state) {
    (void)state;
    for (int n = 1; n <= 9; n++) {
        maxpool_case(n, 3, 2, 2 * n, 20 - 2 * n, 0);
        maxpool_case(n, 5, 1, n, 10 - n, 0);
    }
    maxpool_case(70, 5, 1, 10, 10, 0);
    maxpool_case(6, 5, 1, 4, 8, 1);
    maxpool_case(20, 9, 1, 10, 7, 0);
    maxpool_case(20, 13, 1, 10, 10, 0);
    maxpool_case(4, 13, 1, 3, 3, 0);
    maxpool_case(4, 3, 2, 4, 8, 1);
}

/* ---- add and structure ---- */

static void test_add_scales_its_second_operand(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        const shape in = {1, {n}, {n % 2}}, to = {1, {n}, {0}};
        operand a = make_operand(&in, 4, 6, 1), b = make_operand(&to, 4, 6, 1), out = make_operand(&to, 4, 6, 0);
        v5l_file_op op = {.kind = V5L_OP_ADD, .alpha = 0.5f, .activation = (uint16_t)(n % 4), .b_count = 1};
        v5l_step s = make_step(&op, &a, &out, &in, &to, 4, 6);
        s.b = b.spans;
        run(&s);
        for (int i = 0; i < 24 * n; i++) {
            const int c = i % n, x = i / n % 6, y = i / n / 6;
            const double va = value(&a, 4, 6, y, x, c), vb = 0.5 * value(&b, 4, 6, y, x, c);
            assert_sum((float)value(&out, 4, 6, y, x, c), act(va + vb, op.activation), 2, fabs(va) + fabs(vb));
        }
        check_untouched(&out, &to);
        free_operand(&a, 1);
        free_operand(&b, 1);
        free_operand(&out, 1);
    }
}

static void scale_case(int channels, int upsample, int h, int w) {
    const shape in = {1, {channels}, {upsample}}, to = {1, {channels}, {0}};
    operand a = make_operand(&in, h, w, 1), b = make_operand(&to, 1, 1, 1), out = make_operand(&to, h, w, 0);
    v5l_file_op op = {.kind = V5L_OP_SCALE, .b_count = 1};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    s.b = b.spans;
    run(&s);
    for (int i = 0; i < h * w * channels; i++) {
        const int c = i % channels, x = i / channels % w, y = i / channels / w;
        const float product = (float)value(&a, h, w, y, x, c) * (float)value(&b, 1, 1, 0, 0, c);
        assert_true((float)value(&out, h, w, y, x, c) == product);
    }
    check_untouched(&out, &to);
    free_operand(&a, 1);
    free_operand(&b, 1);
    free_operand(&out, 1);
}

static void test_scale_multiplies_every_pixel_by_one(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++)
        scale_case(n, n % 2, 4, 2 * n);
    scale_case(128, 0, 5, 3);
    scale_case(1, 0, 1, 1);
}

static void avgpool_case(int channels, int upsample, int h, int w) {
    const shape in = {1, {channels}, {upsample}}, to = {1, {channels}, {0}};
    operand a = make_operand(&in, h, w, 1), out = make_operand(&to, 1, 1, 0);
    v5l_file_op op = {.kind = V5L_OP_AVGPOOL};
    v5l_step s = make_step(&op, &a, &out, &in, &to, h, w);
    s.out_height = s.out_width = 1;
    run_rows(&s, 0);
    for (int c = 0; c < channels; c++) {
        double sum = 0, magnitude = 0;
        for (int i = 0; i < h * w; i++) {
            sum += value(&a, h, w, i / w, i % w, c);
            magnitude += fabs(value(&a, h, w, i / w, i % w, c));
        }
        /* A value goes through its row's sum and the sum of rows. */
        assert_sum((float)value(&out, 1, 1, 0, 0, c), sum / (h * w), h + w, magnitude / (h * w));
    }
    check_untouched(&out, &to);
    free_operand(&a, 1);
    free_operand(&out, 1);
}

static void test_avgpool_takes_the_mean_of_all_pixels(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++)
        avgpool_case(n, n % 2, 4, 2 * n);
    avgpool_case(128, 0, 20, 20);
    avgpool_case(70, 0, 1, 1);
    avgpool_case(3, 0, 160, 200);
}

/* source: channel and pixel that output (y, x, c) copies */
static void structure_case(v5l_op_kind kind, const shape *in, int groups) {
    const int up = kind == V5L_OP_UPSAMPLE, h = 4, w = 6, channels = total(in);
    const shape to = {1, {channels}, {0}};
    operand a = make_operand(in, h, w, 1), out = make_operand(&to, h << up, w << up, 0);
    v5l_file_op op = {.kind = (uint16_t)kind, .groups = (uint32_t)groups};
    v5l_step s = make_step(&op, &a, &out, in, &to, h, w);
    s.out_height = h << up;
    s.out_width = w << up;
    run(&s);
    for (int y = 0; y < s.out_height; y++) {
        for (int x = 0; x < s.out_width; x++) {
            for (int c = 0; c < channels; c++) {
                const int from = kind == V5L_OP_SHUFFLE ? c % groups * (channels / groups) + c / groups : c;
                assert_true(value(&out, s.out_height, s.out_width, y, x, c) == value(&a, h, w, y >> up, x >> up, from));
            }
        }
    }
    check_untouched(&out, &to);
    free_operand(&a, in->spans);
    free_operand(&out, 1);
}

static void test_split_concat_shuffle_and_upsample_move_every_channel(void **state) {
    (void)state;
    for (int n = 1; n <= 17; n++) {
        structure_case(V5L_OP_SPLIT, &(shape){1, {n}, {0}}, 0);
        structure_case(V5L_OP_CONCAT, &(shape){3, {n, 1, 18 - n}, {0, n % 2, 0}}, 0);
        structure_case(V5L_OP_SHUFFLE, &(shape){1, {2 * n}, {0}}, 2);
        structure_case(V5L_OP_UPSAMPLE, &(shape){1, {n}, {0}}, 0);
    }
    structure_case(V5L_OP_SHUFFLE, &(shape){1, {12}, {0}}, 3);
    structure_case(V5L_OP_SHUFFLE, &(shape){1, {12}, {0}}, 1);
}

/* ---- math ---- */

static void test_expf_is_within_2_ulp_everywhere(void **state) {
    (void)state;
    double worst = 0;
    for (uint64_t bits = 0; bits < 0x100000000u; bits += 4099) {
        const uint32_t u = (uint32_t)bits;
        float x;
        memcpy(&x, &u, sizeof x);
        const float got = v5l_expf(x);
        if (isnan(x)) {
            assert_true(isnan(got));
            continue;
        }
        const double want = exp((double)x);
        if (want >= 3.4028235677973366e38) { /* rounds to infinity */
            assert_true(isinf(got));
            continue;
        }
        const double ulp = want < 1.17549435e-38 ? 1.401298464e-45 : ldexp(1.0, ilogb(want) - 23);
        worst = fmax(worst, fabs((double)got - want) / ulp);
    }
    assert_true(worst <= 2.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv_1x1_at_every_depth_and_width),
        cmocka_unit_test(test_conv_reads_concatenated_and_upsampled_spans),
        cmocka_unit_test(test_conv_writes_several_spans),
        cmocka_unit_test(test_conv_with_taps_pads_with_zeros),
        cmocka_unit_test(test_conv_at_shapes_of_the_networks),
        cmocka_unit_test(test_stem_reads_bytes),
        cmocka_unit_test(test_depthwise_at_edges),
        cmocka_unit_test(test_depthwise_reads_concatenated_and_upsampled_spans),
        cmocka_unit_test(test_maxpool_ignores_padding),
        cmocka_unit_test(test_add_scales_its_second_operand),
        cmocka_unit_test(test_scale_multiplies_every_pixel_by_one),
        cmocka_unit_test(test_avgpool_takes_the_mean_of_all_pixels),
        cmocka_unit_test(test_split_concat_shuffle_and_upsample_move_every_channel),
        cmocka_unit_test(test_expf_is_within_2_ulp_everywhere),
    };
    return cmocka_run_group_tests_name("ops", tests, setup, NULL);
}
