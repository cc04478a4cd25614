#include "core/transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t mu_transcript_units(const char *text, size_t n)
{
    int64_t units = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        units += ((c & 0xc0) != 0x80) + (c >= 0xf0);
    }
    return units;
}

static void emit(mu_transcript_cb *cb, void *ctx, struct mu_transcript_op op)
{
    cb(ctx, &op);
}

/* The end of s[0..n) that fits into cap bytes, beginning with a whole character. */
static size_t tail_start(const char *s, size_t n, size_t cap)
{
    size_t from = n > cap ? n - cap : 0;
    while (from < n && ((unsigned char)s[from] & 0xc0) == 0x80)
        from++;
    return from;
}

static void keep_tail(struct mu_transcript *t, const char *text, size_t n)
{
    t->dropped += (int64_t)n;
    if (n >= sizeof t->tail) {
        size_t from = tail_start(text, n, sizeof t->tail);
        t->tail_len = n - from;
        memcpy(t->tail, text + from, t->tail_len);
        return;
    }
    size_t from = tail_start(t->tail, t->tail_len, sizeof t->tail - n);
    memmove(t->tail, t->tail + from, t->tail_len - from);
    t->tail_len -= from;
    memcpy(t->tail + t->tail_len, text, n);
    t->tail_len += n;
}

void mu_transcript_close(struct mu_transcript *t, mu_transcript_cb *cb, void *ctx)
{
    t->closed = 0;
    if (!t->open)
        return;
    emit(cb, ctx, (struct mu_transcript_op){.kind = MU_TR_CLOSE, .message = t->kind});
    t->open = false;
}

static void open_message(struct mu_transcript *t, enum mu_message_kind kind, mu_transcript_cb *cb,
                         void *ctx)
{
    if (t->open && t->bytes == 0 && t->kind != kind) {
        t->kind = kind;
        emit(cb, ctx, (struct mu_transcript_op){.kind = MU_TR_RENEW, .message = kind});
        return;
    }
    if (t->open && t->kind == kind)
        return;
    mu_transcript_close(t, cb, ctx);
    t->kind = kind;
    t->bytes = t->units = 0;
    emit(cb, ctx, (struct mu_transcript_op){.kind = MU_TR_OPEN, .message = kind});
    t->open = true;
}

/* Closes a message that is full, within its block. */
static void turn_page(struct mu_transcript *t, mu_transcript_cb *cb, void *ctx)
{
    int64_t closed = t->closed + t->bytes;
    mu_transcript_close(t, cb, ctx);
    t->closed = closed;
}

/* Where to cut text so that at most room bytes stay: after a line, else after a character. */
static size_t cut_at(const char *text, size_t n, size_t room)
{
    if (n <= room)
        return n;
    const char *line = memrchr(text, '\n', room);
    if (line && (size_t)(line - text) >= room / 2)
        return (size_t)(line - text) + 1;
    return mu_utf8_cut(text, room);
}

void mu_transcript_text(struct mu_transcript *t, enum mu_message_kind kind, const char *text,
                        size_t n, mu_transcript_cb *cb, void *ctx)
{
    while (n > 0) {
        if (t->dropped > 0 || t->turn_bytes >= MU_LIMIT_TURN_BYTES) {
            keep_tail(t, text, n);
            return;
        }
        if (t->open && t->kind == kind && t->bytes >= MU_LIMIT_MESSAGE_BYTES - 4)
            turn_page(t, cb, ctx);
        int64_t closed = t->kind == kind ? t->closed : 0;
        open_message(t, kind, cb, ctx);
        t->closed = closed;
        int64_t room = MU_LIMIT_MESSAGE_BYTES - t->bytes;
        if (room > MU_LIMIT_TURN_BYTES - t->turn_bytes)
            room = MU_LIMIT_TURN_BYTES - t->turn_bytes;
        size_t piece = cut_at(text, n, (size_t)room);
        if (piece == 0) { /* not even one character fits into the turn any more */
            t->turn_bytes = MU_LIMIT_TURN_BYTES;
            continue;
        }
        emit(cb, ctx,
             (struct mu_transcript_op){
                 .kind = MU_TR_APPEND, .message = kind, .text = text, .n = piece, .at = t->units});
        t->bytes += (int64_t)piece;
        t->turn_bytes += (int64_t)piece;
        t->units += mu_transcript_units(text, piece);
        text += piece;
        n -= piece;
        if (n > 0 && t->turn_bytes < MU_LIMIT_TURN_BYTES)
            turn_page(t, cb, ctx);
    }
}

