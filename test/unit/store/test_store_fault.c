/* Writes that fail, disks that are full, processes that are killed. */
#include "store_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* One of every kind of write, then the commit. */
static int scenario(struct mu_store *s)
{
    struct mu_run run = {.id = "r", .session_id = "s1", .agent = "shell", .spec = "{}"};
    int rc = put_project(s, "p2");
    rc = rc ? rc : put_session(s, "p2", "s3");
    rc = rc ? rc : put_session(s, "p1", "s1");
    rc = rc ? rc : put_message(s, "s1", "m1", 1, "hello");
    rc = rc ? rc : mu_store_append_text(s, "m1", " world", 6);
    rc = rc ? rc : put_message(s, "s1", "m1", 1, "hello, world");
    rc = rc ? rc : mu_store_queue_put(s, "s1", "q1", "later", 1, NULL);
    rc = rc ? rc : mu_store_queue_put(s, "s1", "q2", "still later", 1, NULL);
    rc = rc ? rc : mu_store_queue_delete(s, "s1", "q1");
    rc = rc ? rc : mu_store_put_run(s, &run);
    rc = rc ? rc : mu_store_put_input(s, "r", 1, "x", 1, false);
    rc = rc ? rc : mu_store_put_input(s, "r", 2, "y", 1, false);
    rc = rc ? rc : mu_store_delete_inputs(s, "r", 1);
    rc = rc ? rc : mu_store_put_secret(s, "login", A64, 1, 2);
    rc = rc ? rc : mu_store_prune_secrets(s, 2);
    rc = rc ? rc
            : mu_store_put_access(s, &(struct mu_store_access){.id = "t",
                                                               .kind = MU_access_kind_TOKEN,
                                                               .hash = A64,
                                                               .name = "n",
                                                               .created_at = 1});
    rc = rc ? rc : mu_store_use_access(s, "t", 2);
    rc = rc ? rc : mu_store_delete_access(s, "t");
    rc = rc ? rc : mu_store_put_secret(s, "owner", A64, 1, 0);
    rc = rc ? rc : mu_store_delete_session(s, "s2", mu_store_next_rev(s));
    rc = rc ? rc : mu_store_prune_tombstones(s, INT64_MAX);
    rc = rc ? rc : mu_store_delete_session(s, "s3", mu_store_next_rev(s));
    return rc ? rc : mu_store_commit(s);
}

static void some_rows(struct mu_store *s)
{
    OK(put_project(s, "p1"));
    OK(put_session(s, "p1", "s1"));
    OK(put_session(s, "p1", "s2"));
    OK(mu_store_commit(s));
}

/* The scenario with its nth write failing; true when it has that many. */
static bool fails_at(struct mu_store *s, int nth, int err)
{
    char *before = dump(s->db);
    int64_t rev = mu_store_rev(s), oldest = mu_store_oldest_since(s);
    mu_store_fail_after(s, nth, err);
    int rc = scenario(s);
    if (rc == 0) {
        free(before);
        return false;
    }
    assert_int_equal(rc, err);
    if (s->doom) { /* not when the commit itself failed: then all is over already */
        char *now = dump(s->db);
        assert_string_equal(now, before); /* nobody reads what will not be */
        free(now);
        assert_true(mu_store_dirty(s));
        assert_int_equal(mu_store_rev(s), rev);
        mu_store_fail_after(s, 0, 0);
        assert_int_equal(put_project(s, "p9"), err);
        assert_int_equal(mu_store_delete_session(s, "s1", mu_store_next_rev(s)), err);
        assert_int_equal(mu_store_count_sessions(s), 2);
        assert_int_equal(mu_store_rev(s), rev);
        assert_int_equal(mu_store_commit(s), err);
    }
    mu_store_fail_after(s, 0, 0);
    assert_false(mu_store_dirty(s));
    OK(mu_store_commit(s));
    char *after = dump(s->db);
    assert_string_equal(after, before);
    assert_int_equal(mu_store_rev(s), rev);
    assert_int_equal(mu_store_oldest_since(s), oldest);
    free(before);
    free(after);
    return true;
}

static void a_failure_at_any_write_changes_nothing(void **state)
{
    struct fixture *f = *state;
    some_rows(f->s);
    char *base = dump(f->s->db);
    int n = 1;
    while (fails_at(f->s, n, n % 2 ? -ENOSPC : -EIO))
        n++;
    assert_true(n > 25); /* there are that many writes, and the last run did them all */
    char *done = dump(f->s->db);
    assert_string_not_equal(base, done);
    mu_store_fail_after(f->s, 0, 0);
    reopen_store(f);
    check_text(f->s, "m1", "hello, world");
    assert_int_equal(mu_store_count_since(f->s, 0, 100), 4); /* p1 p2 s1, and s3's tombstone */
    free(base);
    free(done);
}

