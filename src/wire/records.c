#include "wire/records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    KIND_STR,
    KIND_I64,
    KIND_BOOL,
    KIND_TIME,
    KIND_ENUM,
    KIND_JSON,
    KIND_OBJ,
    KIND_REC,
    KIND_LIST,
    KIND_STRS,
    KIND_LITERAL
};
enum flag { REQ = 0, OPT = 1, NUL = 2 };

struct enum_desc {
    const char *const *names; /* names[value]; [0] is NULL */
    int count;
};

struct field {
    const char *json;
    enum kind kind;
    int flags;
    size_t offset;
    unsigned bit;
    const void *of;      /* enum_desc or mu_rec_desc */
    const char *literal; /* KIND_LITERAL */
};

struct mu_rec_desc {
    const char *name;
    size_t size;
    const struct field *fields;
    size_t count;
};

#define ENUM_BEGIN(name, ts) static const char *const names_##name[] = {NULL,
#define ENUM_VALUE(name, id, text) text,
#define ENUM_END(name, ts)                                                                         \
    }                                                                                              \
    ;                                                                                              \
    static const struct enum_desc enum_##name = {names_##name, (int)MU_COUNT(names_##name)};       \
    const char *mu_##name##_text(enum mu_##name value)                                             \
    {                                                                                              \
        return (int)value > 0 && (int)value < enum_##name.count ? names_##name[value] : NULL;      \
    }                                                                                              \
    enum mu_##name mu_##name##_parse(const char *text)                                             \
    {                                                                                              \
        for (int i = 1; text && i < enum_##name.count; i++)                                        \
            if (strcmp(names_##name[i], text) == 0)                                                \
                return (enum mu_##name)i;                                                          \
        return MU_##name##_NONE;                                                                   \
    }
#include "protocol/protocol.def"

#define OF_STR(of) NULL
#define OF_I64(of) NULL
#define OF_BOOL(of) NULL
#define OF_TIME(of) NULL
#define OF_ENUM(of) &enum_##of
#define OF_JSON(of) NULL
#define OF_OBJ(of) NULL
#define OF_REC(of) &mu_##of##_desc
#define OF_LIST(of) &mu_##of##_desc
#define OF_STRS(of) NULL

/* The sentinel at the end lets a record without fields compile. */
#define RECORD_BEGIN(name, ts) static const struct field fields_##name[] = {
#define FIELD(rec, member, json, kind, flags, of)                                                  \
    {json,                                                                                         \
     KIND_##kind,                                                                                  \
     flags,                                                                                        \
     offsetof(struct mu_rec_##rec, member),                                                        \
     MU_BIT_##rec##_##member,                                                                      \
     OF_##kind(of),                                                                                \
     NULL},
#define LITERAL(rec, json, text) {json, KIND_LITERAL, REQ, 0, 0, NULL, text},
#define RECORD_END(name, ts)                                                                       \
    {                                                                                              \
        NULL, KIND_LITERAL, REQ, 0, 0, NULL, NULL                                                  \
    }                                                                                              \
    }                                                                                              \
    ;                                                                                              \
    const struct mu_rec_desc mu_##name##_desc = {#name, sizeof(struct mu_rec_##name),              \
                                                 fields_##name, MU_COUNT(fields_##name) - 1};
#include "protocol/protocol.def"

#define ROUTE(name, method, path, request, response) {#method, path},
const struct mu_route mu_routes[MU_ROUTE_END] = {
#include "protocol/protocol.def"
};

static const struct {
    const char *name;
    int status;
    const char *text;
} codes[] = {
    {"OK", 200, ""},
#define ERROR_CODE(id, status, text) {#id, status, text},
#include "protocol/protocol.def"
};

const char *mu_code_name(enum mu_code code)
{
    return codes[code].name;
}

int mu_code_status(enum mu_code code)
{
    return codes[code].status;
}

const char *mu_code_text(enum mu_code code)
{
    return codes[code].text;
}

/* Typed reads of a member. */
static const char *str_at(const void *rec, const struct field *f)
{
    return *(const char *const *)((const char *)rec + f->offset);
}

static int64_t i64_at(const void *rec, const struct field *f)
{
    return *(const int64_t *)((const char *)rec + f->offset);
}

static bool bool_at(const void *rec, const struct field *f)
{
    return *(const bool *)((const char *)rec + f->offset);
}

static int enum_at(const void *rec, const struct field *f)
{
    return *(const int *)((const char *)rec + f->offset);
}

static const void *rec_at(const void *rec, const struct field *f)
{
    return *(const void *const *)((const char *)rec + f->offset);
}

static const struct mu_list *list_at(const void *rec, const struct field *f)
{
    return (const struct mu_list *)((const char *)rec + f->offset);
}

static uint32_t has_of(const void *rec)
{
    return *(const uint32_t *)rec;
}

static bool present(const void *rec, const struct field *f)
{
    return !(f->flags & OPT) || (has_of(rec) & (UINT32_C(1) << f->bit));
}

static void encode_time(struct mu_buf *out, int64_t ms)
{
    char iso[MU_ISO_SIZE];
    if (ms) {
        mu_iso_format(ms, iso);
        mu_buf_json(out, iso);
    } else {
        mu_buf_str(out, "null");
    }
}

static void encode_list(struct mu_buf *out, const struct field *f, const struct mu_list *list)
{
    const struct mu_rec_desc *desc = f->of;
    mu_buf_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            mu_buf_char(out, ',');
        if (f->kind == KIND_STRS)
            mu_buf_json(out, ((const char *const *)list->items)[i]);
        else
            mu_rec_encode(out, desc, (const char *)list->items + i * desc->size);
    }
    mu_buf_char(out, ']');
}

static void encode_value(struct mu_buf *out, const void *rec, const struct field *f)
{
    switch (f->kind) {
    case KIND_STR:
        mu_buf_json(out, str_at(rec, f));
        break;
    case KIND_I64:
        mu_buf_printf(out, "%" PRId64, i64_at(rec, f));
        break;
    case KIND_BOOL:
        mu_buf_str(out, bool_at(rec, f) ? "true" : "false");
        break;
    case KIND_TIME:
        encode_time(out, i64_at(rec, f));
        break;
    case KIND_ENUM:
        mu_buf_json(out, ((const struct enum_desc *)f->of)->names[enum_at(rec, f)]);
        break;
    case KIND_JSON:
    case KIND_OBJ:
        mu_buf_str(out, str_at(rec, f) ? str_at(rec, f) : "null");
        break;
    case KIND_REC:
        if (rec_at(rec, f))
            mu_rec_encode(out, f->of, rec_at(rec, f));
        else
            mu_buf_str(out, "null");
        break;
    case KIND_LIST:
    case KIND_STRS:
        encode_list(out, f, list_at(rec, f));
        break;
    case KIND_LITERAL:
        mu_buf_json(out, f->literal);
        break;
    }
}

static void encode_pairs(struct mu_buf *out, const struct mu_rec_desc *desc, const void *rec,
                         const uint32_t *mask)
{
    bool first = true;
    for (size_t i = 0; i < desc->count; i++) {
        const struct field *f = &desc->fields[i];
        if (mask ? f->kind == KIND_LITERAL || !(*mask & (UINT32_C(1) << f->bit)) : !present(rec, f))
            continue;
        mu_buf_str(out, first ? "\"" : ",\"");
        mu_buf_str(out, f->json);
        mu_buf_str(out, "\":");
        encode_value(out, rec, f);
        first = false;
    }
}

void mu_rec_encode(struct mu_buf *out, const struct mu_rec_desc *desc, const void *rec)
{
    mu_buf_char(out, '{');
    encode_pairs(out, desc, rec, NULL);
    mu_buf_char(out, '}');
}

void mu_rec_encode_fields(struct mu_buf *out, const struct mu_rec_desc *desc, const void *rec,
                          uint32_t mask)
{
    encode_pairs(out, desc, rec, &mask);
}

uint32_t mu_rec_diff(const struct mu_rec_desc *desc, const void *a, const void *b)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < desc->count; i++) {
        const struct field *f = &desc->fields[i];
        bool same = true;
        switch (f->kind) {
        case KIND_STR:
        case KIND_JSON:
        case KIND_OBJ:
            same = mu_str_eq(str_at(a, f), str_at(b, f));
            break;
        case KIND_I64:
        case KIND_TIME:
            same = i64_at(a, f) == i64_at(b, f);
            break;
        case KIND_BOOL:
            same = bool_at(a, f) == bool_at(b, f);
            break;
        case KIND_ENUM:
            same = enum_at(a, f) == enum_at(b, f);
            break;
        case KIND_REC:
        case KIND_LIST:
        case KIND_STRS:
        case KIND_LITERAL:
            break; /* rows have none */
        }
        if (!same)
            mask |= UINT32_C(1) << f->bit;
    }
    return mask;
}

static int refuse(struct mu_rec_why *why, const struct field *f, const char *expected)
{
    snprintf(why->text, sizeof why->text, "The field \"%s\" must be %s.", f->json, expected);
    return -EINVAL;
}

static int decode_string(char *slot, const struct field *f, const json_t *v, struct mu_rec_why *why)
{
    if (!json_is_string(v))
        return refuse(why, f, "a string");
    if (strlen(json_string_value(v)) != json_string_length(v))
        return refuse(why, f, "a string without NUL characters");
    *(const char **)slot = json_string_value(v);
    return 0;
}

static int decode_enum(char *slot, const struct field *f, const json_t *v, struct mu_rec_why *why)
{
    const struct enum_desc *e = f->of;
    for (int i = 1; json_is_string(v) && i < e->count; i++) {
        if (strcmp(e->names[i], json_string_value(v)) == 0) {
            *(int *)slot = i;
            return 0;
        }
    }
    return refuse(why, f, "one of the words that the protocol names");
}

static int decode_record(char *slot, const struct field *f, const json_t *v, struct mu_rec_why *why)
{
    const struct mu_rec_desc *desc = f->of;
    void *nested = mu_alloc(desc->size);
    int rc = mu_rec_decode(desc, v, nested, why);
    if (rc) {
        free(nested);
        return rc;
    }
    *(void **)slot = nested;
    return 0;
}

static int decode_strings(char *slot, const struct field *f, const json_t *v,
                          struct mu_rec_why *why)
{
    const char **items = mu_alloc((json_array_size(v) + 1) * sizeof *items);
    struct mu_list *list = (struct mu_list *)(void *)slot;
    int rc = json_is_array(v) ? 0 : refuse(why, f, "an array of strings");
    for (size_t i = 0; !rc && i < json_array_size(v); i++)
        rc = decode_string((char *)&items[i], f, json_array_get(v, i), why);
    if (rc) {
        free(items);
        return refuse(why, f, "an array of strings");
    }
    *list = (struct mu_list){.items = items, .count = json_array_size(v)};
    return 0;
}

static int decode_value(void *rec, const struct field *f, const json_t *v, struct mu_rec_why *why)
{
    char *slot = (char *)rec + f->offset;
    switch (f->kind) {
    case KIND_STR:
        return decode_string(slot, f, v, why);
    case KIND_I64:
        if (!json_is_integer(v))
            return refuse(why, f, "a whole number");
        *(int64_t *)slot = json_integer_value(v);
        return 0;
    case KIND_BOOL:
        if (!json_is_boolean(v))
            return refuse(why, f, "true or false");
        *(bool *)slot = json_is_true(v);
        return 0;
    case KIND_TIME:
        if (!json_is_string(v) || mu_iso_parse(json_string_value(v), (int64_t *)slot))
            return refuse(why, f, "a time such as 2026-01-31T12:00:00.000Z");
        return 0;
    case KIND_ENUM:
        return decode_enum(slot, f, v, why);
    case KIND_OBJ:
        if (!json_is_object(v))
            return refuse(why, f, "an object");
        *(char **)slot = json_dumps(v, JSON_COMPACT);
        return 0;
    case KIND_JSON:
        *(char **)slot = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
        return 0;
    case KIND_REC:
        return decode_record(slot, f, v, why);
    case KIND_STRS:
        return decode_strings(slot, f, v, why);
    case KIND_LIST:
    case KIND_LITERAL:
        break;
    }
    return 0;
}

int mu_rec_decode(const struct mu_rec_desc *desc, const json_t *json, void *rec,
                  struct mu_rec_why *why)
{
    memset(rec, 0, desc->size);
    if (!json_is_object(json)) {
        snprintf(why->text, sizeof why->text, "An object is expected here.");
        return -EINVAL;
    }
    for (size_t i = 0; i < desc->count; i++) {
        const struct field *f = &desc->fields[i];
        const json_t *v = json_object_get(json, f->json);
        int rc = 0;
        if (!v || (json_is_null(v) && !(f->flags & NUL)))
            rc = (f->flags & OPT) && !v ? 0 : refuse(why, f, "there and not null");
        else if (!json_is_null(v))
            rc = decode_value(rec, f, v, why);
        if (rc) {
            mu_rec_clear(desc, rec);
            return rc;
        }
        if (v)
            *(uint32_t *)rec |= UINT32_C(1) << f->bit;
    }
    return 0;
}

void mu_rec_clear(const struct mu_rec_desc *desc, void *rec)
{
    for (size_t i = 0; i < desc->count; i++) {
        const struct field *f = &desc->fields[i];
        if (f->kind == KIND_JSON || f->kind == KIND_OBJ) {
            free((char *)str_at(rec, f));
        } else if (f->kind == KIND_REC && rec_at(rec, f)) {
            mu_rec_clear(f->of, (void *)rec_at(rec, f));
            free((void *)rec_at(rec, f));
        } else if (f->kind == KIND_STRS) {
            free((void *)list_at(rec, f)->items);
        }
    }
    memset(rec, 0, desc->size);
}

static void clone_into(const struct mu_rec_desc *desc, void *to, const void *from);

static void clone_list(const struct field *f, struct mu_list *to, const struct mu_list *from)
{
    const struct mu_rec_desc *desc = f->of;
    size_t each = f->kind == KIND_STRS ? sizeof(char *) : desc->size;
    char *items = mu_alloc(from->count * each);
    for (size_t i = 0; i < from->count; i++) {
        if (f->kind == KIND_STRS)
            ((char **)items)[i] = mu_strdup(((const char *const *)from->items)[i]);
        else
            clone_into(desc, items + i * each, (const char *)from->items + i * each);
    }
    to->items = items;
    to->count = from->count;
}

static void clone_into(const struct mu_rec_desc *desc, void *to, const void *from)
{
    memcpy(to, from, desc->size);
    for (size_t i = 0; i < desc->count; i++) {
        const struct field *f = &desc->fields[i];
        char *slot = (char *)to + f->offset;
        if (f->kind == KIND_STR || f->kind == KIND_JSON || f->kind == KIND_OBJ)
            *(char **)slot = mu_strdup(str_at(from, f));
        else if (f->kind == KIND_REC && rec_at(from, f))
            *(void **)slot = mu_rec_clone(f->of, rec_at(from, f));
        else if (f->kind == KIND_LIST || f->kind == KIND_STRS)
            clone_list(f, (struct mu_list *)slot, list_at(from, f));
    }
}

void *mu_rec_clone(const struct mu_rec_desc *desc, const void *rec)
{
    void *copy = mu_alloc(desc->size);
    clone_into(desc, copy, rec);
    return copy;
}

static void free_members(const struct mu_rec_desc *desc, void *rec)
{
    for (size_t i = 0; i < desc->count; i++) {
        const struct field *f = &desc->fields[i];
        if (f->kind == KIND_STR || f->kind == KIND_JSON || f->kind == KIND_OBJ) {
            free((char *)str_at(rec, f));
        } else if (f->kind == KIND_REC) {
            mu_rec_free(f->of, (void *)rec_at(rec, f));
        } else if (f->kind == KIND_LIST || f->kind == KIND_STRS) {
            const struct mu_list *list = list_at(rec, f);
            const struct mu_rec_desc *of = f->of;
            for (size_t j = 0; j < list->count; j++) {
                if (f->kind == KIND_STRS)
                    free(((char **)list->items)[j]);
                else
                    free_members(of, (char *)list->items + j * of->size);
            }
            free((void *)list->items);
        }
    }
}

void mu_rec_free(const struct mu_rec_desc *desc, void *rec)
{
    if (!rec)
        return;
    free_members(desc, rec);
    free(rec);
}

void mu_channel_session(const char *session_id, char out[MU_TOPIC_SIZE])
{
    snprintf(out, MU_TOPIC_SIZE, "session:%s", session_id);
}
