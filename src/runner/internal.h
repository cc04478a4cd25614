/*
 * What the files of the runner share. Private to src/runner.
 *
 *   runner.c    its life: start, timers, commit, what follows from a commit, end
 *   apply.c     one session: loading it, stepping it, storing and publishing what comes of it
 *   output.c    an agent's events → the transcript and the session
 *   run.c       one run: its holder, its position in the spool, its inputs, its end
 *   again.c     a run whose process never was ready: another one, after a wait
 *   ladder.c    how a run is brought to its end: the timer, stdin, the signals
 *   attach.c    the runs that a former server left
 *   requests.c  what the server asks for; change.c: changes to rows; places.c: where they stand
 *   facts.c     what the row's metadata says of an agent, and a prompt's of its turn
 *   images.c    images: of uploads, of agents; prompt_images.c: of prompts
 *   ask.c       what agents ask for: leave to use a tool, answers to questions
 *   queue.c     changes to the prompts that wait
 *   serve.c     what agents ask of their host: files, and with terminal*.c terminals (serve.h)
 *   watch.c     says in the row's metadata that a turn has no output
 *   probe.c     which agents there are
 *
 * A turn of the loop: requests and agents' output change sessions in memory and in the store's open
 * transaction, and leave effects behind. mu_runner_flush commits; then the effects are carried out:
 * pushes, then what the agents are told, then the answers. When the commit fails, the effects are
 * dropped, the sessions are read again, and the agents' output is read again from where it was
 * committed.
 *
 * Layer: runner. Loop thread only.
 */
#ifndef MU_RUNNER_INTERNAL_H
#define MU_RUNNER_INTERNAL_H

#include <uthash.h>

#include "agent/agent.h"
#include "core/session.h"
#include "core/transcript.h"
#include "io/holder.h"
#include "runner/runner.h"

enum {
    RUNNER_INTERRUPT_MS = 5000,       /* from an interrupt over the protocol to closing stdin */
    RUNNER_CLOSED_MS = 5000,          /* from closing stdin to SIGTERM */
    RUNNER_TERM_MS = 5000,            /* from SIGTERM to SIGKILL */
    RUNNER_RETRY_MS = 1000,           /* from a failed commit to the next try */
    RUNNER_STARTS = 5,                /* of processes for one prompt, while the cause may pass */
    RUNNER_START_MS = 1000,           /* before the second; doubled before each further one */
    RUNNER_KEEP_MS = 30 * 60 * 1000,  /* how long an idle agent process is kept */
    RUNNER_HOUR_MS = 60 * 60 * 1000,  /* between two clean-ups */
    RUNNER_PENDING_BYTES = 64 * 1024, /* of streaming text that does not wait for the tick */
    RUNNER_TOOL_BYTES = 32 * 1024,    /* of a tool's input, and of its output, that are kept */
    RUNNER_TITLE_BYTES = 200,         /* of the one line about a tool call */
    RUNNER_NAME_BYTES = 256,          /* of a tool's name and ids */
    RUNNER_NOTICE_BYTES = 4096,       /* of a notice of an agent's */
    RUNNER_WATCH_MS = 10 * 1000,      /* between two looks for turns without output */
    RUNNER_ASKED_BYTES = 4 << 20,    /* of all requests of a session that are open: inputs, rules */
    RUNNER_RAW_TURN_BYTES = 4 << 20, /* of agents' own lines that are kept of one turn */
    RUNNER_IMAGE_KEEP_MS = 24 * 60 * 60 * 1000, /* how long an image that nothing names is kept */
    RUNNER_IMAGES_CLEANED = 1000,               /* images that one clean-up deletes at most */
    RUNNER_IMAGES_PENDING = 64 << 20, /* bytes of tools' results with images that wait to be stored:
                                         past it images are left out */
    RUNNER_PROBE_MS = 5000,           /* for a program to say its version */
    RUNNER_PROBE_AGE_MS = 60 * 1000,  /* how long the answer holds */
};

#define RUNNER_IMAGES_BYTES (INT64_C(10) << 30) /* of all images of a server */

