/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "file.h"
#include "guard.h"
#include "image_file.h"
#include "message.h"
#include "text.h"

static const char notes[] =
    "Without --out, prints a line per file: width, height and name, separated by tabs; reads only the headers. With\n"
    "--out, decodes one file. Both show what detect and audit see: rotated as Exif says, 8 bits per sample, no alpha.\n"
    "\n" IMAGE_BOUNDS_HELP "\n"
    "Exit status: 0 success; 1 some files could not be read (the others were processed); 2 none could be read, or\n"
    "bad arguments or output.\n";

static args_result parse(const char **out, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--out", "FILE", ARGS_TEXT, out, 0, 0,
         "write the image as .png, .jpg, .bmp or .ppm, or - for a PPM to standard output"},
    };
    const args_command command = {
        .name = "picture",
        .operands = "IMAGE...",
        .min_operands = 1,
        .max_operands = INT_MAX,
        .summary = "Shows the sizes of images, or converts one, as detect reads them.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

static int convert(const char *path, const char *out) {
    image picture;
    const char *why;
    const int to_stdout = strcmp(out, "-") == 0;
    if (!to_stdout && !file_extension_in(out, IMAGE_OUTPUT_EXTENSIONS))
        return report_error("bad value", out, "expected " IMAGE_OUTPUT_EXPECTED " for --out, or -");
    if (!image_read(path, &picture, &why)) return report_error("cannot read image", path, "%s", why);
    int status = to_stdout ? STATUS_OK : guard_output(out);
    if (status == STATUS_OK) status = image_write(out, &picture);
    image_free(&picture);
    return status;
}

static int show(int count, char **paths) {
    int failed = 0;
    for (int i = 0; i < count; i++) {
        int width, height;
        const char *why;
        if (!image_read_size(paths[i], &width, &height, &why)) {
            failed++;
            report_error("cannot read image", paths[i], "%s", why);
            continue;
        }
        printf("%d\t%d\t", width, height);
        put_printable(stdout, paths[i]);
        putchar('\n');
    }
    return failed == 0 ? STATUS_OK : failed < count ? STATUS_PARTIAL : STATUS_BAD;
}

int cmd_picture(int argc, char **argv) {
    const char *out = NULL;
    int operands;
    const args_result parsed = parse(&out, argc, argv, &operands);
    if (parsed != ARGS_RUN) return (int)parsed;
    if (out == NULL) return show(operands, argv);
    if (operands > 1) return report_error("bad argument", argv[1], "expected one image with --out");
    return convert(argv[0], out);
}
