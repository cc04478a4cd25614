/*
 * The records of the protocol as C structs, made from protocol/protocol.def, and the operations
 * that work on any of them: encode to JSON, decode from JSON, copy, free.
 *
 * Layer: wire. Pure; any thread.
 *
 * For a record `session` there are
 *   struct mu_rec_session      its fields; `has` holds a bit for every OPT field that is there
 *   mu_session_desc            its description, which the generic functions take
 *   MU_HAS(session, name)      the bit of a field, in `has` and in masks
 * For an enum `session_state` there are MU_SESSION_STATE-style constants, spelt
 * MU_session_state_IDLE; 0 (MU_session_state_NONE) means "not set", and null on the wire.
 *
 * C forms: STR is a NUL-terminated string (NULL: null); TIME milliseconds since 1970 (0: null);
 * JSON and OBJ the text of a JSON value (NULL: null); REC a pointer; LIST and STRS a mu_list.
 */
#ifndef MU_WIRE_RECORDS_H
#define MU_WIRE_RECORDS_H

#include <jansson.h>

#include "base/base.h"
#include "base/buf.h"

/* count items, each a whole struct (LIST) or a `const char *` (STRS), one after another. */
struct mu_list {
    const void *items;
    size_t count;
};

#define ENUM_BEGIN(name, ts)                                                                       \
    enum mu_##name                                                                                 \
    {                                                                                              \
        MU_##name##_NONE = 0,
#define ENUM_VALUE(name, id, text) MU_##name##_##id,
#define ENUM_END(name, ts)                                                                         \
    MU_##name##_END                                                                                \
    }                                                                                              \
    ;
#include "protocol/protocol.def"

#define MU_C_STR(of) const char *
#define MU_C_I64(of) int64_t
#define MU_C_BOOL(of) bool
#define MU_C_TIME(of) int64_t
#define MU_C_ENUM(of) enum mu_##of
#define MU_C_JSON(of) const char *
#define MU_C_OBJ(of) const char *
#define MU_C_REC(of) const struct mu_rec_##of *
#define MU_C_LIST(of) struct mu_list
#define MU_C_STRS(of) struct mu_list

#define RECORD_BEGIN(name, ts)                                                                     \
    struct mu_rec_##name {                                                                         \
        uint32_t has;
#define FIELD(rec, member, json, kind, flags, of) MU_C_##kind(of) member;
#define RECORD_END(name, ts)                                                                       \
    }                                                                                              \
    ;
#include "protocol/protocol.def"

/* Bit numbers of the fields, record by record. */
#define RECORD_BEGIN(name, ts)                                                                     \
    enum mu_bits_##name                                                                            \
    {
#define FIELD(rec, member, json, kind, flags, of) MU_BIT_##rec##_##member,
#define RECORD_END(name, ts)                                                                       \
    MU_BITS_##name##_END                                                                           \
    }                                                                                              \
    ;
#include "protocol/protocol.def"

#define MU_HAS(rec, member) (UINT32_C(1) << MU_BIT_##rec##_##member)

struct mu_rec_desc;
#define RECORD_BEGIN(name, ts) extern const struct mu_rec_desc mu_##name##_desc;
#define FIELD(rec, member, json, kind, flags, of)
#define RECORD_END(name, ts)
#include "protocol/protocol.def"

/* Error codes: MU_CODE_SESSION_NOT_FOUND, …; 0 is "no error". */
#define ERROR_CODE(id, status, text) MU_CODE_##id,
enum mu_code {
    MU_CODE_OK = 0,
#include "protocol/protocol.def"
    MU_CODE_END
};

/* Events: MU_EVENT_projects_SYNC is the string "sync", checked by the compiler where it is used. */
#define PUSH(topic, id, event, ts)                                                                 \
    static const char MU_PUSH_##topic##_##id[] __attribute__((unused)) = event;
#define CALL(topic, id, event, request, reply)                                                     \
    static const char MU_CALL_##topic##_##id[] __attribute__((unused)) = event;
#include "protocol/protocol.def"

/* Routes: MU_ROUTE_list_projects, …, in the order of the definition. */
#define ROUTE(name, method, path, request, response) MU_ROUTE_##name,
enum mu_route_id {
#include "protocol/protocol.def"
    MU_ROUTE_END
};
struct mu_route {
    const char *method; /* "GET" */
    const char *path;   /* "/api/projects/:id" */
};
extern const struct mu_route mu_routes[MU_ROUTE_END];

/* Limits: MU_LIMIT_PROMPT_BYTES, … (units are in protocol.def). */
#define LIMIT(id, value, what) MU_LIMIT_##id = (value),
enum mu_limit {
#include "protocol/protocol.def"
    MU_LIMIT_END_
};

const char *mu_code_name(enum mu_code code); /* "SESSION_NOT_FOUND" */
int mu_code_status(enum mu_code code);       /* 404 */
const char *mu_code_text(enum mu_code code); /* a sentence */

#define ENUM_BEGIN(name, ts)                                                                       \
    /* The wire's word for a value ("idle"); NULL for NONE. */                                     \
    const char *mu_##name##_text(enum mu_##name value);                                            \
    /* The value for a word; NONE for NULL or an unknown one. */                                   \
    enum mu_##name mu_##name##_parse(const char *text);
#define ENUM_VALUE(name, id, text)
#define ENUM_END(name, ts)
#include "protocol/protocol.def"

/* Appends the record as a JSON object. Borrows everything. */
void mu_rec_encode(struct mu_buf *out, const struct mu_rec_desc *desc, const void *rec);

/* Appends `"field":value` pairs, comma-separated and without braces, for the fields whose bit is
 * in mask, in the order of the definition: the body of a PATCH push. */
void mu_rec_encode_fields(struct mu_buf *out, const struct mu_rec_desc *desc, const void *rec,
                          uint32_t mask);

/* Bits of the fields in which two records of one kind differ. */
uint32_t mu_rec_diff(const struct mu_rec_desc *desc, const void *a, const void *b);

/* A reason, in words, for a record that was refused: which field, what was expected. */
struct mu_rec_why {
    char text[160];
};

/* Fills rec (zeroed first) from a JSON object; unknown members are ignored. What is decoded
 * borrows from json, which must outlive it; nested REC, and the text of JSON and OBJ, are
 * allocated: release with mu_rec_clear. so is the array of STRS. LIST is not decoded (no client
 * sends one). 0, or -EINVAL with *why filled and nothing to release. */
int mu_rec_decode(const struct mu_rec_desc *desc, const json_t *json, void *rec,
                  struct mu_rec_why *why) MU_MUST_CHECK;
void mu_rec_clear(const struct mu_rec_desc *desc, void *rec);

/* A deep copy, returned owned; free with mu_rec_free. REC and LIST members are copied as well. */
void *mu_rec_clone(const struct mu_rec_desc *desc, const void *rec);
void mu_rec_free(const struct mu_rec_desc *desc, void *rec); /* NULL allowed */

/* The topic of a session, "session:<id>"; out holds MU_TOPIC_SIZE bytes. (TypeScript:
 * Channels.session(id).) */
enum { MU_TOPIC_SIZE = 80 };
void mu_channel_session(const char *session_id, char out[MU_TOPIC_SIZE]);

#endif
