#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "runner/internal.h"
#include "store/images.h"

/* Images: those that are uploaded, those that agents show, and the end of those that nothing names.
 * Their files are written and deleted off the loop by one job at a time, so that no file goes while
 * its row comes. */

enum job_kind {
    JOB_ADD,   /* of an upload */
    JOB_SHOWN, /* those of a tool's result */
    JOB_CLEAN, /* finds files that are old, and deletes those that nothing names */
};

struct image_job {
    struct image_job *prev, *next;
    enum job_kind kind;
    struct mu_runner *r;
    int rc;
    /* ADD: the bytes are the client's, until cb */
    const char *data;
    size_t n;
    const char *type;
    char id[MU_IMAGE_ID_SIZE];
    mu_outcome_cb *cb;
    void *ctx;
    /* SHOWN */
    char *session_id, *message_id, *text;
    size_t text_n;
    json_t *kept; /* [{"id", "type", "bytes"}] */
    size_t shown;
    /* CLEAN: ids, each with its NUL */
    struct mu_buf ids;
    bool deleting;
};

static void next_job(struct mu_runner *r);

static void free_job(struct image_job *job)
{
    free(job->session_id);
    free(job->message_id);
    free(job->text);
    json_decref(job->kept);
    mu_buf_release(&job->ids);
    free(job);
}

static void end_job(struct image_job *job)
{
    struct mu_runner *r = job->r;
    DL_DELETE(r->image_jobs, job);
    r->image_bytes -= job->text_n;
    r->image_working = false;
    free_job(job);
    next_job(r);
}

static struct image_job *new_job(struct mu_runner *r, enum job_kind kind)
{
    struct image_job *job = mu_alloc(sizeof *job);
    job->r = r;
    job->kind = kind;
    DL_APPEND(r->image_jobs, job);
    return job;
}

/* ---- off the loop ---- */

static void put_kept(json_t *list, const char *id, const char *type, int64_t bytes)
{
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:I}", "id", id, "type", type, "bytes", (json_int_t)bytes));
}

static void keep_shown(struct image_job *job, const json_t *image)
{
    const json_t *data = json_object_get(image, "data");
    const char *text = json_string_value(data);
    size_t n = json_string_length(data);
    struct mu_buf bytes = {0};
    char id[MU_IMAGE_ID_SIZE];
    if (text && n / 4 * 3 <= MU_LIMIT_IMAGE_BYTES + 3 && mu_base64_decode(text, n, &bytes)) {
        const char *type =
            bytes.len <= MU_LIMIT_IMAGE_BYTES ? mu_image_sniff(bytes.data, bytes.len) : NULL;
        if (type) {
            mu_image_id(bytes.data, bytes.len, id);
            job->rc = mu_image_write(job->r->images_dir, id, bytes.data, bytes.len);
            if (!job->rc)
                put_kept(job->kept, id, type, (int64_t)bytes.len);
        }
    }
    mu_buf_release(&bytes);
}

static void work_shown(struct image_job *job)
{
    json_t *list = json_loadb(job->text, job->text_n, JSON_ALLOW_NUL, NULL);
    job->shown = json_array_size(list);
    job->kept = json_array();
    for (size_t i = 0; i < job->shown && i < MU_LIMIT_IMAGES_PER_PROMPT && !job->rc; i++)
        keep_shown(job, json_array_get(list, i));
    json_decref(list);
}

static void on_old(void *ctx, const char *id)
{
    struct image_job *job = ctx;
    if (job->ids.len < RUNNER_IMAGES_CLEANED * MU_IMAGE_ID_SIZE)
        mu_buf_add(&job->ids, id, MU_IMAGE_ID_SIZE);
}

static void work_clean(struct image_job *job)
{
    const char *dir = job->r->images_dir;
    if (!job->deleting)
        mu_images_older(dir, mu_now_ms() - RUNNER_IMAGE_KEEP_MS, on_old, job);
    for (size_t at = 0; job->deleting && at < job->ids.len; at += MU_IMAGE_ID_SIZE)
        mu_image_delete(dir, job->ids.data + at);
}

static void on_work(void *ctx)
{
    struct image_job *job = ctx;
    if (job->kind == JOB_ADD) {
        mu_image_id(job->data, job->n, job->id);
        job->rc = mu_image_write(job->r->images_dir, job->id, job->data, job->n);
    } else if (job->kind == JOB_SHOWN) {
        work_shown(job);
    } else {
        work_clean(job);
    }
}

