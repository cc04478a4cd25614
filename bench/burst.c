/* burst: how long a server takes to hand a publish to every subscriber, while nobody reads.
 *
 *     burst --port N --pid PID [--conns N] [--publishes K] [--rounds R] [--header "Name: value"]
 *           [--bytes N]
 *
 * On a machine of two cores a generator that reads takes one of them, so what a second core brings
 * a server cannot be seen with it. This one reads nothing while the clock runs: what is published
 * waits in the sockets' buffers (K times some 260 bytes), on sockets that nobody waits for. The
 * clock runs from a publish until the second of two heartbeats is answered: the first one is sent
 * with the publish, and its answer may overtake it; the second one is sent when the first is
 * answered, and a server with one loop comes to it when the publish is written to all. After each
 * round every socket is emptied and must hold the same bytes. One JSON object on standard output. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wsutil.h"

enum { OPENING = 64, REPLY = 4096 };

static struct {
  int port, pid, conns, publishes, rounds, bytes;
  const char *header;
} opt = {.conns = 10000, .publishes = 4, .rounds = 9, .bytes = 200};

static void die(const char *f, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *f, ...) {
  va_list ap;
  va_start(ap, f);
  fputs("burst: ", stderr);
  vfprintf(stderr, f, ap);
  fputc('\n', stderr);
  va_end(ap);
  exit(3);
}

/* ---- one connection ---- */

static int dial(int n) {
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)n % 4); /* ports enough for all */
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons((uint16_t)opt.port);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) ||
      connect(fd, (struct sockaddr *)&to, sizeof to))
    die("connection %d: %s", n, strerror(errno));
  return fd;
}

static void say(int fd, const void *p, size_t n) {
  if (send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n) die("send: %s", strerror(errno));
}