struct sess {
    UT_hash_handle hh;
    struct mu_session s;        /* its strings are owned */
    struct mu_rec_session *row; /* what s.row was copied from */
    struct run *run;            /* of s.run_id, or NULL */
    struct mu_transcript tr;    /* of the turn */
    struct mu_buf pending;      /* streaming text that waits for the tick */
    enum mu_message_kind pending_kind;
    char id[65];
    bool quiet; /* its metadata has quiet_since */
    bool loose; /* in runner->loose */
    struct sess *prev, *next;
};

/* The ladder of a cancel. An agent without a protocol for it begins at TERMINATED. */
enum rung { RUNG_NONE, RUNG_INTERRUPTED, RUNG_CLOSED, RUNG_TERMINATED, RUNG_KILLED };

/* What the end of a turn has to look at, see marks.c. */
enum run_mark {
    RUN_DIRTY,   /* it consumed something: its row goes at the tick */
    RUN_DERIVED, /* what was consumed is in the transaction: its row must be, too */
    RUN_WRITTEN, /* its row is in the transaction */
    RUN_MARKS
};

struct run_link {
    struct run *prev, *next;
};

struct run {
    UT_hash_handle hh;
    struct run_link marks[RUN_MARKS]; /* in the runner's lists; no prev: not in that one */
    struct mu_runner *r;
    struct sess *sess; /* NULL: nobody wants it any more; it is being ended */
    const struct mu_agent *agent;
    void *state; /* of the dialect */
    struct mu_holder *holder;
    struct mu_timer *timer; /* the ladder of a cancel, or the end of an idle process */
    enum rung rung;
    char *spec;
    char id[MU_ID_SIZE];
    char session_id[65];
    int64_t created_at;
    /* Positions in the spool: consumed, in the transaction, committed. */
    uint64_t offset, skip;
    uint64_t written_offset;
    uint64_t saved_offset, saved_skip;
    uint64_t end; /* behind its last record */
    int64_t last_input, confirmed_input;
    int64_t prompt_input; /* the input that was the turn's prompt; 0: none */
    int64_t output_at;    /* when the agent printed something last, or was answered; 0: never */
    int64_t failed;       /* processes for its prompt that ended before they were ready */
    int64_t start_at;     /* not before that time; 0: at once */
    struct serve *serve;  /* what it asks of its host, or NULL */
    char *lost;           /* why, when the holder is gone */
    bool holding;         /* offset and skip are where an incomplete line began */
    bool stored;          /* its row is committed */
    bool closing;         /* its stdin was closed: it takes no prompt any more */
    bool waiting;         /* for start_at: it has no holder yet */
    bool ended;           /* the end was seen */
};

enum effect_kind {
    EFFECT_PUSH,
    EFFECT_PUSH_REV,
    EFFECT_CLOSE_TOPIC,
    EFFECT_START,          /* run: start its holder */
    EFFECT_INPUT,          /* run, seq, payload, includes */
    EFFECT_INTERRUPT,      /* run: begin the ladder (the protocol's request was an input) */
    EFFECT_STOP,           /* run: nobody wants it any more */
    EFFECT_RETIRE,         /* run: it takes no prompt any more; let it end */
    EFFECT_REMOVE,         /* run: it ended; let go of it */
    EFFECT_TERMINAL_START, /* run_id names a terminal, here and below */
    EFFECT_TERMINAL_REMOVE,
    EFFECT_IMAGES, /* rows of images are gone: delete their files */
    EFFECT_REPLY,
};

struct effect {
    struct effect *prev, *next;
    enum effect_kind kind;
    char *topic;
    const char *event;
    int64_t n; /* rev, or the number of an input */
    bool includes;
    struct mu_buf payload;
    char run_id[MU_ID_SIZE];
    mu_outcome_cb *cb;
    void *ctx;
    struct mu_outcome outcome; /* its rows are owned */
    char sent_id[65];
    struct mu_rec_send_message_reply sent;
};

struct probe;
struct serve;
struct terminal;
struct image_job;

