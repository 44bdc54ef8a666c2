/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <fenv.h>
#include <string.h>

#include "blocks.h"
#include "describe.h"
#include "exact.h"
#include "fail.h"
#include "images.h"
#include "interpreter.h"
#include "model.h"
#include "workers.h"

enum { MOST_FOUND = 3000, MOST_MEMORY = 48 << 20, OBSERVE_OPS = 1, OBSERVE_STAGES = 2 };

/* The host's requests, the same in all runs of a net .. */
typedef struct {
    v5l_net_options options;
    uint8_t classes[V5L_MAX_CLASSES];
    int capacity;
    picture shown, before; /* before: detected first, on the same net, in some runs */
} request;

/* .. and what no result may depend on. */
typedef struct {
    int threads, pool, observed, after_other;
    int fill;     /* pattern in the net's memory */
    int rounding; /* the host's rounding mode, of fenv.h */
} run_way;

typedef struct {
    v5l_detection found[MOST_FOUND];
    int count;
    uint64_t picture, ops[V5L_MAX_OPS]; /* hashes of values; 0 = not observed */
} result;

typedef struct {
    const v5l_net *net;
    result *result;
    interpreter *interpreter; /* NULL: values are not interpreted */
    int stages;               /* bits of the stages that have begun */
} observation;

/* ---- observers ---- */

static uint64_t hash_of(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * 0x100000001B3u;
    return hash;
}

/* Treats all NaN as one: which of two NaN an addition returns is undefined. */
static uint64_t hash_of_values(float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (values[i] != values[i]) memset(&values[i], 0xFF, sizeof values[i]);
    return hash_of(0xCBF29CE484222325u, values, count * sizeof values[0]);
}

static int runs_winograd(const v5l_net *net, int op) {
    v5l_op_plan plan;
    REQUIRE(v5l_net_get_op(net, op, &plan) == V5L_OK, "op %d is refused", op);
    return strstr(plan.function, "winograd") != NULL;
}

static void observe_op(void *user, int op, const v5l_view *output) {
    observation *o = user;
    if (output == NULL) {
        if (op != 0) return;
        const uint8_t *pixels = v5l_net_picture(o->net);
        v5l_net_info info;
        v5l_net_get_info(o->net, &info);
        REQUIRE(pixels != NULL, "an observed net has no picture");
        o->result->picture = hash_of(1, pixels, (size_t)info.width * (size_t)info.height * 3);
        if (o->interpreter != NULL) interpreter_picture(o->interpreter, pixels);
        return;
    }
    const size_t count = (size_t)output->height * (size_t)output->width * (size_t)output->channels;
    exact copy = exact_alloc(count * sizeof(float), 64);
    v5l_view_copy(output, copy.at);
    o->result->ops[op] = hash_of_values(copy.at, count);
    exact_free(&copy);
    if (o->interpreter != NULL) interpreter_check(o->interpreter, op, output, runs_winograd(o->net, op));
}

static void observe_stage(void *user, v5l_stage stage, int done) {
    observation *o = user;
    REQUIRE(done ? o->stages == (1 << (stage + 1)) - 1 : o->stages == (1 << stage) - 1, "stage %d is out of turn",
            (int)stage);
    o->stages |= 1 << stage;
}

/* ---- one run ---- */

static void check_found(const request *r, const v5l_model *model, const result *got) {
    const v5l_image *image = &r->shown.image;
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    const int most = r->options.max_detections < r->capacity ? r->options.max_detections : r->capacity;
    REQUIRE(got->count >= 0 && got->count <= most, "%d detections of %d at most", got->count, most);
    for (int i = 0; i < got->count; i++) {
        const v5l_detection *d = &got->found[i];
        REQUIRE(d->x0 >= 0.0f && d->x0 <= d->x1 && d->x1 <= (float)image->width, "detection %d: columns", i);
        REQUIRE(d->y0 >= 0.0f && d->y0 <= d->y1 && d->y1 <= (float)image->height, "detection %d: rows", i);
        REQUIRE(d->class_id >= 0 && d->class_id < info.class_count, "detection %d: class %d", i, d->class_id);
        REQUIRE(r->options.classes == NULL || r->options.classes[d->class_id] != 0, "detection %d: an ignored class",
                i);
        REQUIRE(d->score > r->options.confidence && d->score <= 1.0f, "detection %d: score %g", i, (double)d->score);
        REQUIRE(i == 0 || d->score <= d[-1].score, "detection %d is better than the one before", i);
    }
}

