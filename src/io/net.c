#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "io/conn_internal.h"

enum { BACKLOG = 4096 };

/* What an event names: a connection, or, with the lowest bit set, a listener. */
static void *listener_mark(struct mu_listener *l)
{
    return (char *)l + 1;
}

static struct mu_listener *listener_of(void *mark)
{
    return (uintptr_t)mark & 1 ? (struct mu_listener *)((char *)mark - 1) : NULL;
}

/* ---- accepting ---- */

static void watch_listeners(struct mu_net *net, bool on)
{
    net->accept_paused = !on;
    for (size_t i = 0; i < net->listener_count; i++) {
        struct mu_listener *l = &net->listeners[i];
        struct epoll_event e = {.events = on ? EPOLLIN : 0, .data.ptr = listener_mark(l)};
        epoll_ctl(net->epoll, EPOLL_CTL_MOD, l->fd, &e);
    }
}

static void conns_add(struct mu_net *net, struct mu_conn *c)
{
    if (net->count == net->cap) {
        net->cap = net->cap ? net->cap * 2 : 64;
        net->conns = mu_realloc(net->conns, net->cap * sizeof(struct mu_conn *));
        net->due = mu_realloc(net->due, net->cap * sizeof *net->due);
    }
    c->slot = (uint32_t)net->count;
    net->due[c->slot] = 0;
    net->conns[net->count++] = c;
    net->stats.open++;
}

/* The last one takes the place. */
static void conns_remove(struct mu_net *net, struct mu_conn *c)
{
    struct mu_conn *last = net->conns[--net->count];
    net->conns[c->slot] = last;
    net->due[c->slot] = net->due[net->count];
    last->slot = c->slot;
    net->stats.open--;
}

static void take_socket(struct mu_net *net, int fd)
{
    struct mu_conn *c = mu_conn_new(net, fd);
    if (!c)
        return;
    conns_add(net, c);
    net->stats.accepted++;
    if (net->count > net->max_conns || !(c->user = net->cb->on_open(net->ctx, c))) {
        net->stats.refused++;
        mu_conn_end(c, MU_END_LOCAL);
    }
}

static void on_accept(struct mu_listener *l)
{
    struct mu_net *net = l->net;
    for (int i = 0; i < MU_NET_ACCEPTS && net->listening; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_socket(net, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            mu_log(MU_LOG_WARN, "accept_failed", "reason", strerror(errno), NULL);
            watch_listeners(net, false);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

/* ---- turns ---- */

static void on_ready(void *ctx, void *what, uint32_t events)
{
    MU_UNUSED(ctx);
    struct mu_listener *l = listener_of(what);
    if (l)
        on_accept(l);
    else
        mu_conn_ready(what, events);
}

static void free_ended(struct mu_net *net)
{
    while (net->ended_count) {
        struct mu_conn *c = net->ended[--net->ended_count];
        conns_remove(net, c);
        if (c->user)
            net->cb->on_closed(c->user, (enum mu_conn_end)c->end);
        mu_conn_free(c);
    }
}

static struct mu_conn *next_dirty(struct mu_net *net)
{
    struct mu_conn *c = net->dirty;
    if (c) {
        net->dirty = c->dirty_next;
        c->dirty = false;
    }
    return c;
}

static void flush_batch(struct mu_net *net)
{
    struct mu_batch *b = net->batch;
    b->n = b->pieces_n = 0;
    while (b->n < MU_NET_BATCH && b->pieces_n < MU_NET_PIECES && net->dirty)
        mu_conn_collect(next_dirty(net), b);
    mu_sender_run(net->sender, b->sends, b->n);
    for (size_t i = 0; i < b->n; i++)
        mu_conn_sent(&b->sends[i]);
    for (size_t i = 0; i < b->n; i++)
        mu_conn_written(b->sends[i].owner);
}

void mu_net_flush(struct mu_net *net)
{
    while (net->dirty)
        if (net->batch && net->dirty->dirty_next)
            flush_batch(net);
        else
            mu_conn_flush(next_dirty(net));
}

static void on_turn(void *ctx)
{
    struct mu_net *net = ctx;
    while (net->dirty || net->ended_count) {
        mu_net_flush(net);
        free_ended(net);
    }
}

/* Ten thousand connections of which none is due are 40 KB to look through. */
static void on_sweep(void *ctx)
{
    struct mu_net *net = ctx;
    uint32_t now = mu_net_now(net);
    if (net->accept_paused && net->listening)
        watch_listeners(net, true);
    for (size_t i = 0; i < net->count; i++)
        if (net->due[i] <= now)
            net->due[i] = mu_conn_sweep(net->conns[i], now);
}

/* ---- begin and end ---- */

struct mu_net *mu_net_new(struct mu_loop *loop, const struct mu_net_cb *cb, void *ctx,
                          size_t max_conns, const struct mu_sender_opts *send)
{
    struct mu_net *net = mu_alloc(sizeof *net);
    net->sender = mu_sender_new(send);
    if (mu_sender_batches(net->sender))
        net->batch = mu_alloc(sizeof *net->batch);
    net->loop = loop;
    net->cb = cb;
    net->ctx = ctx;
    net->max_conns = max_conns;
    net->epoll = mu_loop_sockets(loop, on_ready, net);
    net->sweep = mu_timer_new(loop, on_sweep, net);
    mu_timer_start(net->sweep, 1000, 1000);
    mu_loop_on_turn(loop, on_turn, net);
    return net;
}

/* Splits "[::1]:4747" or "127.0.0.1:4747" and fills addr. */
static int parse_addr(const char *text, struct sockaddr_storage *addr)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (*end || end == colon + 1 || port < 0 || port > 65535)
        return -EINVAL;
    size_t n = strlen(host);
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = 0;
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)addr;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1 ? 0 : -EINVAL;
    }
    const char *ip = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    struct sockaddr_in *four = (struct sockaddr_in *)addr;
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, ip, &four->sin_addr) == 1 ? 0 : -EINVAL;
}

