/*
 * The store: every row, durable, versioned. What a browser sees is what stands here.
 *
 * Layer: store. Loop thread only, except mu_store_checkpoint. Only the sqlite files here know
 * SQLite. A data directory has one open store in a process.
 *
 * One change at a time belongs to one transaction, which the first write opens by itself and
 * mu_store_commit ends: the runner commits once per loop turn. Reads see what was written before
 * the commit, so whoever answers a reader commits first. After any failed write the transaction is
 * doomed: what it wrote is rolled back at once, so that nobody reads what will not be; every
 * further write gives the same error, and so does mu_store_commit, after which the store works
 * again.
 *
 * Revisions: mu_store_next_rev gives the next number (below 2^53) of the one counter; the caller
 * puts it into the row it is about to write. A rollback takes the numbers back; a number that was
 * committed is never given again. The epoch names this history: a new database has a new one, as
 * has one whose machine went down without the last commits being known to be on the disk, and one
 * that is not the file left here but a copy that was put back (seal.h).
 *
 * Errors: 0; -ENOSPC (disk, quota or file size), -EIO and other errno (the write did not happen);
 * -EEXIST for an id, path or seq that is taken, -ENOENT for a parent that is not there, -EINVAL for
 * a value that the schema refuses; MU_ECORRUPT, MU_ENEWER, MU_EFOREIGN when opening. Deleting what
 * is not there is 0. Rows given to callbacks are borrowed for the call; a callback may read from
 * the store, not write to it.
 */
#ifndef MU_STORE_STORE_H
#define MU_STORE_STORE_H

#include "base/base.h"
#include "base/buf.h"
#include "wire/records.h"

struct mu_store;

/* A sentence for a person: what failed, why, what to do. */
struct mu_store_why {
    char text[512];
};

/* Opens or makes DIR/muster.db (0600), migrates it (schema/NNN-*.sql, embedded), and checks it
 * (quick_check). *out is owned; mu_store_close. On failure *out is NULL, *why says what to do, and
 * nothing was changed. A database that is not muster's: MU_EFOREIGN; of a newer schema: MU_ENEWER;
 * damaged: MU_ECORRUPT. */
int mu_store_open(const char *dir, struct mu_store **out, struct mu_store_why *why) MU_MUST_CHECK;
/* Checkpoints and closes; notes a clean end, which keeps the epoch. NULL allowed. */
void mu_store_close(struct mu_store *s);

const char *mu_store_epoch(const struct mu_store *s);
int64_t mu_store_rev(const struct mu_store *s); /* of the newest write, committed or pending */
int64_t mu_store_next_rev(struct mu_store *s);
bool mu_store_dirty(const struct mu_store *s);         /* writes wait for a commit */
int mu_store_commit(struct mu_store *s) MU_MUST_CHECK; /* on error: rolled back, nothing happened */
void mu_store_rollback(struct mu_store *s);

/* Moves committed pages from the write-ahead log into the database with a connection of its own.
 * Any thread (the only such function). mu_store_wal_pages says how large the log is, on the loop
 * thread: past MU_STORE_CHECKPOINT_PAGES the owner runs a checkpoint in a worker. Past
 * MU_STORE_LOG_PAGES_MAX a commit waits until the log is empty; one that meets a checkpoint under
 * way goes on, and another tries MU_STORE_CHECKPOINT_PAGES later, so the log may be twice as long
 * for a while (seen: 122 MB, with 1,000 agents at 20 lines a second). */
enum { MU_STORE_CHECKPOINT_PAGES = 2000, MU_STORE_LOG_PAGES_MAX = 16000 };
int mu_store_wal_pages(const struct mu_store *s);
int mu_store_checkpoint(const char *dir) MU_MUST_CHECK;

/* ---- projects and sessions ---- */

/* What the store keeps of a session beside its row: not for the wire. */
struct mu_session_private {
    const char *run_id;  /* the run (one agent process) it has, or NULL */
    const char *turn_id; /* the prompt that is being worked on (message id), or NULL */
    const char *now_id;  /* the queued prompt that the turn is interrupted for, or NULL */
    bool cancelling;     /* cancel was asked for, its end not yet seen */
    bool user_named;     /* the name was given by a person: never overwritten */
};

