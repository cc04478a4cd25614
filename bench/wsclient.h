/* A blocking WebSocket client for the small measuring programs: connects, upgrades, joins. */
#ifndef WSCLIENT_H
#define WSCLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wsutil.h"

enum { OPENING = 64, REPLY = 1 << 20 };

static inline void die(const char *f, ...) __attribute__((format(printf, 1, 2), noreturn));
static inline void die(const char *f, ...) {
  va_list ap;
  va_start(ap, f);
  fprintf(stderr, "%s: ", program_invocation_short_name);
  vfprintf(stderr, f, ap);
  fputc('\n', stderr);
  va_end(ap);
  exit(3);
}

/* ---- one connection ---- */

static inline int dial(int port, int n) {
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)n % 4); /* ports enough for all */
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons((uint16_t)port);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) ||
      connect(fd, (struct sockaddr *)&to, sizeof to))
    die("connection %d: %s", n, strerror(errno));
  return fd;
}

static inline void say(int fd, const void *p, size_t n) {
  if (send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n) die("send: %s", strerror(errno));
}

static inline void put_frame(Buf *b, const char *text) {
  size_t n = strlen(text);
  buf_chr(b, (char)0x81);
  if (n < 126) {
    buf_chr(b, (char)(0x80 | n));
  } else {
    buf_chr(b, (char)(0x80 | 126));
    buf_chr(b, (char)(n >> 8));
    buf_chr(b, (char)n);
  }
  buf_fill(b, 0, 4); /* a mask of zeros */
  buf_str(b, text);
}

/* Reads until the text has come. */
static inline void await(int fd, const char *text) {
  static char got[REPLY + 1];
  size_t n = 0;
  for (;;) {
    ssize_t more = recv(fd, got + n, REPLY - n, 0);
    if (more <= 0) die("waiting for %s: %s", text, more ? strerror(errno) : "closed");
    n += (size_t)more;
    if (memmem(got, n, text, strlen(text))) return;
    if (n == REPLY) die("waiting for %s: %.200s", text, got);
  }
}

static inline void ask_upgrade(int fd, int port, const char *header) {
  char head[1024];
  int n = snprintf(head, sizeof head,
                   "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n",
                   port, header ? header : "", header ? "\r\n" : "");
  say(fd, head, (size_t)n);
}

/* A few dozen at a time, so that the server has something to do meanwhile. */
static inline void open_all(int *fds, int count, int port, const char *header, const char *topic) {
  Buf join = {0};
  char text[256];
  snprintf(text, sizeof text, "[\"1\",\"1\",\"%s\",\"phx_join\",{}]", topic);
  put_frame(&join, text);
  for (int from = 0; from < count; from += OPENING) {
    int to = from + OPENING < count ? from + OPENING : count;
    for (int i = from; i < to; i++) ask_upgrade(fds[i] = dial(port, i), port, header);
    for (int i = from; i < to; i++) await(fds[i], "\r\n\r\n");
    for (int i = from; i < to; i++) say(fds[i], join.p, join.n);
    for (int i = from; i < to; i++) await(fds[i], "\"ok\"");
  }
}

static inline void raise_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
