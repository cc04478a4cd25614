/* burst: how long a server takes to hand a publish to every subscriber, while nobody reads.
 *
 *     burst --port N --pid PID [--conns N] [--publishes K] [--rounds R] [--header "Name: value"]
 *           [--bytes N]
 *
 * On a machine of two cores a generator that reads takes one of them, so what a second core brings
 * a server cannot be seen with it. This one reads nothing while the clock runs: what is published
 * waits in the sockets' buffers (K times some 240 bytes; K at most 8, so that TCP's first window of
 * ten segments is never full and no write waits for an acknowledgement), on sockets that nobody
 * waits for. A publish is over when the second of two heartbeats is answered: the first one is sent
 * with the publish, and its answer may overtake it; the second one is sent when the first is
 * answered, and a server with one loop comes to it when the publish is written to all. A round is
 * over when every socket has every byte. Then all are emptied. One JSON object on standard output. */
#define _GNU_SOURCE
#include <dirent.h>
#include <getopt.h>
#include <sys/ioctl.h>

#include "wsclient.h"

static struct {
  int port, pid, conns, publishes, rounds, bytes;
  const char *header;
} opt = {.conns = 10000, .publishes = 4, .rounds = 9, .bytes = 200};

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

static void publish(int pub, const char *text, int ref) {
  static Buf b;
  put_frame(&b, text);
  beat(&b, pub, ref);
  beat(&b, pub, ref + 1);
}

static int waiting(int fd) {
  int n = 0;
  if (ioctl(fd, FIONREAD, &n)) die("FIONREAD: %s", strerror(errno));
  return n;
}

static void arrived(const int *fds, int bytes) {
  uint64_t late = now_ns() + 5000000000ull;
  for (int i = 0; i < opt.conns; i++)
    while (waiting(fds[i]) < bytes)
      if (now_ns() > late) die("connection %d has %d of %d bytes", i, waiting(fds[i]), bytes);
}

static void drain(const int *fds, int bytes) {
  static char scrap[65536];
  for (int i = 0; i < opt.conns; i++) {
    ssize_t n = recv(fds[i], scrap, sizeof scrap, MSG_DONTWAIT);
    if (n != bytes) die("connection %d got %zd bytes, not %d", i, n, bytes);
  }
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
  publish(pub, (char *)text.p, 1); /* to learn how long it is */
  usleep(300000);
  int bytes = waiting(fds[0]);
  drain(fds, bytes);
  if (bytes < opt.bytes) die("only %d bytes came", bytes);
  for (int round = -1; round < opt.rounds; round++) { /* the first one warms up */
    uint64_t before = server_ns(), began = now_ns();
    for (int i = 0; i < opt.publishes; i++) publish(pub, (char *)text.p, ref += 2);
    arrived(fds, bytes * opt.publishes);
    if (round >= 0) {
      wall[round] = now_ns() - began;
      cpu[round] = server_ns() - before;
    }
    drain(fds, bytes * opt.publishes);
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
  if (opt.port < 1 || opt.pid < 1 || opt.conns < 1 || opt.publishes < 1 || opt.publishes > 8 || opt.rounds < 1 ||
      opt.rounds > 256 || opt.bytes < 32 || opt.bytes > 4096)
    die("usage: burst --port N --pid PID [--conns N] [--publishes K] [--rounds R] [--bytes N] [--header H]");
}

int main(int argc, char **argv) {
  options(argc, argv);
  raise_limit();
  int *fds = calloc((size_t)opt.conns, sizeof *fds), pub = dial(opt.port, 0);
  ask_upgrade(pub, opt.port, opt.header);
  await(pub, "\r\n\r\n");
  open_all(fds, opt.conns, opt.port, opt.header, "bench:0");
  run(fds, pub);
  return 0;
}
