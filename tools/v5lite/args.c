/* SPDX-License-Identifier: MIT */
#include "args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

int args_integer(const char *text, int low, int high, int *out) {
    char *end;
    if (*text < '0' || *text > '9') /* strtol would skip spaces and accept signs */
        return 0;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *end != 0 || value < low || value > high) return 0;
    *out = (int)value;
    return 1;
}

/* Excludes spaces, hexadecimals, nan and inf. */
static int is_decimal(const char *text) { return *text != 0 && strspn(text, "0123456789.eE+-") == strlen(text); }

int args_real(const char *text, float low, float high, float *out) {
    char *end;
    if (!is_decimal(text)) return 0;
    float value = strtof(text, &end);
    if (*end != 0 || !(value >= low && value <= high)) return 0;
    *out = value;
    return 1;
}

int args_double(const char *text, double low, double high, double *out) {
    char *end;
    if (!is_decimal(text)) return 0;
    const double value = strtod(text, &end);
    if (*end != 0 || !(value >= low && value <= high)) return 0;
    *out = value;
    return 1;
}

static int parse_size(const char *text, int low, int high, args_size *out) {
    char side[16];
    args_size size;
    size_t n = strcspn(text, "x");
    if (n >= sizeof side) return 0;
    memcpy(side, text, n);
    side[n] = 0;
    if (!args_integer(side, low, high, &size.width)) return 0;
    size.height = size.width;
    if (text[n] == 'x' && !args_integer(text + n + 1, low, high, &size.height)) return 0;
    *out = size;
    return 1;
}

static int parse_choice(const char *text, const char *words, int *out) {
    int index = 0;
    for (const char *word = words; *word != 0; index++) {
        size_t n = strcspn(word, "|");
        if (strlen(text) == n && strncmp(word, text, n) == 0) {
            *out = index;
            return 1;
        }
        word += n + (word[n] == '|');
    }
    return 0;
}

/* Returns 0 for an empty text, and if the list is full. */
static int append(args_list *list, const char *text) {
    if (*text == 0 || list->count == ARGS_LIST_MAX) return 0;
    list->texts[list->count++] = text;
    return 1;
}

static args_result bad_value(const args_option *option, const char *text) {
    char where[128];
    snprintf(where, sizeof where, "%s %s", option->name, text);
    if (option->type == ARGS_LIST && *text != 0) {
        report_error("too many", where, "expected at most %d of this option", ARGS_LIST_MAX);
        return ARGS_BAD;
    }
    switch (option->type) {
    case ARGS_INTEGER:
        report_error("bad value", where, "expected a whole number from %.0f to %.0f", option->low, option->high);
        break;
    case ARGS_REAL:
    case ARGS_DOUBLE:
        report_error("bad value", where, "expected a number from %g to %g", option->low, option->high);
        break;
    case ARGS_SIZE:
        report_error("bad value", where, "expected N or WxH, each from %.0f to %.0f", option->low, option->high);
        break;
    default: report_error("bad value", where, "expected %s", option->value); break;
    }
    return ARGS_BAD;
}

static int set_value(const args_option *option, const char *text) {
    switch (option->type) {
    case ARGS_INTEGER: return args_integer(text, (int)option->low, (int)option->high, option->target);
    case ARGS_REAL: return args_real(text, (float)option->low, (float)option->high, option->target);
    case ARGS_DOUBLE: return args_double(text, option->low, option->high, option->target);
    case ARGS_CHOICE: return parse_choice(text, option->value, option->target);
    case ARGS_SIZE: return parse_size(text, (int)option->low, (int)option->high, option->target);
    case ARGS_TEXT: *(const char **)option->target = text; return *text != 0;
    case ARGS_LIST: return append(option->target, text);
    case ARGS_FLAG: break;
    }
    return 0;
}

enum { MAX_OPTION_WIDTH = 32 }; /* columns of an option and its value; longer ones have a line of their own */

/* Returns the columns of an option and its value. */
static int option_width(const args_option *option) {
    return (int)(strlen(option->name) + (option->value != NULL ? strlen(option->value) + 1 : 0));
}

static void show_help(const args_command *command) {
    int width = 0;
    for (int i = 0; i < command->option_count; i++) {
        const int n = option_width(&command->options[i]);
        width = n > width && n <= MAX_OPTION_WIDTH ? n : width;
    }
    printf("%s\n\nusage: v5lite %s [options]%s%s\n\n", command->summary, command->name,
           *command->operands != 0 ? " " : "", command->operands);
    for (int i = 0; i < command->option_count; i++) {
        const args_option *option = &command->options[i];
        const int n = option_width(option), is_long = n > width;
        printf("  %s%s%s%s", option->name, option->value != NULL ? " " : "", option->value != NULL ? option->value : "",
               is_long ? "\n" : "");
        printf("%*s  %s\n", is_long ? width + 2 : width - n, "", option->help);
    }
    printf("  %-*s  show this help\n\n%s", width, "--help", command->notes);
}

static const args_option *find_option(const args_command *command, const char *text, size_t length) {
    for (int i = 0; i < command->option_count; i++) {
        const args_option *option = &command->options[i];
        if (strlen(option->name) == length && strncmp(option->name, text, length) == 0) return option;
    }
    return NULL;
}

/* Parses the option at argv[*at] and its value; sets *at to the last argument used. */
static args_result parse_option(const args_command *command, int argc, char **argv, int *at) {
    const char *text = argv[*at];
    size_t length = strcspn(text, "=");
    const args_option *option = find_option(command, text, length);
    const char *value = text[length] == '=' ? text + length + 1 : NULL;
    if (option == NULL) {
        report_error("unknown option", text, "expected an option listed by 'v5lite %s --help'", command->name);
        return ARGS_BAD;
    }
    if (option->type == ARGS_FLAG) {
        if (value != NULL) {
            report_error("bad value", text, "expected no value");
            return ARGS_BAD;
        }
        *(int *)option->target = 1;
        return ARGS_RUN;
    }
    if (value == NULL) {
        if (*at + 1 >= argc) {
            report_error("missing value", text, "expected %s", option->value);
            return ARGS_BAD;
        }
        value = argv[++*at];
    }
    return set_value(option, value) ? ARGS_RUN : bad_value(option, value);
}

args_result args_parse(const args_command *command, int argc, char **argv, int *operands) {
    int count = 0, only_operands = 0;
    for (int at = 1; at < argc; at++) {
        const char *text = argv[at];
        if (only_operands || text[0] != '-' || text[1] == 0) {
            argv[count++] = argv[at];
        } else if (strcmp(text, "--") == 0) {
            only_operands = 1;
        } else if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
            show_help(command);
            return ARGS_HELP_SHOWN;
        } else if (parse_option(command, argc, argv, &at) != ARGS_RUN) {
            return ARGS_BAD;
        }
    }
    if (count < command->min_operands) {
        report_error("missing argument", command->name, "expected %s", command->operands);
        return ARGS_BAD;
    }
    if (count > command->max_operands) {
        report_error("too many arguments", argv[command->max_operands], "expected only %s", command->operands);
        return ARGS_BAD;
    }
    *operands = count;
    return ARGS_RUN;
}