struct mu_runner {
    struct mu_loop *loop;
    struct mu_store *store;
    struct mu_hub *hub;
    char *data_dir, *runs_dir, *images_dir, *exe;
    int64_t keep_ms, quiet_ms, start_ms;
    struct sess *sessions; /* by id: those that are in use */
    struct sess *loose;    /* of these, those that may have no run */
    struct run *runs;      /* by id */
    struct run *marked[RUN_MARKS];
    struct terminal *terminals; /* by id */
    struct effect *pushes, *actions, *replies;
    struct mu_timer *tick, *retry, *hourly, *watch;
    struct mu_runner_stats stats;
    struct probe *probe;
    const struct mu_agent_event *raw; /* whose line is yet to be put beside a message, or NULL */
    struct image_job *image_jobs;
    size_t image_bytes; /* of the jobs */
    bool image_working; /* on the first of them */
    int holders;        /* that are open */
    int works;          /* off the loop */
    bool flushing, checkpointing, closing;
    mu_loop_cb *closed;
    void *closed_ctx;
};

/* ---- runner.c ---- */
void runner_note(struct mu_runner *r, int rc); /* the result of a write: it will fail the commit */
struct effect *runner_effect(struct effect **list, enum effect_kind kind);
void runner_push(struct mu_runner *r, const char *topic, const char *event, int64_t rev,
                 struct mu_buf *payload); /* takes payload; rev 0: not versioned */
bool runner_hears(struct mu_runner *r, const char *topic);
void runner_action(struct mu_runner *r, enum effect_kind kind, const struct run *run);
void runner_start_tick(struct mu_runner *r);
void runner_check_closed(struct mu_runner *r);

/* ---- marks.c ---- */
void run_mark(struct run *run, enum run_mark mark);
void run_clean(struct run *run);  /* neither dirty nor derived */
void run_unmark(struct run *run); /* in no list */
/* What was derived from output goes into the transaction together with how far it was read; all:
 * what was only consumed, too. */
void runs_write(struct mu_runner *r, bool all);
void runs_are_stored(struct mu_runner *r);
void sess_loose(struct mu_runner *r, struct sess *s); /* it may have no run any more */
void sess_unlist(struct mu_runner *r, struct sess *s);
void sessions_forget(struct mu_runner *r); /* those that nothing keeps in memory */

/* ---- apply.c ---- */
struct sess *sess_get(struct mu_runner *r, const char *id); /* NULL: there is none */
void sess_free(struct mu_runner *r, struct sess *s);
/* Steps a session and carries the update out. False when it was refused; *out then says why. */
bool sess_apply(struct mu_runner *r, struct sess *s, const struct mu_event *given,
                struct mu_update *out);
/* Adds a message; fills in id. */
void sess_add_message(struct mu_runner *r, struct sess *s, enum mu_message_kind kind,
                      const char *text, const char *metadata, bool streaming, char id[MU_ID_SIZE],
                      int64_t *seq);
/* Stores and publishes a message that was there before, with a rev of its own. */
void sess_put_message(struct mu_runner *r, struct sess *s, struct mu_rec_message *m);
void sess_push_record(struct mu_runner *r, const char *topic, const char *event,
                      const struct mu_rec_desc *desc, const void *rec);
void sess_push_queue(struct mu_runner *r, const struct sess *s);
void sess_push_error(struct mu_runner *r, struct sess *s, const char *text, bool fatal);
struct mu_rec_message *sess_message(struct mu_runner *r, const char *id); /* owned, or NULL */
/* Puts the line of r->raw beside the message, once. */
void sess_keep_raw(struct mu_runner *r, struct sess *s, const char *message_id);
void sess_gone(struct mu_runner *r, const char *id); /* deleted: forget it, end its run */

/* ---- output.c ---- */
void output_event(void *run, const struct mu_agent_event *ev);
void output_drain(struct run *run);    /* pending text → store */
void output_end_turn(struct run *run); /* the transcript's part of a turn's end */
/* "Bash: rm -rf build", cut to a line; tool or title may be NULL. Owned. */
char *output_title(const char *tool, const char *title);
/* A name that an agent gave, cut to RUNNER_NAME_BYTES. Owned; NULL stays NULL. */
char *output_name(const char *name);
/* What was decided, into the row of the tool call, or as a notice where there is none. */
void output_decided(struct run *run, const struct mu_rec_permission *asked, const char *tool_id,
                    const struct mu_rec_answer_permission *answer);

