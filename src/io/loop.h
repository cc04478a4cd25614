/*
 * The one event loop: its turns, timers and work off the thread.
 *
 * Layer: io (the only user of uv.h). Loop thread only.
 *
 * A turn is what happens between two waits for events. At its end the hooks run in the order in
 * which they were added: the runner commits and publishes, then the connections write. Nothing on
 * the loop blocks: what may wait on a disk or a process runs in mu_loop_work on copies.
 */
#ifndef MU_IO_LOOP_H
#define MU_IO_LOOP_H

#include "base/base.h"

struct mu_loop;
struct uv_loop_s;

struct mu_loop *mu_loop_new(void);
void mu_loop_run(struct mu_loop *loop); /* until mu_loop_stop and all handles are closed */
void mu_loop_stop(struct mu_loop *loop);
void mu_loop_free(struct mu_loop *loop);            /* after mu_loop_run has returned */
struct uv_loop_s *mu_loop_uv(struct mu_loop *loop); /* for files in io only */

/* The epoll set of the sockets that do not go through libuv, for one user in io. What its events
 * name (data.ptr) is given to ready, at most 1024 of them in a turn; it must not be NULL. */
typedef void mu_loop_ready_cb(void *ctx, void *what, uint32_t events);
int mu_loop_sockets(struct mu_loop *loop, mu_loop_ready_cb *ready, void *ctx);
/* Seconds of a monotonic clock, as of this turn. */
uint32_t mu_loop_seconds(const struct mu_loop *loop);

typedef void mu_loop_cb(void *ctx);
/* Calls cb at the end of every turn. At most 8 hooks; borrowed ctx must outlive the loop. */
void mu_loop_on_turn(struct mu_loop *loop, mu_loop_cb *cb, void *ctx);

/* A timer; times are milliseconds of a monotonic clock. new makes it stopped; free closes it at
 * once for the caller (no callback after it). repeat 0: once. */
struct mu_timer;
struct mu_timer *mu_timer_new(struct mu_loop *loop, mu_loop_cb *cb, void *ctx);
void mu_timer_start(struct mu_timer *t, int64_t ms, int64_t repeat);
void mu_timer_stop(struct mu_timer *t);
bool mu_timer_active(const struct mu_timer *t);
void mu_timer_free(struct mu_timer *t); /* NULL allowed */

/* Runs work on another thread, then done on the loop's. ctx belongs to the work until done. Those
 * threads get no signals. */
void mu_loop_work(struct mu_loop *loop, mu_loop_cb *work, mu_loop_cb *done, void *ctx);

/* Calls cb on the loop thread when the process gets the signal. At most 4. From mu_loop_free on the
 * process ignores it: a second Ctrl-C does not kill a server that is about to end. */
void mu_loop_on_signal(struct mu_loop *loop, int signum, void (*cb)(void *ctx, int signum),
                       void *ctx);

#endif
