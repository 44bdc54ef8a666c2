/* SPDX-License-Identifier: MIT */
/* Whole networks: planned == literal op by op, and both against the outputs of the PyTorch original. prepare.py makes
 * the cases and the data. Argument 1 is its output directory; argument 2, if given, the number of cases to run. */
#include "check.h"

#include "image_file.h"
#include "letterbox.h"
#include "pixel_memory.h"

typedef struct {
    char kind[16], model[64];
    int size;
    char picture[512], data[512];
    double relative; /* precision of stored values: 0 = fp32, 4.9e-4 = fp16; detect: 1 = from another JPEG decoder */
} golden_case;

enum { MAX_OPS = 512 };

typedef struct {
    char name[64];
    int height, width, channels;
    float *values;
    v5l_op_kind kind;
} output;

typedef struct {
    void *model_bytes, *memory;
    v5l_model model;
    v5l_net *net;
    output outputs[MAX_OPS];
    int count;
} network;

static const char *directory;
static int limit = 1 << 30;

/* ---- files ---- */

static void *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (f == NULL) fail_msg("cannot open %s", path);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    void *bytes = aligned_alloc(64, (*size + 64) / 64 * 64);
    assert_int_equal(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

/* Reads a version 1.0 .npy of float32, C order. Returns the malloced file; *values points into it. */
static void *read_npy(const char *path, const float **values, int *h, int *w, int *c) {
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    const size_t header = bytes[8] + 256u * bytes[9];
    char text[256] = {0};
    memcpy(text, bytes + 10, header < sizeof text - 1 ? header : sizeof text - 1);
    assert_non_null(strstr(text, "'<f4'"));
    assert_int_equal(sscanf(strstr(text, "'shape': (") + 10, "%d, %d, %d", h, w, c), 3);
    assert_int_equal(size, 10 + header + (size_t)*h * (size_t)*w * (size_t)*c * 4);
    *values = (const float *)(void *)(bytes + 10 + header);
    return bytes;
}

static image read_picture(const char *path, int size) {
    image picture;
    const char *why = "";
    if (strcmp(path, "-") == 0) { /* no picture: smooth waves and some noise */
        picture = (image){.pixels = pixel_alloc((size_t)(size * size * 3)), .width = size, .height = size};
        assert_non_null(picture.pixels);
        for (int i = 0; i < size * size * 3; i++)
            picture.pixels[i] = (uint8_t)(128 + 60 * sin(i * 0.01) + 60 * sin(i % (3 * size) * 0.07) + i * 7 % 8);
    } else if (!image_read(path, &picture, &why)) {
        fail_msg("%s: %s", path, why);
    }
    return picture;
}

/* ---- running ---- */

static void keep_output(void *user, int op, const v5l_view *view) {
    network *n = user;
    if (view == NULL) return;
    v5l_op_info info;
    assert_int_equal(v5l_model_get_op(&n->model, op, &info), V5L_OK);
    output *o = &n->outputs[n->count++];
    snprintf(o->name, sizeof o->name, "%s", info.name);
    o->kind = info.kind;
    o->height = view->height;
    o->width = view->width;
    o->channels = view->channels;
    o->values = malloc((size_t)view->height * (size_t)view->width * (size_t)view->channels * sizeof(float));
    v5l_view_copy(view, o->values);
}

static void ignore_output(void *user, int op, const v5l_view *view) { (void)user, (void)op, (void)view; }

static network *open_network(const char *model, const char *form, int size, int observe) {
    char path[1024];
    size_t bytes;
    network *n = calloc(1, sizeof *n);
    snprintf(path, sizeof path, "%s/%s.%s.v5l", directory, model, form);
    n->model_bytes = read_file(path, &bytes);
    assert_int_equal(v5l_model_open(&n->model, n->model_bytes, bytes), V5L_OK);
    v5l_net_options o;
    v5l_net_options_default(&o);
    o.width = o.height = size;
    o.cpu_mask = check_cpu_mask();
    if (observe) o.observer = (v5l_observer){.user = n, .op = keep_output};
    const size_t need = v5l_net_memory(&n->model, &o);
    n->memory = aligned_alloc(64, need);
    assert_int_equal(v5l_net_create(&n->net, &n->model, &o, n->memory, need), V5L_OK);
    return n;
}

static int detect(network *n, const char *path, int size, v5l_detection *found) {
    image picture = read_picture(path, size);
    const v5l_image view = {.data = picture.pixels, .width = picture.width, .height = picture.height};
    const int count = v5l_net_detect(n->net, &view, found, 300);
    image_free(&picture);
    return count;
}

static void close_network(network *n) {
    for (int i = 0; i < n->count; i++)
        free(n->outputs[i].values);
    free(n->memory);
    free(n->model_bytes);
    free(n);
}

static const output *find(const network *n, const char *name) {
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->outputs[i].name, name) == 0) return &n->outputs[i];
    fail_msg("no op named %s", name);
    return NULL;
}

