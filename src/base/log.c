#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

static enum mu_log_level lowest_level = MU_LOG_INFO;
static bool as_json;
static const char *const names[] = {"debug", "info", "warn", "error"};

void mu_log_setup(enum mu_log_level lowest, bool json)
{
    lowest_level = lowest;
    as_json = json;
}

int mu_log_level_parse(const char *word, enum mu_log_level *out)
{
    for (size_t i = 0; i < MU_COUNT(names); i++) {
        if (strcmp(word, names[i]) == 0) {
            *out = (enum mu_log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

static void add_pair(struct mu_buf *line, const char *key, const char *value)
{
    if (as_json) {
        mu_buf_char(line, ',');
        mu_buf_json(line, key);
        mu_buf_char(line, ':');
        mu_buf_json(line, value);
        return;
    }
    mu_buf_printf(line, " %s=", key);
    bool plain = value && *value && strcspn(value, " \t\r\n\"=\\") == strlen(value) &&
                 mu_utf8_valid(value, strlen(value));
    if (plain)
        mu_buf_str(line, value);
    else
        mu_buf_json(line, value);
}

void mu_log(enum mu_log_level level, const char *event, ...)
{
    if (level < lowest_level)
        return;
    char when[MU_ISO_SIZE];
    mu_iso_format(mu_now_ms(), when);
    struct mu_buf line = {0};
    if (as_json)
        mu_buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", when,
                      names[level], event);
    else
        mu_buf_printf(&line, "%s %-5s %s", when, names[level], event);
    va_list ap;
    va_start(ap, event);
    for (const char *key; (key = va_arg(ap, const char *));)
        add_pair(&line, key, va_arg(ap, const char *));
    va_end(ap);
    mu_buf_str(&line, as_json ? "}\n" : "\n");
    ssize_t ignored = write(STDERR_FILENO, line.data, line.len);
    MU_UNUSED(ignored);
    mu_buf_release(&line);
}

const char *mu_log_num(int64_t n)
{
    static _Thread_local char ring[16][24];
    static _Thread_local unsigned next;
    char *slot = ring[next++ % 16];
    snprintf(slot, 24, "%" PRId64, n);
    return slot;
}