bool mu_transcript_charge(struct mu_transcript *t, size_t n)
{
    if (t->turn_bytes + (int64_t)n > MU_LIMIT_TURN_BYTES) {
        t->dropped += (int64_t)n;
        return false;
    }
    t->turn_bytes += (int64_t)n;
    return true;
}

/* Adds whole messages of at most MESSAGE_BYTES; the first replaces the open one. */
static void add_pages(struct mu_transcript *t, enum mu_message_kind kind, const char *text,
                      size_t n, mu_transcript_cb *cb, void *ctx)
{
    while (n > 0) {
        int64_t room = MU_LIMIT_TURN_BYTES - t->turn_bytes;
        if (room > MU_LIMIT_MESSAGE_BYTES)
            room = MU_LIMIT_MESSAGE_BYTES;
        size_t piece = t->dropped > 0 || room <= 0 ? 0 : cut_at(text, n, (size_t)room);
        if (piece == 0) {
            keep_tail(t, text, n);
            return;
        }
        emit(cb, ctx,
             (struct mu_transcript_op){.kind = t->open ? MU_TR_REPLACE : MU_TR_ADD,
                                       .message = kind,
                                       .text = text,
                                       .n = piece});
        t->open = false;
        t->turn_bytes += (int64_t)piece;
        text += piece;
        n -= piece;
    }
}

void mu_transcript_final(struct mu_transcript *t, enum mu_message_kind kind, const char *text,
                         size_t n, mu_transcript_cb *cb, void *ctx)
{
    bool same = t->open && t->kind == kind;
    if (t->open && !same && t->bytes == 0) {
        open_message(t, kind, cb, ctx);
        same = true;
    }
    if (!same) {
        mu_transcript_close(t, cb, ctx);
        add_pages(t, kind, text, n, cb, ctx);
        return;
    }
    size_t skip = t->closed > (int64_t)n ? n : (size_t)t->closed;
    while (skip > 0 && skip < n && ((unsigned char)text[skip] & 0xc0) == 0x80)
        skip--;
    if (t->dropped > 0 || n == skip) { /* the end is counted already, or nothing is left */
        mu_transcript_close(t, cb, ctx);
        return;
    }
    t->turn_bytes -= t->bytes;
    add_pages(t, kind, text + skip, n - skip, cb, ctx);
    mu_transcript_close(t, cb, ctx);
}

void mu_transcript_reset(struct mu_transcript *t, mu_transcript_cb *cb, void *ctx)
{
    if (!t->open || t->bytes == 0)
        return;
    t->turn_bytes -= t->bytes;
    t->bytes = t->units = t->closed = 0;
    emit(cb, ctx, (struct mu_transcript_op){.kind = MU_TR_RENEW, .message = t->kind});
}

void mu_transcript_end_turn(struct mu_transcript *t, mu_transcript_cb *cb, void *ctx)
{
    mu_transcript_close(t, cb, ctx);
    if (t->dropped > 0) {
        char notice[160];
        int n = snprintf(notice, sizeof notice,
                         t->tail_len ? "… %" PRId64 " bytes of output were not kept: a turn keeps "
                                       "%d. The end of them follows."
                                     : "… %" PRId64 " bytes of output were not kept: a turn keeps "
                                       "%d.",
                         t->dropped - (int64_t)t->tail_len, MU_LIMIT_TURN_BYTES);
        emit(cb, ctx,
             (struct mu_transcript_op){.kind = MU_TR_ADD,
                                       .message = MU_message_kind_NOTICE,
                                       .text = notice,
                                       .n = (size_t)n});
        if (t->tail_len)
            emit(cb, ctx,
                 (struct mu_transcript_op){.kind = MU_TR_ADD,
                                           .message = MU_message_kind_TEXT,
                                           .text = t->tail,
                                           .n = t->tail_len});
    }
    t->turn_bytes = t->dropped = t->raw_bytes = 0;
    t->tail_len = 0;
    t->tool_count = 0;
    t->plan[0] = '\0';
}

/* ---- tool calls ---- */

static void forget_tool(struct mu_transcript *t, size_t i)
{
    memmove(&t->tools[i], &t->tools[i + 1], (t->tool_count - i - 1) * sizeof t->tools[0]);
    t->tool_count--;
}