/* Returns the largest excess of |got - want| over absolute + relative * |want|: at most 0 if all values are close. */
static double worst(const output *got, const float *want, int h, int w, int c, double absolute, double relative) {
    assert_int_equal(got->height, h);
    assert_int_equal(got->width, w);
    assert_int_equal(got->channels, c);
    double most = -1;
    for (int i = 0; i < h * w * c; i++) {
        const double excess =
            fabs((double)got->values[i] - (double)want[i]) - absolute - relative * fabs((double)want[i]);
        if (!(excess <= most)) most = excess; /* NaN is the worst */
    }
    return most;
}

static double largest(const output *o) {
    double most = 0;
    for (int i = 0; i < o->height * o->width * o->channels; i++)
        most = fmax(most, fabs((double)o->values[i]));
    return most;
}

/* ---- cases ---- */

static void check_forms(const golden_case *c) {
    network *planned = open_network(c->model, "planned", c->size, 1);
    network *literal = open_network(c->model, "literal", c->size, 1);
    v5l_detection a[300], b[300];
    const int na = detect(planned, c->picture, c->size, a), nb = detect(literal, c->picture, c->size, b);
    assert_int_equal(planned->count, literal->count); /* op for op */
    for (int i = 0; i < literal->count; i++) {
        const output *want = &literal->outputs[i], *got = find(planned, want->name);
        /* The two forms sum the same products in another order: they differ by rounding, in proportion to the map's
         * values. */
        const double excess =
            worst(got, want->values, want->height, want->width, want->channels, 2e-5 * largest(want), 0);
        if (!(excess <= 0)) fail_msg("%s differs by %g", want->name, excess);
    }
    assert_int_equal(na, nb);
    for (int i = 0; i < na; i++) {
        int match = 0; /* rounding can swap scores in the list */
        for (int j = 0; j < nb; j++)
            match |= a[i].class_id == b[j].class_id && fabsf(a[i].score - b[j].score) < 1e-4f &&
                     fabsf(a[i].x0 - b[j].x0) < 0.05f && fabsf(a[i].y1 - b[j].y1) < 0.05f &&
                     fabsf(a[i].score - b[i].score) < 1e-4f;
        if (!match) fail_msg("%s: detection %d of the planned form is not in the literal form's list", c->model, i);
    }
    close_network(planned);
    close_network(literal);
}

/* Weights transformed in the file or when the net is created give the same bits, but only the second needs memory. */
static void check_layout(const golden_case *c) {
    network *direct = open_network(c->model, "planned", c->size, 1);
    network *transformed = open_network(c->model, "winograd", c->size, 1);
    v5l_detection found[300];
    v5l_net_info info;
    v5l_net_get_info(direct->net, &info);
    assert_true(info.winograd_bytes > 0);
    v5l_net_get_info(transformed->net, &info);
    assert_int_equal(info.winograd_bytes, 0);
    assert_int_equal(detect(direct, c->picture, c->size, found), detect(transformed, c->picture, c->size, found));
    assert_int_equal(direct->count, transformed->count);
    for (int i = 0; i < direct->count; i++) {
        const output *want = &direct->outputs[i], *got = &transformed->outputs[i];
        assert_string_equal(got->name, want->name);
        assert_memory_equal(got->values, want->values,
                            (size_t)(want->height * want->width * want->channels) * sizeof(float));
    }
    close_network(direct);
    close_network(transformed);
}

