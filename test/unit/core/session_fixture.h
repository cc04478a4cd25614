/* What the tests of a session share: sessions in every situation, events to try on them. */
#ifndef MU_TEST_SESSION_FIXTURE_H
#define MU_TEST_SESSION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/session.h"

#define SHARED static __attribute__((unused))

enum situation { IDLE, ERROR, WORKING, WAITING, CANCELLING, SITUATIONS };

SHARED struct mu_session session_in(enum situation what, int64_t queued)
{
    struct mu_session s = {.row = {.id = "s",
                                   .project_id = "p",
                                   .name = "A name",
                                   .agent = "claude",
                                   .state = MU_session_state_IDLE,
                                   .last_seq = 5,
                                   .read_seq = 3,
                                   .queue_length = queued,
                                   .created_at = 1,
                                   .updated_at = 1,
                                   .rev = 7},
                           .run_id = "run"};
    if (what == ERROR) {
        s.row.state = MU_session_state_ERROR;
        s.row.error_message = "It broke.";
    } else if (what != IDLE) {
        s.row.state = MU_session_state_WORKING;
        s.row.turn_started_at = 50;
        s.turn_id = "turn";
    }
    if (what == WAITING) {
        s.row.waiting_for = MU_waiting_for_PERMISSION;
        s.row.waiting_since = 60;
    }
    s.cancelling = what == CANCELLING;
    return s;
}

enum try {
    T_PROMPT,
    T_NEXT,
    T_MESSAGE,
    T_DONE_OK,
    T_DONE_ERROR,
    T_DONE_CANCELLED,
    T_ENDED_OK,
    T_ENDED_ERROR,
    T_ENDED_RESTART,
    T_ENDED_FORGET,
    T_CANCEL,
    T_NOTICE,
    T_CLI,
    T_TITLE,
    T_RENAME,
    T_READ,
    T_ARCHIVE,
    T_REMOVED,
    T_NOW,
    T_ASKED,
    T_ANSWERED,
    T_ANSWERED_ONE,
    T_FACTS,
    T_OPTIONS,
    T_BEGAN,
    T_PIN,
    T_PLACE,
    T_MOVE,
    TRIES,
};

static const struct mu_rec_message a_message = {
    .id = "m", .kind = MU_message_kind_TEXT, .text = "", .streaming = true};

static const struct mu_session_change changes[TRIES] = {
    [T_RENAME] = {.set = MU_HAS(session, name), .name = "words"},
    [T_ARCHIVE] = {.set = MU_HAS(session, archived_at), .archived = true},
    [T_OPTIONS] = {.set = MU_HAS(session, options), .options = "{}"},
    [T_PIN] = {.set = MU_HAS(session, pinned_at), .pinned = true},
    [T_PLACE] = {.set = MU_HAS(session, position), .position = 12},
    [T_MOVE] = {.set = MU_HAS(session, project_id) | MU_HAS(session, position),
                .project_id = "another",
                .position = 12},
};

SHARED struct mu_event event_for(enum try what)
{
    struct mu_event e = {.now = 100, .id = "new", .text = "words", .run_id = "run2"};
    static const enum mu_event_kind kinds[TRIES] = {
        MU_EV_PROMPT,    MU_EV_NEXT,      MU_EV_MESSAGE,       MU_EV_TURN_DONE, MU_EV_TURN_DONE,
        MU_EV_TURN_DONE, MU_EV_RUN_ENDED, MU_EV_RUN_ENDED,     MU_EV_RUN_ENDED, MU_EV_RUN_ENDED,
        MU_EV_CANCEL,    MU_EV_NOTICE,    MU_EV_CLI_SESSION,   MU_EV_TITLE,     MU_EV_CHANGE,
        MU_EV_READ,      MU_EV_CHANGE,    MU_EV_QUEUE_REMOVED, MU_EV_QUEUE_NOW, MU_EV_ASKED,
        MU_EV_ANSWERED,  MU_EV_ANSWERED,  MU_EV_FACTS,         MU_EV_CHANGE,    MU_EV_TURN_BEGAN,
        MU_EV_CHANGE,    MU_EV_CHANGE,    MU_EV_CHANGE};
    e.kind = kinds[what];
    e.outcome = what == T_DONE_ERROR || what == T_ENDED_ERROR ? MU_TURN_ERROR
                : what == T_DONE_CANCELLED                    ? MU_TURN_CANCELLED
                : what == T_ENDED_RESTART                     ? MU_TURN_RESTART
                : what == T_ENDED_FORGET                      ? MU_TURN_FORGET
                                                              : MU_TURN_OK;
    e.waiting_for = what == T_ANSWERED       ? MU_waiting_for_NONE
                    : what == T_ANSWERED_ONE ? MU_waiting_for_QUESTION
                                             : MU_waiting_for_PERMISSION;
    e.message = &a_message;
    e.change = &changes[what];
    if (what == T_FACTS)
        e.metadata = "{\"model\":\"m\"}";
    e.on = true;
    return e;
}

SHARED bool is_empty(const struct mu_update *u)
{
    return !u->changed && !u->private_changed && !u->message_count && !u->actions &&
           !u->completed && u->queue == MU_QUEUE_SAME && !u->error && !u->refused;
}

#endif
