/* A run and its peer without the process around them: the clock is the test's. */
#include "hold/include.h"
#include "hold/peer.h"
#include "hold/proc.h"
#include "hold/proto.h"
#include "wire/records.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[32];
    char path[64];
    const char *argv[4];
    char id[MU_ID_SIZE];
    struct mu_hold_spec spec;
    struct mu_run run;
    struct mu_peer peer;
    int64_t now;
    uint64_t read_to;
    struct mu_buf out, err;
    bool exited;
};

static void open_run(struct fixture *f, const char *script, const char *max)
{
    struct mu_journal j;
    memset(f, 0, sizeof *f);
    strcpy(f->dir, "/tmp/muster-hold-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/spool", f->dir);
    f->argv[0] = "sh";
    f->argv[1] = "-c";
    f->argv[2] = script;
    mu_id_new(f->id);
    f->spec = (struct mu_hold_spec){f->id, f->argv, NULL, 0, "/tmp", true};
    f->peer.fd = -1;
    if (max)
        setenv("MUSTER_HOLD_SPOOL_MAX", max, 1);
    assert_int_equal(mu_journal_open(&j, f->path), 0);
    unsetenv("MUSTER_HOLD_SPOOL_MAX");
    f->now = 1000;
    mu_run_init(&f->run, &f->spec, j, f->now);
}

static void close_run(struct fixture *f)
{
    mu_peer_close(&f->peer);
    mu_run_release(&f->run);
    mu_buf_release(&f->out);
    mu_buf_release(&f->err);
    unlink(f->path);
    rmdir(f->dir);
}

/* One turn of the holder's loop; children are polled for, as there is no signal here. */
static void turn(struct fixture *f)
{
    struct pollfd fds[MU_RUN_POLLFDS + 1];
    mu_run_prepare(&f->run, fds);
    mu_peer_prepare(&f->peer, &f->run, &fds[MU_RUN_POLLFDS]);
    poll(fds, MU_RUN_POLLFDS + 1, 10);
    mu_run_reap(&f->run, f->now);
    mu_run_step(&f->run, fds, f->now);
    mu_peer_step(&f->peer, &f->run, &fds[MU_RUN_POLLFDS], f->now);
}

static void read_spool(struct fixture *f)
{
    static char chunk[MU_HOLD_DATA_MAX];
    struct mu_spool_record r;
    ssize_t n;
    while (f->read_to < f->run.journal.size &&
           (n = mu_journal_read(&f->run.journal, f->read_to, chunk, sizeof chunk)) > 0) {
        for (size_t at = 0; at < (size_t)n; at += r.size) {
            assert_int_equal(mu_spool_next(chunk + at, (size_t)n - at, &r), 0);
            if (r.kind == MU_SPOOL_STDOUT)
                mu_buf_add(&f->out, r.data, r.n);
            if (r.kind == MU_SPOOL_STDERR)
                mu_buf_add(&f->err, r.data, r.n);
            if (r.kind == MU_SPOOL_EXIT)
                f->exited = true;
        }
        f->read_to += (uint64_t)n;
    }
}

/* The largest prompt that there can be, and a file that is gone: the agent gets all of it, and what
 * follows; the holder's loop is not held up by an agent that does not read yet. */
static void includes_reach_the_agent(void **state)
{
    struct fixture f;
    char path[] = "/tmp/muster-image-XXXXXX";
    struct mu_buf in = {0};
    MU_UNUSED(state);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, MU_LIMIT_IMAGE_BYTES), 0);
    open_run(&f, "sleep 0.2; wc -c", NULL);
    while (!f.run.started)
        turn(&f);
    for (int i = 0; i < MU_LIMIT_IMAGES_PER_PROMPT - 1; i++)
        mu_include_put(&in, path);
    mu_include_put(&in, "/nonexistent/image");
    mu_buf_char(&in, '\n');
    assert_true(mu_run_takes_input(&f.run));
    mu_run_input(&f.run, 1, in.data, in.len, true, f.now);
    assert_false(mu_run_takes_input(&f.run));
    size_t want = (MU_LIMIT_IMAGE_BYTES + 2) / 3 * 4 * (MU_LIMIT_IMAGES_PER_PROMPT - 1) + 1;
    assert_true(f.run.queue.len == want);
    while (!mu_run_takes_input(&f.run))
        turn(&f);
    mu_run_input(&f.run, 2, in.data, 1, false, f.now); /* a mark is a byte like others here */
    mu_run_close_stdin(&f.run);
    while (!f.run.ended) {
        turn(&f);
        f.now += 20;
    }
    read_spool(&f);
    assert_int_equal(strtoll(f.out.data, NULL, 10), want + 1);
    assert_non_null(f.err.data);
    assert_non_null(strstr(f.err.data, "/nonexistent/image cannot be given to the agent"));
    mu_buf_release(&in);
    close(fd);
    unlink(path);
    close_run(&f);
}

