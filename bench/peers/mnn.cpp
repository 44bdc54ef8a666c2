/* SPDX-License-Identifier: MIT */
/* The worker of MNN:  mnn MODEL.mnn SIZE THREADS INPUT HEADS   (turns.h describes its protocol)
 *
 * Uses Interpreter and Session, like MNN's own benchmark: Module adds one more layer to the same work. Keeps MNN's
 * defaults, float32 on x86, with three exceptions. The session omits debugging data. Winograd's tiles are small. The
 * input is memory of this program: MNN would reuse its own for intermediate maps, so each run would need a new copy.
 * Times a run and the mapping of its outputs, which copies only outputs that are not planar. run.py compiles this
 * against the user's installation. */
#include <MNN/Interpreter.hpp>
#include <MNN/Tensor.hpp>

#include <unistd.h>

#include <memory>
#include <vector>

#include "turns.h"

namespace {

using MNN::Interpreter;
using MNN::Tensor;

struct output {
    Tensor *tensor;
    void *mapped;
};

struct engine {
    const char *model;
    std::unique_ptr<Interpreter> net;
    MNN::Session *session = nullptr;
    std::vector<output> outputs;
};

bool load(engine &e, const turns_case &c) {
    e.net.reset(Interpreter::createFromFile(e.model));
    if (e.net == nullptr) return false;
    e.net->setSessionMode(Interpreter::Session_Release);
    e.net->setSessionMode(Interpreter::Session_Input_User);
    /* F(2x2, 3x3), as in v5lite. The default, larger tiles, exceeds the allowed difference of the heads. */
    e.net->setSessionHint(Interpreter::WINOGRAD_MEMORY_LEVEL, 1);
    MNN::ScheduleConfig config;
    config.numThread = c.threads;
    e.session = e.net->createSession(config);
    if (e.session == nullptr || e.net->getSessionInputAll(e.session).size() != 1) return false;
    Tensor *input = e.net->getSessionInput(e.session, nullptr);
    e.net->resizeTensor(input, {1, 3, c.size, c.size});
    input->buffer().host = reinterpret_cast<uint8_t *>(c.input);
    e.net->resizeSession(e.session);
    e.net->releaseModel();
    for (const auto &named : e.net->getSessionOutputAll(e.session))
        e.outputs.push_back({named.second, nullptr});
    return true;
}

void unmap(engine &e) {
    for (output &o : e.outputs) {
        if (o.mapped != nullptr) o.tensor->unmap(Tensor::MAP_TENSOR_READ, Tensor::CAFFE, o.mapped);
        o.mapped = nullptr;
    }
}

double run(void *user) {
    engine &e = *static_cast<engine *>(user);
    unmap(e);
    const double began = turns_clock();
    bool good = e.net->runSession(e.session) == MNN::NO_ERROR;
    for (output &o : e.outputs) {
        o.mapped = good ? o.tensor->map(Tensor::MAP_TENSOR_READ, Tensor::CAFFE) : nullptr;
        good = o.mapped != nullptr;
    }
    if (good) return turns_clock() - began;
    turns_error("mnn", e.model, "cannot run the network");
    return -1;
}

int report(const engine &e, const char *path, double first_ms) {
    turns_report r;
    turns_report_begin(&r, "mnn", "MNN", MNN::getVersion(), first_ms, path);
    for (const output &o : e.outputs) {
        const std::vector<int> sides = o.tensor->shape();
        const std::vector<int64_t> shape(sides.begin(), sides.end());
        size_t count = 1; /* elementSize() includes the padding of a tensor that is not planar */
        for (int side : sides)
            count *= static_cast<size_t>(side);
        if (o.tensor->getType() != halide_type_of<float>()) r.status = TURNS_BAD;
        turns_report_shape(&r, shape.data(), shape.size());
        turns_report_data(&r, static_cast<const float *>(o.mapped), count);
    }
    return turns_report_end(&r);
}

int work(const turns_case &c, const char *model) {
    engine e;
    e.model = model;
    const double began = turns_clock();
    /* run.py reads standard output, and MNN prints messages there. */
    const int answers = dup(STDOUT_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    const bool good = load(e, c) && run(&e) >= 0;
    std::fflush(stdout);
    dup2(answers, STDOUT_FILENO);
    close(answers);
    if (!good) return turns_error("mnn", model, "cannot load and run the network");
    const int status = report(e, c.heads, turns_clock() - began);
    const int served = status == TURNS_OK ? turns_serve("mnn", run, &e) : status;
    unmap(e);
    return served;
}

} // namespace

int main(int argc, char **argv) {
    turns_case c;
    if (argc != 6) return turns_error("mnn", "usage", "mnn MODEL.mnn SIZE THREADS INPUT HEADS");
    int status = turns_open(&c, "mnn", argv + 2);
    if (status == TURNS_OK) status = work(c, argv[1]);
    turns_close(&c);
    return status;
}
