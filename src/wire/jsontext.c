#include "wire/jsontext.h"

#include <endian.h>
#include <string.h>

struct scan {
    struct mu_jsontext *t;
    uint64_t objects; /* a bit for each open container: is it an object? */
    unsigned depth;
    unsigned depth_max;
};

static void skip_space(struct mu_jsontext *t)
{
    while (t->p < t->end && (*t->p == ' ' || *t->p == '\n' || *t->p == '\t' || *t->p == '\r'))
        t->p++;
}

bool mu_jsontext_take(struct mu_jsontext *t, char c)
{
    skip_space(t);
    if (t->p == t->end || *t->p != c)
        return false;
    t->p++;
    return true;
}

bool mu_jsontext_ended(struct mu_jsontext *t)
{
    skip_space(t);
    return t->p == t->end;
}

/* How many of eight bytes need no closer look, up to the first one that does: control, quote,
 * backslash or not ASCII. The usual test for a zero or small byte in a word; what it may flag
 * without reason lies behind a byte that it flags with reason. */
static size_t plain_bytes(const char *p)
{
    const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    uint64_t v;
    memcpy(&v, p, sizeof v);
    v = le64toh(v);
    uint64_t quote = v ^ (ones * '"'), slash = v ^ (ones * '\\');
    uint64_t special = (v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
    return special ? (size_t)__builtin_ctzll(special) / 8 : sizeof v;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number in four hexadecimal digits at p, or -1. */
static int hex4(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int v = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

/* t->p is behind a backslash. */
static int skip_escape(struct mu_jsontext *t)
{
    if (t->p == t->end)
        return MU_EPROTO;
    char c = *t->p++;
    if (c != 'u')
        return c && strchr("\"\\/bfnrt", c) ? 0 : MU_EPROTO;
    int v = hex4(t->p, t->end);
    if (v < 0 || (v >= 0xDC00 && v <= 0xDFFF))
        return MU_EPROTO;
    t->p += 4;
    if (v < 0xD800 || v > 0xDBFF)
        return 0;
    if (t->end - t->p < 6 || t->p[0] != '\\' || t->p[1] != 'u')
        return MU_EPROTO;
    int low = hex4(t->p + 2, t->end);
    if (low < 0xDC00 || low > 0xDFFF)
        return MU_EPROTO;
    t->p += 6;
    return 0;
}

static int skip_wide(struct mu_jsontext *t)
{
    unsigned char c = (unsigned char)*t->p;
    int len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (t->end - t->p < len || !mu_utf8_valid(t->p, (size_t)len))
        return MU_EUTF8;
    t->p += len;
    return 0;
}

/* t->p is behind the opening quote. */
static int skip_string(struct mu_jsontext *t)
{
    for (;;) {
        size_t plain = 8;
        while (plain == 8 && t->end - t->p >= 8) {
            plain = plain_bytes(t->p);
            t->p += plain;
        }
        if (t->p == t->end)
            return MU_EPROTO;
        unsigned char c = (unsigned char)*t->p;
        int rc = 0;
        if (c >= 0x80) {
            rc = skip_wide(t);
        } else {
            t->p++;
            if (c == '"')
                return 0;
            if (c == '\\')
                rc = skip_escape(t);
            else if (c < 0x20)
                rc = MU_EPROTO;
        }
        if (rc)
            return rc;
    }
}

static bool skip_digits(struct mu_jsontext *t)
{
    const char *begin = t->p;
    while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
        t->p++;
    return t->p > begin;
}

static bool skip_char(struct mu_jsontext *t, char c)
{
    bool found = t->p < t->end && *t->p == c;
    t->p += found;
    return found;
}

static int skip_number(struct mu_jsontext *t)
{
    skip_char(t, '-');
    if (!skip_char(t, '0') && !skip_digits(t))
        return MU_EPROTO;
    if (skip_char(t, '.') && !skip_digits(t))
        return MU_EPROTO;
    if (skip_char(t, 'e') || skip_char(t, 'E')) {
        if (!skip_char(t, '+'))
            skip_char(t, '-');
        if (!skip_digits(t))
            return MU_EPROTO;
    }
    return 0;
}

static int skip_word(struct mu_jsontext *t, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
        return MU_EPROTO;
    t->p += n;
    return 0;
}

static int skip_key(struct mu_jsontext *t)
{
    if (!mu_jsontext_take(t, '"'))
        return MU_EPROTO;
    int rc = skip_string(t);
    if (rc)
        return rc;
    return mu_jsontext_take(t, ':') ? 0 : MU_EPROTO;
}

/* Opens an array or object whose bracket was taken. 1: its first value is next; 0: it is empty. */
static int open_container(struct scan *s, bool object)
{
    if (s->depth == s->depth_max)
        return MU_ETOOBIG;
    if (mu_jsontext_take(s->t, object ? '}' : ']'))
        return 0;
    s->objects = s->objects << 1 | object;
    s->depth++;
    int rc = object ? skip_key(s->t) : 0;
    return rc ? rc : 1;
}

/* 0: a value is over; 1: a container was opened and its first value is next. */
static int begin_value(struct scan *s)
{
    struct mu_jsontext *t = s->t;
    if (mu_jsontext_ended(t))
        return MU_EPROTO;
    switch (*t->p) {
    case '"':
        t->p++;
        return skip_string(t);
    case '{':
    case '[':
        return open_container(s, *t->p++ == '{');
    case 't':
        return skip_word(t, "true");
    case 'f':
        return skip_word(t, "false");
    case 'n':
        return skip_word(t, "null");
    default:
        return skip_number(t);
    }
}

/* Behind a value. 0: the outermost one is over; 1: another value is next. */
static int end_value(struct scan *s)
{
    while (s->depth) {
        bool object = s->objects & 1;
        if (mu_jsontext_take(s->t, ',')) {
            int rc = object ? skip_key(s->t) : 0;
            return rc ? rc : 1;
        }
        if (!mu_jsontext_take(s->t, object ? '}' : ']'))
            return MU_EPROTO;
        s->objects >>= 1;
        s->depth--;
    }
    return 0;
}

int mu_jsontext_value(struct mu_jsontext *t, unsigned depth, const char **begin)
{
    struct scan s = {.t = t, .depth_max = depth};
    if (depth > MU_JSONTEXT_DEPTH_MAX)
        s.depth_max = MU_JSONTEXT_DEPTH_MAX;
    skip_space(t);
    *begin = t->p;
    int rc;
    do {
        rc = begin_value(&s);
        if (rc == 0)
            rc = end_value(&s);
    } while (rc > 0);
    return rc;
}

static size_t put_utf8(char *out, unsigned v)
{
    if (v < 0x80) {
        out[0] = (char)v;
        return 1;
    }
    size_t n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; v >>= 6)
        out[i] = (char)(0x80 | (v & 0x3F));
    out[0] = (char)(lead[n] | v);
    return n;
}

/* The character that the escape at *p (behind its backslash) stands for; moves *p behind it. */
static unsigned read_escape(const char **p, const char *end)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    char c = *(*p)++;
    if (c != 'u') {
        const char *letter = strchr(letters, c);
        return (unsigned char)(letter ? meant[letter - letters] : c);
    }
    unsigned v = (unsigned)hex4(*p, end);
    *p += 4;
    if (v < 0xD800 || v > 0xDBFF)
        return v;
    unsigned low = (unsigned)hex4(*p + 2, end);
    *p += 6;
    return 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
}

int mu_jsontext_string(const char *text, size_t n, char *out, size_t cap)
{
    if (n < 2 || text[0] != '"')
        return MU_EPROTO;
    const char *p = text + 1, *end = text + n - 1;
    size_t len = 0;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((slash ? slash : end) - p);
        if (cap - len <= run)
            return MU_ETOOBIG;
        memcpy(out + len, p, run);
        len += run;
        p += run;
        if (!slash)
            break;
        p++;
        char wide[4];
        unsigned v = read_escape(&p, end);
        if (!v)
            return MU_EPROTO;
        size_t size = put_utf8(wide, v);
        if (cap - len <= size)
            return MU_ETOOBIG;
        memcpy(out + len, wide, size);
        len += size;
    }
    if (len >= cap)
        return MU_ETOOBIG;
    out[len] = 0;
    return 0;
}