/* Detections with every saving (chains, deferred heads), or with every output computed whole. */
static int detect_loosely(const golden_case *c, const char *form, float confidence, int observed,
                          v5l_detection *found) {
    network *n = open_network(c->model, form, c->size, 0);
    v5l_net_options o;
    v5l_net_options_default(&o);
    o.width = o.height = c->size;
    o.cpu_mask = check_cpu_mask();
    o.confidence = confidence;
    o.multi_label = 1;
    if (observed) o.observer.op = ignore_output;
    free(n->memory);
    const size_t need = v5l_net_memory(&n->model, &o);
    n->memory = aligned_alloc(64, need);
    assert_int_equal(v5l_net_create(&n->net, &n->model, &o, n->memory, need), V5L_OK);
    memset(found, 0, 300 * sizeof *found);
    const int count = detect(n, c->picture, c->size, found);
    close_network(n);
    return count;
}

/* Compares bit for bit, at thresholds that nearly all, some and no scores pass. */
static void check_shortcuts(const golden_case *c, const char *form) {
    static const float thresholds[] = {0.0f, 0.001f, 0.1f, 1.0f};
    for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        v5l_detection whole[300], quick[300];
        const int want = detect_loosely(c, form, thresholds[i], 1, whole);
        assert_int_equal(detect_loosely(c, form, thresholds[i], 0, quick), want);
        assert_memory_equal(whole, quick, sizeof whole);
    }
}

static void check_heads(const golden_case *c, const char *form) {
    network *n = open_network(c->model, form, c->size, 1);
    v5l_detection found[300];
    assert_true(detect(n, c->picture, c->size, found) >= 0);
    int level = 0;
    for (int i = 0; i < n->count; i++) {
        if (n->outputs[i].kind != V5L_OP_DETECT) continue;
        char path[1024];
        const float *want;
        int h, w, channels;
        snprintf(path, sizeof path, "%s_s%d.npy", c->data, 8 << level++);
        void *bytes = read_npy(path, &want, &h, &w, &channels);
        const double excess = worst(&n->outputs[i], want, h, w, channels, 1e-3, c->relative);
        if (!(excess <= 0)) fail_msg("%s %s: off by %g beyond 1e-3", path, form, excess);
        free(bytes);
    }
    assert_int_equal(level, 3);
    close_network(n);
}

/* Compares the output of every top-level module: that of the last op whose name starts with "model.<index>". */
static void check_layers(const golden_case *c, const char *form) {
    network *n = open_network(c->model, form, c->size, 1);
    v5l_detection found[300];
    assert_true(detect(n, c->picture, c->size, found) >= 0);
    for (int layer = 0; layer <= 20; layer++) {
        const output *last = NULL;
        for (int i = 0; i < n->count; i++) {
            int index = -1;
            assert_int_equal(sscanf(n->outputs[i].name, "model.%d", &index), 1);
            if (index == layer) last = &n->outputs[i];
        }
        assert_non_null(last);
        char path[1024];
        const float *want;
        int h, w, channels;
        snprintf(path, sizeof path, "%s%02d.npy", c->data, layer);
        void *bytes = read_npy(path, &want, &h, &w, &channels);
        const double excess = worst(last, want, h, w, channels, 1e-3, c->relative);
        if (!(excess <= 0)) fail_msg("layer %d (%s) %s: off by %g beyond 1e-3", layer, last->name, form, excess);
        free(bytes);
    }
    close_network(n);
}

static void check_letterbox(const golden_case *c) {
    image picture = read_picture(c->picture, 0), want = read_picture(c->data, 0);
    const v5l_image view = {.data = picture.pixels, .width = picture.width, .height = picture.height};
    v5l_letterbox box;
    assert_int_equal(v5l_letterbox_fit(&box, view.width, view.height, c->size, c->size, 0), V5L_OK);
    void *scratch = malloc((size_t)v5l_letterbox_scratch(c->size));
    uint8_t *got = malloc((size_t)(c->size * c->size * 3));
    v5l_kernels kernels;
    assert_int_equal(v5l_kernels_select(&kernels, V5L_KERNELS_F32, check_cpu_mask() & v5l_cpu_features()), V5L_OK);
    v5l_letterbox_source source;
    v5l_letterbox_begin(&source, &kernels, &view, &box, scratch);
    v5l_letterbox_rows(&source, got, 0, c->size);
    assert_memory_equal(got, want.pixels, (size_t)(c->size * c->size * 3));
    free(got);
    free(scratch);
    image_free(&picture);
    image_free(&want);
}

