/* Opening: what is not muster's, not whole or not writable is refused and left as it was; the epoch
 * says whether it is the history that it was. */
#include "open_fixture.h"

#include "store/seal.h"

#include <sys/wait.h>

static void write_file(const char *path, const void *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, n), n);
    close(fd);
}

/* The file's bytes; nothing when there is none. */
static struct mu_buf read_file(const char *path)
{
    struct mu_buf b = {0};
    char part[4096];
    int fd = open(path, O_RDONLY);
    for (ssize_t n; fd >= 0 && (n = read(fd, part, sizeof part)) > 0;)
        mu_buf_add(&b, part, (size_t)n);
    if (fd >= 0)
        close(fd);
    return b;
}

static void same_bytes(const struct mu_buf *a, const struct mu_buf *b)
{
    assert_int_equal(a->len, b->len);
    if (a->len)
        assert_memory_equal(a->data, b->data, a->len);
}

/* Opening gives err, says the word, and changes neither the database nor its log. */
static void is_refused(struct fixture *f, int err, const char *word)
{
    struct mu_store_why why;
    struct mu_buf db = read_file(db_path(f)), log = read_file(text("%s-wal", db_path(f)));
    f->s = (struct mu_store *)1;
    int rc = mu_store_open(f->dir, &f->s, &why);
    assert_null(f->s);
    assert_int_equal(rc, err);
    if (!strstr(why.text, word) || why.text[strlen(why.text) - 1] != '.')
        fail_msg("not a sentence with \"%s\": %s", word, why.text);
    struct mu_buf db2 = read_file(db_path(f)), log2 = read_file(text("%s-wal", db_path(f)));
    same_bytes(&db, &db2);
    same_bytes(&log, &log2);
    mu_buf_release(&db);
    mu_buf_release(&log);
    mu_buf_release(&db2);
    mu_buf_release(&log2);
}

/* Runs body in a child that ends without closing anything. */
static void in_child(void (*body)(struct fixture *), struct fixture *f)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body(f);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_new_one_is_private_and_leaves_no_draft(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    mode_t old = umask(0);
    open_store(f);
    umask(old);
    OK(put_project(f->s, "p1"));
    OK(mu_store_commit(f->s));
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < MU_COUNT(ends); i++) {
        OK(stat(text("%s%s", db_path(f), ends[i]), &st));
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    assert_int_equal(access(text("%s.new", db_path(f)), F_OK), -1);
    close_store(f);
    assert_int_equal(access(text("%s-wal", db_path(f)), F_OK), -1); /* a clean end */
}

static void an_empty_file_is_a_new_database(void **state)
{
    struct fixture *f = *state;
    write_file(db_path(f), "", 0);
    write_file(text("%s.new", db_path(f)), "left by a crash", 15);
    open_store(f);
    OK(put_project(f->s, "p1"));
    OK(mu_store_commit(f->s));
    reopen_store(f);
    assert_int_equal(mu_store_count_projects(f->s), 1);
}

static void garbage_is_refused(void **state)
{
    struct fixture *f = *state;
    char garbage[8192];
    mu_random(garbage, sizeof garbage);
    write_file(db_path(f), garbage, sizeof garbage);
    is_refused(f, MU_ECORRUPT, "damaged");
    write_file(db_path(f), "x", 1);
    is_refused(f, MU_ECORRUPT, "damaged");
    write_file(db_path(f), "SQLite format 3", 16);
    is_refused(f, MU_ECORRUPT, "damaged");
}

static void a_truncated_file_is_refused(void **state)
{
    struct fixture *f = *state;
    fill(f);
    close_store(f);
    struct stat st;
    OK(stat(db_path(f), &st));
    OK(truncate(db_path(f), st.st_size / 2));
    is_refused(f, MU_ECORRUPT, "damaged");
    OK(truncate(db_path(f), 4096));
    is_refused(f, MU_ECORRUPT, "damaged");
    OK(truncate(db_path(f), 1000));
    is_refused(f, MU_ECORRUPT, "damaged");
}

