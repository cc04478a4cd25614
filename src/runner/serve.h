/*
 * What agents ask of their host: files and terminals inside the project's directory. The methods
 * and their parameters and results are those of the Agent Client Protocol.
 *
 *   fs/read_text_file {path, line?, limit?} → {content}
 *   fs/write_text_file {path, content} → {}
 *   terminal/create {command, args?, env?, cwd?, outputByteLimit?} → {terminalId}
 *   terminal/output {terminalId} → {output, truncated, exitStatus?}
 *   terminal/wait_for_exit {terminalId} → {exitCode, signal}
 *   terminal/kill {terminalId} → {}
 *   terminal/release {terminalId} → {}
 *
 * A request is asked with MU_AG_SERVE and answered, in a later transaction, through the dialect's
 * `served`. What is not answered is the dialect's to keep: after a restart, or a commit that
 * failed, it asks again (resumed). So an answer may come for a request that the dialect does not
 * know (any more), which it passes over.
 *
 * A run's requests are carried out in order, files one at a time, off the loop, and none while
 * RUNNER_SERVE_UNREAD bytes of answers have not reached the agent. Those that wait for a command's
 * end do not hold the others up.
 *
 * A terminal is a process under a holder of its own, runs/<its id>: it outlives the server. Its row
 * is in the store before it is started, with the request that it is for, so that no command is
 * started twice. When it has ended, its output goes into the row and nothing else is left of it.
 * Its stdin is empty; stdout and stderr are one output, of which the last bytes are kept. A command
 * without arguments is a line for the shell (bash, else sh), as agents send it; one with arguments
 * is a program. Kill, release and the end of the agent's run take with it everything that descends
 * from it.
 *
 * Layer: runner. Loop thread only.
 */
#ifndef MU_RUNNER_SERVE_H
#define MU_RUNNER_SERVE_H

#include "runner/internal.h"

enum {
    RUNNER_SERVE_MAX = 64,            /* requests of a run that wait to be carried out, … */
    RUNNER_SERVE_BYTES = 32 << 20,    /* … and the bytes of all of them */
    RUNNER_SERVE_RESULT = 7 << 20,    /* bytes of one result */
    RUNNER_SERVE_UNREAD = 1 << 20,    /* bytes of answers on their way, past which none is made */
    RUNNER_TERMINALS_MAX = 32,        /* of a run, until they are released */
    RUNNER_TERMINAL_BYTES = 1 << 20,  /* of output that are kept, and the default */
    RUNNER_TERMINAL_WAITERS = 32,     /* requests that wait for one terminal */
    RUNNER_TERMINAL_SLACK = 64 << 10, /* bytes above the kept ones before the first are dropped */
    RUNNER_TERMINAL_STEP = 1 << 20,   /* of spool that is not needed, before that is stored */
};

/* ---- serve.c ---- */
void serve_request(struct run *run, const struct mu_agent_event *ev);
/* The result is JSON, or NULL and the error a sentence. */
void serve_answer(struct run *run, const char *id, const char *result, const char *error);
void serve_fail(struct run *run, const char *id, const char *fmt, ...) MU_PRINTF(3, 4);
void serve_confirmed(struct run *run); /* confirmed_input has grown */
void serve_go_on(struct run *run);     /* what the first in the queue waited for is there */
void serve_reset(struct run *run);     /* what waits will be asked for again */
void serve_free(struct run *run);

struct terminal;

/* ---- terminal_serve.c: the requests, on the loop. params: an object ---- */
/* cwd: where it really is, inside the project. */
void terminal_create(struct run *run, const char *id, const json_t *params, const char *cwd);
/* The other methods. False: there is no such method. */
bool terminal_serve(struct run *run, const char *id, const char *method, const json_t *params);

/* After a restart: what it printed before is not read again yet. */
bool terminal_is_behind(const struct run *run, const char *method, const json_t *params);

/* ---- terminal.c: the processes and their rows ---- */
enum waiting { WAIT_EXIT, WAIT_KILL };

struct waiter {
    struct waiter *prev, *next;
    enum waiting what;
    char id[]; /* of the request */
};

/* Output from byte `at` (of all since `total` counts) is in the spool from `offset`. */
struct spool_mark {
    uint64_t offset, at;
};

struct terminal {
    UT_hash_handle hh;
    struct mu_runner *r;
    char id[MU_ID_SIZE], run_id[MU_ID_SIZE];
    char *request; /* NULL: answered */
    char *spec;
    int64_t byte_limit;
    struct mu_holder *holder;
    struct waiter *waiters;
    struct mu_buf tail;
    uint64_t total; /* bytes of output so far; the tail is the last of them */
    struct spool_mark *marks;
    size_t mark_count;
    uint64_t consumed; /* of its row */
    uint64_t end;      /* behind the last record */
    uint64_t behind;   /* after a restart: where the spool ends that is read again; 0: it was */
    char *failure;     /* why it could not be started */
    char *exit;        /* JSON, once it has ended */
    bool cut;          /* there was output before what `total` counts */
    bool started;
    bool over;      /* its end was seen */
    bool answering; /* the request is answered in the transaction */
    bool dirty;     /* its row is to be written */
    bool written;   /* its row is in the transaction */
    bool failed;    /* and that transaction was taken back */
    bool stored;
    bool removing; /* its row is deleted in the transaction */
    bool gone;     /* and that is committed: it only ends */
};

struct terminal *terminal_find(struct mu_runner *r, const char *id);
/* The row and, after the commit, the process. Takes spec. */
struct terminal *terminal_new(struct run *run, const char *request, char *spec, const char *id,
                              int64_t byte_limit);
void terminal_kill(struct terminal *t);
void terminal_remove(struct terminal *t);        /* its row, and after the commit the rest */
void terminal_answer_create(struct terminal *t); /* when it is known whether it runs */
void terminal_answer_waiters(struct terminal *t);
bool terminal_wait(struct terminal *t, enum waiting what, const char *id); /* false: too many */
void terminal_carry_out(struct mu_runner *r, const struct effect *e);
void terminals_of_run_end(struct run *run);
size_t terminals_of_run(const struct run *run);

void terminals_load(struct mu_runner *r);
void terminals_write(struct mu_runner *r);
void terminals_are_stored(struct mu_runner *r);
void terminals_start_over(struct mu_runner *r);
void terminals_retry(struct mu_runner *r);
void terminals_close(struct mu_runner *r); /* lets go of them; they go on */

#endif
