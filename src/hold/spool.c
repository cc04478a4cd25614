#include "hold/spool.h"

#include "hold/bytes.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const unsigned char magic[4] = {'M', 'U', 'S', '1'};

int mu_spool_next(const char *data, size_t n, struct mu_spool_record *out)
{
    size_t check = n < sizeof magic ? n : sizeof magic;
    if (memcmp(data, magic, check) != 0)
        return MU_ECORRUPT;
    if (n < MU_SPOOL_HEADER)
        return MU_EAGAIN;

    size_t len = (size_t)mu_get_le(data + 4, 4);
    unsigned kind = (unsigned char)data[8];
    if (len > MU_SPOOL_PAYLOAD_MAX || kind < MU_SPOOL_START || kind > MU_SPOOL_EXIT)
        return MU_ECORRUPT;
    if (data[9] || data[10] || data[11])
        return MU_ECORRUPT;
    if (n - MU_SPOOL_HEADER < len)
        return MU_EAGAIN;

    out->kind = (enum mu_spool_kind)kind;
    out->time_ms = (int64_t)mu_get_le(data + 12, 8);
    out->data = data + MU_SPOOL_HEADER;
    out->n = len;
    out->size = MU_SPOOL_HEADER + len;
    return 0;
}

void mu_spool_header(unsigned char out[MU_SPOOL_HEADER], enum mu_spool_kind kind, int64_t time_ms,
                     size_t n)
{
    memcpy(out, magic, sizeof magic);
    mu_put_le(out + 4, n, 4);
    out[8] = (unsigned char)kind;
    memset(out + 9, 0, 3);
    mu_put_le(out + 12, (uint64_t)time_ms, 8);
}

void mu_spool_put_start(struct mu_buf *b, const struct mu_spool_start *s)
{
    mu_buf_printf(b, "{\"pid\":%lld,\"pgid\":%lld,\"start_time\":%lld,\"holder\":%lld}",
                  (long long)s->pid, (long long)s->pgid, (long long)s->start_time,
                  (long long)s->holder);
}

int mu_spool_get_start(const char *data, size_t n, struct mu_spool_start *out)
{
    json_int_t pid, pgid, start_time, holder;
    json_t *doc = json_loadb(data, n, JSON_REJECT_DUPLICATES, NULL);
    int bad = json_unpack(doc, "{s:I,s:I,s:I,s:I}", "pid", &pid, "pgid", &pgid, "start_time",
                          &start_time, "holder", &holder);
    json_decref(doc);
    if (bad || pid <= 1 || pgid <= 1)
        return MU_ECORRUPT;
    *out = (struct mu_spool_start){
        .pid = pid, .pgid = pgid, .start_time = start_time, .holder = holder};
    return 0;
}

void mu_spool_put_exit(struct mu_buf *b, const struct mu_exit *how)
{
    if (how->kind == MU_EXIT_SIGNAL)
        mu_buf_printf(b, "{\"signal\":%d,\"core\":%s}", how->signal, how->core ? "true" : "false");
    else
        mu_buf_printf(b, "{\"code\":%d}", how->code);
}

int mu_spool_get_exit(const char *data, size_t n, struct mu_exit *out, char text[MU_EXIT_TEXT])
{
    json_t *doc = json_loadb(data, n, JSON_REJECT_DUPLICATES, NULL);
    json_t *code = json_object_get(doc, "code");
    json_t *sig = json_object_get(doc, "signal");
    int rc = 0;

    memset(out, 0, sizeof *out);
    if (json_is_integer(code)) {
        out->kind = MU_EXIT_CODE;
        out->code = (int)json_integer_value(code);
    } else if (json_is_integer(sig)) {
        out->kind = MU_EXIT_SIGNAL;
        out->signal = (int)json_integer_value(sig);
        out->core = json_is_true(json_object_get(doc, "core"));
    } else {
        rc = MU_ECORRUPT;
    }
    json_decref(doc);
    if (rc == 0) {
        mu_exit_describe(out, text);
        out->reason = text;
    }
    return rc;
}

int mu_spool_find_start(const char *data, size_t n, struct mu_spool_start *out)
{
    struct mu_spool_record record;
    int rc;
    for (size_t at = 0; (rc = mu_spool_next(data + at, n - at, &record)) == 0; at += record.size) {
        if (record.kind == MU_SPOOL_START)
            return mu_spool_get_start(record.data, record.n, out);
        if (record.kind != MU_SPOOL_INPUT)
            return MU_ECORRUPT;
    }
    return rc;
}

int mu_spool_get_input(const char *data, size_t n, uint64_t *seq)
{
    if (n != 8)
        return MU_ECORRUPT;
    *seq = mu_get_le(data, 8);
    return 0;
}

void mu_exit_describe(const struct mu_exit *how, char text[MU_EXIT_TEXT])
{
    const char *core = how->core ? " (a core dump was written)" : "";
    const char *name = how->kind == MU_EXIT_SIGNAL ? sigabbrev_np(how->signal) : NULL;

    if (how->kind == MU_EXIT_CODE)
        snprintf(text, MU_EXIT_TEXT, "exit %d", how->code);
    else if (how->kind == MU_EXIT_FAILED)
        snprintf(text, MU_EXIT_TEXT, "could not be started");
    else if (name)
        snprintf(text, MU_EXIT_TEXT, "killed by SIG%s%s", name, core);
    else
        snprintf(text, MU_EXIT_TEXT, "killed by signal %d%s", how->signal, core);
}