int mu_net_is_loopback(const char *text)
{
    struct sockaddr_storage addr = {0};
    int rc = parse_addr(text, &addr);
    if (rc)
        return rc;
    if (addr.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&addr)->sin6_addr);
    return (ntohl(((struct sockaddr_in *)&addr)->sin_addr.s_addr) >> 24) == 127;
}

/* A socket that listens. What it accepts inherits TCP_NODELAY. */
static int open_listener(const struct sockaddr_storage *addr)
{
    int one = 1, fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t len =
        addr->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ||
        bind(fd, (const struct sockaddr *)addr, len) || listen(fd, BACKLOG)) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_in6 addr; /* has its port where a sockaddr_in has it */
    socklen_t len = sizeof addr;
    memset(&addr, 0, sizeof addr);
    if (getsockname(fd, (struct sockaddr *)&addr, &len))
        return -errno;
    return ntohs(addr.sin6_port);
}

int mu_net_listen(struct mu_net *net, const char *text, int *port)
{
    struct sockaddr_storage addr = {0};
    int rc = parse_addr(text, &addr);
    if (rc)
        return rc;
    if (net->listener_count == MU_NET_LISTENERS)
        return -ENOSPC;
    int fd = open_listener(&addr);
    if (fd < 0)
        return fd;
    struct mu_listener *l = &net->listeners[net->listener_count];
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = listener_mark(l)};
    *l = (struct mu_listener){.net = net, .fd = fd};
    rc = port_of(fd);
    if (rc >= 0 && epoll_ctl(net->epoll, EPOLL_CTL_ADD, fd, &e))
        rc = -errno;
    if (rc < 0) {
        close(fd);
        return rc;
    }
    *port = rc;
    net->listener_count++;
    net->listening = true;
    return 0;
}

void mu_net_stop_listening(struct mu_net *net)
{
    if (!net->listening)
        return;
    net->listening = false;
    for (size_t i = 0; i < net->listener_count; i++) {
        epoll_ctl(net->epoll, EPOLL_CTL_DEL, net->listeners[i].fd, NULL);
        close(net->listeners[i].fd);
    }
}

void mu_net_close(struct mu_net *net)
{
    mu_net_stop_listening(net);
    mu_timer_free(net->sweep);
    net->sweep = NULL;
    for (size_t i = 0; i < net->count; i++)
        mu_conn_end(net->conns[i], MU_END_LOCAL);
}

void mu_net_free(struct mu_net *net)
{
    on_turn(net);
    mu_sender_free(net->sender);
    free(net->batch);
    free(net->conns);
    free(net->due);
    free(net->ended);
    free(net);
}

void mu_net_each(struct mu_net *net, void (*cb)(void *user, void *arg), void *arg)
{
    for (size_t i = 0; i < net->count; i++)
        if (!net->conns[i]->closing)
            cb(net->conns[i]->user, arg);
}

uint32_t mu_net_now(const struct mu_net *net)
{
    return mu_loop_seconds(net->loop);
}

void mu_net_stats(const struct mu_net *net, struct mu_net_stats *out)
{
    *out = net->stats;
}
