/* SPDX-License-Identifier: MIT */
/* Creates a planned network in the caller's memory and runs it: a plain loop over the plan. */
#include <string.h>

#include "detections.h"
#include "kernels/float_mode.h"
#include "letterbox.h"
#include "net.h"
#include "options.h"
#include "pixels.h"

void v5l_net_options_default(v5l_net_options *options) {
    if (options == NULL) return;
    memset(options, 0, sizeof *options);
    options->width = options->height = 320;
    options->confidence = 0.25f;
    options->iou = 0.45f;
    options->max_detections = 300;
    options->cpu_mask = V5L_CPU_ALL;
}

/* ---- create ---- */

/* Takes memory for the net, then for its plan. Returns the number of bytes. */
static uint64_t measure(v5l_plan *plan, v5l_bump *bump) {
    (void)v5l_bump_take(bump, sizeof(v5l_net));
    v5l_plan_place(plan, bump);
    return bump->used;
}

/* Plans without memory. blocks: [V5L_MAX_BLOCKS]. Sets *bytes to the net's size, and *option to the field at fault or
 * NULL. */
static v5l_status prepare(v5l_plan *plan, v5l_block *blocks, const v5l_model *model, const v5l_net_options *options,
                          uint64_t *bytes, const char **option) {
    v5l_status status = v5l_options_check(model, options, option);
    if (status != V5L_OK) return status;
    status = v5l_plan_measure(plan, model, options, blocks);
    if (status == V5L_E_CPU) *option = "cpu_mask";
    if (status != V5L_OK) return status;
    v5l_bump bump = {NULL, 0};
    *bytes = measure(plan, &bump);
    return *bytes <= PTRDIFF_MAX ? V5L_OK : V5L_E_TOO_LARGE;
}

v5l_status v5l_net_check(const v5l_model *model, const v5l_net_options *options, size_t *bytes, const char **option) {
    uint64_t need = 0;
    const char *field = NULL;
    v5l_status status = V5L_E_ARGUMENT;
    if (v5l_is_open(model) && options != NULL) {
        v5l_block blocks[V5L_MAX_BLOCKS];
        v5l_plan plan;
        status = prepare(&plan, blocks, model, options, &need, &field);
    }
    if (status == V5L_OK && bytes != NULL) *bytes = (size_t)need;
    if (option != NULL) *option = field;
    return status;
}

size_t v5l_net_memory(const v5l_model *model, const v5l_net_options *options) {
    size_t bytes = 0;
    return v5l_net_check(model, options, &bytes, NULL) == V5L_OK ? bytes : 0;
}

v5l_status v5l_net_create(v5l_net **net, const v5l_model *model, const v5l_net_options *options, void *memory,
                          size_t size) {
    v5l_block blocks[V5L_MAX_BLOCKS];
    v5l_plan plan;
    uint64_t bytes = 0;
    const char *option;
    if (net == NULL || !v5l_is_open(model) || options == NULL || memory == NULL) return V5L_E_ARGUMENT;
    if ((uintptr_t)memory % V5L_ALIGN != 0) return V5L_E_ALIGNMENT;
    const v5l_status status = prepare(&plan, blocks, model, options, &bytes, &option);
    if (status != V5L_OK) return status;
    if (size < bytes) return V5L_E_MEMORY;

    v5l_net *n = (v5l_net *)memory;
    n->model = *model;
    n->options = *options;
    n->plan = plan;
    n->plan.model = &n->model; /* the caller's v5l_model may go away; the file's bytes must stay */
    n->memory_bytes = (size_t)bytes;
    v5l_bump bump = {(unsigned char *)memory, 0};
    const uint64_t mode = v5l_float_mode_enter(); /* to transform weights */
    (void)measure(&n->plan, &bump);
    v5l_float_mode_leave(mode);
    *net = n;
    return V5L_OK;
}

/* ---- run ---- */

/* Computes rows row0 .. row1-1 of an output, on the thread of one worker. */
typedef void row_task(void *context, int worker, int row0, int row1);

typedef struct {
    row_task *run;
    void *context;
    int rows, parts;
} row_job;

static void run_part(void *argument, int index) {
    const row_job *job = (const row_job *)argument;
    const int row0 = job->rows * index / job->parts; /* fits: at most 8192 rows and V5L_MAX_THREADS parts */
    const int row1 = job->rows * (index + 1) / job->parts;
    const uint64_t mode = v5l_float_mode_enter(); /* on this thread, which the hook chose */
    job->run(job->context, index, row0, row1);
    v5l_float_mode_leave(mode);
}

/* Splits rows statically: the thread count alone determines which worker computes a row. No result depends on the
 * split. */
static void for_rows(const v5l_net *net, int rows, row_task *run, void *context) {
    const int parts = rows < net->plan.threads ? rows : net->plan.threads;
    row_job job = {run, context, rows, parts};
    if (parts > 1)
        net->options.parallel.run(net->options.parallel.user, run_part, &job, parts);
    else
        run_part(&job, 0);
}

typedef struct {
    const v5l_net *net;
    const v5l_image *image;
    const v5l_letterbox *box;
} letterbox_task;