int mu_store_put_project(struct mu_store *s, const struct mu_rec_project *p) MU_MUST_CHECK;
/* Deletes a project with its sessions, messages, queues, requests; writes tombstones that bear rev.
 * Runs stay: each is a process that someone has to end first. */
int mu_store_delete_project(struct mu_store *s, const char *id, int64_t rev) MU_MUST_CHECK;
int mu_store_put_session(struct mu_store *s, const struct mu_rec_session *row,
                         const struct mu_session_private *priv) MU_MUST_CHECK;
int mu_store_delete_session(struct mu_store *s, const char *id, int64_t rev) MU_MUST_CHECK;

typedef void mu_project_cb(void *ctx, const struct mu_rec_project *row);
typedef void mu_session_cb(void *ctx, const struct mu_rec_session *row,
                           const struct mu_session_private *priv);
/* Calls cb for the one row; -ENOENT when there is none. */
int mu_store_get_project(struct mu_store *s, const char *id, mu_project_cb *cb,
                         void *ctx) MU_MUST_CHECK;
int mu_store_get_project_by_path(struct mu_store *s, const char *path, mu_project_cb *cb,
                                 void *ctx) MU_MUST_CHECK;
int mu_store_get_session(struct mu_store *s, const char *id, mu_session_cb *cb,
                         void *ctx) MU_MUST_CHECK;
/* All rows with rev > since (0: all), by creation. project_id NULL: of every project. */
int mu_store_each_project(struct mu_store *s, int64_t since, mu_project_cb *cb,
                          void *ctx) MU_MUST_CHECK;
int mu_store_each_session(struct mu_store *s, const char *project_id, int64_t since,
                          mu_session_cb *cb, void *ctx) MU_MUST_CHECK;
/* The sessions that work or have a run. */
int mu_store_each_in_flight(struct mu_store *s, mu_session_cb *cb, void *ctx) MU_MUST_CHECK;

/* In slices: rows in the order in which they were made, each with its number there, which it keeps
 * as long as it lives. Projects from number `from` on; sessions of a project behind number `after`;
 * at most limit. A callback that returns false ends it. */
typedef bool mu_project_slice_cb(void *ctx, int64_t n, const struct mu_rec_project *row);
typedef bool mu_session_slice_cb(void *ctx, int64_t n, const struct mu_rec_session *row);
int mu_store_slice_projects(struct mu_store *s, int64_t from, int64_t limit,
                            mu_project_slice_cb *cb, void *ctx) MU_MUST_CHECK;
int mu_store_slice_sessions(struct mu_store *s, const char *project_id, int64_t after,
                            int64_t limit, mu_session_slice_cb *cb, void *ctx) MU_MUST_CHECK;

/* Where rows stand: the positions of a project's sessions, or (project_id NULL) of the projects,
 * ascending. */
typedef void mu_place_cb(void *ctx, const char *id, int64_t position);
int mu_store_each_place(struct mu_store *s, const char *project_id, mu_place_cb *cb,
                        void *ctx) MU_MUST_CHECK;
int64_t mu_store_last_place(struct mu_store *s, const char *project_id); /* the highest; or 0 */
/* How many rows there are: of all (known, not counted), and changed since: projects, sessions and
 * tombstones, counted no further than max. */
int64_t mu_store_count_projects(struct mu_store *s);
int64_t mu_store_count_sessions(struct mu_store *s);
int64_t mu_store_count_since(struct mu_store *s, int64_t since, int64_t max);

/* Deleted rows with rev > since. is_project tells which kind. */
typedef void mu_tombstone_cb(void *ctx, bool is_project, const char *id, int64_t rev);
int mu_store_each_tombstone(struct mu_store *s, int64_t since, mu_tombstone_cb *cb,
                            void *ctx) MU_MUST_CHECK;
/* A since below this rev cannot be answered by a delta any more: tombstones older were pruned. */
int64_t mu_store_oldest_since(const struct mu_store *s);
/* Forgets tombstones from before that time. */
int mu_store_prune_tombstones(struct mu_store *s, int64_t before_ms) MU_MUST_CHECK;

/* ---- transcript ---- */

