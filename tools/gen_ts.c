/*
 * Prints web/src/shared/websocket/generated.ts from protocol/protocol.def.
 *
 * Not part of muster itself: the build runs it, and a test fails when the committed file differs.
 */
#include <stdio.h>
#include <string.h>

enum { REQ = 0, OPT = 1, NUL = 2 };

static const char *type_of(const char *kind, const char *of_ts)
{
    if (strcmp(kind, "STR") == 0 || strcmp(kind, "TIME") == 0)
        return "string";
    if (strcmp(kind, "I64") == 0)
        return "number";
    if (strcmp(kind, "BOOL") == 0)
        return "boolean";
    if (strcmp(kind, "JSON") == 0)
        return "unknown";
    if (strcmp(kind, "OBJ") == 0)
        return "Record<string, unknown>";
    if (strcmp(kind, "STRS") == 0)
        return "string[]";
    return of_ts;
}

/* The TypeScript name of every enum and record, by its C name. */
static const struct {
    const char *c, *ts;
} names[] = {
#define ENUM_BEGIN(name, ts) {#name, #ts},
#define ENUM_VALUE(name, id, text)
#define ENUM_END(name, ts)
#define RECORD_BEGIN(name, ts) {#name, #ts},
#define FIELD(rec, member, json, kind, flags, of)
#define RECORD_END(name, ts)
#include "protocol/protocol.def"
};

static const char *ts_name(const char *c)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].c, c) == 0)
            return names[i].ts;
    return c;
}

static void field(const char *json, const char *kind, int flags, const char *of)
{
    printf("  %s%s: %s%s%s;\n", json, flags & OPT ? "?" : "", type_of(kind, ts_name(of)),
           strcmp(kind, "LIST") == 0 ? "[]" : "", flags & NUL ? " | null" : "");
}

static int words; /* printed so far in the list at hand */

static void word(const char *text)
{
    printf("%s'%s'", words++ ? ", " : "", text);
}

static void enums(void)
{
#define ENUM_BEGIN(name, ts) printf("export const " #ts "s = [%s", (words = 0, ""));
#define ENUM_VALUE(name, id, text) word(text);
#define ENUM_END(name, ts)                                                                         \
    printf("] as const;\nexport type " #ts " = (typeof " #ts "s)[number];\n\n");
#include "protocol/protocol.def"
}

static void records(void)
{
#define RECORD_BEGIN(name, ts) printf("export interface " #ts " {\n");
#define FIELD(rec, member, json, kind, flags, of) field(json, #kind, flags, #of);
#define LITERAL(rec, json, text) printf("  %s: '%s';\n", json, text);
#define RECORD_END(name, ts) printf("}\n\n");
#define PATCH(name, ts, rec, rects, idjson)                                                        \
    printf("export interface " #ts " extends Partial<Omit<" #rects ", 'id' | 'rev'>> {\n"          \
           "  " idjson ": string;\n  rev: number;\n  prev: number;\n}\n\n");
#include "protocol/protocol.def"
    printf("export type ProjectsSync = SyncCurrent | SyncDelta | SyncSnapshot;\n\n");
}

static void push_union(const char *topic, const char *at, const char *id, const char *ts,
                       const char *object)
{
    if (strcmp(topic, at) == 0)
        printf("\n  | { type: typeof %s.%s; data: %s }", object, id, ts);
}

/* The names printed so far in the object at hand: a push and a call may share one. */
static const char *seen[64];
static size_t seen_count;

static void event_name(const char *topic, const char *at, const char *id, const char *event)
{
    if (strcmp(topic, at) != 0)
        return;
    for (size_t i = 0; i < seen_count; i++)
        if (strcmp(seen[i], id) == 0)
            return;
    if (seen_count < sizeof seen / sizeof seen[0])
        seen[seen_count++] = id;
    printf("  %s: '%s',\n", id, event);
}

static void events(void)
{
    printf("export const SessionEventTypes = {\n");
#define PUSH(topic, id, event, ts) event_name("session", #topic, #id, event);
#define CALL(topic, id, event, request, reply) event_name("session", #topic, #id, event);
#include "protocol/protocol.def"
    printf("} as const;\n\nexport type SessionEvent =");
#define PUSH(topic, id, event, ts) push_union("session", #topic, #id, #ts, "SessionEventTypes");
#include "protocol/protocol.def"
    seen_count = 0;
    printf(";\n\nexport const ProjectEventTypes = {\n");
#define PUSH(topic, id, event, ts) event_name("projects", #topic, #id, event);
#define CALL(topic, id, event, request, reply) event_name("projects", #topic, #id, event);
#include "protocol/protocol.def"
    printf("} as const;\n\nexport type ProjectEvent =");
#define PUSH(topic, id, event, ts) push_union("projects", #topic, #id, #ts, "ProjectEventTypes");
#include "protocol/protocol.def"
    seen_count = 0;
    printf(";\n\nexport const InboxEventTypes = {\n");
#define PUSH(topic, id, event, ts) event_name("inbox", #topic, #id, event);
#include "protocol/protocol.def"
    printf("} as const;\n\nexport type InboxEvent =");
#define PUSH(topic, id, event, ts) push_union("inbox", #topic, #id, #ts, "InboxEventTypes");
#include "protocol/protocol.def"
    printf(";\n\n");
}

static void call(const char *topic, const char *at, const char *event, const char *request,
                 const char *reply)
{
    if (strcmp(topic, at) == 0)
        printf("  %s: { request: %s; reply: %s };\n", event, request, reply);
}

static void calls(void)
{
    printf("export interface SessionCalls {\n");
#define CALL(topic, id, event, request, reply) call("session", #topic, event, #request, #reply);
#include "protocol/protocol.def"
    printf("}\n\nexport interface ProjectCalls {\n");
#define CALL(topic, id, event, request, reply) call("projects", #topic, event, #request, #reply);
#include "protocol/protocol.def"
    printf("}\n\n");
}

int main(void)
{
    printf("// Printed by tools/gen_ts.c from protocol/protocol.def. Do not edit: change the\n"
           "// definition and run `./dev fmt`.\n/* eslint-disable */\n\n");
    enums();
    records();
    events();
    calls();
    printf("export const Channels = {\n");
    printf("  projects: () => 'projects',\n  session: (id: string) => `session:${id}`,\n");
    printf("  inbox: () => 'inbox',\n");
    printf("} as const;\n\nexport const ErrorCodes = {\n");
#define ERROR_CODE(id, status, text)                                                               \
    printf("  " #id ": { status: %d, text: %s },\n", status, #text);
#include "protocol/protocol.def"
    printf("} as const;\nexport type ErrorCode = keyof typeof ErrorCodes;\n\n");
    printf("export const Routes = {\n");
#define ROUTE(name, method, path, request, response)                                               \
    printf("  " #name ": { method: '" #method "', path: '" path "' },\n");
#include "protocol/protocol.def"
    printf("} as const;\n\nexport interface RouteTypes {\n");
#define ROUTE(name, method, path, request, response)                                               \
    printf("  " #name ": { request: " #request "; response: " #response " };\n");
#include "protocol/protocol.def"
    printf("}\n\nexport const Limits = {\n");
#define LIMIT(id, value, what) printf("  /** %s */\n  " #id ": %d,\n", what, value);
#include "protocol/protocol.def"
    printf("} as const;\n");
    return 0;
}
