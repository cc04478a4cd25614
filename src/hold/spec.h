/*
 * What a holder is asked to run, and its form on disk, RUNDIR/spec.json:
 *
 *     {"run":"<id>","argv":["claude","-p"],"env":{"LANG":"C.UTF-8","TERM":null},
 *      "cwd":"/srv/project","stdin":"pipe"}
 *
 * env is added to the holder's own environment and overrides it; null takes a variable away.
 * "stdin" is "pipe" or "null" (/dev/null). "stderr":"stdout" sends both into one pipe, in the order
 * in which they are written; left out, each has its own. Every process of the run bears
 * MUSTER_RUN=<id>. The server puts MUSTER_SESSION=<session id> and
 * MUSTER_AGENT=<agent id> into env: for whoever looks at the processes.
 *
 * Layer: hold. Thread rules: pure functions, any thread.
 */
#ifndef MU_HOLD_SPEC_H
#define MU_HOLD_SPEC_H

#include "base/buf.h"

#define MU_HOLD_MARKER "MUSTER_RUN"
#define MU_HOLD_SESSION "MUSTER_SESSION"
#define MU_HOLD_AGENT "MUSTER_AGENT"

struct mu_hold_env {
    const char *name;
    const char *value; /* NULL: unset */
};

struct mu_hold_spec {
    const char *run;               /* 1..64 of [A-Za-z0-9_.:-] */
    const char *const *argv;       /* NULL-terminated, at least the program */
    const struct mu_hold_env *env; /* n_env of them; may be NULL when 0 */
    size_t n_env;
    const char *cwd; /* absolute */
    bool stdin_pipe; /* false: /dev/null */
    bool one_output; /* stderr goes where stdout goes */
};

/* Appends the JSON. MU_EUTF8 when a string is not UTF-8 (JSON cannot carry it); EINVAL when the
 * specification itself is not valid. */
int mu_hold_spec_put(struct mu_buf *b, const struct mu_hold_spec *spec) MU_MUST_CHECK;

/* A specification that owns what it points to. */
struct mu_hold_spec_owned {
    struct mu_hold_spec spec;
    void *json; /* the parsed document that the strings live in */
};

/* 0, MU_ECORRUPT. After 0 the caller releases. */
int mu_hold_spec_get(const char *data, size_t n, struct mu_hold_spec_owned *out) MU_MUST_CHECK;
void mu_hold_spec_release(struct mu_hold_spec_owned *s);

#endif