static void put_frame(Buf *b, const char *text) {
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
static void await(int fd, const char *text) {
  char got[REPLY + 1];
  size_t n = 0;
  for (;;) {
    ssize_t more = recv(fd, got + n, REPLY - n, 0);
    if (more <= 0) die("waiting for %s: %s", text, more ? strerror(errno) : "closed");
    n += (size_t)more;
    if (memmem(got, n, text, strlen(text))) return;
    if (n == REPLY) die("waiting for %s: %.200s", text, got);
  }
}

static void ask_upgrade(int fd) {
  char head[1024];
  int n = snprintf(head, sizeof head,
                   "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n",
                   opt.port, opt.header ? opt.header : "", opt.header ? "\r\n" : "");
  say(fd, head, (size_t)n);
}

/* A few dozen at a time, so that the server has something to do meanwhile. */
static void open_all(int *fds) {
  Buf join = {0};
  put_frame(&join, "[\"1\",\"1\",\"bench:0\",\"phx_join\",{}]");
  for (int from = 0; from < opt.conns; from += OPENING) {
    int to = from + OPENING < opt.conns ? from + OPENING : opt.conns;
    for (int i = from; i < to; i++) ask_upgrade(fds[i] = dial(i));
    for (int i = from; i < to; i++) await(fds[i], "\r\n\r\n");
    for (int i = from; i < to; i++) say(fds[i], join.p, join.n);
    for (int i = from; i < to; i++) await(fds[i], "\"ok\"");
  }
}

/* ---- what the server used ---- */

static uint64_t spent_ns(const char *dir) {
  char path[512];
  uint64_t ns = 0;
  snprintf(path, sizeof path, "%s/schedstat", dir);
  FILE *f = fopen(path, "r");
  if (f) {
    if (fscanf(f, "%lu", &ns) != 1) ns = 0;
    fclose(f);
  }
  return ns;
}

static uint64_t server_ns(void) {
  char dir[64], task[400];
  uint64_t sum = 0;
  snprintf(dir, sizeof dir, "/proc/%d/task", opt.pid);
  DIR *d = opendir(dir);
  for (struct dirent *e; d && (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    snprintf(task, sizeof task, "%s/%s", dir, e->d_name);
    sum += spent_ns(task);
  }
  if (d) closedir(d);
  return sum;
}

/* ---- the rounds ---- */

static void beat(Buf *b, int fd, int ref) {
  char text[80];
  snprintf(text, sizeof text, "[null,\"%d\",\"phoenix\",\"heartbeat\",{}]", ref);
  put_frame(b, text);
  say(fd, b->p, b->n);
  snprintf(text, sizeof text, "\"%d\"", ref);
  await(fd, text);
  b->n = 0;
}

static uint64_t one_publish(int pub, const char *text, int ref) {
  static Buf b;
  uint64_t began = now_ns();
  put_frame(&b, text);
  beat(&b, pub, ref);
  beat(&b, pub, ref + 1);
  return now_ns() - began;
}

static uint64_t drain(const int *fds) {
  static char scrap[65536];
  uint64_t first = 0;
  for (int i = 0; i < opt.conns; i++) {
    uint64_t sum = 0;
    for (ssize_t n; (n = recv(fds[i], scrap, sizeof scrap, MSG_DONTWAIT | MSG_TRUNC)) > 0;)
      sum += (uint64_t)n;
    if (i == 0) first = sum;
    if (sum != first) die("connection %d got %lu bytes, the first one %lu", i, sum, first);
  }
  if (first < (uint64_t)opt.publishes * (uint64_t)opt.bytes) die("only %lu bytes came", first);
  return first;
}

static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static void run(const int *fds, int pub) {
  uint64_t wall[256], cpu[256];
  int ref = 1000;
  Buf text = {0};
  buf_str(&text, "[null,null,\"bench:0\",\"publish\",{\"text\":\"");
  buf_fill(&text, 'x', (size_t)opt.bytes - 11);
  buf_str(&text, "\"}]");
  buf_chr(&text, 0);
  for (int round = -1; round < opt.rounds; round++) { /* the first one warms up */
    uint64_t sum = 0, before = server_ns();
    for (int i = 0; i < opt.publishes; i++) sum += one_publish(pub, (char *)text.p, ref += 2);
    if (round >= 0) {
      wall[round] = sum;
      cpu[round] = server_ns() - before;
    }
    drain(fds);
  }
  qsort(wall, (size_t)opt.rounds, sizeof *wall, by_size);
  qsort(cpu, (size_t)opt.rounds, sizeof *cpu, by_size);
  double all = (double)opt.conns * opt.publishes, mid = (double)wall[opt.rounds / 2];
  printf("{\"conns\": %d, \"publishes\": %d, \"rounds\": %d, \"ms_per_publish\": %.3f,\n"
         " \"deliveries_per_s\": %.0f, \"best_deliveries_per_s\": %.0f, \"cpu_us_per_delivery\": %.3f}\n",
         opt.conns, opt.publishes, opt.rounds, mid / opt.publishes / 1e6, all / mid * 1e9,
         all / (double)wall[0] * 1e9, (double)cpu[opt.rounds / 2] / all / 1e3);
}

static void options(int argc, char **argv) {
  static const struct option names[] = {
      {"port", 1, 0, 'p'}, {"pid", 1, 0, 'i'},    {"conns", 1, 0, 'c'}, {"publishes", 1, 0, 'k'},
      {"rounds", 1, 0, 'r'}, {"header", 1, 0, 'h'}, {"bytes", 1, 0, 'b'}, {0, 0, 0, 0}};
  for (int o; (o = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    if (o == 'p') opt.port = atoi(optarg);
    else if (o == 'i') opt.pid = atoi(optarg);
    else if (o == 'c') opt.conns = atoi(optarg);
    else if (o == 'k') opt.publishes = atoi(optarg);
    else if (o == 'r') opt.rounds = atoi(optarg);
    else if (o == 'b') opt.bytes = atoi(optarg);
    else if (o == 'h') opt.header = optarg;
    else exit(2);
  }
  if (opt.port < 1 || opt.pid < 1 || opt.conns < 1 || opt.publishes < 1 || opt.rounds < 1 ||
      opt.rounds > 256 || opt.bytes < 32 || opt.bytes > 4096)
    die("usage: burst --port N --pid PID [--conns N] [--publishes K] [--rounds R] [--bytes N] [--header H]");
}

int main(int argc, char **argv) {
  struct rlimit limit;
  options(argc, argv);
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int *fds = calloc((size_t)opt.conns, sizeof *fds), pub = dial(0);
  ask_upgrade(pub);
  await(pub, "\r\n\r\n");
  open_all(fds);
  run(fds, pub);
  return 0;
}
