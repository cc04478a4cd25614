#include "agent/text.h"

#include <stdio.h>
#include <string.h>

/* ---- lines ---- */

static void give_line(mu_line_cb *cb, void *ctx, const char *line, size_t n)
{
    if (n > 0 && line[n - 1] == '\r')
        n--;
    cb(ctx, line, n);
}

/* Takes the piece of a line that does not end in it. */
static size_t hold_back(struct mu_lines *l, const char *data, size_t n, mu_line_cb *too_long,
                        void *ctx)
{
    if (l->skipping || n == 0)
        return 0;
    if (l->part.len + n <= l->max) {
        mu_buf_add(&l->part, data, n);
        return n;
    }
    l->skipping = true;
    mu_buf_release(&l->part);
    too_long(ctx, NULL, 0);
    return 0;
}

static void end_line(struct mu_lines *l, const char *data, size_t n, mu_line_cb *cb,
                     mu_line_cb *too_long, void *ctx)
{
    if (l->skipping) {
        l->skipping = false;
    } else if (l->part.len + n > l->max) {
        mu_buf_release(&l->part);
        too_long(ctx, NULL, 0);
    } else if (l->part.len == 0) {
        give_line(cb, ctx, data, n);
    } else {
        mu_buf_add(&l->part, data, n);
        give_line(cb, ctx, l->part.data, l->part.len);
        mu_buf_release(&l->part);
    }
}

size_t mu_lines_feed(struct mu_lines *l, const char *data, size_t n, mu_line_cb *cb,
                     mu_line_cb *too_long, void *ctx)
{
    while (n > 0) {
        const char *end = memchr(data, '\n', n);
        if (!end)
            return hold_back(l, data, n, too_long, ctx);
        size_t len = (size_t)(end - data);
        end_line(l, data, len, cb, too_long, ctx);
        data += len + 1;
        n -= len + 1;
    }
    return 0;
}

void mu_lines_end(struct mu_lines *l, mu_line_cb *cb, void *ctx)
{
    if (l->part.len > 0)
        give_line(cb, ctx, l->part.data, l->part.len);
    mu_lines_release(l);
}

void mu_lines_release(struct mu_lines *l)
{
    mu_buf_release(&l->part);
    l->skipping = false;
}

/* ---- text ---- */

static const char replacement[] = "\xEF\xBF\xBD";

/* The length of the character at s[0..n): 0 when it is none, -1 when it may become one. */
static int char_at(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    int len = s[0] >= 0xf5 ? 0 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
    if (len == 0)
        return 0;
    unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    for (int i = 1; i < len; i++) {
        if ((size_t)i >= n)
            return -1;
        if (s[i] < (i == 1 ? low : 0x80) || s[i] > (i == 1 ? high : 0xbf))
            return 0;
    }
    return len;
}

static size_t add_valid(struct mu_buf *out, const char *data, size_t n)
{
    size_t i = 0;
    while (i < n) {
        int len = char_at((const unsigned char *)data + i, n - i);
        if (len < 0)
            break;
        if (len == 0)
            mu_buf_str(out, replacement);
        else
            mu_buf_add(out, data + i, (size_t)len);
        i += len ? (size_t)len : 1;
    }
    return i;
}

/* The bytes that can be copied as they are: ASCII without NUL. */
static size_t plain(const char *data, size_t n)
{
    size_t i = 0;
    while (i < n && (signed char)data[i] > 0)
        i++;
    return i;
}

void mu_text_add(struct mu_buf *out, struct mu_utf8_rest *rest, const char *data, size_t n)
{
    while (rest->n > 0 && n > 0) {
        rest->bytes[rest->n++] = *data++;
        n--;
        size_t used = add_valid(out, rest->bytes, rest->n);
        memmove(rest->bytes, rest->bytes + used, rest->n - used);
        rest->n -= used;
    }
    while (n > 0) {
        size_t i = plain(data, n);
        mu_buf_add(out, data, i);
        data += i;
        n -= i;
        size_t until = 0;
        while (until < n && (signed char)data[until] <= 0)
            until++;
        size_t used = add_valid(out, data, until == n ? n : until);
        if (used < until && until < n) { /* a broken character before ASCII */
            mu_buf_str(out, replacement);
            used++;
        } else if (used < until) {
            rest->n = n - used;
            memcpy(rest->bytes, data + used, rest->n);
            return;
        }
        data += used;
        n -= used;
    }
}

