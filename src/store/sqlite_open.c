#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/seal.h"
#include "store/sqlite_db.h"

MU_EMBEDDED_DECLARE(mu_store_schema);

enum {
    APPLICATION_ID = 0x4d755374, /* "MuSt", in the database's header */
    HEADER_BYTES = 100,          /* https://www.sqlite.org/fileformat2.html#the_database_header */
    HEADER_USER_VERSION = 60,
    HEADER_APPLICATION_ID = 68,
    BUSY_MS = 2000, /* a checkpoint that empties the log holds the write lock for a moment */
    BOOT_ID_SIZE = 64,
    CHECKPOINT_ROUNDS = 3,
    CHECKPOINT_FEW = 200, /* pages that may be moved while the writer waits */
};

/* An opening in progress. */
struct opening {
    const char *dir;
    const struct mu_embedded *schema;
    int newest; /* number of the newest schema */
    struct mu_store_why *why;
    char path[PATH_MAX];
    sqlite3 *db;
    int version; /* of the schema that was found */
    bool sealed; /* it is the database that was left here */
};

static int refuse(struct opening *o, int err, const char *fmt, ...) MU_PRINTF(3, 4);
static int refuse(struct opening *o, int err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(o->why->text, sizeof o->why->text, fmt, ap);
    va_end(ap);
    return err;
}

static int refuse_system(struct opening *o, const char *what, int err)
{
    return refuse(o, -err,
                  "%s cannot be used for muster's data: %s. Give this user the right to read and "
                  "write there, or choose another directory with --data.",
                  what, strerror(err));
}

static int refuse_damaged(struct opening *o, const char *detail)
{
    return refuse(o, MU_ECORRUPT,
                  "%s is damaged (%s). Nothing was changed. Put a backup in its place, or move it "
                  "away, together with the files -wal and -shm beside it, to begin anew.",
                  o->path, detail);
}

static int refuse_foreign(struct opening *o)
{
    return refuse(o, MU_EFOREIGN,
                  "%s belongs to another program. It was not touched. Choose another directory "
                  "with --data.",
                  o->path);
}

static int refuse_newer(struct opening *o)
{
    return refuse(o, MU_ENEWER,
                  "%s was written by a newer muster (its schema is %d, this one knows %d). Nothing "
                  "was changed. Start the newer muster, or choose another directory with --data.",
                  o->path, o->version, o->newest);
}

static int refuse_sqlite(struct opening *o, const char *what)
{
    int err = mu_sq_error(o->db, sqlite3_extended_errcode(o->db));
    if (err == MU_ECORRUPT)
        return refuse_damaged(o, sqlite3_errmsg(o->db));
    if (err == -ENOSPC)
        return refuse(o, err, "%s: the disk is full. Free some space and start again.", o->path);
    return refuse(o, err ? err : -EIO,
                  "%s: %s: %s. See that the disk is well and the file is not "
                  "in use by another program.",
                  o->path, what, sqlite3_errmsg(o->db));
}

/* ---- judging, before SQLite is let near: only reads ---- */

static int big_endian(const unsigned char *p)
{
    return (int)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

static int judge_header(struct opening *o, const unsigned char *header, ssize_t n)
{
    if (n != HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0)
        return refuse_damaged(o, "it does not begin like a database");
    if (big_endian(header + HEADER_APPLICATION_ID) != APPLICATION_ID)
        return refuse_foreign(o);
    o->version = big_endian(header + HEADER_USER_VERSION);
    return o->version > o->newest ? refuse_newer(o) : 0;
}

static int judge_leftover(struct opening *o)
{
    char wal[PATH_MAX + 8];
    struct stat st;
    snprintf(wal, sizeof wal, "%s-wal", o->path);
    if (stat(wal, &st) || st.st_size == 0)
        return 0;
    return refuse(o, MU_ECORRUPT,
                  "%s is missing, but its log %s is there. Nothing was changed. Put the database "
                  "back, or move the log away to begin anew.",
                  o->path, wal);
}

static int judge_file(struct opening *o, int fd, bool *fresh)
{
    struct stat st;
    unsigned char header[HEADER_BYTES];
    if (fstat(fd, &st))
        return refuse_system(o, o->path, errno);
    if (!S_ISREG(st.st_mode))
        return refuse(o, -EINVAL,
                      "%s is not a file. Move it away, or choose another directory "
                      "with --data.",
                      o->path);
    *fresh = st.st_size == 0;
    if (*fresh)
        return judge_leftover(o);
    int rc = judge_header(o, header, pread(fd, header, sizeof header, 0));
    if (!rc && access(o->path, R_OK | W_OK))
        rc = refuse_system(o, o->path, errno);
    return rc;
}

static int judge(struct opening *o, bool *fresh)
{
    int n = snprintf(o->path, sizeof o->path, "%s/muster.db", o->dir);
    if (n < 0 || (size_t)n >= sizeof o->path - 16)
        return refuse_system(o, "That directory", ENAMETOOLONG);
    struct stat st;
    if (stat(o->dir, &st) == 0 && !S_ISDIR(st.st_mode))
        return refuse_system(o, o->dir, ENOTDIR);
    if (access(o->dir, R_OK | W_OK | X_OK))
        return refuse_system(o, o->dir, errno);
    int fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        *fresh = true;
        return judge_leftover(o);
    }
    if (fd < 0)
        return refuse_system(o, o->path, errno);
    int rc = judge_file(o, fd, fresh);
    close(fd);
    return rc;
}

