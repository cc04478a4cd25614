#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "server/lookup.h"
#include "wire/records.h"

/* A file system that hangs until it is let go. */
struct disk {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool hangs;
    int inside, most;
};

struct job {
    struct disk *disk;
    struct mu_loop *loop;
    int answers, frees;
    bool worked;
    enum mu_lookup_end end;
    void (*then)(struct job *); /* in the answer */
};

static void work(void *ctx)
{
    struct job *j = ctx;
    struct disk *d = j->disk;
    pthread_mutex_lock(&d->lock);
    if (++d->inside > d->most)
        d->most = d->inside;
    while (d->hangs)
        pthread_cond_wait(&d->moved, &d->lock);
    d->inside--;
    j->worked = true;
    pthread_mutex_unlock(&d->lock);
}

static void let_go(struct disk *d)
{
    pthread_mutex_lock(&d->lock);
    d->hangs = false;
    pthread_cond_broadcast(&d->moved);
    pthread_mutex_unlock(&d->lock);
}

static void answer(void *ctx, enum mu_lookup_end end)
{
    struct job *j = ctx;
    assert_int_equal(j->frees, 0);
    j->answers++;
    j->end = end;
    if (j->then)
        j->then(j);
}

static void done(void *ctx)
{
    struct job *j = ctx;
    j->frees++;
}

static const struct mu_lookup_kind kind = {.work = work, .answer = answer, .free = done};

enum { ALL = MU_LIMIT_LOOKUPS + MU_LIMIT_LOOKUPS_WAITING };

struct fixture {
    struct disk disk;
    struct mu_loop *loop;
    struct mu_lookups *lookups;
    struct job jobs[ALL + 1];
};

static struct fixture *make(int64_t ms, bool hangs)
{
    struct fixture *f = mu_alloc(sizeof *f);
    pthread_mutex_init(&f->disk.lock, NULL);
    pthread_cond_init(&f->disk.moved, NULL);
    f->disk.hangs = hangs;
    f->loop = mu_loop_new();
    f->lookups = mu_lookups_new(f->loop, ms);
    return f;
}

static struct job *start(struct fixture *f, int i)
{
    f->jobs[i].disk = &f->disk;
    mu_lookup_start(f->lookups, &kind, &f->jobs[i]);
    return &f->jobs[i];
}

static void finish(struct fixture *f, int n)
{
    mu_loop_run(f->loop);
    mu_loop_free(f->loop);
    mu_lookups_free(f->lookups);
    assert_true(f->disk.most <= MU_LIMIT_LOOKUPS);
    for (int i = 0; i < n; i++) {
        assert_int_equal(f->jobs[i].answers, 1);
        assert_int_equal(f->jobs[i].frees, 1);
    }
    free(f);
}

static struct fixture *current;
static int left;

static void close_when_all_are_answered(struct job *j)
{
    MU_UNUSED(j);
    if (--left == 0)
        mu_lookups_close(current->lookups);
}

static void those_past_the_limit_wait_their_turn(void **state)
{
    MU_UNUSED(state);
    struct fixture *f = current = make(60000, false);
    left = ALL;
    for (int i = 0; i < ALL; i++)
        start(f, i)->then = close_when_all_are_answered;
    assert_int_equal(f->jobs[0].answers, 0);
    mu_loop_run(f->loop);
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(f->jobs[i].end, MU_LOOKUP_DONE);
        assert_true(f->jobs[i].worked);
    }
    finish(f, ALL);
}

static void release_the_disk(struct job *j)
{
    let_go(j->disk);
    close_when_all_are_answered(j);
}

static void one_too_many_is_refused_and_the_others_are_not(void **state)
{
    MU_UNUSED(state);
    struct fixture *f = current = make(60000, true);
    left = ALL + 1;
    for (int i = 0; i <= ALL; i++)
        start(f, i)->then = close_when_all_are_answered;
    f->jobs[ALL].then = release_the_disk;
    assert_int_equal(f->jobs[ALL].answers, 0); /* not from within */
    mu_loop_run(f->loop);
    for (int i = 0; i < ALL; i++)
        assert_int_equal(f->jobs[i].end, MU_LOOKUP_DONE);
    assert_int_equal(f->jobs[ALL].end, MU_LOOKUP_FULL);
    assert_false(f->jobs[ALL].worked);
    finish(f, ALL + 1);
}

/* Those that hang are answered in time, keep their places, and are freed when they come back. */
static void a_disk_that_hangs_is_not_waited_for(void **state)
{
    MU_UNUSED(state);
    struct fixture *f = current = make(50, true);
    left = MU_LIMIT_LOOKUPS + 1;
    for (int i = 0; i <= MU_LIMIT_LOOKUPS; i++)
        start(f, i)->then = close_when_all_are_answered;
    f->jobs[0].then = release_the_disk; /* it is among the last to be answered */
    mu_loop_run(f->loop);
    for (int i = 0; i < MU_LIMIT_LOOKUPS; i++) {
        assert_int_equal(f->jobs[i].end, MU_LOOKUP_LATE);
        assert_true(f->jobs[i].worked);
    }
    assert_int_equal(f->jobs[MU_LIMIT_LOOKUPS].end, MU_LOOKUP_FULL);
    assert_false(f->jobs[MU_LIMIT_LOOKUPS].worked);
    finish(f, MU_LIMIT_LOOKUPS + 1);
}

static void closing_answers_those_that_wait(void **state)
{
    MU_UNUSED(state);
    struct fixture *f = current = make(60000, true);
    for (int i = 0; i < ALL; i++)
        start(f, i);
    mu_lookups_close(f->lookups);
    assert_int_equal(f->jobs[ALL - 1].end, MU_LOOKUP_FULL);
    assert_int_equal(f->jobs[0].answers, 0);
    start(f, ALL);
    assert_int_equal(f->jobs[ALL].end, MU_LOOKUP_FULL);
    let_go(&f->disk);
    finish(f, ALL + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_past_the_limit_wait_their_turn),
        cmocka_unit_test(one_too_many_is_refused_and_the_others_are_not),
        cmocka_unit_test(a_disk_that_hangs_is_not_waited_for),
        cmocka_unit_test(closing_answers_those_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
