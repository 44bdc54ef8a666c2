/* SPDX-License-Identifier: MIT */
#include "pnm.h"

#include <string.h>

enum { MAX_NUMBER = 99999999, MAX_SAMPLE = 65535 };

static const char truncated[] = "file truncated";

typedef struct text {
    const uint8_t *bytes;
    size_t size, at;
} text;

static int is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* Skips white space, and comments up to the end of their line. */
static void skip_space(text *t) {
    int comment = 0;
    for (; t->at < t->size; t->at++) {
        const uint8_t c = t->bytes[t->at];
        if (c == '#') comment = 1;
        if (!comment && !is_space(c)) return;
        if (c == '\n' || c == '\r') comment = 0;
    }
}

/* Parses the next number. Returns MAX_NUMBER + 1 for larger ones, -1 if there is none. */
static long read_number(text *t) {
    skip_space(t);
    if (t->at == t->size || !is_digit(t->bytes[t->at])) return -1;
    long value = 0;
    for (; t->at < t->size && is_digit(t->bytes[t->at]); t->at++)
        if (value <= MAX_NUMBER) value = value * 10 + (t->bytes[t->at] - '0');
    return value <= MAX_NUMBER ? value : MAX_NUMBER + 1;
}

/* Consumes the end of a header: one white space, or a comment with its line feed. */
static int end_header(text *t) {
    if (t->at == t->size) return 0;
    if (t->bytes[t->at] == '#') {
        const uint8_t *end = memchr(t->bytes + t->at, '\n', t->size - t->at);
        if (end == NULL) return 0;
        t->at = (size_t)(end - t->bytes);
    }
    return is_space(t->bytes[t->at++]);
}

/* Consumes the word if a line of a PAM header starts with it. */
static int begins_with(text *t, const char *word) {
    const size_t n = strlen(word);
    if (t->size - t->at < n || memcmp(t->bytes + t->at, word, n) != 0) return 0;
    if (t->at + n < t->size && !is_space(t->bytes[t->at + n])) return 0;
    t->at += n;
    return 1;
}

static int is_known_tuple(text *t) {
    static const char *const known[] = {"BLACKANDWHITE",       "GRAYSCALE",       "RGB",
                                        "BLACKANDWHITE_ALPHA", "GRAYSCALE_ALPHA", "RGB_ALPHA"};
    while (t->at < t->size && (t->bytes[t->at] == ' ' || t->bytes[t->at] == '\t'))
        t->at++;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (begins_with(t, known[i])) return 1;
    return 0;
}

typedef struct pnm_numbers {
    long width, height, channels, maximum;
} pnm_numbers;

static const char *read_pam(text *t, pnm_numbers *n) {
    for (;;) {
        skip_space(t);
        if (t->at == t->size) return truncated;
        if (begins_with(t, "ENDHDR")) return NULL;
        if (begins_with(t, "WIDTH"))
            n->width = read_number(t);
        else if (begins_with(t, "HEIGHT"))
            n->height = read_number(t);
        else if (begins_with(t, "DEPTH"))
            n->channels = read_number(t);
        else if (begins_with(t, "MAXVAL"))
            n->maximum = read_number(t);
        else if (!begins_with(t, "TUPLTYPE"))
            return "broken PAM header";
        else if (!is_known_tuple(t))
            return "PAM of another kind, expected TUPLTYPE RGB, GRAYSCALE or BLACKANDWHITE, with or without _ALPHA";
    }
}

int pnm_is(const uint8_t *bytes, size_t size) {
    return size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' &&
           (is_space(bytes[2]) || bytes[2] == '#');
}

/* Returns the bytes of a row in a binary file. */
static uint64_t row_bytes(const pnm_info *p) {
    const uint64_t samples = (uint64_t)p->width * (unsigned)p->channels;
    return p->bits ? (samples + 7) / 8 : samples * (p->maximum > 255 ? 2 : 1);
}

/* Parses the numbers of a header; missing ones are negative. */
static const char *read_header(text *t, int kind, pnm_numbers *n) {
    if (kind == 7) {
        *n = (pnm_numbers){-1, -1, -1, -1};
        return read_pam(t, n);
    }
    *n = (pnm_numbers){-1, -1, kind == 3 || kind == 6 ? 3 : 1, 1};
    n->width = read_number(t);
    n->height = read_number(t);
    if (kind != 1 && kind != 4) n->maximum = read_number(t);
    return NULL;
}