/* ---- connections ---- */

static int sql(sqlite3 *db, const char *text)
{
    return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static int sql_number(sqlite3 *db, const char *pragma, int *out)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, pragma, -1, &q, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
        *out = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* A connection that leaves the log alone when it is closed. */
static int connect_to(const char *path, sqlite3 **db)
{
    int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_extended_result_codes(*db, 1);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return SQLITE_OK;
}

/* ---- schema ---- */

static bool foreign_keys_hold(sqlite3 *db)
{
    sqlite3_stmt *q = NULL;
    bool hold = sqlite3_prepare_v2(db, "PRAGMA foreign_key_check", -1, &q, NULL) == SQLITE_OK &&
                sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    return hold;
}

static int migrate_one(struct opening *o, int from)
{
    const struct mu_embedded *file = &o->schema[from];
    char number[64];
    snprintf(number, sizeof number, "PRAGMA user_version = %d", from + 1);
    if (sql(o->db, "BEGIN IMMEDIATE") == SQLITE_OK &&
        sql(o->db, (const char *)file->data) == SQLITE_OK && foreign_keys_hold(o->db) &&
        sql(o->db, number) == SQLITE_OK && sql(o->db, "COMMIT") == SQLITE_OK)
        return 0;
    int err = mu_sq_error(o->db, sqlite3_extended_errcode(o->db));
    refuse(o, 0, "%s could not be brought to schema %d (%s): %s. It was left at schema %d.",
           o->path, from + 1, file->name,
           err == -ENOSPC ? "the disk is full" : sqlite3_errmsg(o->db), from);
    sql(o->db, "ROLLBACK");
    return err ? err : -EIO;
}

static int migrate(struct opening *o)
{
    sql(o->db, "PRAGMA foreign_keys = OFF");
    for (int v = o->version; v < o->newest; v++) {
        int rc = migrate_one(o, v);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- a new database: made whole under another name, then renamed ---- */

static void remove_draft(const char *draft)
{
    static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < MU_COUNT(ends); i++) {
        char path[PATH_MAX + 16];
        snprintf(path, sizeof path, "%s%s", draft, ends[i]);
        unlink(path);
    }
}

static int fill_draft(struct opening *o, const char *draft)
{
    char text[256], epoch[MU_ID_SIZE];
    if (connect_to(draft, &o->db) != SQLITE_OK)
        return refuse_sqlite(o, "it cannot be made");
    snprintf(text, sizeof text, "PRAGMA application_id = %d", APPLICATION_ID);
    if (sql(o->db, text) != SQLITE_OK)
        return refuse_sqlite(o, "it cannot be made");
    o->version = 0;
    int rc = migrate(o);
    if (rc)
        return rc;
    mu_id_new(epoch);
    snprintf(text, sizeof text,
             "INSERT INTO meta (one, epoch, rev, oldest_since, boot_id, clean, seal) "
             "VALUES (1, '%s', 0, 0, '', 1, '')",
             epoch);
    if (sql(o->db, text) != SQLITE_OK || sql(o->db, "PRAGMA journal_mode = WAL") != SQLITE_OK)
        return refuse_sqlite(o, "it cannot be made");
    sqlite3_db_config(o->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return 0;
}

static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int rc = fsync(fd) ? errno : 0;
    close(fd);
    return rc;
}

static int create(struct opening *o)
{
    char draft[PATH_MAX];
    snprintf(draft, sizeof draft, "%s/muster.db.new", o->dir);
    remove_draft(draft);
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse_system(o, o->dir, errno);
    close(fd);
    int rc = fill_draft(o, draft);
    sqlite3_close(o->db);
    o->db = NULL;
    if (!rc && rename(draft, o->path))
        rc = refuse_system(o, o->path, errno);
    if (!rc) {
        int err = sync_dir(o->dir);
        if (err)
            rc = refuse_system(o, o->dir, err);
    }
    remove_draft(draft);
    return rc;
}

/* ---- an existing one ---- */

static int quick_check(struct opening *o)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(o->db, "PRAGMA quick_check(1)", -1, &q, NULL) != SQLITE_OK)
        return refuse_sqlite(o, "it cannot be checked");
    int rc = 0;
    if (sqlite3_step(q) != SQLITE_ROW) {
        rc = refuse_sqlite(o, "it cannot be checked");
    } else {
        const char *found = (const char *)sqlite3_column_text(q, 0);
        if (!mu_str_eq(found, "ok"))
            rc = refuse_damaged(o, found ? found : "its check gives no answer");
    }
    sqlite3_finalize(q);
    return rc;
}

