/*
 * JSON as text: a strict scanner that finds where a value ends and refuses whatever is not JSON,
 * without building a tree. RFC 8259, with two choices of muster's: input must be UTF-8, and \u
 * escapes of half a surrogate pair are refused. Same keys twice are not seen here.
 *
 * Layer: wire (pure). Thread rules: none; nothing is kept.
 *
 * Errors: MU_EPROTO (not JSON), MU_EUTF8, MU_ETOOBIG (nested deeper than asked for).
 */
#ifndef MU_WIRE_JSONTEXT_H
#define MU_WIRE_JSONTEXT_H

#include "base/base.h"

enum { MU_JSONTEXT_DEPTH_MAX = 64 };

/* What is left of a text: p moves towards end. */
struct mu_jsontext {
    const char *p;
    const char *end;
};

/* Skips whitespace, then the character c if it is next; says whether it was. */
bool mu_jsontext_take(struct mu_jsontext *t, char c);

/* Skips whitespace; true when nothing is left. */
bool mu_jsontext_ended(struct mu_jsontext *t);

/* Skips whitespace and one value with at most depth (0..MU_JSONTEXT_DEPTH_MAX) arrays and objects
 * inside one another; *begin is where the value starts, t->p where it ends. */
int mu_jsontext_value(struct mu_jsontext *t, unsigned depth, const char **begin) MU_MUST_CHECK;

/* Decodes a string that mu_jsontext_value accepted, text[0..n) with its quotes, into out, with a
 * NUL. 0; MU_ETOOBIG when cap bytes are too few; MU_EPROTO when it is no string or has a \u0000. */
int mu_jsontext_string(const char *text, size_t n, char *out, size_t cap) MU_MUST_CHECK;

#endif