/* ---- facts.c ---- */
/* The row's metadata (NULL: none) with the members of facts set in it (null takes one away; one
 * that is too long is left out), or with what a turn used: as `usage`, and added up in
 * `usage_total`. Owned; NULL: empty. */
char *facts_merge(const char *metadata, const char *facts);
char *facts_usage(const char *metadata, const struct mu_agent_usage *used);
/* The counts that were told, as an object. Owned; NULL: none. */
char *facts_used(const struct mu_agent_usage *used);
/* The metadata (NULL: none) of the prompt that began a turn, with `turn` set in it. Owned. */
struct facts_turn {
    int64_t started_at, ended_at;
    enum mu_turn_outcome outcome; /* OK, ERROR or CANCELLED */
    const char *row_metadata;     /* of the session, which names the model; or NULL */
    const char *usage;            /* as facts_used gives it */
};
char *facts_turn(const char *metadata, const struct facts_turn *turn);
/* Counts as they may be: -1 for any that is negative, at most FACTS_COUNT_MAX. */
#define FACTS_COUNT_MAX INT64_C(9007199254740991) /* what JSON's readers hold exactly */
struct mu_agent_usage facts_clean_usage(const struct mu_agent_usage *used);

/* ---- images.c ---- */
struct mu_rec_image *images_find(struct mu_runner *r, const char *id); /* owned, or NULL */
/* A tool's result has images (agent.h): they are stored, and then the message names them. False:
 * they are left out. */
bool images_shown(struct mu_runner *r, const char *session_id, const char *message_id,
                  const char *images);
void images_clean(struct mu_runner *r);     /* deletes the old ones that nothing names */
void images_committed(struct mu_runner *r); /* EFFECT_IMAGES */
void images_failed(struct mu_runner *r);    /* the commit failed; its effects are still there */
void images_close(struct mu_runner *r);     /* refuses what waits */

/* ---- prompt_images.c ---- */
/* What is wrong with the images of a prompt; why is set then. */
enum mu_code images_check(struct mu_runner *r, const struct sess *s, const struct mu_list *ids,
                          char why[256]);
char *images_ids(const struct mu_list *ids); /* as a JSON array, owned; NULL: there are none */
/* The metadata of a prompt's message; owned, or NULL: none of its own. */
char *images_metadata(struct mu_runner *r, const struct mu_list *ids, bool queued);
void images_use(struct mu_runner *r, const struct mu_rec_message *m); /* m names its images */
/* The images that a message's metadata (NULL allowed) names, for its agent; owned. */
struct mu_agent_image *images_of(struct mu_runner *r, const char *metadata, size_t *count);
void images_free(struct mu_agent_image *images, size_t count);

/* ---- ask.c ---- */
void ask_open(struct run *run, const struct mu_agent_event *ev);
void ask_withdrawn(struct run *run, const char *id); /* the agent takes it back */
/* All of a session, without an answer. */
void ask_close(struct mu_runner *r, const char *session_id);

/* ---- requests.c ---- */
void runner_refuse(mu_outcome_cb *cb, void *ctx, enum mu_code code, const char *message);
struct effect *runner_reply(struct mu_runner *r, mu_outcome_cb *cb, void *ctx);
void runner_reply_session(struct mu_runner *r, const struct mu_rec_session *row, mu_outcome_cb *cb,
                          void *ctx);
bool runner_refuses(struct mu_runner *r, mu_outcome_cb *cb, void *ctx); /* it is shutting down */
struct mu_rec_project *runner_project(struct mu_runner *r, const char *id); /* owned, or NULL */
/* A clean name into out[MU_LIMIT_NAME_BYTES + 1]; false: refused. */
bool runner_take_name(const char *name, char *out, mu_outcome_cb *cb, void *ctx);
/* The agent is known and takes the options; false: refused. */
bool runner_options_fit(const char *agent_id, const char *options, mu_outcome_cb *cb, void *ctx);
/* The session, or NULL and a refusal. */
struct sess *runner_session(struct mu_runner *r, const char *id, mu_outcome_cb *cb, void *ctx);
/* What is wrong with a prompt's text, whatever the session's state; MU_CODE_OK: nothing. Only one
 * with images may be blank. */
