/*
 * One line per event on stderr: text for a terminal, JSON objects with --log-json.
 *
 *     mu_log(MU_LOG_INFO, "listening", "addr", addr, "port", "4747", NULL);
 *
 * An event is a short name, then pairs of key and value (all `const char *`), then NULL.
 * No prompt, no agent output and no secret goes into a line below debug; no secret in any.
 *
 * Layer: base. One writev(2) per line, so lines of several processes do not mix.
 */
#ifndef MU_BASE_LOG_H
#define MU_BASE_LOG_H

#include "base/base.h"

enum mu_log_level { MU_LOG_DEBUG, MU_LOG_INFO, MU_LOG_WARN, MU_LOG_ERROR };

/* Sets the lowest level that is printed (default INFO) and the form. */
void mu_log_setup(enum mu_log_level lowest, bool json);
/* "debug" | "info" | "warn" | "error" → level; -EINVAL for another word. */
int mu_log_level_parse(const char *word, enum mu_log_level *out) MU_MUST_CHECK;

void mu_log(enum mu_log_level level, const char *event, ...) __attribute__((sentinel));

/* A number as text, valid until the 16th next call; for mu_log's pairs. */
const char *mu_log_num(int64_t n);

#endif
