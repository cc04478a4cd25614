/*
 * A session's name, made from its first prompt: one short, clean line.
 *
 * Layer: core. Pure; any thread.
 */
#ifndef MU_CORE_NAMING_H
#define MU_CORE_NAMING_H

#include "base/base.h"
#include "wire/records.h"

/* What a session is called before it has a prompt, or when a prompt has no words. */
#define MU_NAMING_DEFAULT "New session"

/* About 48 characters, each at most 4 bytes, the ellipsis and the NUL. */
enum { MU_NAMING_CHARS = 48, MU_NAMING_SIZE = MU_NAMING_CHARS * 4 + 4 };

/* The first line of the prompt that says something, without markdown's marks and with single
 * spaces, cut at a word where it is too long. Never empty; UTF-8 where the prompt is. */
void mu_naming_from_prompt(const char *prompt, char out[MU_NAMING_SIZE]);

/* Cleans a name that was given: control characters become spaces, spaces at the ends go. Writes at
 * most cap bytes with the NUL, cut between characters; returns the length. */
size_t mu_naming_clean(const char *name, char *out, size_t cap);

/* A name that a person gives to something, cleaned. OK, or why not, with a sentence. */
enum { MU_NAMING_GIVEN_SIZE = MU_LIMIT_NAME_BYTES + 1 };
enum mu_code mu_naming_take(const char *name, char out[MU_NAMING_GIVEN_SIZE], const char **why);

#endif