static int within(const v5l_detection *got, const double want[6], double pixels, double score) {
    return got->class_id == (int)want[5] && fabs((double)got->score - want[4]) <= score &&
           fabs((double)got->x0 - want[0]) <= pixels && fabs((double)got->y0 - want[1]) <= pixels &&
           fabs((double)got->x1 - want[2]) <= pixels && fabs((double)got->y1 - want[3]) <= pixels;
}

/* From the lossless picture: the same list. From the JPEG, which another decoder renders a level or two differently:
 * every detection clear of the threshold exists, nearly in its place. */
static void check_detections(const golden_case *c, const char *form) {
    network *n = open_network(c->model, form, c->size, 0);
    v5l_detection found[300];
    const int count = detect(n, c->picture, c->size, found), other_decoder = c->relative > 0;
    FILE *f = fopen(c->data, "r");
    assert_non_null(f);
    double want[6];
    int lines = 0;
    while (fscanf(f, "%lf %lf %lf %lf %lf %lf", &want[0], &want[1], &want[2], &want[3], &want[4], &want[5]) == 6) {
        int match = lines < count && within(&found[lines], want, 0.05, 1e-4);
        if (other_decoder && want[4] < 0.28) match = 1;
        for (int i = 0; i < count && other_decoder; i++)
            match |= within(&found[i], want, 3.0, 0.03);
        if (!match) fail_msg("%s: %s: detection %d of the original is missing", c->picture, form, lines);
        lines++;
    }
    fclose(f);
    if (!other_decoder) assert_int_equal(count, lines);
    close_network(n);
}

static void test_case(void **state) {
    const golden_case *c = *state;
    static const char *const forms[2] = {"planned", "literal"};
    if (strcmp(c->kind, "forms") == 0) {
        check_forms(c);
        for (int i = 0; i < 2; i++)
            check_shortcuts(c, forms[i]);
    } else if (strcmp(c->kind, "layout") == 0) {
        check_layout(c);
    } else if (strcmp(c->kind, "letterbox") == 0) {
        check_letterbox(c);
    } else {
        void (*check)(const golden_case *, const char *) = strcmp(c->kind, "heads") == 0    ? check_heads
                                                           : strcmp(c->kind, "layers") == 0 ? check_layers
                                                                                            : check_detections;
        for (int i = 0; i < 2; i++)
            check(c, forms[i]);
    }
}

static void test_official_networks_were_compared_with_the_original(void **state) {
    if (*state == NULL) check_skip("no case of the PyTorch original has run: pass SHARED=DIR, and no GOLDEN_CASES");
}

int main(int argc, char **argv) {
    static golden_case cases[128];
    static char names[128][192];
    static struct CMUnitTest tests[129];
    char path[1024];
    if (argc < 2) return 2;
    check_cpu_level();
    directory = argv[1];
    if (argc > 2) limit = atoi(argv[2]);
    snprintf(path, sizeof path, "%s/cases.txt", directory);
    FILE *f = fopen(path, "r");
    if (f == NULL) return 2;
    int count = 0, official = 0;
    while (count < 128 && count < limit) {
        golden_case *c = &cases[count];
        const int fields =
            fscanf(f, "%15s %63s %d %511s %511s %lf", c->kind, c->model, &c->size, c->picture, c->data, &c->relative);
        if (fields != 6) break;
        const char *slash = strrchr(c->picture, '/');
        snprintf(names[count], sizeof names[count], "test_%.15s_%.63s_%d_%.60s", c->kind, c->model, c->size,
                 slash ? slash + 1 : "waves");
        tests[count] = (struct CMUnitTest){names[count], test_case, NULL, NULL, c};
        official += strncmp(c->model, "synthetic", 9) != 0;
        count++;
    }
    fclose(f);
    tests[count] = (struct CMUnitTest){"test_official_networks_were_compared_with_the_original",
                                       test_official_networks_were_compared_with_the_original, NULL, NULL,
                                       official > 0 ? cases : NULL};
    return _cmocka_run_group_tests("golden", tests, (size_t)count + 1, NULL, NULL);
}