/* What the header says may be older than the log: ask again, through SQLite. */
static int verify(struct opening *o)
{
    int application = 0;
    if (connect_to(o->path, &o->db) != SQLITE_OK)
        return refuse_sqlite(o, "it cannot be opened");
    sqlite3_busy_timeout(o->db, BUSY_MS);
    if (sql_number(o->db, "PRAGMA application_id", &application) != SQLITE_OK ||
        sql_number(o->db, "PRAGMA user_version", &o->version) != SQLITE_OK)
        return refuse_sqlite(o, "it cannot be read");
    if (application != APPLICATION_ID)
        return refuse_foreign(o);
    if (o->version > o->newest)
        return refuse_newer(o);
    if (sqlite3_db_readonly(o->db, "main"))
        return refuse_system(o, o->path, EACCES);
    return quick_check(o);
}

static int on_log(void *ctx, sqlite3 *db, const char *name, int pages)
{
    MU_UNUSED(db);
    MU_UNUSED(name);
    ((struct mu_store *)ctx)->wal_pages = pages;
    return SQLITE_OK;
}

static int use_log(struct opening *o)
{
    sqlite3_stmt *q = NULL;
    bool on = sqlite3_prepare_v2(o->db, "PRAGMA journal_mode = WAL", -1, &q, NULL) == SQLITE_OK &&
              sqlite3_step(q) == SQLITE_ROW &&
              mu_str_eq((const char *)sqlite3_column_text(q, 0), "wal");
    sqlite3_finalize(q);
    return on ? 0 : refuse_sqlite(o, "its write-ahead log cannot be used on this file system");
}

static int settle(struct opening *o, struct mu_store *s)
{
    static const char *const settings[] = {
        "PRAGMA wal_autocheckpoint = 0", "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",      "PRAGMA temp_store = MEMORY",
        "PRAGMA cache_size = -4096",     "PRAGMA cell_size_check = ON"};
    int rc = use_log(o);
    for (size_t i = 0; !rc && i < MU_COUNT(settings); i++)
        if (sql(o->db, settings[i]) != SQLITE_OK)
            rc = refuse_sqlite(o, "it cannot be set up");
    sqlite3_wal_hook(o->db, on_log, s); /* after wal_autocheckpoint, which is a hook too */
    return rc;
}

static int prepare(struct opening *o, struct mu_store *s)
{
#define STATEMENT(name, sql) sql,
    static const char *const texts[] = {
#include "store/statements.def"
    };
    for (size_t i = 0; i < MU_COUNT(texts); i++) {
        if (sqlite3_prepare_v3(o->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i],
                               NULL) != SQLITE_OK)
            return sqlite3_errcode(o->db) == SQLITE_ERROR ? refuse_damaged(o, sqlite3_errmsg(o->db))
                                                          : refuse_sqlite(o, "it cannot be used");
    }
    return 0;
}

/* ---- history ---- */

/* Names this boot of the machine; "" when the system does not tell. */
static void read_boot_id(char out[BOOT_ID_SIZE])
{
    out[0] = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, out, BOOT_ID_SIZE - 1);
    close(fd);
    out[n > 0 ? n : 0] = 0;
    out[strcspn(out, "\n'")] = 0;
}

/* Reads the meta row; *same: it is the database that was left here, and no commit of the last run
 * can be missing. */
static int read_meta(struct opening *o, struct mu_store *s, const char *boot, bool *same)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(o->db, "SELECT epoch, rev, oldest_since, boot_id, clean FROM meta",
                                -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        snprintf(s->epoch, sizeof s->epoch, "%s", (const char *)sqlite3_column_text(q, 0));
        s->rev = s->committed_rev = sqlite3_column_int64(q, 1);
        s->oldest_since = s->committed_oldest = sqlite3_column_int64(q, 2);
        *same = sqlite3_column_int(q, 4) ||
                (*boot && mu_str_eq(boot, (const char *)sqlite3_column_text(q, 3)));
        *same = *same && o->sealed;
    }
    sqlite3_finalize(q);
    if (rc == SQLITE_DONE)
        return refuse_damaged(o, "its meta row is missing");
    return rc == SQLITE_ROW ? 0 : refuse_sqlite(o, "it cannot be read");
}