/* The disk is full from the first byte on: nothing is lost, and it goes on when there is room. */
static void disk_full(void **state)
{
    struct fixture f;
    MU_UNUSED(state);
    open_run(&f, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done", NULL);
    int good = f.run.journal.fd;
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    f.run.journal.fd = full;
    while (!f.run.retry_at)
        turn(&f);
    for (int i = 0; i < 5; i++) {
        turn(&f);
        f.now += MU_RUN_RETRY_MS;
    }
    assert_int_equal(f.run.journal.size, 0);
    assert_false(f.run.started);
    f.run.journal.fd = good;
    f.now += MU_RUN_RETRY_MS;
    while (f.run.journal.size < 5000)
        turn(&f);
    f.run.journal.fd = full; /* and once more in the middle */
    while (!f.run.retry_at)
        turn(&f);
    f.run.journal.fd = good;
    f.now += MU_RUN_RETRY_MS;
    while (!f.run.ended)
        turn(&f);
    read_spool(&f);
    struct mu_buf want = {0};
    for (int i = 0; i < 20000; i++)
        mu_buf_printf(&want, "line %d\n", i);
    assert_string_equal(f.out.data, want.data);
    assert_true(f.exited);
    close(full);
    mu_buf_release(&want);
    close_run(&f);
}

/* No acknowledgement: the agent is held back at the limit and goes on behind it. */
static void spool_full(void **state)
{
    struct fixture f;
    struct stat st;
    MU_UNUSED(state);
    open_run(&f, "yes | head -c 8000000", "1500000");
    while (!mu_journal_full(&f.run.journal))
        turn(&f);
    uint64_t size = f.run.journal.size;
    for (int i = 0; i < 5; i++)
        turn(&f);
    assert_int_equal(f.run.journal.size, size);
    assert_true(size < 1500000 + 2 * MU_SPOOL_RECORD_MAX);
    while (!f.run.ended) {
        read_spool(&f);
        assert_int_equal(mu_journal_ack(&f.run.journal, f.read_to), 0);
        turn(&f);
    }
    read_spool(&f);
    assert_int_equal(f.out.len, 8000000);
    assert_int_equal(mu_journal_ack(&f.run.journal, f.run.journal.size + 1), -22);
    assert_int_equal(mu_journal_ack(&f.run.journal, f.run.journal.size), 0);
    assert_int_equal(stat(f.path, &st), 0);
    assert_true(st.st_blocks * 512 < 3 * MU_JOURNAL_PUNCH_STEP);
    close_run(&f);
}

static int connect_peer(struct fixture *f)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    mu_peer_open(&f->peer, pair[0], &f->run);
    return pair[1];
}

static void expect_hang_up(struct fixture *f, const void *bytes, size_t n)
{
    char sink[256];
    int fd = connect_peer(f);
    assert_int_equal(write(fd, bytes, n), n);
    for (int i = 0; i < 100 && f->peer.fd >= 0; i++)
        turn(f);
    assert_int_equal(f->peer.fd, -1);
    while (read(fd, sink, sizeof sink) > 0)
        continue;
    close(fd);
}

static void broken_frames(void **state)
{
    struct fixture f;
    struct mu_buf b = {0};
    MU_UNUSED(state);
    open_run(&f, "read x; exit 3", NULL);
    expect_hang_up(&f, "\xff\xff\xff\xff", 4);
    expect_hang_up(&f, "\1\0\0\0\42", 5);
    expect_hang_up(&f, "\2\0\0\0\1x", 6);
    mu_hold_put_u64(&b, MU_HOLD_ATTACH, 1u << 30, NULL, 0); /* beyond the spool */
    expect_hang_up(&f, b.data, b.len);
    mu_buf_clear(&b);
    mu_hold_put_u64(&b, MU_HOLD_ACK, 1u << 30, NULL, 0);
    expect_hang_up(&f, b.data, b.len);
    mu_buf_clear(&b);
    while (!f.run.started)
        turn(&f);
    mu_hold_put_u64(&b, MU_HOLD_ATTACH, 1, NULL, 0); /* not a boundary */
    expect_hang_up(&f, b.data, b.len);
    mu_buf_clear(&b);

    /* The agent was not harmed. The same input twice is one. */
    mu_hold_put_u64(&b, MU_HOLD_INPUT, 1, "x\n", 2);
    mu_hold_put_u64(&b, MU_HOLD_INPUT, 1, "y\n", 2);
    int fd = connect_peer(&f);
    assert_int_equal(write(fd, b.data, b.len), b.len);
    while (!f.run.ended)
        turn(&f);
    assert_int_equal(f.run.last_input, 1);
    assert_int_equal(WEXITSTATUS(f.run.status), 3);
    close(fd);
    mu_buf_release(&b);
    close_run(&f);
}

/* A grandchild that floods the pipe for ever does not hold the end up. */
static void flooding_grandchild(void **state)
{
    struct fixture f;
    MU_UNUSED(state);
    open_run(&f, "yes & sleep 0.1", NULL);
    while (!f.run.reaped)
        turn(&f);
    f.now += MU_RUN_LINGER_MS - 1;
    turn(&f);
    assert_false(f.run.draining);
    f.now += 1;
    for (int i = 0; i < 200 && !f.run.ended; i++)
        turn(&f);
    assert_true(f.run.ended);
    while (!f.run.cleaned) {
        f.now += 100;
        turn(&f);
    }
    assert_int_equal(mu_proc_signal_run(f.id, 0, 0), 0);
    close_run(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(includes_reach_the_agent),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(spool_full),
        cmocka_unit_test(broken_frames),
        cmocka_unit_test(flooding_grandchild),
    };
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