/* ---- on it again ---- */

static void on_row(void *ctx, const struct mu_rec_image *image)
{
    *(struct mu_rec_image **)ctx = mu_rec_clone(&mu_image_desc, image);
}

struct mu_rec_image *images_find(struct mu_runner *r, const char *id)
{
    struct mu_rec_image *image = NULL;
    if (!mu_image_id_valid(id) || mu_store_get_image(r->store, id, on_row, &image) != 0)
        return NULL;
    return image;
}

static void put_row(struct mu_runner *r, const char *id, const char *type, int64_t bytes)
{
    struct mu_rec_image image = {.id = id, .type = type, .bytes = bytes, .created_at = mu_now_ms()};
    runner_note(r, mu_store_put_image(r->store, &image));
}

static void refuse_add(struct image_job *job)
{
    bool full = job->rc == -ENOSPC || job->rc == -EDQUOT || job->rc == -EFBIG;
    if (job->rc)
        mu_log(MU_LOG_ERROR, "image_not_written", "error", mu_strerror(job->rc), NULL);
    runner_refuse(job->cb, job->ctx,
                  !job->rc ? MU_CODE_SHUTTING_DOWN
                  : full   ? MU_CODE_STORE_FULL
                           : MU_CODE_STORE_FAILED,
                  !job->rc || full ? NULL : "The image could not be written to the disk.");
}

static void added(struct image_job *job)
{
    struct mu_runner *r = job->r;
    if (job->rc || r->closing) {
        refuse_add(job);
        return;
    }
    struct mu_rec_image *image = images_find(r, job->id);
    struct effect *reply = runner_reply(r, job->cb, job->ctx);
    reply->outcome.existed = image != NULL;
    if (!image) {
        put_row(r, job->id, job->type, (int64_t)job->n);
        image = images_find(r, job->id);
    }
    reply->outcome.image = image;
}

static void shown(struct image_job *job)
{
    struct mu_runner *r = job->r;
    struct sess *s = r->closing ? NULL : sess_get(r, job->session_id);
    struct mu_rec_message *m = s ? sess_message(r, job->message_id) : NULL;
    if (job->rc)
        mu_log(MU_LOG_ERROR, "image_not_written", "error", mu_strerror(job->rc), NULL);
    if (m && strcmp(m->session_id, s->id) == 0) {
        size_t i;
        json_t *image, *meta = m->metadata ? json_loads(m->metadata, JSON_ALLOW_NUL, NULL) : NULL;
        meta = meta ? meta : json_object();
        json_array_foreach(job->kept, i, image)
        {
            const char *id = json_string_value(json_object_get(image, "id"));
            put_row(r, id, json_string_value(json_object_get(image, "type")),
                    json_integer_value(json_object_get(image, "bytes")));
            runner_note(r, mu_store_use_image(r->store, m->id, id));
        }
        json_object_set(meta, "images", job->kept);
        size_t missing = job->shown - json_array_size(job->kept);
        if (missing)
            json_object_set_new(meta, "images_left_out", json_integer((json_int_t)missing));
        else
            json_object_del(meta, "images_left_out");
        free((char *)m->metadata);
        m->metadata = json_dumps(meta, JSON_COMPACT);
        sess_put_message(r, s, m);
        json_decref(meta);
    }
    mu_rec_free(&mu_message_desc, m);
}

/* Rows go first, and the files when that is committed. */
static bool found_old(struct image_job *job)
{
    struct mu_runner *r = job->r;
    struct mu_buf gone = {0};
    for (size_t at = 0; at < job->ids.len && !r->closing; at += MU_IMAGE_ID_SIZE) {
        const char *id = job->ids.data + at;
        if (mu_store_image_used(r->store, id))
            continue;
        runner_note(r, mu_store_delete_image(r->store, id));
        mu_buf_add(&gone, id, MU_IMAGE_ID_SIZE);
    }
    mu_buf_release(&job->ids);
    job->ids = gone;
    if (gone.len)
        runner_effect(&r->actions, EFFECT_IMAGES);
    return gone.len > 0;
}

