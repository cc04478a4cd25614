/*
 * The runner carries out what core/session decides, and supervises the agents of this node.
 *
 * Layer: runner. Loop thread only.
 *
 * Every change of a row goes through one function, `apply`, always in this order: store (rows,
 * messages, and how far the agent's output was consumed, in one transaction) → commit, once per
 * loop turn → publish → feed the agent → answer whoever asked. A change that could not be stored
 * did not happen: it is neither shown nor acted on, and whoever asked is told.
 */
#ifndef MU_RUNNER_RUNNER_H
#define MU_RUNNER_RUNNER_H

#include "base/base.h"
#include "hub/hub.h"
#include "io/loop.h"
#include "store/store.h"
#include "wire/records.h"

struct mu_runner;

struct mu_runner_opts {
    struct mu_loop *loop;
    struct mu_store *store;
    struct mu_hub *hub;
    const char *data_dir; /* runs live in DIR/runs/<run id> */
    const char *exe;      /* muster's own program file, which is started as `muster hold` */
    /* In ms; 0: as usual. The server's environment may say them, for tests: MUSTER_AGENT_KEEP_MS,
     * MUSTER_QUIET_MS and MUSTER_START_MS. */
    int64_t keep_ms;  /* how long an idle agent process is kept; usually 30 minutes */
    int64_t quiet_ms; /* without output in a turn, before metadata says so; usually QUIET_SECONDS */
    int64_t start_ms; /* before the second start of an agent that failed to; usually 1 s */
};

/* Owned; borrows what opts names. Takes up the runs that an earlier server left: re-attaches to the
 * holders that live, reads what the finished ones left, marks as error only what is really gone. */
struct mu_runner *mu_runner_new(const struct mu_runner_opts *opts);
/* Detaches from every holder (agents go on) and calls done when all is closed; then free. */
void mu_runner_close(struct mu_runner *r, mu_loop_cb *done, void *ctx);
void mu_runner_free(struct mu_runner *r);

/* Commits what was written in this turn and carries out what follows from it. The loop calls it at
 * the end of each turn; a reader that needs a settled store (a join) calls it before it reads. */
void mu_runner_flush(struct mu_runner *r);

/* What became of a request. Borrowed for the callback. */
struct mu_outcome {
    enum mu_code code;                            /* MU_CODE_OK, or why not */
    const char *message;                          /* a sentence when code is not OK */
    const struct mu_rec_project *project;         /* create/update project */
    const struct mu_rec_session *session;         /* create/update/cancel/read session */
    const struct mu_rec_send_message_reply *sent; /* prompt */
    const struct mu_rec_image *image;             /* add image */
    bool existed;                                 /* … which was there before */
};
/* Called exactly once per request: at once when it is refused, after the commit otherwise. */
typedef void mu_outcome_cb(void *ctx, const struct mu_outcome *outcome);

/* req->path: as io/directory resolved it, which is not done here: it waits for the disk. */
void mu_runner_create_project(struct mu_runner *r, const struct mu_rec_create_project *req,
                              mu_outcome_cb *cb, void *ctx);
void mu_runner_update_project(struct mu_runner *r, const char *id,
                              const struct mu_rec_update_project *req, mu_outcome_cb *cb,
                              void *ctx);
void mu_runner_delete_project(struct mu_runner *r, const char *id, mu_outcome_cb *cb, void *ctx);
void mu_runner_create_session(struct mu_runner *r, const char *project_id,
                              const struct mu_rec_create_session *req, mu_outcome_cb *cb,
                              void *ctx);
void mu_runner_update_session(struct mu_runner *r, const char *id,
                              const struct mu_rec_update_session *req, mu_outcome_cb *cb,
                              void *ctx);
void mu_runner_delete_session(struct mu_runner *r, const char *id, mu_outcome_cb *cb, void *ctx);
/* A prompt: starts a turn, or waits in the queue behind the running one. */
void mu_runner_prompt(struct mu_runner *r, const char *session_id,
                      const struct mu_rec_send_message *req, mu_outcome_cb *cb, void *ctx);
/* An image that prompts may name. data[0..n) must stay until cb. */
void mu_runner_add_image(struct mu_runner *r, const char *type, const void *data, size_t n,
                         mu_outcome_cb *cb, void *ctx);
const char *mu_runner_images_dir(const struct mu_runner *r); /* store/images.h */
void mu_runner_cancel(struct mu_runner *r, const char *session_id, mu_outcome_cb *cb, void *ctx);
/* An answer to what an agent waits for. */
void mu_runner_answer(struct mu_runner *r, const char *session_id,
                      const struct mu_rec_answer_permission *req, mu_outcome_cb *cb, void *ctx);
/* A change to a prompt that waits: text and position, or remove, or now. */
void mu_runner_edit_queue(struct mu_runner *r, const char *session_id,
                          const struct mu_rec_edit_queue *req, mu_outcome_cb *cb, void *ctx);
/* seq 0 or past the end: everything there is. */
void mu_runner_read(struct mu_runner *r, const char *session_id, int64_t seq, mu_outcome_cb *cb,
                    void *ctx);

/* The agents this server knows, probed off the loop at start and when asked (age limit 60 s).
 * cb gets the list (borrowed). */
typedef void mu_agents_cb(void *ctx, const struct mu_rec_agent_list *agents);
void mu_runner_agents(struct mu_runner *r, mu_agents_cb *cb, void *ctx);

struct mu_runner_stats {
    int64_t runs, working, waiting, commits, commit_failures, commit_us_max, lines, output_bytes;
};
void mu_runner_stats(const struct mu_runner *r, struct mu_runner_stats *out);

#endif