/* Sets the options of one way. Returns the memory they need. */
static size_t set_way(v5l_net_options *o, const run_way *way, const workers *w, observation *seen,
                      const v5l_model *model) {
    if (way->threads > 1) o->parallel = workers_hook(w);
    o->observer.user = seen;
    if (way->observed & OBSERVE_OPS) o->observer.op = observe_op;
    if (way->observed & OBSERVE_STAGES) o->observer.stage = observe_stage;
    size_t bytes = 0;
    const char *option = "";
    const v5l_status status = v5l_net_check(model, o, &bytes, &option);
    REQUIRE(status == V5L_OK && option == NULL, "status %d for %d threads, observed %d", (int)status, way->threads,
            way->observed);
    REQUIRE(v5l_net_memory(model, o) == bytes, "v5l_net_memory and v5l_net_check disagree");
    return bytes;
}

static void check_refusals(const v5l_model *model, const v5l_net_options *o, unsigned char *memory, size_t need) {
    v5l_net *net = NULL;
    REQUIRE(v5l_net_create(&net, model, o, memory, need - 1) == V5L_E_MEMORY, "one byte less is taken");
    REQUIRE(v5l_net_create(&net, model, o, memory + 8, need) == V5L_E_ALIGNMENT, "memory at 8 modulo 64 is taken");
    REQUIRE(net == NULL, "a net in spite of an error");
}

static void run(const request *r, const v5l_model *model, const run_way *way, choices *c, interpreter *values,
                result *got, fuzz_counts *counts) {
    observation seen = {NULL, got, values, 0};
    v5l_net_options o = r->options;
    workers w = workers_create(way->threads, way->pool, c);
    const size_t need = set_way(&o, way, &w, &seen, model);
    exact memory = exact_alloc(need, 64), found = exact_alloc((size_t)r->capacity * sizeof(v5l_detection), 8);
    memset(memory.at, way->fill, need);
    REQUIRE(fesetround(way->rounding) == 0, "no rounding mode %d", way->rounding);
    check_refusals(model, &o, memory.at, need);
    v5l_net *net = NULL;
    REQUIRE(v5l_net_create(&net, model, &o, memory.at, need) == V5L_OK, "create refuses what was measured");
    seen.net = net;
    check_reports(net, model, &o, need, counts);
    check_bad_image(net, &r->shown.image, c);
    if (way->after_other) {
        seen.interpreter = NULL;
        v5l_net_detect(net, &r->before.image, found.at, r->capacity);
        seen.interpreter = values;
    }
    seen.stages = 0;
    memset(found.at, 0x55, (size_t)r->capacity * sizeof(v5l_detection));
    got->count = v5l_net_detect(net, &r->shown.image, found.at, r->capacity);
    REQUIRE(fegetround() == way->rounding, "the rounding mode is %d, was %d", fegetround(), way->rounding);
    fesetround(FE_TONEAREST);
    const size_t bytes = (size_t)(got->count > 0 ? got->count : 0) * sizeof(v5l_detection);
    memcpy(got->found, found.at, bytes);
    for (size_t i = bytes; i < (size_t)r->capacity * sizeof(v5l_detection); i++)
        REQUIRE(((const unsigned char *)found.at)[i] == 0x55, "more is written than the %d detections", got->count);
    exact_free(&found);
    exact_free(&memory);
    workers_free(&w);
}

/* ---- comparisons ---- */

static void compare_results(const result *x, const result *y, const run_way *way, int ops) {
    REQUIRE(x->count == y->count, "%d detections on %d threads, observed %d, fill %d; %d on one", y->count,
            way->threads, way->observed, way->fill, x->count);
    for (int i = 0; i < x->count; i++)
        REQUIRE(memcmp(&x->found[i], &y->found[i], sizeof x->found[i]) == 0,
                "detection %d differs on %d threads, observed %d, fill %d", i, way->threads, way->observed, way->fill);
    REQUIRE(x->picture == 0 || y->picture == 0 || x->picture == y->picture, "the letterboxed picture differs");
    for (int i = 0; i < ops; i++)
        REQUIRE(x->ops[i] == 0 || y->ops[i] == 0 || x->ops[i] == y->ops[i],
                "op %d differs on %d threads, observed %d, fill %d", i, way->threads, way->observed, way->fill);
}