static void on_done(void *ctx)
{
    struct image_job *job = ctx;
    struct mu_runner *r = job->r;
    bool waits = false;
    r->works--;
    if (job->kind == JOB_ADD)
        added(job);
    else if (job->kind == JOB_SHOWN)
        shown(job);
    else if (!job->deleting)
        waits = found_old(job);
    if (!waits)
        end_job(job);
    runner_check_closed(r);
}

static void start_work(struct image_job *job)
{
    job->r->works++;
    mu_loop_work(job->r->loop, on_work, on_done, job);
}

static void next_job(struct mu_runner *r)
{
    if (r->image_working || !r->image_jobs || r->closing)
        return;
    r->image_working = true;
    start_work(r->image_jobs);
}

void images_committed(struct mu_runner *r)
{
    struct image_job *job = r->image_jobs;
    job->deleting = true;
    start_work(job);
}

void images_failed(struct mu_runner *r)
{
    struct image_job *job = r->image_jobs;
    bool waited = false;
    struct effect *e;
    DL_FOREACH(r->actions, e) waited |= e->kind == EFFECT_IMAGES;
    if (waited && job)
        end_job(job);
}

void images_close(struct mu_runner *r)
{
    struct image_job *job, *tmp;
    DL_FOREACH_SAFE(r->image_jobs, job, tmp)
    {
        if (r->image_working && job == r->image_jobs)
            continue;
        DL_DELETE(r->image_jobs, job);
        if (job->kind == JOB_ADD)
            refuse_add(job);
        free_job(job);
    }
}

/* ---- what is asked for ---- */

static enum mu_code check_upload(struct mu_runner *r, const char *claimed, const char *type,
                                 size_t n, char why[256])
{
    if (n > MU_LIMIT_IMAGE_BYTES) {
        snprintf(why, 256, "An image has at most %d bytes.", MU_LIMIT_IMAGE_BYTES);
        return MU_CODE_TOO_LARGE;
    }
    if (!type) {
        snprintf(why, 256, "The file is not an image that agents take: PNG, JPEG, WebP or GIF.");
        return MU_CODE_INVALID_FIELD;
    }
    if (strcmp(claimed, type) != 0) {
        snprintf(why, 256, "The file says that it is %.40s, and its Content-Type that it is %.40s.",
                 type, claimed);
        return MU_CODE_INVALID_FIELD;
    }
    if (mu_store_image_bytes(r->store) + (int64_t)n > RUNNER_IMAGES_BYTES) {
        snprintf(why, 256,
                 "The images of this server have %d GiB, which is their limit. Delete "
                 "sessions that have images, or wait a day for those that none names.",
                 (int)(RUNNER_IMAGES_BYTES >> 30));
        return MU_CODE_LIMIT_REACHED;
    }
    return MU_CODE_OK;
}

void mu_runner_add_image(struct mu_runner *r, const char *claimed, const void *data, size_t n,
                         mu_outcome_cb *cb, void *ctx)
{
    char why[256];
    if (r->closing) {
        runner_refuse(cb, ctx, MU_CODE_SHUTTING_DOWN, NULL);
        return;
    }
    const char *type = mu_image_sniff(data, n);
    enum mu_code code = check_upload(r, claimed, type, n, why);
    if (code) {
        runner_refuse(cb, ctx, code, why);
        return;
    }
    struct image_job *job = new_job(r, JOB_ADD);
    job->data = data;
    job->n = n;
    job->type = type;
    job->cb = cb;
    job->ctx = ctx;
    next_job(r);
}

const char *mu_runner_images_dir(const struct mu_runner *r)
{
    return r->images_dir;
}

bool images_shown(struct mu_runner *r, const char *session_id, const char *message_id,
                  const char *images)
{
    size_t n = strlen(images);
    if (r->closing || r->image_bytes + n > RUNNER_IMAGES_PENDING ||
        mu_store_image_bytes(r->store) + (int64_t)n > RUNNER_IMAGES_BYTES)
        return false;
    struct image_job *job = new_job(r, JOB_SHOWN);
    job->session_id = mu_strdup(session_id);
    job->message_id = mu_strdup(message_id);
    job->text = mu_strndup(images, n);
    job->text_n = n;
    r->image_bytes += n;
    next_job(r);
    return true;
}

void images_clean(struct mu_runner *r)
{
    struct image_job *job;
    DL_FOREACH(r->image_jobs, job)
    {
        if (job->kind == JOB_CLEAN)
            return;
    }
    new_job(r, JOB_CLEAN);
    next_job(r);
}