void mu_text_end(struct mu_buf *out, struct mu_utf8_rest *rest)
{
    for (size_t i = 0; i < rest->n; i++)
        mu_buf_str(out, replacement);
    rest->n = 0;
}

int mu_text_cut(const char *text, size_t max)
{
    size_t n = strlen(text);
    return (int)(n > max ? mu_utf8_cut(text, max) : n);
}

/* ---- last words ---- */

void mu_words_add(struct mu_words *w, const char *data, size_t n)
{
    if (n >= sizeof w->text) {
        memcpy(w->text, data + n - sizeof w->text, sizeof w->text);
        w->n = sizeof w->text;
        return;
    }
    if (w->n + n > sizeof w->text) {
        size_t drop = w->n + n - sizeof w->text;
        memmove(w->text, w->text + drop, w->n - drop);
        w->n -= drop;
    }
    memcpy(w->text + w->n, data, n);
    w->n += n;
}

static bool is_space(char c)
{
    return (unsigned char)c <= ' ';
}

/* How many bytes of colour and the like (ECMA-48: ESC [ … a letter) begin there. */
static size_t control_at(const char *s, size_t n)
{
    size_t i = 2;
    if (n < 2 || s[0] != '\x1b' || s[1] != '[')
        return 0;
    while (i < n && (s[i] < '@' || s[i] > '~'))
        i++;
    return i < n ? i + 1 : n;
}

static void add_uncoloured(struct mu_buf *out, const char *s, size_t n)
{
    struct mu_utf8_rest rest = {.n = 0};
    while (n > 0) {
        size_t until = 0, skip = 0;
        while (until < n && !(skip = control_at(s + until, n - until)))
            until++;
        mu_text_add(out, &rest, s, until);
        s += until + skip;
        n -= until + skip;
    }
    mu_text_end(out, &rest);
}

/* The last line of text[0..end) that says something. */
static bool add_line(const struct mu_words *w, size_t end, struct mu_buf *out)
{
    while (end > 0) {
        struct mu_buf line = {0};
        size_t start = end;
        while (start > 0 && w->text[start - 1] != '\n')
            start--;
        add_uncoloured(&line, w->text + start, end - start);
        size_t from = 0, to = line.len;
        while (to > from && is_space(line.data[to - 1]))
            to--;
        while (from < to && is_space(line.data[from]))
            from++;
        mu_buf_add(out, line.len ? line.data + from : "", to - from);
        mu_buf_release(&line);
        if (to > from)
            return true;
        end = start > 0 ? start - 1 : 0;
    }
    return false;
}

bool mu_words_last_line(const struct mu_words *w, struct mu_buf *out)
{
    return add_line(w, w->n, out);
}

bool mu_words_line_with(const struct mu_words *w, const char *words, struct mu_buf *out)
{
    size_t n = strlen(words);
    for (size_t at = w->n; at-- > 0;) {
        if (w->n - at < n || memcmp(w->text + at, words, n) != 0)
            continue;
        const char *end = memchr(w->text + at, '\n', w->n - at);
        return add_line(w, end ? (size_t)(end - w->text) : w->n, out);
    }
    return false;
}

void mu_text_ended(const char *name, const char *when, const struct mu_exit *how, char *out,
                   size_t cap)
{
    const char *signal = how->kind == MU_EXIT_SIGNAL ? sigdescr_np(how->signal) : NULL;
    if (how->kind == MU_EXIT_SIGNAL)
        snprintf(out, cap, "%s was killed by signal %d (%s)", name, how->signal,
                 signal ? signal : "unknown");
    else
        snprintf(out, cap, "%s ended %s (exit code %d)", name, when, how->code);
}

/* ---- JSON ---- */

const char *mu_json_str(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

int64_t mu_json_count(const json_t *o, const char *key)
{
    const json_t *n = json_object_get(o, key);
    return json_is_integer(n) && json_integer_value(n) >= 0 ? json_integer_value(n) : -1;
}