/* Decides the epoch and notes, on the disk itself, that a run has begun: a power loss after this
 * point must be seen as one. */
static int begin_history(struct opening *o, struct mu_store *s)
{
    char boot[BOOT_ID_SIZE], seal[MU_ID_SIZE], text[320];
    bool same = false;
    read_boot_id(boot);
    mu_id_new(seal);
    int rc = read_meta(o, s, boot, &same);
    if (rc)
        return rc;
    if (!same)
        mu_id_new(s->epoch);
    snprintf(text, sizeof text,
             "UPDATE meta SET epoch = '%s', boot_id = '%s', clean = 0, seal = '%s'", s->epoch, boot,
             seal);
    if (sql(o->db, text) != SQLITE_OK || sql(o->db, "PRAGMA synchronous = NORMAL") != SQLITE_OK)
        return refuse_sqlite(o, "it cannot be written");
    mu_seal_write(o->path, seal, false);
    return 0;
}

/* Asked before anything is written: a migration would break the seal. */
static void check_seal(struct opening *o)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(o->db, "SELECT seal FROM meta", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        o->sealed = mu_seal_fits(o->path, (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
}

static int open_existing(struct opening *o, struct mu_store *s)
{
    int rc = verify(o);
    if (rc)
        return rc;
    check_seal(o);
    s->db = o->db;
    bool old = o->version < o->newest;
    if (old)
        rc = migrate(o);
    if (!rc)
        rc = settle(o, s);
    if (!rc && old)
        sqlite3_wal_checkpoint_v2(o->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (!rc)
        rc = prepare(o, s);
    return rc ? rc : begin_history(o, s);
}

static void release(struct mu_store *s)
{
    for (size_t i = 0; i < MU_SQ_COUNT; i++)
        sqlite3_finalize(s->statements[i]);
    free(s);
}

int mu_sq_open_with(const char *dir, const struct mu_embedded *schema, size_t count,
                    struct mu_store **out, struct mu_store_why *why)
{
    struct opening o = {.dir = dir, .schema = schema, .newest = (int)count, .why = why};
    struct mu_store *s = mu_alloc(sizeof *s);
    bool fresh = false;
    *out = NULL;
    why->text[0] = 0;
    int rc = judge(&o, &fresh);
    if (!rc && fresh)
        rc = create(&o);
    if (!rc)
        rc = open_existing(&o, s);
    if (rc) {
        release(s);
        sqlite3_close(o.db);
        return rc;
    }
    sqlite3_db_config(o.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    *out = s;
    return 0;
}

int mu_store_open(const char *dir, struct mu_store **out, struct mu_store_why *why)
{
    return mu_sq_open_with(dir, mu_store_schema, mu_store_schema_count, out, why);
}

void mu_store_close(struct mu_store *s)
{
    if (!s)
        return;
    sqlite3 *db = s->db;
    char seal[MU_ID_SIZE], text[128];
    mu_id_new(seal);
    mu_store_rollback(s);
    snprintf(text, sizeof text, "UPDATE meta SET clean = 1, seal = '%s'", seal);
    sql(db, "PRAGMA synchronous = FULL");
    bool clean = sql(db, text) == SQLITE_OK;
    char *path = mu_strdup(sqlite3_db_filename(db, "main"));
    release(s);
    sqlite3_close(db);
    if (clean)
        mu_seal_write(path, seal, true);
    free(path);
}

const char *mu_store_epoch(const struct mu_store *s)
{
    return s->epoch;
}

/* Moves pages without hindering the writer, again while it adds many; then, if it pauses just now,
 * empties the log. */
static int checkpoint(sqlite3 *db)
{
    int pages = 0, moved = 0, before = 0;
    for (int round = 0; round < CHECKPOINT_ROUNDS; round++) {
        int rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
        if (rc != SQLITE_OK)
            return rc;
        if (moved - before < CHECKPOINT_FEW)
            break;
        before = moved;
    }
    return sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

int mu_store_checkpoint(const char *dir)
{
    char path[PATH_MAX];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/muster.db", dir);
    int rc = connect_to(path, &db);
    if (rc == SQLITE_OK)
        rc = sql(db, "SELECT one FROM meta"); /* opens the log */
    if (rc == SQLITE_OK)
        rc = checkpoint(db);
    int err = (rc & 0xff) == SQLITE_BUSY ? 0 : mu_sq_error(db, rc);
    sqlite3_close(db);
    return err;
}
