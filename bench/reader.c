/* reader: when an agent's lines arrive at sockets, by the kernel's clock.
 *
 *     reader --port N --topic T [--conns N] [--header "Name: value"]
 *
 * The agent (printer LINES RATE stamp) prints <T and its clock's microseconds and >, at last <END>.
 * A program that reads hundreds of sockets in turn sees the last of them late; so what counts is
 * the time that the kernel noted when the bytes came (SO_TIMESTAMPNS), which on loopback is when
 * they left the server. One JSON object: delays in milliseconds over all sockets and lines. Says
 * "ready" on standard error when all have joined. */
#define _GNU_SOURCE
#include <getopt.h>
#include <sys/epoll.h>

#include "wsclient.h"

enum { CHUNK = 65536 };

struct reader {
  int fd;
  uint64_t last; /* the newest stamp; the same line may come in another push again */
};

static struct {
  int port, conns;
  const char *header, *topic;
} opt = {.conns = 1};

static double *delays;
static size_t count, room;
static int ended;

static void note(double ms) {
  if (count == room) {
    room = room ? room * 2 : 1024;
    delays = realloc(delays, room * sizeof *delays);
    if (!delays) die("out of memory");
  }
  delays[count++] = ms;
}

static uint64_t came_at(struct msghdr *msg) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec t;
    memcpy(&t, CMSG_DATA(c), sizeof t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
  }
  die("the kernel gives no times of arrival");
}

static void take(struct reader *r) {
  static char bytes[CHUNK + 1];
  char control[128];
  struct iovec iov = {bytes, CHUNK};
  struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t n = recvmsg(r->fd, &msg, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) die("a connection ended");
  bytes[n] = 0;
  for (char *at = bytes; (at = memmem(at, (size_t)(bytes + n - at), "<T", 2)); at += 2) {
    uint64_t stamp = strtoull(at + 2, NULL, 10);
    if (stamp <= r->last) continue;
    r->last = stamp;
    note(((double)came_at(&msg) - (double)stamp * 1e3) / 1e6);
  }
  if (memmem(bytes, (size_t)n, "<END>", 5)) ended = 1;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double part(double q) { return count ? delays[(size_t)(q * (double)(count - 1))] : 0; }

static void options(int argc, char **argv) {
  static const struct option names[] = {
      {"port", 1, 0, 'p'}, {"conns", 1, 0, 'c'}, {"header", 1, 0, 'h'}, {"topic", 1, 0, 't'}, {0, 0, 0, 0}};
  for (int o; (o = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    if (o == 'p') opt.port = atoi(optarg);
    else if (o == 'c') opt.conns = atoi(optarg);
    else if (o == 'h') opt.header = optarg;
    else if (o == 't') opt.topic = optarg;
    else exit(2);
  }
  if (opt.port < 1 || opt.conns < 1 || !opt.topic) die("usage: reader --port N --topic T [--conns N] [--header H]");
}

int main(int argc, char **argv) {
  options(argc, argv);
  raise_limit();
  int ep = epoll_create1(EPOLL_CLOEXEC), on = 1, *fds = calloc((size_t)opt.conns, sizeof *fds);
  struct reader *all = calloc((size_t)opt.conns, sizeof *all);
  struct epoll_event events[256];
  open_all(fds, opt.conns, opt.port, opt.header, opt.topic);
  for (int i = 0; i < opt.conns; i++) {
    all[i].fd = fds[i];
    setsockopt(fds[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};
    epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e);
  }
  fputs("ready\n", stderr);
  for (int n; (n = epoll_wait(ep, events, 256, ended ? 200 : 30000)) > 0;)
    for (int i = 0; i < n; i++) take(events[i].data.ptr);
  if (!ended) die("nothing came for 30 s");
  qsort(delays, count, sizeof *delays, by_size);
  printf("{\"arrivals\": %zu, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"max\": %.3f}\n", count, part(0.5), part(0.9), part(0.99), part(1));
  return 0;
}