/* Inserts or replaces by id. The text of a message that is streaming may be grown by
 * mu_store_append_text, whose cost is that of the piece; a later put with the whole text folds the
 * pieces. put of an id that belongs to another session: -EEXIST. */
int mu_store_put_message(struct mu_store *s, const struct mu_rec_message *m) MU_MUST_CHECK;
int mu_store_append_text(struct mu_store *s, const char *message_id, const char *text,
                         size_t n) MU_MUST_CHECK;
typedef void mu_message_cb(void *ctx, const struct mu_rec_message *m);
/* text includes the appended pieces. -ENOENT when there is none. */
int mu_store_get_message(struct mu_store *s, const char *id, mu_message_cb *cb,
                         void *ctx) MU_MUST_CHECK;
/* The newest `limit` messages with seq < before (0: no bound), handed over oldest first, and fewer
 * when their texts would pass max_bytes (at least one). *has_older tells of more before them. */
int mu_store_page_messages(struct mu_store *s, const char *session_id, int64_t before,
                           int64_t limit, int64_t max_bytes, bool *has_older, mu_message_cb *cb,
                           void *ctx) MU_MUST_CHECK;
/* Messages with seq > since_seq or rev > since_rev (pass INT64_MAX to leave one out), and those
 * that are streaming, oldest first, at most `limit` and max_bytes (but one message is never too
 * large); -E2BIG when there are more (cb was not called). */
int mu_store_messages_since(struct mu_store *s, const char *session_id, int64_t since_seq,
                            int64_t since_rev, int64_t limit, int64_t max_bytes, mu_message_cb *cb,
                            void *ctx) MU_MUST_CHECK;

/* Adds one of an agent's own lines to a message: its first n bytes, of `bytes`. Past
 * MU_STORE_RAW_LINES of a message nothing is added; as for a message that is not there. */
enum { MU_STORE_RAW_LINES = 8 };
int mu_store_put_raw(struct mu_store *s, const char *message_id, const char *line, size_t n,
                     int64_t bytes) MU_MUST_CHECK;
int mu_store_drop_raw(struct mu_store *s, const char *message_id) MU_MUST_CHECK;
typedef void mu_raw_cb(void *ctx, const struct mu_rec_raw_line *raw);
int mu_store_each_raw(struct mu_store *s, const char *message_id, mu_raw_cb *cb,
                      void *ctx) MU_MUST_CHECK; /* oldest first */

/* ---- images: their rows; the files are images.h's ---- */

int mu_store_put_image(struct mu_store *s, const struct mu_rec_image *image)
    MU_MUST_CHECK; /* one that is there stays */
typedef void mu_image_row_cb(void *ctx, const struct mu_rec_image *image);
int mu_store_get_image(struct mu_store *s, const char *id, mu_image_row_cb *cb,
                       void *ctx) MU_MUST_CHECK; /* -ENOENT */
/* The message names the image, until it is deleted. */
int mu_store_use_image(struct mu_store *s, const char *message_id,
                       const char *image_id) MU_MUST_CHECK;
/* A message or a queued prompt names it. */
bool mu_store_image_used(struct mu_store *s, const char *id);
int mu_store_delete_image(struct mu_store *s,
                          const char *id) MU_MUST_CHECK; /* -ENOENT while a message names it */
int64_t mu_store_image_bytes(struct mu_store *s);        /* of all */

/* ---- usage ---- */

/* What a turn used; -1: not told. Rows outlive their sessions, not their projects. */
struct mu_store_usage {
    const char *turn_id, *session_id, *project_id, *agent;
    const char *model; /* or NULL */
    int64_t started_at, ended_at;
    int64_t input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_microusd;
};
/* Inserts or replaces by the turn. */
int mu_store_put_usage(struct mu_store *s, const struct mu_store_usage *u) MU_MUST_CHECK;

struct mu_usage_filter {
    const char *session_id, *project_id; /* NULL: all */
    int64_t since;                       /* turns that ended then or later */
};
enum mu_usage_by { MU_USAGE_TOTAL, MU_USAGE_BY_PROJECT, MU_USAGE_BY_SESSION };
/* Sums, the one used last first, at most limit; what was not told counts as none, and a sum ends at
 * 2^53 - 1. id and project_id are NULL for the total, of which there is always one. */