static void damaged_pages_are_refused(void **state)
{
    struct fixture *f = *state;
    fill(f);
    close_store(f);
    struct mu_buf whole = read_file(db_path(f));
    int refused = 0;
    for (size_t page = 1; page < whole.len / 4096; page += 7) {
        struct mu_buf bad = {0};
        mu_buf_add(&bad, whole.data, whole.len);
        memset(bad.data + page * 4096, 0xA5, 4096);
        write_file(db_path(f), bad.data, bad.len);
        mu_buf_release(&bad);
        struct mu_store_why why;
        int rc = mu_store_open(f->dir, &f->s, &why);
        if (rc == 0) { /* an overflow page holds text only: nothing to see */
            close_store(f);
            continue;
        }
        is_refused(f, MU_ECORRUPT, "damaged");
        refused++;
    }
    assert_true(refused > 0);
    mu_buf_release(&whole);
}

static void another_programs_database_is_refused(void **state)
{
    struct fixture *f = *state;
    run_sql(db_path(f), "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    is_refused(f, MU_EFOREIGN, "another program");
    run_sql(db_path(f), "PRAGMA journal_mode = WAL; PRAGMA application_id = 7");
    is_refused(f, MU_EFOREIGN, "another program");
}

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    close_store(f);
    run_sql(db_path(f), "PRAGMA user_version = 999");
    is_refused(f, MU_ENEWER, "newer muster");
}

static void make_newer_in_the_log(struct fixture *f)
{
    open_store(f);
    OK(sqlite3_exec(f->s->db, "PRAGMA user_version = 999", NULL, NULL, NULL));
}

static void a_newer_schema_in_the_log_is_refused(void **state)
{
    struct fixture *f = *state;
    in_child(make_newer_in_the_log, f);
    assert_int_equal(access(text("%s-wal", db_path(f)), F_OK), 0);
    is_refused(f, MU_ENEWER, "newer muster");
}

static void a_log_without_its_database_is_refused(void **state)
{
    struct fixture *f = *state;
    in_child(fill, f);
    OK(rename(db_path(f), text("%s.aside", db_path(f))));
    is_refused(f, MU_ECORRUPT, "is missing");
    OK(rename(text("%s.aside", db_path(f)), db_path(f)));
    open_store(f);
    int count = 0;
    OK(mu_store_get_message(f->s, "m100", count_message, &count));
    assert_int_equal(count, 1);
}

static void what_is_no_file_is_refused(void **state)
{
    struct fixture *f = *state;
    OK(mkdir(db_path(f), 0700));
    is_refused(f, -EINVAL, "not a file");
    OK(rmdir(db_path(f)));
    OK(mkfifo(db_path(f), 0600));
    struct mu_store_why why;
    assert_int_equal(mu_store_open(f->dir, &f->s, &why), -EINVAL);
    OK(unlink(db_path(f)));
    assert_int_equal(mu_store_open("/nonexistent/dir", &f->s, &why), -ENOENT);
    assert_non_null(strstr(why.text, "/nonexistent/dir"));
    assert_int_equal(mu_store_open("/dev/null", &f->s, &why), -ENOTDIR);
    char endless[PATH_MAX + 100];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = 0;
    assert_int_equal(mu_store_open(endless, &f->s, &why), -ENAMETOOLONG);
}

/* Rights do not bind root: the test becomes somebody else first. */
static void drop_rights(void)
{
    if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
        _exit(3);
}

static void refuse_unwritable_dir(struct fixture *f)
{
    drop_rights();
    is_refused(f, -EACCES, "Permission denied");
}

static void an_unwritable_place_is_refused(void **state)
{
    struct fixture *f = *state;
    if (geteuid() == 0)
        OK(chown(f->dir, 65534, 65534));
    OK(chmod(f->dir, 0500));
    in_child(refuse_unwritable_dir, f); /* nothing in it */
    OK(chmod(f->dir, 0700));
    open_store(f);
    close_store(f);
    if (geteuid() == 0)
        OK(chown(db_path(f), 65534, 65534));
    OK(chmod(f->dir, 0500));
    in_child(refuse_unwritable_dir, f);
    OK(chmod(f->dir, 0700));
    OK(chmod(db_path(f), 0400));
    in_child(refuse_unwritable_dir, f);
    OK(chmod(db_path(f), 0600));
}

