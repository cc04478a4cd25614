/*
 * HTTP and Phoenix channels on one port: what the outside sees of muster.
 *
 * Layer: server. Loop thread only. It reads the store and asks the runner; it changes no row itself
 * (sign-in secrets apart).
 */
#ifndef MU_SERVER_SERVER_H
#define MU_SERVER_SERVER_H

#include "base/base.h"
#include "hub/hub.h"
#include "io/conn.h"
#include "io/loop.h"
#include "io/sender.h"
#include "runner/runner.h"
#include "server/access.h"
#include "store/store.h"

struct mu_server;

struct mu_server_opts {
    struct mu_loop *loop;
    struct mu_store *store;
    struct mu_hub *hub;
    struct mu_runner *runner;
    struct mu_access *access;
    const char *version, *data_dir;
    bool bench_topics;
    struct mu_sender_opts send;
};

/* Borrows what opts names. Owned; free after the loop has ended. */
struct mu_server *mu_server_new(const struct mu_server_opts *opts);
/* Listens; *port gets the real one. 0 or a negative errno. */
int mu_server_listen(struct mu_server *s, const char *addr, int *port) MU_MUST_CHECK;
/* Takes no more connections, closes WebSockets with 1012 in batches, then all; calls done. */
void mu_server_shutdown(struct mu_server *s, mu_loop_cb *done, void *ctx);
/* After a shutdown: a file system holds up a thread of this process, so that the loop does not end.
 */
bool mu_server_is_held_up(const struct mu_server *s);
void mu_server_free(struct mu_server *s);

#endif