static void begin_rows(const letterbox_task *t, int worker, v5l_letterbox_source *source) {
    const v5l_plan *plan = &t->net->plan;
    v5l_letterbox_begin(source, plan->kernels, t->image, t->box,
                        v5l_plan_letterbox(plan) + (size_t)worker * (size_t)plan->letterbox_bytes);
}

static void run_letterbox_rows(void *context, int worker, int row0, int row1) {
    const letterbox_task *t = (const letterbox_task *)context;
    v5l_letterbox_source source;
    begin_rows(t, worker, &source);
    v5l_letterbox_rows(&source, v5l_plan_block(&t->net->plan, 0), row0, row1);
}

typedef struct {
    const v5l_net *net;
    int index;                       /* of the op, or of the first op of a chain */
    const letterbox_task *letterbox; /* source of the rows that op 0 streams */
} step_task;

static void run_step_rows(void *context, int worker, int row0, int row1) {
    const step_task *t = (const step_task *)context;
    const v5l_plan *plan = &t->net->plan;
    v5l_worker w = {.scratch = plan->scratch + (size_t)worker * (size_t)plan->scratch_bytes};
    v5l_letterbox_source source;
    if (t->index == 0 && plan->decisions.streams_input) {
        begin_rows(t->letterbox, worker, &source);
        w.rows = &source;
    }
    const v5l_step *step = &plan->steps[(size_t)worker * v5l_header(plan->model)->op_count + (size_t)t->index];
    if (step->next != NULL)
        v5l_chain_run(step, &w, row0, row1);
    else
        step->run(step, &w, row0, row1);
}

static void observe_op(const v5l_net *net, int index, int done) {
    const v5l_observer *observer = &net->options.observer;
    if (observer->op == NULL) return;
    const v5l_step *s = &net->plan.steps[index];
    const int is_view = v5l_is_view(s->op);
    const v5l_view view = {.height = s->out_height,
                           .width = s->out_width,
                           .channels = s->out_channels,
                           .span_count = (int)(is_view ? s->op->a_count : s->op->out_count),
                           .spans = is_view ? s->a : s->out,
                           .order = s->op->order == V5L_NO_ORDER ? NULL : v5l_orders(&net->model) + s->op->order};
    observer->op(observer->user, index, done ? &view : NULL);
}

static void run_network(v5l_net *net, const letterbox_task *letterbox) {
    const int ops = (int)v5l_header(&net->model)->op_count;
    for (int i = 0; i < ops; i++) {
        step_task task = {net, i, letterbox};
        const v5l_step *last = &net->plan.steps[i];
        observe_op(net, i, 0);
        while (last->next != NULL)
            last = last->next;
        if (last->run != NULL) for_rows(net, last->out_height, run_step_rows, &task);
        observe_op(net, i, 1);
        i = (int)(last - net->plan.steps); /* an observed net has no chains */
    }
}

static v5l_candidates run_decode(const v5l_net *net) {
    const v5l_plan *plan = &net->plan;
    const v5l_worker worker = {.scratch = plan->scratch};
    v5l_candidates list = {v5l_plan_candidates(plan), 0, plan->candidate_capacity};
    for (uint32_t i = 0; i < v5l_header(plan->model)->head_count; i++) {
        const v5l_plan_head *head = &plan->heads[i];
        if (head->deferred != NULL)
            v5l_head_decode(head->deferred, &worker, &head->level, &net->options, &list);
        else
            v5l_decode(&head->level, plan->kernels, &net->options, &list);
    }
    return list;
}

static void observe_stage(const v5l_net *net, v5l_stage stage, int done) {
    if (net->options.observer.stage != NULL) net->options.observer.stage(net->options.observer.user, stage, done);
}

int v5l_net_run(v5l_net *net, const v5l_image *input, const v5l_letterbox *box, const v5l_image *image,
                v5l_detection *detections, int capacity) {
    letterbox_task letterbox = {.net = net, .image = input, .box = box};

    observe_stage(net, V5L_STAGE_LETTERBOX, 0);
    if (!net->plan.decisions.streams_input) for_rows(net, net->plan.height, run_letterbox_rows, &letterbox);
    observe_stage(net, V5L_STAGE_LETTERBOX, 1);

    observe_stage(net, V5L_STAGE_NETWORK, 0);
    run_network(net, &letterbox);
    observe_stage(net, V5L_STAGE_NETWORK, 1);

    observe_stage(net, V5L_STAGE_DECODE, 0);
    v5l_candidates list = run_decode(net);
    observe_stage(net, V5L_STAGE_DECODE, 1);

    observe_stage(net, V5L_STAGE_NMS, 0);
    const int count = v5l_detections_from(&list, &net->options, image, detections, capacity);
    observe_stage(net, V5L_STAGE_NMS, 1);
    return count;
}

int v5l_net_detect(v5l_net *net, const v5l_image *image, v5l_detection *detections, int capacity) {
    if (net == NULL || image == NULL || detections == NULL || capacity < 1) return V5L_E_ARGUMENT;
    v5l_letterbox box;
    const uint64_t mode = v5l_float_mode_enter();
    int found = v5l_check_image(image);
    if (found == V5L_OK && !v5l_letterbox_place(&box, image, &net->options)) found = V5L_E_IMAGE;
    if (found == V5L_OK) found = v5l_net_run(net, image, &box, image, detections, capacity);
    v5l_float_mode_leave(mode);
    return found;
}