enum mu_code runner_check_prompt(const struct sess *s, const char *text, bool images,
                                 const char **why);

/* ---- places.c ---- */
struct place {
    char id[65];
    int64_t position;
};
struct places {
    struct place *items;
    size_t count, cap;
};
/* Puts a row right below `after` (NULL: first) in the list of a project's sessions, or (project_id
 * NULL) of the projects; it may be of another list. Reads only: *out, empty before, gets what has
 * another position then, the row itself among it if it has not stood there. 0, -ENOENT: `after` is
 * not in the list, or the store's error; on error out is empty. */
int places_put(struct mu_runner *r, const char *project_id, const struct place *row,
               const char *after, struct places *out) MU_MUST_CHECK;
bool places_find(const struct places *p, const char *id, int64_t *position);
int64_t places_new(struct mu_runner *r, const char *project_id, int64_t now); /* for a new row */
void places_release(struct places *p);

/* ---- run.c ---- */
/* Makes a run for a session whose next.run_id is `id` and gives it the prompt. metadata: of the
 * prompt's message, which names its images; NULL allowed. NULL: *why. */
struct run *run_new(struct mu_runner *r, struct sess *s, const char *id, const char *prompt,
                    const char *metadata, char why[256]);
void run_feed(struct run *run, const char *prompt, const char *metadata);
void run_input(struct run *run, const struct mu_buf *bytes, bool includes);
/* Tells the process the session's options. */
void run_configure(struct run *run);
void run_interrupt(struct run *run);
void run_write(struct run *run); /* its row → the transaction */
void run_start(struct run *run);
/* The run has ended: what that makes of the session. Its row goes in the same transaction. */
void run_finish(struct run *run, enum mu_turn_outcome outcome, const char *text);
void run_remove(struct run *run);
void run_free(struct run *run);
void run_rewind(struct run *run, const struct mu_run *row);
void run_resume(struct run *run);
struct run *run_find(struct mu_runner *r, const char *id);
struct run *run_make(struct mu_runner *r, const char *id); /* empty, for a row or a directory */
void run_load(struct run *run, const struct mu_run *row);  /* as it was committed */
/* Who can go on with a run that a former server left; NULL: the agent is unknown by now, or has
 * another dialect. */
const struct mu_agent *run_agent(const struct mu_run *row);
void run_attach(struct run *run); /* to its holder, if it has one */

/* ---- again.c ---- */
/* Its process ended before it was ready, for a cause that may pass: the session gets another run,
 * which waits, or after RUNNER_STARTS of them the error. */
void run_again(struct run *run, const char *error);
/* True: it is not time yet. run_start is called when it is. */
bool run_waits(struct run *run);

/* ---- ladder.c ---- */
void run_on_timer(void *run);
void run_climb(struct run *run);  /* begins the ladder of a cancel */
void run_stop(struct run *run);   /* nobody wants it any more */
void run_let_go(struct run *run); /* idle, and of no session any more: it is to end */
void run_retire(struct run *run); /* closes its stdin: the ladder from there on */
/* A turn ended: no ladder; the clock of an idle process, or its end when its agent needs that. */
void run_quiet(struct run *run, bool cancelled);

/* ---- attach.c ---- */
void runs_attach(struct mu_runner *r);

/* ---- watch.c ---- */
void watch_start(struct mu_runner *r);
void watch_output(struct run *run, int64_t time_ms); /* the agent printed something */
void watch_stepped(struct mu_runner *r, struct sess *s, const struct mu_event *ev);
bool watch_is_quiet(const char *metadata);

/* ---- probe.c ---- */
struct probe *probe_new(struct mu_runner *r);
void probe_close(struct probe *p); /* its callbacks get what is known */
void probe_free(struct probe *p);

#endif