typedef void mu_usage_cb(void *ctx, const char *id, const char *project_id,
                         const struct mu_rec_usage *sum);
int mu_store_sum_usage(struct mu_store *s, enum mu_usage_by by, const struct mu_usage_filter *f,
                       int64_t limit, mu_usage_cb *cb, void *ctx) MU_MUST_CHECK;
typedef void mu_turn_usage_cb(void *ctx, const struct mu_rec_turn_usage *turn);
int mu_store_each_usage(struct mu_store *s, const struct mu_usage_filter *f, int64_t limit,
                        mu_turn_usage_cb *cb, void *ctx) MU_MUST_CHECK; /* newest first */

/* ---- prompt queue ---- */

/* Appends at the end (position is given by the store, 1-based, dense in the order of insertion). */
/* images: a JSON array of their ids, or NULL: none. */
int mu_store_queue_put(struct mu_store *s, const char *session_id, const char *id, const char *text,
                       int64_t created_at, const char *images) MU_MUST_CHECK;
int mu_store_queue_delete(struct mu_store *s, const char *session_id, const char *id) MU_MUST_CHECK;
typedef void mu_queue_cb(void *ctx, const struct mu_rec_queued_prompt *item);
int mu_store_queue_each(struct mu_store *s, const char *session_id, mu_queue_cb *cb,
                        void *ctx) MU_MUST_CHECK;
/* The session that a queued prompt of this id waits in: copied to out (MU_ID 64+1), -ENOENT. */
int mu_store_queue_find(struct mu_store *s, const char *id, char out[65]) MU_MUST_CHECK;

/* Another text for a prompt that waits; another place, 1 being the next and what is past the end
 * the last. -ENOENT when it does not wait. */
int mu_store_queue_set_text(struct mu_store *s, const char *session_id, const char *id,
                            const char *text) MU_MUST_CHECK;
int mu_store_queue_move(struct mu_store *s, const char *session_id, const char *id,
                        int64_t position) MU_MUST_CHECK;

/* ---- what agents wait for ---- */

/* Inserts or replaces by the session and the id. tool_id: the agent's name of the tool call. */
int mu_store_put_permission(struct mu_store *s, const struct mu_rec_permission *p,
                            const char *tool_id) MU_MUST_CHECK;
int mu_store_delete_permission(struct mu_store *s, const char *session_id,
                               const char *id) MU_MUST_CHECK;
/* A session's, oldest first; of all sessions at most limit. What of input, suggestions and
 * questions is longer than max bytes is left out: NULL. */
typedef void mu_permission_cb(void *ctx, const struct mu_rec_permission *p, const char *tool_id);
int mu_store_each_permission(struct mu_store *s, const char *session_id, size_t max,
                             mu_permission_cb *cb, void *ctx) MU_MUST_CHECK;
int mu_store_all_permissions(struct mu_store *s, int64_t limit, size_t max, mu_permission_cb *cb,
                             void *ctx) MU_MUST_CHECK;

/* ---- runs: agent processes and how far their output was consumed ---- */

struct mu_run {
    const char *id; /* names the directory DIR/runs/<id> of its holder */
    const char *session_id;
    const char *agent;   /* agent id */
    const char *spec;    /* JSON: what the holder was told to start */
    int64_t offset;      /* spool offset up to which all was consumed … */
    int64_t skip;        /* … and bytes of the record there that were, too */
    int64_t last_input;  /* highest input number given so far */
    const char *decoder; /* JSON of the dialect's state that output alone cannot restore, or NULL */
    int64_t created_at;
};
int mu_store_put_run(struct mu_store *s, const struct mu_run *r) MU_MUST_CHECK;
int mu_store_delete_run(struct mu_store *s, const char *id) MU_MUST_CHECK; /* and its inputs */
typedef void mu_run_cb(void *ctx, const struct mu_run *r);
int mu_store_each_run(struct mu_store *s, mu_run_cb *cb, void *ctx) MU_MUST_CHECK;
/* Inputs for an agent that its holder has not confirmed: written before they are sent. */
int mu_store_put_input(struct mu_store *s, const char *run_id, int64_t seq, const char *data,
                       size_t n, bool includes) MU_MUST_CHECK;
