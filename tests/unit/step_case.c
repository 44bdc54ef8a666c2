/* SPDX-License-Identifier: MIT */
#include "step_case.h"

builder step_rng;
v5l_kernels step_kernels;
v5l_letterbox_source *step_rows;
int step_dense, step_shared_panels;

/* Channels before those of a span. */
static size_t lead(void) { return step_dense ? 0 : 2; }

int step_setup(void **state) {
    (void)state;
    step_rng.seed = 7;
    assert_int_equal(v5l_kernels_select(&step_kernels, V5L_KERNELS_F32, check_cpu_mask() & v5l_cpu_features()), V5L_OK);
    return 0;
}

operand make_operand(const shape *s, int height, int width, int random) {
    operand o;
    memset(&o, 0, sizeof o);
    for (int i = 0; i < s->spans; i++) {
        const int h = height >> s->upsample[i], w = width >> s->upsample[i];
        const int pixel = s->channels[i] + (step_dense ? 0 : 3);
        o.floats[i] = (size_t)h * (size_t)w * (size_t)pixel;
        o.memory[i] = malloc(o.floats[i] * sizeof(float));
        for (size_t k = 0; k < o.floats[i]; k++) {
            const size_t c = k % (size_t)pixel;
            o.memory[i][k] =
                random && c >= lead() && c < lead() + (size_t)s->channels[i] ? builder_random(&step_rng) : NAN;
        }
        o.spans[i] = (v5l_span){.data = o.memory[i] + lead(),
                                .channels = (uint32_t)s->channels[i],
                                .pixel_stride = (uint32_t)pixel * (uint32_t)sizeof(float),
                                .row_stride = (uint32_t)(pixel * w) * (uint32_t)sizeof(float),
                                .upsample = (uint32_t)s->upsample[i]};
    }
    return o;
}

void free_operand(operand *o, int spans) {
    for (int i = 0; i < spans; i++)
        free(o->memory[i]);
}

int total(const shape *s) {
    int n = 0;
    for (int i = 0; i < s->spans; i++)
        n += s->channels[i];
    return n;
}

double value_at(const operand *o, int height, int width, int y, int x, int c) {
    if (y < 0 || y >= height || x < 0 || x >= width) return 0.0;
    int i = 0;
    while (c >= (int)o->spans[i].channels)
        c -= (int)o->spans[i++].channels;
    const v5l_span *s = &o->spans[i];
    return (double)((const float *)v5l_span_pixel(s, y, x))[c];
}

void check_untouched(const operand *o, const shape *s) {
    for (int i = 0; i < s->spans; i++) {
        const size_t pixel = o->spans[i].pixel_stride / sizeof(float);
        for (size_t k = 0; k < o->floats[i]; k++)
            if (k % pixel < lead() || k % pixel >= lead() + o->spans[i].channels) assert_true(isnan(o->memory[i][k]));
    }
}

double act(double x, int activation) {
    if (activation == V5L_ACT_RELU) return x > 0 ? x : 0;
    if (activation == V5L_ACT_SILU) return x / (1 + exp(-x));
    if (activation == V5L_ACT_HARDSWISH) return x * fmin(fmax(x + 3, 0), 6) / 6;
    return x;
}

void run_rows(v5l_step *step, int cut) {
    v5l_step_bind(step);
    assert_non_null(step->run);
    guarded scratch = guarded_new((size_t)v5l_step_scratch(step));
    float *zeros = calloc(V5L_MAX_CHANNELS, sizeof(float));
    const v5l_worker worker = {.scratch = scratch.at, .rows = step_rows};
    step->padding = zeros;
    step->panel_depth = (uint32_t)(step->op->kernel_h * step->op->kernel_w * step->in_channels);
    if (cut > 0) step->run(step, &worker, 0, cut);
    step->run(step, &worker, cut, step->out_height);
    free(zeros);
    guarded_free(&scratch);
}

void run_step(v5l_step *step) { run_rows(step, (step->out_height + 1) / 3 | (step->out_height > 1)); }

size_t padded_channels(const shape *to) {
    size_t n = 0;
    if (step_shared_panels) return (size_t)(total(to) + 7) / 8 * 8;
    for (int i = 0; i < to->spans; i++)
        n += (size_t)(to->channels[i] + 7) / 8 * 8;
    return n;
}

v5l_step make_step(v5l_file_op *op, operand *a, operand *out, const shape *in, const shape *to, int h, int w) {
    v5l_step s;
    memset(&s, 0, sizeof s);
    op->a_count = (uint32_t)in->spans;
    op->out_count = (uint32_t)to->spans;
    s.op = op;
    s.kernels = &step_kernels;
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

float *random_floats(size_t n) {
    float *f = malloc(n * sizeof(float));
    for (size_t i = 0; i < n; i++)
        f[i] = builder_random(&step_rng);
    return f;
}
