#include <signal.h>

#include "runner/internal.h"
#include "runner/serve.h"

static void terminate(struct run *run)
{
    run->rung = RUNG_TERMINATED;
    mu_holder_signal(run->holder, SIGTERM);
    mu_timer_start(run->timer, RUNNER_TERM_MS, 0);
}

void run_climb(struct run *run)
{
    run->rung = RUNG_INTERRUPTED;
    mu_timer_start(run->timer, RUNNER_INTERRUPT_MS, 0);
}

void run_stop(struct run *run)
{
    if (run->waiting && !run->ended)
        run_finish(run, MU_TURN_CANCELLED, NULL);
    else if (run->holder && !run->ended)
        terminate(run);
}

void run_quiet(struct run *run, bool cancelled)
{
    const struct mu_dialect *dialect = run->agent->dialect;
    if (run->closing || run->ended || !dialect->long_lived)
        return;
    run->rung = RUNG_NONE;
    run->prompt_input = 0;
    run_mark(run, RUN_DERIVED);
    if (cancelled && dialect->ends_on_cancel) {
        run->closing = true;
        runner_action(run->r, EFFECT_RETIRE, run);
    } else {
        mu_timer_start(run->timer, run->r->keep_ms, 0);
    }
}

void run_retire(struct run *run)
{
    if (!run->holder || run->ended)
        return;
    mu_holder_close_stdin(run->holder);
    run->rung = RUNG_CLOSED;
    mu_timer_start(run->timer, RUNNER_CLOSED_MS, 0);
}

void run_let_go(struct run *run)
{
    terminals_of_run_end(run);
    if (!run->closing)
        runner_action(run->r, EFFECT_RETIRE, run);
    run->closing = true;
    run_mark(run, RUN_DERIVED);
}

static void close_idle(struct run *run)
{
    if (!run->sess || run->sess->s.row.state == MU_session_state_WORKING)
        return;
    run->closing = true;
    run_mark(run, RUN_DERIVED);
    run_retire(run);
}

void run_on_timer(void *ctx)
{
    struct run *run = ctx;
    if (run->waiting && !run->ended) {
        run->start_at = 0;
        run_start(run);
        return;
    }
    if (!run->holder || run->ended)
        return;
    switch (run->rung) {
    case RUNG_NONE:
        close_idle(run);
        break;
    case RUNG_INTERRUPTED:
        run->closing = true;
        run_mark(run, RUN_DERIVED);
        runner_start_tick(run->r);
        run_retire(run);
        break;
    case RUNG_CLOSED:
        terminate(run);
        break;
    case RUNG_TERMINATED:
        run->rung = RUNG_KILLED;
        mu_holder_kill(run->holder);
        break;
    case RUNG_KILLED:
        break;
    }
}
