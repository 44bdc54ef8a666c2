/* SPDX-License-Identifier: MIT */
/* The first process of the kernel under test: loads the modules, runs the tests, prints their results as `make check`
 * reads them, and switches the machine off. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

enum { TEST_SECONDS = 60 };

static const char vivid_parameters[] = "n_devs=3 multiplanar=1,2,1 node_types=0x1,0x1,0x101 num_inputs=1,1,1 "
                                       "input_types=0,0,3 num_outputs=0,0,1 output_types=0,0,1";

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    _exit(1);
}

void sleep_ms(int milliseconds) {
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
}

static void load_modules(void) {
    struct dirent **found;
    const int count = scandir("/modules", &found, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[300];
        if (found[i]->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/modules/%s", found[i]->d_name);
        const char *parameters = strstr(path, "vivid") != NULL ? vivid_parameters : "";
        if (syscall(SYS_finit_module, open(path, O_RDONLY), parameters, 0) != 0) printf("cannot load %s\n", path);
    }
}

/* Runs a test in a process of its own. Returns 1 if it fails. */
static int run(const test *t) {
    struct timespec begin, end;
    printf("[ RUN      ] %s\n", t->name);
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const pid_t child = fork();
    if (child == 0) {
        alarm(TEST_SECONDS);
        t->run();
        fflush(stdout);
        _exit(0);
    }
    int status;
    while (waitpid(child, &status, 0) != child)
        continue;
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (WIFSIGNALED(status)) printf("ended by signal %d\n", WTERMSIG(status));
    printf("%s %s\n", status == 0 ? "[       OK ]" : "[  FAILED  ]", t->name);
    printf("seconds: %.1f\n", (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
    kill(-1, SIGKILL); /* what a failed test has left */
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    return status != 0;
}

int main(int argc, char **argv) {
    const test *const lists[] = {camera_tests, watch_tests, digit_tests};
    mount("none", "/dev", "devtmpfs", 0, NULL);
    mount("none", "/proc", "proc", 0, NULL);
    mount("none", "/sys", "sysfs", 0, NULL);
    load_modules();
    int tests = 0, failed = 0;
    printf("[==========] Running tests.\n");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (const test *t = lists[i]; t->name != NULL; t++) {
            if (argc > 1 && strstr(t->name, argv[1]) == NULL) continue; /* the kernel passes on unknown words */
            failed += run(t);
            tests++;
        }
    printf("[==========] %d test(s) run.\n", tests);
    if (failed == 0) printf("all passed\n");
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
