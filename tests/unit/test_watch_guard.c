/* SPDX-License-Identifier: MIT */
/* Inputs and outputs that two threads register at the same time, as watch does with pictures and snapshots. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "check.h"
#include "guard.h"
#include "message.h"

enum { FILES = 300, ROUNDS = 30, NAME_SIZE = 64 };

static char directory[] = "/tmp/v5lite-guard-XXXXXX";

static const char *name_of(char name[NAME_SIZE], const char *kind, int i) {
    snprintf(name, NAME_SIZE, "%s/%s%d", directory, kind, i);
    return name;
}

static void *read_all(void *unused) {
    char name[NAME_SIZE];
    for (int i = 0; i < FILES; i++)
        if (guard_input(name_of(name, "in", i)) != NULL) return directory;
    return unused;
}

static void no_input_is_forgotten_while_outputs_are_written(void **state) {
    char name[NAME_SIZE];
    const int messages = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    (void)state;
    dup2(nowhere, STDERR_FILENO); /* of the refusals */
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t reader;
        void *failed;
        int refused = 0;
        assert_int_equal(pthread_create(&reader, NULL, read_all, NULL), 0);
        for (int i = 0; i < FILES; i++)
            assert_int_equal(guard_output(name_of(name, "out", i)), STATUS_OK);
        pthread_join(reader, &failed);
        assert_null(failed);
        for (int i = 0; i < FILES; i++)
            refused += guard_output(name_of(name, "in", i)) == STATUS_BAD;
        guard_forget();
        assert_int_equal(refused, FILES);
    }
    dup2(messages, STDERR_FILENO);
    close(messages);
    close(nowhere);
}

static int make_files(void **state) {
    char name[NAME_SIZE];
    (void)state;
    if (mkdtemp(directory) == NULL) return 1;
    for (int i = 0; i < FILES; i++)
        close(open(name_of(name, "in", i), O_WRONLY | O_CREAT, 0600));
    return 0;
}

static int remove_files(void **state) {
    char name[NAME_SIZE];
    (void)state;
    for (int i = 0; i < FILES; i++)
        unlink(name_of(name, "in", i));
    return rmdir(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_input_is_forgotten_while_outputs_are_written)};
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
