#include <stdlib.h>

#include "runner/internal.h"

/* In ms. It differs by chance: those that were in each other's way must not meet again. */
static int64_t wait_of(const struct mu_runner *r, int64_t failed)
{
    uint16_t chance;
    mu_random(&chance, sizeof chance);
    int64_t ms = r->start_ms << (failed - 1);
    return ms + ms * chance / UINT16_MAX / 2;
}

static void give_up(struct run *run, int64_t failed, const char *error)
{
    char *text = mu_asprintf("%s. It was started %d times. Wait a moment, then send the message "
                             "again.",
                             error, (int)failed);
    run_finish(run, MU_TURN_ERROR, text);
    free(text);
}

void run_again(struct run *run, const char *error)
{
    struct sess *s = run->sess;
    int64_t failed = run->failed + 1;
    if (failed >= RUNNER_STARTS) {
        give_up(run, failed, error);
        return;
    }
    int64_t ms = wait_of(run->r, failed);
    char *text = mu_asprintf("%s. It is started again in %d s (start %d of %d).", error,
                             (int)((ms + 999) / 1000), (int)failed + 1, (int)RUNNER_STARTS);
    bool again = !s->s.cancelling;
    run_finish(run, MU_TURN_RESTART, text);
    if (again && s->run) {
        s->run->failed = failed;
        s->run->start_at = mu_now_ms() + ms;
        run_mark(s->run, RUN_DERIVED);
    }
    free(text);
}

/* A clock that was set back must not make it wait for long. */
bool run_waits(struct run *run)
{
    int64_t longest = run->r->start_ms << RUNNER_STARTS;
    int64_t ms = run->start_at ? run->start_at - mu_now_ms() : 0;
    run->waiting = ms > 0;
    if (run->waiting)
        mu_timer_start(run->timer, ms < longest ? ms : longest, 0);
    return run->waiting;
}
