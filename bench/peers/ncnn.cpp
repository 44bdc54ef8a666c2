/* SPDX-License-Identifier: MIT */
/* The worker of ncnn:  ncnn MODEL.param MODEL.bin SIZE THREADS INPUT HEADS   (turns.h describes its protocol)
 *
 * Computes in float32: disables ncnn's half precision and keeps its other defaults. Times the calls of a user: an
 * extractor, the input, the outputs. run.py compiles this against the user's installation. */
#include <net.h>

#include <algorithm>
#include <vector>

#include "turns.h"

namespace {

struct engine {
    ncnn::Net net;
    ncnn::Mat input;
    std::vector<ncnn::Mat> outputs;
};

bool load(engine &e, const char *param, const char *weights, int threads) {
    ncnn::Option &o = e.net.opt;
    o.num_threads = threads;
    o.use_vulkan_compute = false;
    o.use_bf16_storage = false;
    o.use_fp16_packed = o.use_fp16_storage = o.use_fp16_arithmetic = false;
    return e.net.load_param(param) == 0 && e.net.load_model(weights) == 0 && e.net.input_names().size() == 1;
}

double run(void *user) {
    engine &e = *static_cast<engine *>(user);
    const double began = turns_clock();
    ncnn::Extractor extractor = e.net.create_extractor();
    int failed = extractor.input(e.net.input_names()[0], e.input);
    for (size_t i = 0; i < e.outputs.size() && failed == 0; i++)
        failed = extractor.extract(e.net.output_names()[i], e.outputs[i]);
    if (failed == 0) return turns_clock() - began;
    turns_error("ncnn", "extractor", "cannot run the network");
    return -1;
}

int report(const engine &e, const char *path, double first_ms) {
    turns_report r;
    turns_report_begin(&r, "ncnn", "ncnn", NCNN_VERSION_STRING, first_ms, path);
    for (const ncnn::Mat &m : e.outputs) {
        if (m.elemsize != sizeof(float) || m.elempack != 1) r.status = TURNS_BAD;
        const int64_t shape[] = {m.c, m.h, m.w};
        turns_report_shape(&r, shape, 3);
        /* Rows of a channel are contiguous; channels are cstep apart. */
        for (int c = 0; c < m.c; c++)
            turns_report_data(&r, m.channel(c), static_cast<size_t>(m.w) * static_cast<size_t>(m.h));
    }
    return turns_report_end(&r);
}

int work(const turns_case &c, const char *param, const char *weights) {
    engine e;
    e.input = ncnn::Mat(c.size, c.size, 3);
    for (int i = 0; i < 3; i++) {
        const size_t count = static_cast<size_t>(c.size) * static_cast<size_t>(c.size);
        const float *plane = c.input + static_cast<size_t>(i) * count;
        std::copy(plane, plane + count, static_cast<float *>(e.input.channel(i)));
    }
    const double began = turns_clock();
    if (!load(e, param, weights, c.threads)) return turns_error("ncnn", param, "cannot load the network");
    e.outputs.resize(e.net.output_names().size());
    if (run(&e) < 0) return TURNS_BAD;
    const int status = report(e, c.heads, turns_clock() - began);
    return status == TURNS_OK ? turns_serve("ncnn", run, &e) : status;
}

} // namespace

int main(int argc, char **argv) {
    turns_case c;
    if (argc != 7) return turns_error("ncnn", "usage", "ncnn MODEL.param MODEL.bin SIZE THREADS INPUT HEADS");
    int status = turns_open(&c, "ncnn", argv + 3);
    if (status == TURNS_OK) status = work(c, argv[1], argv[2]);
    turns_close(&c);
    return status;
}
