/* SPDX-License-Identifier: MIT */
/* v5lite: the command-line program. */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "guard.h"
#include "jpeg_codec.h"
#include "message.h"
#include "output.h"
#include "pump.h"
#include "stream/sink_preview.h"
#include "v5lite.h"

typedef struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"detect", "find objects in images", cmd_detect},
    {"watch", "find and follow objects in a camera or stream", cmd_watch},
    {"info", "show the contents of a model file and the memory of its network", cmd_info},
    {"audit", "show how a network runs, op by op; dump or compare the outputs of the ops", cmd_audit},
    {"calibrate", "measure the values in a network over images, to choose the scales of its int8 form", cmd_calibrate},
    {"bench", "time detections, their stages and their ops", cmd_bench},
    {"picture", "show the sizes of images, or convert one, as detect reads them", cmd_picture},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const command *find_command(const char *name) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static int show_help(void) {
    puts("YOLOv5-Lite object detection.\n\nusage: v5lite COMMAND [options] ...\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf("  %-9s  %s\n", commands[i].name, commands[i].summary);
    puts(
        "\n'v5lite COMMAND --help' describes a command; 'v5lite --version' prints the version.\n"
        "If an option is given twice, the last value counts, except for --count-line and --zone of watch.\n"
        "Results go to standard output, messages to standard error.\n"
        "A model is read into memory from a file of at most 1 GB, a pipe, or - for standard input. No output replaces\n"
        "an input or another output.\n"
        "\n"
        "Exit status: 0 success; 1 some images could not be read (the others were processed), audit --against found a\n"
        "difference, or watch lost its camera or stream; 2 bad arguments, files or output; 141 the reader of\n"
        "the results closed the pipe.");
    return STATUS_OK;
}

static int run(int argc, char **argv) {
    const char *expected = "expected a command listed by 'v5lite --help'";
    if (argc < 2) return report_error("missing command", "v5lite", "%s", expected);
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("v5lite " V5L_VERSION "\nJPEG: %s\nHTTP: %s\n", jpeg_codec_name(), preview_library());
        return STATUS_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || (strcmp(name, "help") == 0 && argc == 2))
        return show_help();
    int wants_help = strcmp(name, "help") == 0;
    const command *found = find_command(wants_help ? argv[2] : name);
    if (found == NULL) return report_error("unknown command", wants_help ? argv[2] : name, "%s", expected);
    if (wants_help) {
        char help[] = "--help";
        char *arguments[] = {argv[2], help, NULL};
        return found->run(2, arguments);
    }
    return found->run(argc - 1, argv + 1);
}

/* Opens /dev/null in place of a closed stdin, stdout or stderr: otherwise a file opened later would get that number,
 * and results would be written into it. */
static void occupy_standard_streams(void) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) == -1) _exit(STATUS_BAD);
}

int main(int argc, char **argv) {
    occupy_standard_streams();
    output_clean_on_signals();
    pump_start();
    const int status = run(argc, argv), broken = stdout_close();
    output_forget_directories(status == STATUS_BAD);
    guard_forget();
    return broken != STATUS_OK ? broken : status;
}
