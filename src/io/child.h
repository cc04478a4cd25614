/*
 * A short-lived program: run it, take what it prints on stdout, hear how it ended. For the start
 * of a holder and for questions like `claude --version`; agents do not run this way.
 *
 * stdin and stderr are /dev/null. Output over MU_CHILD_OUT_MAX is read and thrown away, unless
 * mu_child_bound says otherwise.
 *
 * Layer: io. Thread rules: the loop's thread only.
 */
#ifndef MU_IO_CHILD_H
#define MU_IO_CHILD_H

#include "base/base.h"

struct uv_loop_s;
struct mu_child;

enum { MU_CHILD_OUT_MAX = 16 * 1024 };

/* status: the exit status; 128 + signal; -ETIMEDOUT or MU_ETOOBIG when it was killed for that; a
 * negative errno when it could not be started. out[0..n) is NUL-terminated and borrowed. */
typedef void mu_child_done(void *ctx, int status, const char *out, size_t n);

/* argv is NULL-terminated and copied; file NULL: argv[0], looked up in PATH. detached: in a session
 * of its own. timeout_ms 0: none. done comes once, from the loop, also when the start failed, and
 * frees the child. */
struct mu_child *mu_child_run(struct uv_loop_s *loop, const char *file, const char *const *argv,
                              bool detached, uint64_t timeout_ms, mu_child_done *done, void *ctx);
/* Right after the start: max bytes are kept, and a program that prints more is killed. */
void mu_child_bound(struct mu_child *c, size_t max);
/* Kills it, if it still runs; done comes as it would. */
void mu_child_kill(struct mu_child *c);
/* done will not be called; the program runs on and is reaped. Not after done. */
void mu_child_forget(struct mu_child *c);

#endif