static void a_fault_stays_until_it_is_switched_off(void **state)
{
    struct fixture *f = *state;
    mu_store_fail_after(f->s, 2, -EIO);
    OK(put_project(f->s, "p1"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(put_project(f->s, "p2"), -EIO);
        assert_int_equal(mu_store_commit(f->s), -EIO);
    }
    mu_store_fail_after(f->s, 0, 0);
    OK(put_project(f->s, "p2"));
    OK(mu_store_commit(f->s));
    assert_int_equal(mu_store_count_projects(f->s), 1);
}

static int commit_message(struct mu_store *s, int seq)
{
    char words[2000];
    memset(words, 'w', sizeof words);
    words[sizeof words - 1] = 0;
    int rc = put_message(s, "s1", text("big%d", seq), seq, words);
    int end = mu_store_commit(s);
    return rc ? rc : end;
}

/* Commits until it fails; how many there were. */
static int until_full(struct mu_store *s, int seq)
{
    int rc = 0;
    for (; seq < 10000 && !rc; seq++)
        rc = commit_message(s, seq);
    assert_int_equal(rc, -ENOSPC);
    return seq - 1;
}

static int count_messages(struct mu_store *s)
{
    int count = 0;
    bool older;
    OK(mu_store_page_messages(s, "s1", 0, 100000, INT64_MAX, &older, count_message, &count));
    return count;
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    OK(getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    OK(setrlimit(RLIMIT_FSIZE, &limit));
}

static void a_file_that_cannot_grow_refuses_and_recovers(void **state)
{
    struct fixture *f = *state;
    signal(SIGXFSZ, SIG_IGN);
    some_rows(f->s);
    limit_file_size(300000);
    int stored = until_full(f->s, 1) - 1;
    assert_true(stored > 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(commit_message(f->s, stored + 1), -ENOSPC);
    assert_int_equal(count_messages(f->s), stored);
    int64_t rev = mu_store_rev(f->s);
    limit_file_size(RLIM_INFINITY);
    OK(commit_message(f->s, stored + 1));
    assert_int_equal(mu_store_rev(f->s), rev + 1);
    reopen_store(f);
    assert_int_equal(count_messages(f->s), stored + 1);
}

static void a_full_disk_refuses_and_recovers(void **state)
{
    struct fixture *f = *state;
    some_rows(f->s);
    OK(sqlite3_exec(f->s->db, "PRAGMA max_page_count = 100", NULL, NULL, NULL));
    int stored = until_full(f->s, 1) - 1;
    assert_true(stored > 5);
    assert_int_equal(count_messages(f->s), stored);
    OK(sqlite3_exec(f->s->db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL));
    OK(commit_message(f->s, stored + 1));
    reopen_store(f);
    assert_int_equal(count_messages(f->s), stored + 1);
}

static void a_full_disk_at_the_start_is_a_sentence(void **state)
{
    struct fixture *f = *state;
    struct mu_store_why why;
    close_store(f);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(4096);
    int rc = mu_store_open(f->dir, &f->s, &why);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(rc, -ENOSPC);
    assert_non_null(strstr(why.text, "the disk is full"));
    open_store(f);
}

/* ---- killed ---- */

static void write_forever(struct fixture *f, int pipe_fd, int from)
{
    open_store(f);
    for (int i = from;; i++) {
        struct mu_rec_session row = session(f->s, "p1", "s1");
        struct mu_session_private priv = {0};
        row.last_seq = i;
        OK(mu_store_put_session(f->s, &row, &priv));
        OK(put_message(f->s, "s1", text("k%d", i), i, "begin"));
        OK(mu_store_append_text(f->s, text("k%d", i), " end", 4));
        OK(mu_store_commit(f->s));
        if (i % 100 == 0)
            OK(mu_store_checkpoint(f->dir));
        if (write(pipe_fd, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

/* Lets a child write until `enough` commits are acknowledged, kills it, and gives the last one. */
static int kill_a_writer(struct fixture *f, int from, int enough)
{
    int ends[2], last = from - 1;
    OK(pipe(ends));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        write_forever(f, ends[1], from);
    }
    close(ends[1]);
    while (last < from + enough && read(ends[0], &last, sizeof last) == sizeof last)
        continue;
    kill(pid, SIGKILL);
    while (read(ends[0], &last, sizeof last) == sizeof last) /* acknowledged before it died */
        continue;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    return last;
}

static void last_seq_is(void *ctx, const struct mu_rec_session *row,
                        const struct mu_session_private *priv)
{
    MU_UNUSED(priv);
    ((int64_t *)ctx)[0] = row->last_seq;
    ((int64_t *)ctx)[1] = row->rev;
}

static void highest_rev(void *ctx, const struct mu_rec_message *m)
{
    int64_t *highest = ctx;
    assert_string_equal(m->text, "begin end");
    if (m->rev > *highest)
        *highest = m->rev;
}

static void a_killed_writer_loses_nothing_it_acknowledged(void **state)
{
    struct fixture *f = *state;
    some_rows(f->s);
    char *epoch = mu_strdup(mu_store_epoch(f->s));
    close_store(f);
    int next = 1;
    for (int round = 0; round < 5; round++) {
        int acknowledged = kill_a_writer(f, next, 20 + 67 * round);
        open_store(f);
        int64_t row[2], highest = 0;
        bool older;
        OK(mu_store_get_session(f->s, "s1", last_seq_is, row));
        assert_in_range(row[0], acknowledged, acknowledged + 1);
        assert_int_equal(count_messages(f->s), row[0]);
        OK(mu_store_page_messages(f->s, "s1", 0, 100000, INT64_MAX, &older, highest_rev, &highest));
        assert_int_equal(highest, mu_store_rev(f->s)); /* the message is the newest write */
        assert_int_equal(row[1], highest - 1);
        assert_string_equal(mu_store_epoch(f->s), epoch);
        next = (int)row[0] + 1;
        close_store(f);
    }
    free(epoch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failure_at_any_write_changes_nothing),
        TEST(a_fault_stays_until_it_is_switched_off),
        TEST(a_file_that_cannot_grow_refuses_and_recovers),
        TEST(a_full_disk_refuses_and_recovers),
        TEST(a_full_disk_at_the_start_is_a_sentence),
        TEST(a_killed_writer_loses_nothing_it_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
