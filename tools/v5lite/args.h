/* SPDX-License-Identifier: MIT */
/* Command lines: parsing and help follow from a table of the command's options. */
#ifndef V5LITE_ARGS_H
#define V5LITE_ARGS_H

#include "message.h"

typedef enum args_type {
    ARGS_FLAG,    /* int: 1 when given */
    ARGS_INTEGER, /* int, low .. high */
    ARGS_REAL,    /* float, low .. high */
    ARGS_DOUBLE,  /* double, low .. high */
    ARGS_TEXT,    /* const char * */
    ARGS_CHOICE,  /* int: which word of `value`, "one|two|three" */
    ARGS_SIZE,    /* args_size: N or WxH, each low .. high */
    ARGS_LIST     /* args_list: may be given several times, each value counts */
} args_type;

typedef struct args_size {
    int width, height;
} args_size;

enum { ARGS_LIST_MAX = 64 };

typedef struct args_list {
    const char *texts[ARGS_LIST_MAX];
    int count;
} args_list;

typedef struct args_option {
    const char *name;  /* "--conf" */
    const char *value; /* placeholder of its value in the help, or the words of a choice; NULL for a flag */
    args_type type;
    void *target; /* set only when the option is given */
    double low, high;
    const char *help;
} args_option;

typedef struct args_command {
    const char *name;
    const char *operands; /* in the help: "IMAGE..." */
    int min_operands, max_operands;
    const char *summary; /* one sentence, the first line of the help */
    const args_option *options;
    int option_count;
    const char *notes; /* rest of the help, whole lines */
} args_command;

/* An exit status, unless the command has to run. */
typedef enum args_result { ARGS_RUN = -1, ARGS_HELP_SHOWN = STATUS_OK, ARGS_BAD = STATUS_BAD } args_result;

/* Parses argv[1 .. argc-1]: options as "--name value" or "--name=value", operands in any place; "--" ends the
 * options. If an option other than a list is given twice, the last value counts, so that scripts can append options.
 * Moves the operands to argv[0 .. *operands-1]. Prints the help for --help. Reports anything else as an error. */
args_result args_parse(const args_command *command, int argc, char **argv, int *operands);

/* Parse a whole text as a number within low .. high. Return 1 and set *out, or return 0. */
int args_integer(const char *text, int low, int high, int *out);
int args_real(const char *text, float low, float high, float *out);
int args_double(const char *text, double low, double high, double *out);

#endif