int mu_store_delete_inputs(struct mu_store *s, const char *run_id, int64_t up_to) MU_MUST_CHECK;
typedef void mu_input_cb(void *ctx, int64_t seq, const char *data, size_t n, bool includes);
int mu_store_each_input(struct mu_store *s, const char *run_id, mu_input_cb *cb,
                        void *ctx) MU_MUST_CHECK;

/* ---- terminals: commands that agents run through their host ---- */

struct mu_terminal {
    const char *id;      /* names the directory DIR/runs/<id> of its holder */
    const char *run_id;  /* of the agent */
    const char *request; /* the agent's request for it, until that is answered; else NULL */
    const char *spec;    /* JSON: what the holder was told to start */
    int64_t byte_limit;  /* of output that is kept */
    int64_t offset;      /* spool offset from which output is needed */
    bool truncated;      /* there was output before that */
    const char *output;  /* output[0..n): only when exit is set */
    size_t n;
    const char *exit; /* JSON: how it has ended; else NULL */
};
int mu_store_put_terminal(struct mu_store *s, const struct mu_terminal *t) MU_MUST_CHECK;
int mu_store_delete_terminal(struct mu_store *s, const char *id) MU_MUST_CHECK;
typedef void mu_terminal_cb(void *ctx, const struct mu_terminal *t);
int mu_store_each_terminal(struct mu_store *s, mu_terminal_cb *cb, void *ctx) MU_MUST_CHECK;

/* ---- access ---- */

/* Secrets are kept as SHA-256 in hex (64 characters), never in clear. kind: "owner", "used_link";
 * "login" and "token" are those below. expires_at 0: never. */
int mu_store_put_secret(struct mu_store *s, const char *kind, const char *sha256_hex,
                        int64_t created_at, int64_t expires_at) MU_MUST_CHECK;
/* True when there is such a secret of that kind that has not expired at `now`. */
bool mu_store_has_secret(struct mu_store *s, const char *kind, const char *sha256_hex, int64_t now);
int mu_store_delete_secrets(struct mu_store *s, const char *kind) MU_MUST_CHECK; /* all of a kind */
int mu_store_prune_secrets(struct mu_store *s, int64_t now) MU_MUST_CHECK;

/* ---- secrets that a person sees and takes away: sign-ins of browsers, tokens of programs ---- */

struct mu_store_access {
    const char *id;
    enum mu_access_kind kind;
    const char *hash;                             /* SHA-256 in hex */
    const char *name;                             /* for a person */
    int64_t created_at, last_used_at, expires_at; /* 0: never */
};
/* A new one; -EEXIST for an id or a hash that is there. */
int mu_store_put_access(struct mu_store *s, const struct mu_store_access *a) MU_MUST_CHECK;
typedef void mu_access_cb(void *ctx, const struct mu_store_access *a);
/* The one with this secret that has not expired; -ENOENT. */
int mu_store_find_access(struct mu_store *s, enum mu_access_kind kind, const char *hash,
                         int64_t now, mu_access_cb *cb, void *ctx) MU_MUST_CHECK;
/* Those that have not expired: browsers first, of each kind what was used last first. */
int mu_store_each_access(struct mu_store *s, int64_t now, mu_access_cb *cb,
                         void *ctx) MU_MUST_CHECK;
int64_t mu_store_count_access(struct mu_store *s, enum mu_access_kind kind);
/* The one used last before `newer` others of its kind; -ENOENT when there are not more. */
int mu_store_oldest_access(struct mu_store *s, enum mu_access_kind kind, int64_t newer,
                           char id[MU_ID_SIZE]) MU_MUST_CHECK;
int mu_store_use_access(struct mu_store *s, const char *id, int64_t at) MU_MUST_CHECK;
int mu_store_delete_access(struct mu_store *s, const char *id) MU_MUST_CHECK; /* -ENOENT */

/* ---- for tests ---- */

/* Makes the nth write from now on fail with err (0: off); the fault stays until switched off. Some
 * functions write more than once, and a commit counts as a write. */
void mu_store_fail_after(struct mu_store *s, int writes, int err);

#endif