static void opening_twice_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct fixture second = {0};
    fill(f);
    reopen_store(f);
    char *before = dump(f->s->db);
    memcpy(second.dir, f->dir, sizeof second.dir);
    open_store(&second); /* beside the first */
    char *after = dump(second.s->db);
    assert_string_equal(before, after);
    assert_string_equal(mu_store_epoch(f->s), mu_store_epoch(second.s));
    close_store(&second);
    OK(put_project(f->s, "p2"));
    OK(mu_store_commit(f->s));
    free(before);
    free(after);
}

/* ---- epoch ---- */

static void another_boot(struct fixture *f)
{
    run_sql(db_path(f), "UPDATE meta SET boot_id = 'an earlier boot', seal = 'mended'");
    mu_seal_write(db_path(f), "mended", true);
}

static void the_epoch_changes_only_when_commits_may_be_lost(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    char *epoch = mu_strdup(mu_store_epoch(f->s));
    assert_int_equal(strlen(epoch), MU_ID_SIZE - 1);
    reopen_store(f);
    assert_string_equal(mu_store_epoch(f->s), epoch);
    close_store(f);
    another_boot(f); /* after a clean end */
    open_store(f);
    assert_string_equal(mu_store_epoch(f->s), epoch);
    close_store(f);
    in_child(open_store, f); /* a crash of the process alone */
    open_store(f);
    assert_string_equal(mu_store_epoch(f->s), epoch);
    close_store(f);
    in_child(open_store, f); /* a crash, and the machine went down */
    another_boot(f);
    open_store(f);
    assert_string_not_equal(mu_store_epoch(f->s), epoch);
    mu_str_set(&epoch, mu_store_epoch(f->s));
    reopen_store(f);
    assert_string_equal(mu_store_epoch(f->s), epoch);
    free(epoch);
}

static void a_copy_that_is_put_back_has_another_epoch(void **state)
{
    struct fixture *f = *state;
    fill(f);
    char *epoch = mu_strdup(mu_store_epoch(f->s));
    close_store(f);
    struct mu_buf copy = read_file(db_path(f));
    write_file(db_path(f), copy.data, copy.len); /* the same again: nobody can know */
    open_store(f);
    assert_string_not_equal(mu_store_epoch(f->s), epoch);
    mu_str_set(&epoch, mu_store_epoch(f->s));
    OK(put_project(f->s, "p2"));
    OK(mu_store_commit(f->s));
    close_store(f);
    write_file(db_path(f), copy.data, copy.len); /* an older one, in its place */
    open_store(f);
    assert_string_not_equal(mu_store_epoch(f->s), epoch);
    mu_str_set(&epoch, mu_store_epoch(f->s));
    close_store(f);
    char *other = mu_strdup(text("%s.copy", db_path(f)));
    struct mu_buf now = read_file(db_path(f));
    write_file(other, now.data, now.len);
    OK(rename(other, db_path(f))); /* the newest one, as another file */
    open_store(f);
    assert_string_not_equal(mu_store_epoch(f->s), epoch);
    free(other);
    free(epoch);
    mu_buf_release(&copy);
    mu_buf_release(&now);
}

static void two_databases_have_two_epochs(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    char *epoch = mu_strdup(mu_store_epoch(f->s));
    close_store(f);
    OK(unlink(db_path(f)));
    open_store(f);
    assert_string_not_equal(mu_store_epoch(f->s), epoch);
    free(epoch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_one_is_private_and_leaves_no_draft),
        TEST(an_empty_file_is_a_new_database),
        TEST(garbage_is_refused),
        TEST(a_truncated_file_is_refused),
        TEST(damaged_pages_are_refused),
        TEST(another_programs_database_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(a_newer_schema_in_the_log_is_refused),
        TEST(a_log_without_its_database_is_refused),
        TEST(what_is_no_file_is_refused),
        TEST(an_unwritable_place_is_refused),
        TEST(opening_twice_changes_nothing),
        TEST(the_epoch_changes_only_when_commits_may_be_lost),
        TEST(a_copy_that_is_put_back_has_another_epoch),
        TEST(two_databases_have_two_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
