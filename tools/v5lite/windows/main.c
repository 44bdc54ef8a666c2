/* SPDX-License-Identifier: MIT */
/* Starts the program with arguments in UTF-8, standard streams without conversions, and a console that shows UTF-8. */
#include <windows.h>
/* After windows.h: */
#include <shellapi.h>

int windows_main(int argc, char **argv);

/* Lets the console show UTF-8, and understand the sequences that progress writes. */
static void prepare_console(DWORD which) {
    const HANDLE console = GetStdHandle(which);
    DWORD mode;
    if (!GetConsoleMode(console, &mode)) return; /* a file or pipe */
    (void)SetConsoleOutputCP(CP_UTF8);
    (void)SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

/* ---- start ---- */

/* Backslashes of paths become slashes, which Windows takes, too: of arguments that are not options. */
static char *argument_of(const wchar_t *wide) {
    const int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? windows_malloc((size_t)size) : NULL;
    if (text == NULL || WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) != size) return NULL;
    for (char *p = text; *p != 0; p++)
        if (*p == '\\') *p = '/';
    return text;
}

int main(void) {
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **arguments = wide != NULL ? windows_calloc((size_t)count + 1, sizeof *arguments) : NULL;
    for (int i = 0; i < count && arguments != NULL; i++) {
        arguments[i] = argument_of(wide[i]);
        if (arguments[i] == NULL) arguments = NULL;
    }
    if (arguments == NULL) {
        fputs("v5lite: cannot start: memory: out of memory\n", stderr);
        return 2;
    }
    for (int file = 0; file <= 2; file++)
        (void)_setmode(file, _O_BINARY);
    prepare_console(STD_OUTPUT_HANDLE);
    prepare_console(STD_ERROR_HANDLE);
    return windows_main(count, arguments);
}
