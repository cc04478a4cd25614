#include "core/naming.h"

#include <string.h>

static bool is_space(unsigned char c)
{
    return c <= ' ' || c == 0x7f;
}

size_t mu_naming_clean(const char *name, char *out, size_t cap)
{
    size_t n = 0;
    bool gap = false;
    size_t cut = mu_utf8_cut(name, strlen(name));
    for (const char *p = name; p < name + cut && n + gap + 1 < cap; p++) {
        if (is_space((unsigned char)*p)) {
            gap = n > 0;
            continue;
        }
        if (gap)
            out[n++] = ' ';
        gap = false;
        out[n++] = *p;
    }
    n = mu_utf8_cut(out, n);
    out[n] = '\0';
    return n;
}

static bool is_fence(const char *line, size_t n)
{
    return n >= 3 && (strncmp(line, "```", 3) == 0 || strncmp(line, "~~~", 3) == 0);
}

static size_t number_mark(const char *line, size_t n)
{
    size_t i = 0;
    while (i < n && i < 4 && line[i] >= '0' && line[i] <= '9')
        i++;
    if (i > 0 && i + 1 < n && (line[i] == '.' || line[i] == ')') && line[i + 1] == ' ')
        return i + 2;
    return 0;
}

/* The length of a mark that begins a line: a heading, a quote, an item. */
static size_t leading_mark(const char *line, size_t n)
{
    size_t i = 0;
    while (i < n && line[i] == '#')
        i++;
    if (i > 0 && i <= 6 && i < n && line[i] == ' ')
        return i + 1;
    if (n >= 1 && line[0] == '>')
        return 1;
    if (n >= 2 && strchr("-*+", line[0]) && line[1] == ' ')
        return 2;
    return number_mark(line, n);
}

static bool has_words(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            return true;
    }
    return false;
}

/* Copies a line without marks inside it (bold, code) and with single spaces. */
static size_t copy_clean(const char *line, size_t n, char *out, size_t cap)
{
    size_t len = 0;
    bool gap = false;
    for (size_t i = 0; i < n && len + 2 < cap; i++) {
        if (is_space((unsigned char)line[i])) {
            gap = len > 0;
            continue;
        }
        if (line[i] == '`' || (line[i] == '*' && i + 1 < n && line[i + 1] == '*') ||
            (line[i] == '*' && i > 0 && line[i - 1] == '*'))
            continue;
        if (gap)
            out[len++] = ' ';
        gap = false;
        out[len++] = line[i];
    }
    return mu_utf8_cut(out, len);
}

static size_t chars_in(const char *s, size_t n)
{
    size_t chars = 0;
    for (size_t i = 0; i < n; i++)
        chars += ((unsigned char)s[i] & 0xc0) != 0x80;
    return chars;
}

/* Cuts s to at most MU_NAMING_CHARS characters, at a space where one is near. */
static void shorten(char *s, size_t n)
{
    if (chars_in(s, n) <= MU_NAMING_CHARS) {
        s[n] = '\0';
        return;
    }
    size_t end = 0;
    size_t chars = 0;
    while (end < n && (chars < MU_NAMING_CHARS - 1 || ((unsigned char)s[end] & 0xc0) == 0x80)) {
        chars += ((unsigned char)s[end] & 0xc0) != 0x80;
        end++;
    }
    size_t word = end;
    while (word > 0 && s[word] != ' ')
        word--;
    if (word > end / 2)
        end = word;
    while (end > 0 && strchr(" ,;:.-", s[end - 1]))
        end--;
    memcpy(s + end, "…", sizeof "…");
}

void mu_naming_from_prompt(const char *prompt, char out[MU_NAMING_SIZE])
{
    char line_out[1024] = "";
    for (const char *p = prompt; *p;) {
        size_t n = strcspn(p, "\r\n");
        const char *line = p;
        size_t len = n;
        p += n + (p[n] != '\0');
        while (len > 0 && is_space((unsigned char)*line)) {
            line++;
            len--;
        }
        if (is_fence(line, len))
            continue;
        for (size_t mark = leading_mark(line, len); mark; mark = leading_mark(line, len)) {
            line += mark;
            len -= mark;
            while (len > 0 && is_space((unsigned char)*line)) {
                line++;
                len--;
            }
        }
        size_t clean = copy_clean(line, len, line_out, sizeof line_out);
        if (!has_words(line_out, clean) || !mu_utf8_valid(line_out, clean))
            continue;
        shorten(line_out, clean);
        memcpy(out, line_out, strlen(line_out) + 1);
        return;
    }
    memcpy(out, MU_NAMING_DEFAULT, sizeof MU_NAMING_DEFAULT);
}

enum mu_code mu_naming_take(const char *name, char out[MU_NAMING_GIVEN_SIZE], const char **why)
{
    *why = NULL;
    if (strlen(name) > MU_LIMIT_NAME_BYTES) {
        *why = "A name has at most 200 bytes.";
        return MU_CODE_TOO_LARGE;
    }
    if (mu_naming_clean(name, out, MU_NAMING_GIVEN_SIZE) == 0) {
        *why = "A name needs at least one visible character.";
        return MU_CODE_INVALID_FIELD;
    }
    return MU_CODE_OK;
}