static const char *check_numbers(const pnm_numbers *n) {
    if (n->width < 0 || n->height < 0 || n->channels < 0 || n->maximum < 0) return "broken PNM header";
    if (n->width == 0 || n->height == 0) return "picture without pixels";
    if (n->maximum == 0 || n->maximum > MAX_SAMPLE) return "PNM with a maximum out of range, expected 1 to 65535";
    return n->channels < 1 || n->channels > 4 ? "PAM of another depth, expected 1 to 4" : NULL;
}

uint64_t pnm_least_bytes(const pnm_info *p) {
    const uint64_t samples = (uint64_t)p->width * (unsigned)p->height * (unsigned)p->channels;
    if (!p->digits) return row_bytes(p) * (unsigned)p->height;
    return p->bits ? samples : 2 * samples - 1; /* one digit and one space per sample */
}

const char *pnm_header(const uint8_t *bytes, size_t size, pnm_info *info) {
    const int kind = bytes[1] - '0';
    text t = {bytes, size, 2};
    pnm_numbers n;
    const char *why = read_header(&t, kind, &n);
    if (why == NULL && !end_header(&t)) why = "broken PNM header";
    if (why == NULL) why = check_numbers(&n);
    if (why != NULL) return why;
    *info = (pnm_info){.width = (int)n.width,
                       .height = (int)n.height,
                       .channels = (int)n.channels,
                       .maximum = (unsigned)n.maximum,
                       .bits = kind == 1 || kind == 4,
                       .digits = kind <= 3,
                       .data_at = t.at};
    return NULL;
}

const char *pnm_scan(const uint8_t *bytes, size_t size, pnm_info *info) {
    pnm_info p;
    const char *why = pnm_header(bytes, size, &p);
    if (why != NULL) return why;
    const uint64_t least = pnm_least_bytes(&p);
    if (least > size - p.data_at) return truncated;
    p.end = p.digits ? size : p.data_at + (size_t)least;
    *info = p;
    return NULL;
}

/* Parses the next sample in digits. Bits are single digits that need no space between. Returns -1 if there is none. */
static long digit_sample(const pnm_info *p, text *t) {
    if (!p->bits) return read_number(t);
    skip_space(t);
    return t->at < t->size && is_digit(t->bytes[t->at]) ? t->bytes[t->at++] - '0' : -1;
}

/* Returns sample i of a binary row. */
static long binary_sample(const pnm_info *p, const uint8_t *row, size_t i) {
    if (p->bits) return row[i / 8] >> (7 - i % 8) & 1;
    return p->maximum > 255 ? row[2 * i] << 8 | row[2 * i + 1] : row[i];
}

/* Reads sample `at` of a row as 0 .. 255. Returns NULL, or the reason of a failure. */
static const char *read_sample(const pnm_info *p, text *t, const uint8_t *row, size_t at, uint8_t *sample) {
    const long v = p->digits ? digit_sample(p, t) : binary_sample(p, row, at);
    if (v < 0) return t->at == t->size ? truncated : "broken PNM samples, expected numbers";
    if (v > (long)p->maximum) return "PNM sample above the maximum that the header states";
    const unsigned value = p->bits ? 1 - (unsigned)v : (unsigned)v;
    *sample = (uint8_t)((value * 255 + p->maximum / 2) / p->maximum);
    return NULL;
}

static const char *read_row(const pnm_info *p, text *t, const uint8_t *row, uint8_t *rgb) {
    const size_t width = (size_t)p->width, channels = (size_t)p->channels;
    for (size_t x = 0; x < width; x++, rgb += 3) {
        uint8_t pixel[4] = {0};
        for (size_t c = 0; c < channels; c++) {
            const char *why = read_sample(p, t, row, x * channels + c, &pixel[c]);
            if (why != NULL) return why;
        }
        for (size_t c = 0; c < 3; c++)
            rgb[c] = pixel[channels >= 3 ? c : 0];
    }
    return NULL;
}

const char *pnm_decode(const uint8_t *bytes, size_t size, pnm_info *info, uint8_t *rgb) {
    const pnm_info *p = info;
    text t = {bytes, size, p->data_at};
    if (p->maximum == 255 && p->channels == 3 && !p->digits) {
        memcpy(rgb, bytes + p->data_at, (size_t)row_bytes(p) * (size_t)p->height);
        return NULL;
    }
    const size_t bytes_per_row = p->digits ? 0 : (size_t)row_bytes(p);
    for (size_t y = 0; y < (size_t)p->height; y++) {
        const char *why = read_row(p, &t, bytes + p->data_at + y * bytes_per_row, rgb + y * (size_t)p->width * 3);
        if (why != NULL) return why;
    }
    if (p->digits) info->end = t.at;
    return NULL;
}