bool mu_transcript_tool_put(struct mu_transcript *t, const char *tool_id, const char *message_id,
                            char lost[MU_ID_SIZE])
{
    bool full = t->tool_count == MU_TRANSCRIPT_TOOLS;
    if (strlen(tool_id) >= MU_TRANSCRIPT_TOOL_ID) {
        snprintf(lost, MU_ID_SIZE, "%s", message_id);
        return true;
    }
    if (full) {
        memcpy(lost, t->tools[0].id, MU_ID_SIZE);
        forget_tool(t, 0);
    }
    struct mu_transcript_tool *tool = &t->tools[t->tool_count++];
    snprintf(tool->tool_id, sizeof tool->tool_id, "%s", tool_id);
    snprintf(tool->id, sizeof tool->id, "%s", message_id);
    return full;
}

bool mu_transcript_tool_find(const struct mu_transcript *t, const char *tool_id,
                             char out[MU_ID_SIZE])
{
    for (size_t i = 0; i < t->tool_count; i++) {
        if (strcmp(t->tools[i].tool_id, tool_id) == 0) {
            memcpy(out, t->tools[i].id, MU_ID_SIZE);
            return true;
        }
    }
    return false;
}

bool mu_transcript_tool_take(struct mu_transcript *t, const char *tool_id, char out[MU_ID_SIZE])
{
    for (size_t i = 0; i < t->tool_count; i++) {
        if (strcmp(t->tools[i].tool_id, tool_id) == 0) {
            memcpy(out, t->tools[i].id, MU_ID_SIZE);
            forget_tool(t, i);
            return true;
        }
    }
    return false;
}

/* ---- saved state ---- */

void mu_transcript_save(const struct mu_transcript *t, struct mu_buf *out)
{
    mu_buf_printf(out, "{\"turn_bytes\":%" PRId64 ",\"closed\":%" PRId64, t->turn_bytes, t->closed);
    if (t->dropped) {
        mu_buf_printf(out, ",\"dropped\":%" PRId64 ",\"tail\":", t->dropped);
        mu_buf_json_n(out, t->tail, t->tail_len);
    }
    if (t->raw_bytes)
        mu_buf_printf(out, ",\"raw_bytes\":%" PRId64, t->raw_bytes);
    if (*t->plan) {
        mu_buf_str(out, ",\"plan\":");
        mu_buf_json(out, t->plan);
    }
    if (t->open) {
        mu_buf_printf(out,
                      ",\"open\":\"%s\",\"kind\":\"%s\",\"seq\":%" PRId64 ",\"created_at\":%" PRId64
                      ",\"bytes\":%" PRId64 ",\"units\":%" PRId64,
                      t->id, mu_message_kind_text(t->kind), t->seq, t->created_at, t->bytes,
                      t->units);
    }
    if (t->tool_count) {
        mu_buf_str(out, ",\"tools\":{");
        for (size_t i = 0; i < t->tool_count; i++) {
            if (i)
                mu_buf_char(out, ',');
            mu_buf_json(out, t->tools[i].tool_id);
            mu_buf_char(out, ':');
            mu_buf_json(out, t->tools[i].id);
        }
        mu_buf_char(out, '}');
    }
    mu_buf_char(out, '}');
}

static int64_t int_of(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

void mu_transcript_load(struct mu_transcript *t, const json_t *saved)
{
    memset(t, 0, sizeof *t);
    t->turn_bytes = int_of(saved, "turn_bytes");
    t->closed = int_of(saved, "closed");
    t->dropped = int_of(saved, "dropped");
    t->raw_bytes = int_of(saved, "raw_bytes");
    const char *tail = json_string_value(json_object_get(saved, "tail"));
    if (tail && strlen(tail) <= sizeof t->tail) {
        t->tail_len = strlen(tail);
        memcpy(t->tail, tail, t->tail_len);
    }
    const char *plan = json_string_value(json_object_get(saved, "plan"));
    if (plan && strlen(plan) < sizeof t->plan)
        memcpy(t->plan, plan, strlen(plan) + 1);
    const char *key;
    json_t *value;
    char lost[MU_ID_SIZE]; /* none: what was saved is within the limits */
    json_object_foreach(json_object_get(saved, "tools"), key, value)
    {
        if (json_is_string(value) && t->tool_count < MU_TRANSCRIPT_TOOLS)
            MU_UNUSED(mu_transcript_tool_put(t, key, json_string_value(value), lost));
    }
    const char *open = json_string_value(json_object_get(saved, "open"));
    t->kind = mu_message_kind_parse(json_string_value(json_object_get(saved, "kind")));
    if (!open || strlen(open) >= sizeof t->id || t->kind == MU_message_kind_NONE)
        return;
    t->open = true;
    memcpy(t->id, open, strlen(open) + 1);
    t->seq = int_of(saved, "seq");
    t->created_at = int_of(saved, "created_at");
    t->bytes = int_of(saved, "bytes");
    t->units = int_of(saved, "units");
}
