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

/* The next number; MAX_NUMBER + 1 for larger ones, -1 if there is none. */
static long read_number(text *t) {
    skip_space(t);
    if (t->at == t->size || !is_digit(t->bytes[t->at])) return -1;
    long value = 0;
    for (; t->at < t->size && is_digit(t->bytes[t->at]); t->at++)
        if (value <= MAX_NUMBER) value = value * 10 + (t->bytes[t->at] - '0');
    return value <= MAX_NUMBER ? value : MAX_NUMBER + 1;
}

/* One white space, or a comment with the end of its line, ends a header. */
static int end_header(text *t) {
    if (t->at == t->size) return 0;
    if (t->bytes[t->at] == '#') {
        const uint8_t *end = memchr(t->bytes + t->at, '\n', t->size - t->at);
        if (end == NULL) return 0;
        t->at = (size_t)(end - t->bytes);
    }
    return is_space(t->bytes[t->at++]);
}

/* A line of a PAM header that begins with the word; moves past the word. */
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

/* Bytes of a row in a binary file. */
static uint64_t row_bytes(const pnm_info *p) {
    const uint64_t samples = (uint64_t)p->width * (unsigned)p->channels;
    return p->bits ? (samples + 7) / 8 : samples * (p->maximum > 255 ? 2 : 1);
}

const char *pnm_scan(const uint8_t *bytes, size_t size, pnm_info *info) {
    const int kind = bytes[1] - '0';
    text t = {bytes, size, 2};
    const char *why = NULL;
    pnm_numbers n = {-1, -1, kind == 3 || kind == 6 ? 3 : 1, 1};
    if (kind == 7) {
        n.channels = n.maximum = -1;
        why = read_pam(&t, &n);
    } else {
        n.width = read_number(&t);
        n.height = read_number(&t);
        if (kind != 1 && kind != 4) n.maximum = read_number(&t);
    }
    if (why != NULL) return why;
    if (n.width < 0 || n.height < 0 || n.channels < 0 || n.maximum < 0 || !end_header(&t)) return "broken PNM header";
    if (n.width == 0 || n.height == 0) return "picture without pixels";
    if (n.maximum == 0 || n.maximum > MAX_SAMPLE) return "PNM with a maximum out of range, expected 1 to 65535";
    if (n.channels < 1 || n.channels > 4) return "PAM of another depth, expected 1 to 4";
    pnm_info p = {(int)n.width, (int)n.height, (int)n.channels, (unsigned)n.maximum, kind == 1 || kind == 4, kind <= 3,
                  t.at,         size};
    const uint64_t samples = (uint64_t)n.width * (uint64_t)n.height * (uint64_t)n.channels;
    const uint64_t least = !p.digits ? row_bytes(&p) * (uint64_t)n.height : p.bits ? samples : 2 * samples - 1;
    if (least > size - t.at) return truncated;
    if (!p.digits) p.end = t.at + (size_t)least;
    *info = p;
    return NULL;
}

/* The next sample that is written in digits: a single one where it is a bit, and those need no space between. -1: none. */
static long digit_sample(const pnm_info *p, text *t) {
    if (!p->bits) return read_number(t);
    skip_space(t);
    return t->at < t->size && is_digit(t->bytes[t->at]) ? t->bytes[t->at++] - '0' : -1;
}

/* Sample i of a binary row. */
static long binary_sample(const pnm_info *p, const uint8_t *row, size_t i) {
    if (p->bits) return row[i / 8] >> (7 - i % 8) & 1;
    return p->maximum > 255 ? row[2 * i] << 8 | row[2 * i + 1] : row[i];
}

const char *pnm_decode(const uint8_t *bytes, size_t size, pnm_info *info, uint8_t *rgb) {
    const pnm_info *p = info;
    text t = {bytes, size, p->data_at};
    if (p->maximum == 255 && p->channels == 3 && !p->digits) {
        memcpy(rgb, bytes + p->data_at, (size_t)row_bytes(p) * (size_t)p->height);
        return NULL;
    }
    const size_t channels = (size_t)p->channels, bytes_a_row = p->digits ? 0 : (size_t)row_bytes(p);
    for (int y = 0; y < p->height; y++) {
        const uint8_t *row = bytes + p->data_at + (size_t)y * bytes_a_row;
        for (size_t x = 0, at = 0; x < (size_t)p->width; x++, rgb += 3) {
            uint8_t pixel[4] = {0};
            for (size_t c = 0; c < channels; c++, at++) {
                const long v = p->digits ? digit_sample(p, &t) : binary_sample(p, row, at);
                if (v < 0) return t.at == size ? truncated : "broken PNM samples, expected numbers";
                if (v > (long)p->maximum) return "PNM sample above the maximum that the header states";
                const unsigned value = p->bits ? 1 - (unsigned)v : (unsigned)v;
                pixel[c] = (uint8_t)((value * 255 + p->maximum / 2) / p->maximum);
            }
            for (size_t c = 0; c < 3; c++)
                rgb[c] = pixel[channels >= 3 ? c : 0];
        }
    }
    if (p->digits) info->end = t.at;
    return NULL;
}
