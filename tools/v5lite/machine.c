/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "json.h"
#include "message.h"

static const char unknown[] = "unknown";

/* ---- CPU ---- */

/* Returns ARM's name of a core by the part number that Linux shows, or NULL. */
static const char *arm_core(unsigned long part) {
    static const struct {
        unsigned long part;
        const char *name;
    } cores[] = {{0xC05, "Cortex-A5"},   {0xC07, "Cortex-A7"},   {0xC08, "Cortex-A8"},   {0xC09, "Cortex-A9"},
                 {0xC0E, "Cortex-A17"},  {0xC0F, "Cortex-A15"},  {0xD03, "Cortex-A53"},  {0xD04, "Cortex-A35"},
                 {0xD05, "Cortex-A55"},  {0xD07, "Cortex-A57"},  {0xD08, "Cortex-A72"},  {0xD09, "Cortex-A73"},
                 {0xD0A, "Cortex-A75"},  {0xD0B, "Cortex-A76"},  {0xD0C, "Neoverse-N1"}, {0xD0D, "Cortex-A77"},
                 {0xD40, "Neoverse-V1"}, {0xD41, "Cortex-A78"},  {0xD44, "Cortex-X1"},   {0xD46, "Cortex-A510"},
                 {0xD47, "Cortex-A710"}, {0xD49, "Neoverse-N2"}, {0xD4F, "Neoverse-V2"}};
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
        if (cores[i].part == part) return cores[i].name;
    return NULL;
}

/* Returns the value of a line "key <tabs>: value", or NULL if it has another key. */
static const char *value_of(char *line, const char *key) {
    const size_t length = strlen(key);
    if (strncmp(line, key, length) != 0) return NULL;
    const char *colon = line + length + strspn(line + length, " \t");
    if (*colon != ':') return NULL;
    line[strcspn(line, "\n")] = 0;
    return colon + 1 + strspn(colon + 1, " \t");
}

void machine_cpu_of(FILE *cpuinfo, char text[MACHINE_TEXT]) {
    static const char *const names[] = {"model name", "cpu model", "cpu",
                                        "uarch"}; /* x86 and others, MIPS, POWER, RISC-V */
    enum { MAX_LINES = 64 };                      /* lines of the first CPU */
    char line[4096];
    unsigned long implementer = 0, part = 0;
    snprintf(text, MACHINE_TEXT, "%s", unknown);
    for (int i = 0; i < MAX_LINES && fgets(line, sizeof line, cpuinfo) != NULL && line[0] != '\n'; i++) {
        const char *value = NULL;
        for (size_t n = 0; n < sizeof names / sizeof *names && value == NULL; n++)
            value = value_of(line, names[n]);
        if (value != NULL && *value != 0) printable(text, MACHINE_TEXT, value);
        if ((value = value_of(line, "CPU implementer")) != NULL) implementer = strtoul(value, NULL, 0);
        if ((value = value_of(line, "CPU part")) != NULL) part = strtoul(value, NULL, 0);
    }
    if (implementer == 'A' && arm_core(part) != NULL) /* more specific than the "ARMv7 Processor" of 32-bit systems */
        snprintf(text, MACHINE_TEXT, "ARM %s", arm_core(part));
    else if (implementer != 0 && strcmp(text, unknown) == 0)
        snprintf(text, MACHINE_TEXT, "implementer 0x%02lx, part 0x%03lx", implementer, part);
}

void machine_cpu(char text[MACHINE_TEXT]) {
    snprintf(text, MACHINE_TEXT, "%s", unknown);
#if defined(__APPLE__)
    char name[MACHINE_TEXT];
    size_t size = sizeof name;
    if (sysctlbyname("machdep.cpu.brand_string", name, &size, NULL, 0) == 0) printable(text, MACHINE_TEXT, name);
#else
    FILE *cpuinfo = fopen("/proc/cpuinfo", "r");
    if (cpuinfo == NULL) return;
    machine_cpu_of(cpuinfo, text);
    fclose(cpuinfo);
#endif
}

/* ---- compiler, date ---- */

#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

const char *machine_compiler(void) {
#if defined(__clang__)
    return "clang " TEXT_OF(__clang_major__) "." TEXT_OF(__clang_minor__) "." TEXT_OF(__clang_patchlevel__);
#elif defined(__GNUC__) && defined(__VERSION__)
    return "gcc " __VERSION__;
#else
    return unknown;
#endif
}

int machine_date(char text[MACHINE_TEXT]) {
    const unsigned long long end = 253402300800; /* the year 10000 */
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = time(NULL);
    struct tm utc;
    if (epoch != NULL && *epoch != 0) {
        const size_t digits = strspn(epoch, "0123456789");
        const unsigned long long seconds = digits <= 12 ? strtoull(epoch, NULL, 10) : end;
        now = (time_t)seconds;
        if (epoch[digits] != 0 || seconds >= end || now < 0 || (unsigned long long)now != seconds)
            return report_error("bad environment", "SOURCE_DATE_EPOCH", "expected seconds since 1970");
    }
    if (gmtime_r(&now, &utc) == NULL || strftime(text, MACHINE_TEXT, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        snprintf(text, MACHINE_TEXT, "%s", unknown);
    return STATUS_OK;
}

/* ---- kernels ---- */

void machine_kernels(const session *s, char text[MACHINE_TEXT]) {
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        v5l_op_plan plan;
        v5l_model_get_op(&s->model, i, &op);
        v5l_net_get_op(s->net, i, &plan);
        const char *set = strrchr(plan.kernel, '_'); /* kernel names end with the instruction set */
        if (op.view || set == NULL || strstr(text, set + 1) != NULL) continue;
        const int more = snprintf(text + used, MACHINE_TEXT - used, "%s%s", used > 0 ? ", " : "", set + 1);
        used += (size_t)more;
        if (used >= MACHINE_TEXT) return;
    }
}

/* ---- report ---- */

void machine_report_text(const char *kernels) {
    char cpu[MACHINE_TEXT];
    machine_cpu(cpu);
    printf("v5lite %s, built by %s\nCPU: %s; kernels: %s\n", V5L_VERSION, machine_compiler(), cpu, kernels);
}

void machine_report_json(const char *kernels) {
    char cpu[MACHINE_TEXT];
    machine_cpu(cpu);
    printf("\"version\": \"%s\", \"compiler\": ", V5L_VERSION);
    json_string(stdout, machine_compiler());
    fputs(", \"cpu\": ", stdout);
    json_string(stdout, cpu);
    fputs(", \"kernels\": ", stdout);
    json_string(stdout, kernels);
    fputs(", ", stdout);
}
