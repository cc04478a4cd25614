/*
 * What both dialects do with raw bytes: lines with a limit, text made valid, last words kept.
 *
 * Layer: agent. Pure but for allocation.
 */
#ifndef MU_AGENT_TEXT_H
#define MU_AGENT_TEXT_H

#include "base/base.h"
#include "base/buf.h"

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

/* ---- last words ---- */

enum { MU_WORDS_SIZE = 1024 };
/* The end of what was printed to a stream. */
struct mu_words {
    char text[MU_WORDS_SIZE];
    size_t n;
};
void mu_words_add(struct mu_words *w, const char *data, size_t n);
/* The last line that says something, trimmed and as valid UTF-8, appended to out; false: none. */
bool mu_words_last_line(const struct mu_words *w, struct mu_buf *out);

#endif
