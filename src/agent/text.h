/*
 * What the dialects share: lines with a limit, text made valid, last words kept, how a process
 * ended.
 *
 * Layer: agent. Pure but for allocation.
 */
#ifndef MU_AGENT_TEXT_H
#define MU_AGENT_TEXT_H

#include "base/base.h"
#include "base/buf.h"
#include "hold/spool.h"

#include <jansson.h>

/* ---- lines ---- */

/* Cuts bytes into lines of at most `max` bytes; a longer one is skipped without being kept. */
struct mu_lines {
    struct mu_buf part; /* of a line that has not ended */
    size_t max;
    bool skipping;
};

typedef void mu_line_cb(void *ctx, const char *line, size_t n);
/* cb for each whole line, without its end ("\n" or "\r\n"), NUL-terminated only by chance; too_long
 * once for each that is skipped. Returns how many bytes at the end of data are held back. */
size_t mu_lines_feed(struct mu_lines *l, const char *data, size_t n, mu_line_cb *cb,
                     mu_line_cb *too_long, void *ctx);
/* The end of input: a line that has no end is one all the same. */
void mu_lines_end(struct mu_lines *l, mu_line_cb *cb, void *ctx);
void mu_lines_release(struct mu_lines *l);

/* ---- text ---- */

/* The beginning of a character that was split between two pieces. */
struct mu_utf8_rest {
    char bytes[4];
    size_t n;
};

/* Appends data as valid UTF-8: what is not becomes U+FFFD, as does NUL; an incomplete character at
 * the end waits in rest for the next piece. */
void mu_text_add(struct mu_buf *out, struct mu_utf8_rest *rest, const char *data, size_t n);
/* The end of input: what waits is no character. */
void mu_text_end(struct mu_buf *out, struct mu_utf8_rest *rest);

/* How many bytes of the text, at most max, are whole characters: for "%.*s". */
int mu_text_cut(const char *text, size_t max);

/* ---- last words ---- */

enum { MU_WORDS_SIZE = 1024 };
/* The end of what was printed to a stream. */
struct mu_words {
    char text[MU_WORDS_SIZE];
    size_t n;
};
void mu_words_add(struct mu_words *w, const char *data, size_t n);
/* The last line that says something, trimmed, as valid UTF-8 and without colours, appended to out;
 * false: none. */
bool mu_words_last_line(const struct mu_words *w, struct mu_buf *out);
/* The same with the last line in which these words stand. */
bool mu_words_line_with(const struct mu_words *w, const char *words, struct mu_buf *out);

/* "codex was killed by signal 9 (Killed)", "codex ended in the middle of the turn (exit code 1)":
 * without a full stop, since last words may follow. `when` is for an end with a code. */
void mu_text_ended(const char *name, const char *when, const struct mu_exit *how, char *out,
                   size_t cap);

/* ---- JSON ---- */

/* A member that is a string; NULL: there is none, or o is no object. Borrowed. */
const char *mu_json_str(const json_t *o, const char *key);
/* A member that is a count, at least 0; -1: it is none. */
int64_t mu_json_count(const json_t *o, const char *key);

#endif
