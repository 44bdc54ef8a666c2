/* SPDX-License-Identifier: MIT */
/* Command lines: a command states its options in a table; parsing and help follow from it. */
#ifndef V5LITE_ARGS_H
#define V5LITE_ARGS_H

typedef enum args_type {
    ARGS_FLAG,    /* int: 1 when given */
    ARGS_INTEGER, /* int, low .. high */
    ARGS_REAL,    /* float, low .. high */
    ARGS_TEXT,    /* const char * */
    ARGS_CHOICE,  /* int: which word of `value`, "one|two|three" */
    ARGS_SIZE     /* args_size: N or WxH, each low .. high */
} args_type;

typedef struct args_size {
    int width, height;
} args_size;

typedef struct args_option {
    const char *name;  /* "--conf" */
    const char *value; /* what follows it, for the help; NULL for a flag */
    args_type type;
    void *target; /* set only when the option is given */
    double low, high;
    const char *help;
} args_option;

typedef struct args_command {
    const char *name;
    const char *operands; /* for the help: "IMAGE..." */
    int min_operands, max_operands;
    const char *summary; /* one sentence */
    const args_option *options;
    int option_count;
    const char *notes; /* more help, whole lines */
} args_command;

typedef enum args_result { ARGS_RUN, ARGS_HELP_SHOWN, ARGS_BAD } args_result;

/* Reads argv[1 .. argc-1]: options as "--name value" or "--name=value", operands anywhere, "--" ends the options. Of an
 * option given twice the last value counts, so that a script can append to its own. Moves
 * the operands to argv[0 .. *operands-1]. Shows the command's help when asked to. Reports anything else as an error. */
args_result args_parse(const args_command *command, int argc, char **argv, int *operands);

/* Strict numbers: the whole text, within low .. high. Return 1 and set *out, or 0. */
int args_integer(const char *text, int low, int high, int *out);
int args_real(const char *text, float low, float high, float *out);

#endif
