/*
 * What the dialects without a protocol share: one process a turn, what it prints is the answer, its
 * end is the turn's end. shell.c and text_dialect.c say how it is started.
 *
 *   exit 0          the turn is done
 *   any other end   the turn failed: "exit 1: " and the last line that it wrote to stderr
 *
 * Layer: agent, private to those two.
 */
#ifndef MU_AGENT_PLAIN_H
#define MU_AGENT_PLAIN_H

#include "agent/agent.h"

/* The state of a run, owned. shows_stderr: what it writes there is part of the answer, too. */
void *mu_plain_open(const json_t *saved, bool shows_stderr);
void mu_plain_save(const void *state, struct mu_buf *json);

/* The members of a struct mu_dialect. */
void mu_plain_interrupt(void *state, const char *request_id, struct mu_buf *out);
void mu_plain_answer(void *state, const struct mu_agent_answer *answer, struct mu_buf *out);
size_t mu_plain_feed(void *state, enum mu_stream stream, const char *data, size_t n,
                     mu_agent_cb *cb, void *ctx);
void mu_plain_exited(void *state, const struct mu_exit *how, bool answered,
                     struct mu_agent_end *out, mu_agent_cb *cb, void *ctx);

#endif
