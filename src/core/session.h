/*
 * What a session is and how it changes: the one place that decides a state.
 *
 * Layer: core. Pure: no clock, no I/O, no allocation. Any thread.
 *
 * mu_session_step takes a session and an event and says what follows: the session's next value, the
 * messages that are added to its transcript, what becomes of its queue, what is pushed, and what is
 * to be done with its agent. The runner carries that out.
 *
 * A turn is the time from a prompt to its end. It ends well, with an error, or cancelled:
 *
 *   idle ──PROMPT──▶ working ──TURN_DONE / RUN_ENDED──▶ idle | error ──PROMPT──▶ working …
 *
 * Prompts that come during a turn wait in the queue. When a turn ends well the next one starts at
 * once. After an error or a cancel they wait, and go on after the next turn that ends well; only a
 * prompt that a turn was interrupted for starts when that turn has ended
 * (docs/decisions/0010-queue-after-error.md).
 *
 * A turn waits for an answer from the first ASKED to the ANSWERED after which nothing is open, or
 * to its end or cancel, which close what is open: `waiting_for` is that of the oldest open request.
 *
 * Ownership: a struct mu_session borrows its strings. Those of update.next and of everything else
 * in an update are borrowed from the session before, from the event, from the update itself, or are
 * constants: an update must not be copied or outlive any of them.
 */
#ifndef MU_CORE_SESSION_H
#define MU_CORE_SESSION_H

#include "base/base.h"
#include "core/naming.h"
#include "wire/records.h"

struct mu_session {
    struct mu_rec_session row;
    const char *run_id;  /* the agent process it has, or NULL */
    const char *turn_id; /* the prompt (a message's id) that is worked on, or NULL; an id of its own
                            where the agent began by itself */
    const char *now_id;  /* the queued prompt that the turn is interrupted for, or NULL */
    bool cancelling;     /* the turn was told to end, and has not yet */
    bool user_named;     /* a person gave the name: nobody else changes it */
};

enum mu_event_kind {
    MU_EV_PROMPT,        /* id, text: a person's prompt, of a new id; run_id: for a run it starts */
    MU_EV_NEXT,          /* id, text: the first of the queue, after MU_DO_NEXT; run_id as above */
    MU_EV_MESSAGE,       /* message: something for the transcript */
    MU_EV_TURN_BEGAN,    /* id: the agent began a turn by itself, without a prompt */
    MU_EV_TURN_DONE,     /* outcome, text: the agent says that the turn is over; metadata */
    MU_EV_RUN_ENDED,     /* outcome, text: the agent's process is gone; run_id: for a new one */
    MU_EV_CANCEL,        /* a person wants the turn to end */
    MU_EV_NOTICE,        /* text: something that the agent survives */
    MU_EV_CLI_SESSION,   /* id: the agent's own name for the conversation */
    MU_EV_TITLE,         /* text: the agent's title for the conversation */
    MU_EV_CHANGE,        /* change: what a person makes of the row; for a move text: a notice for
                            the transcript, and metadata: of the row, NULL being none */
    MU_EV_READ,          /* seq: up to where a person has seen it; 0: all */
    MU_EV_QUEUE_REMOVED, /* id: a waiting prompt is taken back */
    MU_EV_QUEUE_NOW, /* id, text: a waiting prompt goes next, and the turn ends for it; run_id */
    MU_EV_FACTS,     /* metadata: what is known about the agent, whole */
    MU_EV_ASKED,     /* waiting_for: the agent waits for an answer */
    MU_EV_ANSWERED,  /* it has one; waiting_for: what the oldest of the others waits for */
    MU_EV_END_,
};

enum mu_turn_outcome {
    MU_TURN_OK,
    MU_TURN_ERROR,     /* text: the agent's last words */
    MU_TURN_CANCELLED, /* interrupted, by whomever */
    MU_TURN_RESTART,   /* RUN_ENDED only: the prompt was not worked on; start anew. text: a notice
                          for the transcript, or NULL */
    MU_TURN_FORGET,    /* as RESTART, and without the agent's former conversation */
};

/* A move to another project forgets the agent's conversation, which belongs to the directory in
 * which it was held, and ends its process. It is refused while the agent works or prompts wait. */
struct mu_session_change {
    /* MU_HAS(session, …) of what is changed: name, options, archived_at, pinned_at, … */
    uint32_t set;
    const char *name;    /* clean and within the limit */
    const char *options; /* JSON, or NULL: none */
    bool archived, pinned;
    const char *project_id;
    int64_t position; /* for a move: in the other project */
};

struct mu_event {
    enum mu_event_kind kind;
    int64_t now; /* ms since 1970 */
    const char *id;
    const char *text;
    const char *run_id;
    const char *metadata; /* JSON object for the row, or NULL: as it is. PROMPT, NEXT, QUEUE_NOW: of
                             the message that the prompt becomes */
    const char *images;   /* PROMPT: ids for the queue, a JSON array, or NULL; looked at by whoever
                             stores the update */
    const char *usage;    /* TURN_DONE: what the turn used, a JSON object, or NULL; as images */
    enum mu_turn_outcome outcome;
    enum mu_waiting_for waiting_for;
    int64_t seq;
    bool on;
    const struct mu_rec_message *message; /* MESSAGE: kind, text, streaming, metadata, id */
    const struct mu_session_change *change;
};

/* What is to be done with the agent, after the commit. */
enum mu_action {
    MU_DO_START_RUN = 1, /* a process for next.run_id, with the prompt next.turn_id */
    MU_DO_FEED = 2,      /* the prompt next.turn_id to the process that is there */
    MU_DO_INTERRUPT = 4, /* end the turn: first politely, then by signals */
    MU_DO_NEXT = 8,      /* take start_id, else the first of the queue, and step NEXT with it */
    MU_DO_LET_GO = 16,   /* the process that it had, idle, is to end: it is nobody's now */
};

enum mu_queue_change { MU_QUEUE_SAME, MU_QUEUE_PUT, MU_QUEUE_DELETE };

enum { MU_UPDATE_MESSAGES = 3, MU_ERROR_SIZE = MU_LIMIT_ERROR_BYTES + 1 };

struct mu_update {
    struct mu_session next;
    uint32_t changed; /* MU_HAS(session, …) of the row; 0: the row is as it was */
    bool private_changed;

    enum mu_code refused; /* not OK: nothing changes, and why_not says why */
    const char *why_not;
    bool queued; /* PROMPT: it waits */

    struct mu_rec_message messages[MU_UPDATE_MESSAGES]; /* id NULL: to be made; rev 0: to be set */
    size_t message_count;
    enum mu_queue_change queue; /* of event.id */
    bool closed;                /* every request that is open is closed without an answer */
    unsigned actions;           /* MU_DO_… */

    bool completed; /* a turn ended: push message_complete */
    bool cancelled;
    const char *error; /* push error */
    bool fatal;

    char name[MU_NAMING_SIZE];
    char error_text[MU_ERROR_SIZE];
    char notice_text[160];
    char start_id[65]; /* DO_NEXT: the prompt to start; empty: the first */
};

void mu_session_step(const struct mu_session *now, const struct mu_event *ev,
                     struct mu_update *out);

/* NULL, or the sentence of the rule that a session's value breaks. */
const char *mu_session_check(const struct mu_session *s);

#endif