static int pick_rounding(choices *c) {
#if defined(FE_UPWARD) && defined(FE_DOWNWARD) && defined(FE_TOWARDZERO)
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    if (chance(c, 25)) return modes[choose(c, 3)];
#endif
    (void)c;
    return FE_TONEAREST;
}

static run_way pick_way(choices *c, int round) {
    static const uint8_t threads[] = {1, 2, 3, 4, 7, 16, 64}, fills[] = {0xFF, 0x7F, 0x00, 0x3F};
    run_way way = {.fill = fills[round % 4]};
    way.threads = round == 0 ? 1 : threads[choose(c, 7)];
    way.observed = round == 2 ? OBSERVE_OPS : round == 3 ? OBSERVE_STAGES : (int)choose(c, 4);
    way.after_other = chance(c, 30);
    way.pool = way.threads <= 4 && chance(c, 25);
    way.rounding = pick_rounding(c);
    return way;
}

/* ---- requests ---- */

static void set_cpu(v5l_net_options *o, const v5l_model *model, choices *c) {
    static const uint32_t masks[] = {
#define V5L_SET(name, target, features, flags) features,
#define V5L_HINT(name, target, features) features,
#include "kernels/sets.def"
    };
    o->cpu_mask = chance(c, 50) ? V5L_CPU_ALL : masks[choose(c, sizeof masks / sizeof masks[0])];
    /* A library for one instruction set has no other. */
    if (v5l_net_check(model, o, NULL, NULL) == V5L_E_CPU) o->cpu_mask = V5L_CPU_ALL;
}

/* Chooses a side of the network input, in units of the largest stride. Two large ones: maps of the size at which chains
 * begin. */
static int pick_units(choices *c, int stride, int large) {
    if (large) return 176 / stride + 1 + (int)choose(c, 2 + 160 / (uint32_t)stride);
    return chance(c, 80) ? 1 + (int)choose(c, 4) : 1 + (int)choose(c, 1 + 512 / (uint32_t)stride);
}

/* Returns whether a net of this size is affordable. */
static int affordable(const v5l_model *model, const v5l_net_options *o, uint64_t most) {
    const size_t need = v5l_net_memory(model, o);
    if (need == 0 || need > MOST_MEMORY / 4) return 0;
    exact memory = exact_alloc(need, 64);
    v5l_net *net = NULL;
    v5l_net_info info;
    REQUIRE(v5l_net_create(&net, model, o, memory.at, need) == V5L_OK, "create refuses what was measured");
    v5l_net_get_info(net, &info);
    exact_free(&memory);
    return info.macs <= most;
}

/* Halves the size until a run is affordable. Returns 0 if it never is. */
static int set_size(request *r, const v5l_model *model, choices *c) {
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    const int large = chance(c, 60);
    int across = pick_units(c, info.max_stride, large), down = pick_units(c, info.max_stride, large);
    const uint64_t most = chance(c, 30) ? 2500000u : chance(c, 75) ? 12000000u : 40000000u;
    for (;;) {
        r->options.width = across * info.max_stride;
        r->options.height = down * info.max_stride;
        if (affordable(model, &r->options, most)) return 1;
        if (across <= 1 && down <= 1) return 0;
        across = (3 * across + 1) / 4;
        down = (3 * down + 1) / 4;
    }
}

static void set_classes(request *r, const v5l_model *model, choices *c) {
    if (!chance(c, 30)) return;
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    for (int i = 0; i < info.class_count; i++)
        r->classes[i] = (uint8_t)chance(c, 60);
    r->options.classes = r->classes;
}

/* Chooses another box to fit the picture into: any, or the one with the least padding. */
static void set_fit(request *r, const v5l_model *model, choices *c) {
    v5l_net_options *o = &r->options;
    v5l_letterbox box;
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    if (chance(c, 80)) return;
    if (chance(c, 50)) {
        o->fit_width = 1 + (int)choose(c, (uint32_t)o->width);
        o->fit_height = 1 + (int)choose(c, (uint32_t)o->height);
        return;
    }
    o->fit_width = o->width;
    o->fit_height = o->height;
    REQUIRE(v5l_letterbox_fit(&box, r->shown.image.width, r->shown.image.height, o->width, o->height,
                              info.max_stride) == V5L_OK,
            "no letterbox");
    o->width = box.width;
    o->height = box.height;
}

