/* SPDX-License-Identifier: MIT */
/* Links if this compiler finds libmicrohttpd: tools/package/libraries.mk. */
#include <microhttpd.h>

#if MHD_VERSION < 0x00097100
#error older than enum MHD_Result
#endif

static enum MHD_Result answer(void *user, struct MHD_Connection *c, const char *path, const char *method,
                              const char *version, const char *body, size_t *size, void **state) {
    (void)user, (void)c, (void)path, (void)method, (void)version, (void)body, (void)size, (void)state;
    return MHD_NO;
}

int main(void) { return MHD_start_daemon(MHD_USE_POLL, 0, NULL, NULL, answer, NULL, MHD_OPTION_END) == NULL; }
