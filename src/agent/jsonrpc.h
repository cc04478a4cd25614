/*
 * JSON-RPC 2.0 by lines, as agents speak it on stdin and stdout: one message a line, both sides ask
 * and answer. https://www.jsonrpc.org/specification
 *
 * Ids of the two directions are apart: a request of the agent may have the number of one of ours.
 * Ours are whole numbers from 1; the agent's are any number or string, and go back as they came.
 *
 * Layer: agent. Pure but for allocation.
 */
#ifndef MU_AGENT_JSONRPC_H
#define MU_AGENT_JSONRPC_H

#include "base/base.h"
#include "base/buf.h"

#include <jansson.h>

enum mu_rpc_kind {
    MU_RPC_NONE, /* not a message: not JSON, or nothing that this protocol knows */
    MU_RPC_REQUEST,
    MU_RPC_NOTIFICATION,
    MU_RPC_RESULT, /* the answer to our request `id` */
    MU_RPC_ERROR,  /* the same: it failed */
};

/* What JSON-RPC says of the codes; an agent has its own besides. */
enum {
    MU_RPC_METHOD_NOT_FOUND = -32601,
    MU_RPC_INVALID_PARAMS = -32602,
    MU_RPC_INTERNAL = -32603,
};

struct mu_rpc_message {
    enum mu_rpc_kind kind;
    int64_t id;          /* RESULT, ERROR: of our request; 0: of none that could be ours */
    const json_t *their; /* REQUEST: the agent's id */
    const char *method;  /* REQUEST, NOTIFICATION */
    const json_t *body;  /* params, result, or error; may be NULL */
};

/* What a parsed line is. Everything in out is borrowed from json. */
void mu_rpc_read(const json_t *json, struct mu_rpc_message *out);

/* Append a message and the end of its line. They take params and result (NULL: left out, null), and
 * borrow the rest. versioned: with the member "jsonrpc", which not every agent wants. */
void mu_rpc_request(struct mu_buf *out, bool versioned, int64_t id, const char *method,
                    json_t *params);
void mu_rpc_notify(struct mu_buf *out, bool versioned, const char *method, json_t *params);
void mu_rpc_result(struct mu_buf *out, bool versioned, const json_t *their, json_t *result);
void mu_rpc_error(struct mu_buf *out, bool versioned, const json_t *their, int code,
                  const char *message);

/* The sentence of an error object: its message, and what its data adds where that is text. Never
 * empty. Appended. */
void mu_rpc_error_text(const json_t *error, struct mu_buf *out);

#endif