static int request_init(request *r, const v5l_model *model, choices *c) {
    static const float confidences[] = {0.25f, 0.25f, 0.0f, 0.6f, 0.95f, 1.0f};
    v5l_net_options *o = &r->options;
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    v5l_net_options_default(o);
    o->width = o->height = info.max_stride;
    set_cpu(o, model, c);
    o->direct = chance(c, 30);
    if (v5l_net_check(model, o, NULL, NULL) == V5L_E_DIRECT) o->direct = 0;
    o->confidence = confidences[choose(c, 6)];
    o->iou = chance(c, 40) ? 1.0f : (float)choose(c, 11) / 10.0f;
    o->multi_label = chance(c, 40) ? (int)random_bits(c) : 0; /* any number other than 0 means 1 */
    o->agnostic = chance(c, 30);
    o->max_candidates = chance(c, 60) ? 0 : 1 + (int)choose(c, 60);
    o->max_detections = chance(c, 70) ? MOST_FOUND : 1 + (int)choose(c, 300);
    r->capacity = chance(c, 80) ? MOST_FOUND : 1 + (int)choose(c, 5);
    set_classes(r, model, c);
    if (!set_size(r, model, c)) return 0;
    r->shown = picture_make(c);
    r->before = picture_make(c);
    set_fit(r, model, c);
    return 1;
}

/* Sets a threshold that is the score of some detection: the better ones stay, bit for bit, and no others. */
static void raise_threshold(const request *r, const v5l_model *model, choices *c, const result *all) {
    static result got;
    request other = *r;
    run_way way = pick_way(c, 1);
    int better = 0;
    other.options.confidence = all->found[choose(c, (uint32_t)all->count)].score;
    if (other.options.classes != NULL) other.options.classes = other.classes;
    while (better < all->count && all->found[better].score > other.options.confidence)
        better++;
    memset(&got, 0, sizeof got);
    run(&other, model, &way, c, NULL, &got, NULL);
    REQUIRE(got.count == better, "%d detections above %.9g, expected %d", got.count, (double)other.options.confidence,
            better);
    REQUIRE(memcmp(got.found, all->found, (size_t)better * sizeof got.found[0]) == 0, "other detections above %.9g",
            (double)other.options.confidence);
}

/* Runs the net on some instruction set, with the interpreter as observer. */
static void interpret(const request *r, const v5l_model *model, choices *c) {
    static result got;
    request other = *r;
    set_cpu(&other.options, model, c);
    run_way way = pick_way(c, 2);
    way.observed |= OBSERVE_OPS;
    memset(&got, 0, sizeof got);
    interpreter *values = interpreter_create(model, r->options.width, r->options.height, c);
    if (other.options.classes != NULL) other.options.classes = other.classes;
    run(&other, model, &way, c, values, &got, NULL);
    if (got.count >= 0) {
        check_found(&other, model, &got);
        interpreter_check_detections(values, &other.options, &other.shown.image, got.found, got.count, other.capacity);
    }
    interpreter_free(values);
}

void check_model(const v5l_model *model, choices *c, fuzz_counts *counts) {
    static request r;
    static result first, got;
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    memset(&r, 0, sizeof r);
    memset(&first, 0, sizeof first);
    if (!request_init(&r, model, c)) return;
    check_descriptions(model);
    check_bad_options(model, &r.options, c);
    check_letterbox(c);
    const run_way plain = {.threads = 1, .rounding = FE_TONEAREST};
    run(&r, model, &plain, c, NULL, &first, counts);
    const int fits = first.count >= 0;
    REQUIRE(fits || (first.count == V5L_E_IMAGE && r.options.fit_width != 0), "detect says %d", first.count);
    if (fits) check_found(&r, model, &first);
    for (int round = 0; fits && round < 4; round++) {
        const run_way way = pick_way(c, round);
        memset(&got, 0, sizeof got);
        run(&r, model, &way, c, NULL, &got, NULL);
        compare_results(&first, &got, &way, info.op_count);
        if (way.observed & OBSERVE_OPS) memcpy(first.ops, got.ops, sizeof first.ops);
        if (way.observed & OBSERVE_OPS) first.picture = got.picture;
    }
    if (first.count > 0) raise_threshold(&r, model, c, &first);
    if (fits) interpret(&r, model, c);
    counts->ran++;
    counts->detections += fits ? (uint64_t)first.count : 0;
    picture_free(&r.shown);
    picture_free(&r.before);
}
