/*
 * The records against protocol/golden/records.json, which the TypeScript tests read too: one sample
 * or more of every record. `test_records --print` prints that file from the samples below, for the
 * day when the protocol changes; what it prints is to be read before it is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/records.h"

#define AT 1795372430123 /* 2026-11-22T18:33:50.123Z */

static const struct mu_rec_project a_project = {.id = "p-1",
                                                .name = "Größe \"x\" 🚀",
                                                .path = "/srv/a b\\c",
                                                .created_at = AT,
                                                .updated_at = AT + 1,
                                                .rev = 9007199254740991};
static const struct mu_rec_session idle = {.id = "s-1",
                                           .project_id = "p-1",
                                           .name = "",
                                           .agent = "shell",
                                           .state = MU_session_state_IDLE,
                                           .created_at = AT,
                                           .updated_at = AT,
                                           .rev = 1};
static const struct mu_rec_session waiting = {.id = "s-2",
                                              .project_id = "p-1",
                                              .name = "Fix the parser",
                                              .agent = "claude",
                                              .state = MU_session_state_WORKING,
                                              .waiting_for = MU_waiting_for_PERMISSION,
                                              .waiting_since = AT,
                                              .turn_started_at = AT,
                                              .last_seq = 12,
                                              .read_seq = 10,
                                              .queue_length = 2,
                                              .cli_session_id = "c-1",
                                              .node = "n-1",
                                              .metadata = "{\"a\":[1,null,{\"b\":\"c\"}]}",
                                              .position = 1796754830123 * 1024,
                                              .pinned_at = AT,
                                              .archived_at = AT,
                                              .created_at = AT,
                                              .updated_at = AT,
                                              .rev = 2};
static const struct mu_rec_session failed = {.id = "s-3",
                                             .project_id = "p-1",
                                             .name = "broken",
                                             .agent = "shell",
                                             .state = MU_session_state_ERROR,
                                             .error_message = "exit 127:\n\tnonsense: not found",
                                             .waiting_for = MU_waiting_for_QUESTION,
                                             .created_at = AT,
                                             .updated_at = AT,
                                             .rev = 3};
static const struct mu_rec_message messages[] = {
    {.id = "m-1",
     .session_id = "s-1",
     .seq = 1,
     .kind = MU_message_kind_USER,
     .text = "hello",
     .created_at = AT,
     .rev = 4},
    {.id = "m-2",
     .session_id = "s-1",
     .seq = 2,
     .kind = MU_message_kind_TOOL,
     .text = "",
     .streaming = true,
     .metadata = "{}",
     .created_at = AT,
     .rev = 5},
};
static const struct mu_rec_queued_prompt prompts[] = {
    {.id = "q-1", .text = "and then", .position = 1, .created_at = AT},
    {.id = "q-2", .text = "at last", .position = 2, .created_at = AT},
};
static const struct mu_rec_permission asked[] = {
    {.id = "r-1",
     .session_id = "s-1",
     .kind = MU_waiting_for_PERMISSION,
     .tool = "Bash",
     .title = "Bash: rm -rf build",
     .input = "{\"command\":\"rm -rf build\"}",
     .suggestions = "[{\"type\":\"setMode\",\"mode\":\"acceptEdits\"}]",
     .created_at = AT},
    {.id = "r-2",
     .session_id = "s-1",
     .kind = MU_waiting_for_QUESTION,
     .tool = "AskUserQuestion",
     .title = "Which colour?",
     .questions = "[{\"question\":\"Which colour?\",\"header\":\"Colour\",\"multiSelect\":false,"
                  "\"options\":[{\"label\":\"Red\",\"description\":\"r\"}]}]",
     .created_at = AT},
};
static const struct mu_rec_agent agents[] = {
    {.id = "shell", .name = "Shell", .dialect = "shell", .available = true, .path = "/bin/sh"},
    {.id = "claude",
     .name = "Claude Code",
     .dialect = "claude",
     .missing = "claude is not here.",
     .icon = "claude",
     .takes_images = true},
};
static const char *const image_ids[] = {"i-1", "i-2"};
static const struct mu_rec_usage usage = {.turns = 2,
                                          .input_tokens = 300,
                                          .output_tokens = 40,
                                          .cache_read_tokens = 5000,
                                          .cost_microusd = 1234567,
                                          .cost_known = true};
static const struct mu_rec_usage_sum usage_sum = {
    .id = "s-1", .project_id = "p-1", .usage = &usage};
static const struct mu_rec_turn_usage turn_usage = {.turn_id = "m-1",
                                                    .session_id = "s-1",
                                                    .model = "m",
                                                    .started_at = AT,
                                                    .ended_at = AT,
                                                    .usage = &usage};
static const struct mu_rec_directory directory = {.name = "one", .path = "/srv/one"};
static const struct mu_rec_access access = {.id = "a-1",
                                            .kind = MU_access_kind_BROWSER,
                                            .name = "Firefox on Linux",
                                            .created_at = AT,
                                            .expires_at = AT,
                                            .current = true};
static const struct mu_rec_raw_line raw_line = {
    .line = "{\"type\":\"result\"}", .bytes = 17, .cut = false};
static const struct mu_rec_project_with_sessions trees[] = {
    {.id = "p-1",
     .name = "one",
     .path = "/srv/one",
     .created_at = AT,
     .updated_at = AT,
     .rev = 6,
     .sessions = {&idle, 1}},
    {.id = "p-2", .name = "two", .path = "/srv/two", .created_at = AT, .updated_at = AT, .rev = 7},
};
static const struct mu_rec_since since = {.epoch = "e-1", .rev = 8};
static const char *const gone[] = {"s-8", "s-9"};
static const struct mu_rec_removed removed = {.sessions = {gone, 2}};
static const struct mu_rec_error_body error_body = {.code = "SESSION_NOT_FOUND",
                                                    .message = "There is no such session."};

#define SAMPLE(record, ...) #record, &mu_##record##_desc, &(const struct mu_rec_##record)__VA_ARGS__
static const struct sample {
    const char *record;
    const struct mu_rec_desc *desc;
    const void *rec;
} samples[] = {
    {"project", &mu_project_desc, &a_project},
    {"session", &mu_session_desc, &idle},
    {"session", &mu_session_desc, &waiting},
    {"session", &mu_session_desc, &failed},
    {"project_with_sessions", &mu_project_with_sessions_desc, &trees[0]},
    {"project_with_sessions", &mu_project_with_sessions_desc, &trees[1]},
    {"message", &mu_message_desc, &messages[0]},
    {"message", &mu_message_desc, &messages[1]},
    {"queued_prompt", &mu_queued_prompt_desc, &prompts[0]},
    {"permission", &mu_permission_desc, &asked[0]},
    {"permission", &mu_permission_desc, &asked[1]},
    {"agent", &mu_agent_desc, &agents[0]},
    {"agent", &mu_agent_desc, &agents[1]},
    {"since", &mu_since_desc, &since},
    {SAMPLE(join_params, {0})},
    {SAMPLE(join_params, {.has = MU_HAS(join_params, since)})},
    {SAMPLE(join_params, {.has = MU_HAS(join_params, since) | MU_HAS(join_params, since_seq),
                          .since = &since,
                          .since_seq = 3})},
    {SAMPLE(snapshot, {.after = "4.17"})},
    {"removed", &mu_removed_desc, &removed},
    {SAMPLE(sync_current, {.epoch = "e-1", .rev = 8})},
    {SAMPLE(sync_delta, {.epoch = "e-1",
                         .rev = 8,
                         .projects = {&a_project, 1},
                         .sessions = {&waiting, 1},
                         .removed = &removed})},
    {SAMPLE(
        sync_snapshot,
        {.epoch = "e-1", .rev = 8, .reason = MU_snapshot_reason_TOO_OLD, .projects = {trees, 2}})},
    {SAMPLE(sync_snapshot,
            {.has = MU_HAS(sync_snapshot, next) | MU_HAS(sync_snapshot, total_projects) |
                    MU_HAS(sync_snapshot, total_sessions),
             .epoch = "e-1",
             .rev = 8,
             .reason = MU_snapshot_reason_TOO_OLD,
             .projects = {trees, 2},
             .next = "4.17",
             .total_projects = 10000,
             .total_sessions = 100000})},
    {SAMPLE(subscribe_success, {.sessionId = "s-1",
                                .epoch = "e-1",
                                .rev = 8,
                                .mode = MU_sync_mode_DELTA,
                                .session = &idle,
                                .messages = {messages, 2},
                                .queue = {prompts, 2},
                                .permissions = {asked, 2}})},
    {SAMPLE(subscribe_success, {.has = MU_HAS(subscribe_success, reason),
                                .sessionId = "s-1",
                                .epoch = "e-1",
                                .rev = 8,
                                .mode = MU_sync_mode_SNAPSHOT,
                                .reason = MU_snapshot_reason_EPOCH_CHANGED,
                                .session = &idle,
                                .has_older = true})},
    {SAMPLE(session_created, {.rev = 8, .prev = 7, .session = &idle})},
    {SAMPLE(session_deleted, {.rev = 8, .prev = 7, .sessionId = "s-1"})},
    {SAMPLE(project_created, {.rev = 8, .prev = 7, .project = &a_project})},
    {SAMPLE(project_deleted, {.rev = 8, .prev = 7, .projectId = "p-1"})},
    {SAMPLE(head, {.rev = 8})},
    {SAMPLE(stream_output, {.sessionId = "s-1", .message_id = "m-2", .at = 17, .text = "more 🚀"})},
    {SAMPLE(message_added, {.sessionId = "s-1", .message = &messages[0]})},
    {SAMPLE(message_complete, {.sessionId = "s-1", .rev = 8, .cancelled = true})},
    {SAMPLE(message_complete, {.sessionId = "s-1", .rev = 8, .error_message = "exit 1"})},
    {SAMPLE(error, {.sessionId = "s-1", .message = "It went wrong.", .fatal = true})},
    {SAMPLE(queue_updated, {.sessionId = "s-1", .queue = {prompts, 2}})},
    {SAMPLE(permission_requested, {.sessionId = "s-1", .permission = &asked[0]})},
    {SAMPLE(permission_resolved,
            {.sessionId = "s-1", .id = "r-1", .decision = MU_permission_decision_ALLOW_ALWAYS})},
    {SAMPLE(permission_resolved, {.sessionId = "s-1", .id = "r-1"})},
    {SAMPLE(answer_permission, {.id = "r-1", .decision = MU_permission_decision_ALLOW})},
    {SAMPLE(answer_permission, {.has = MU_HAS(answer_permission, message),
                                .id = "r-1",
                                .decision = MU_permission_decision_DENY,
                                .message = "Use make clean."})},
    {SAMPLE(answer_permission, {.has = MU_HAS(answer_permission, answers),
                                .id = "r-2",
                                .decision = MU_permission_decision_ALLOW,
                                .answers = "{\"Which colour?\":\"Red\"}"})},
    {SAMPLE(edit_queue, {.has = MU_HAS(edit_queue, text) | MU_HAS(edit_queue, position),
                         .id = "q-1",
                         .text = "and then this",
                         .position = 2})},
    {SAMPLE(edit_queue, {.has = MU_HAS(edit_queue, remove), .id = "q-1", .remove = true})},
    {SAMPLE(edit_queue, {.has = MU_HAS(edit_queue, now), .id = "q-1", .now = true})},
    {SAMPLE(send_message, {.id = "m-1", .text = "hello"})},
    {SAMPLE(send_message, {.has = MU_HAS(send_message, images),
                           .id = "m-1",
                           .text = "hello",
                           .images = {image_ids, 2}})},
    {SAMPLE(image, {.id = "i-1", .type = "image/png", .bytes = 70, .created_at = AT})},
    {"usage", &mu_usage_desc, &usage},
    {"usage_sum", &mu_usage_sum_desc, &usage_sum},
    {"turn_usage", &mu_turn_usage_desc, &turn_usage},
    {SAMPLE(usage_report, {.total = &usage,
                           .projects = {&usage_sum, 1},
                           .sessions = {&usage_sum, 1},
                           .turns = {&turn_usage, 1}})},
    {"raw_line", &mu_raw_line_desc, &raw_line},
    {SAMPLE(raw_lines, {.lines = {&raw_line, 1}})},
    {SAMPLE(send_message_reply, {.id = "m-1", .queued = true})},
    {SAMPLE(mark_read, {0})},
    {SAMPLE(mark_read, {.has = MU_HAS(mark_read, seq), .seq = 12})},
    {SAMPLE(create_project, {.path = "/srv/one"})},
    {SAMPLE(create_project,
            {.has = MU_HAS(create_project, name), .path = "/srv/one", .name = "one"})},
    {SAMPLE(update_project, {.has = MU_HAS(update_project, name), .name = "another"})},
    {SAMPLE(update_project, {.has = MU_HAS(update_project, after)})},
    {SAMPLE(create_session_call, {.has = MU_HAS(create_session_call, name),
                                  .project_id = "p-1",
                                  .agent = "claude",
                                  .name = "Fix it"})},
    {SAMPLE(create_session, {.agent = "shell"})},
    {SAMPLE(create_session, {.has = MU_HAS(create_session, name) | MU_HAS(create_session, options),
                             .agent = "claude",
                             .name = "n",
                             .options = "{\"model\":\"x\",\"n\":1}"})},
    {SAMPLE(update_session, {.has = MU_HAS(update_session, archived), .archived = true})},
    {SAMPLE(update_session,
            {.has = MU_HAS(update_session, options), .options = "{\"model\":\"x\"}"})},
    {SAMPLE(update_session,
            {.has = MU_HAS(update_session, pinned) | MU_HAS(update_session, project_id) |
                    MU_HAS(update_session, after),
             .pinned = true,
             .project_id = "p-2",
             .after = "s-1"})},
    {SAMPLE(empty, {0})},
    {SAMPLE(project_list, {.epoch = "e-1", .rev = 8, .projects = {trees, 2}})},
    {SAMPLE(project_list, {.has = MU_HAS(project_list, next),
                           .epoch = "e-1",
                           .rev = 8,
                           .projects = {trees, 2},
                           .next = "4.17"})},
    {SAMPLE(message_list, {.messages = {messages, 2}, .has_older = true})},
    {SAMPLE(agent_list, {.agents = {agents, 2}})},
    {SAMPLE(inbox_reply, {.requests = {asked, 2}})},
    {"directory", &mu_directory_desc, &directory},
    {SAMPLE(directory_list, {.path = "/srv", .parent = "/", .directories = {&directory, 1}})},
    {SAMPLE(file_list, {.files = {image_ids, 2}, .truncated = true})},
    {"access", &mu_access_desc, &access},
    {SAMPLE(access_list, {.access = {&access, 1}})},
    {SAMPLE(create_token, {.name = "deploy"})},
    {SAMPLE(created_token, {.token = "secret", .access = &access})},
    {SAMPLE(about,
            {.version = "0.1", .data_dir = "/srv/muster", .home = "/root", .started_at = AT})},
    {"error_body", &mu_error_body_desc, &error_body},
    {SAMPLE(error_response, {.error = &error_body})},
};

/* Records that hold a LIST, or a record that does, are never sent by a client. */
static bool is_decoded(const char *record)
{
    static const char *const lists[] = {
        "project_with_sessions", "removed",       "sync_delta",
        "sync_snapshot",         "queue_updated", "subscribe_success",
        "project_list",          "message_list",  "agent_list",
        "usage_report",          "raw_lines",     "inbox_reply",
        "directory_list",        "file_list",     "access_list"};
    for (size_t i = 0; i < MU_COUNT(lists); i++)
        if (mu_str_eq(lists[i], record))
            return false;
    return true;
}

static json_t *load(void)
{
    json_error_t error;
    json_t *doc = json_load_file(MU_SOURCE_ROOT "/protocol/golden/records.json",
                                 JSON_REJECT_DUPLICATES, &error);
    if (!doc)
        fail_msg("records.json: line %d: %s", error.line, error.text);
    return doc;
}

static void the_encoder_gives_the_golden_text(void **state)
{
    MU_UNUSED(state);
    json_t *doc = load(), *golden = json_object_get(doc, "records");
    assert_int_equal(json_array_size(golden), MU_COUNT(samples));
    struct mu_buf out = {0};
    for (size_t i = 0; i < MU_COUNT(samples); i++) {
        json_t *entry = json_array_get(golden, i);
        assert_string_equal(json_string_value(json_object_get(entry, "record")), samples[i].record);
        char *text = json_dumps(json_object_get(entry, "json"), JSON_COMPACT);
        mu_buf_clear(&out);
        mu_rec_encode(&out, samples[i].desc, samples[i].rec);
        assert_string_equal(out.data, text);
        free(text);
    }
    mu_buf_release(&out);
    json_decref(doc);
}

static void every_record_has_a_sample(void **state)
{
    MU_UNUSED(state);
    static const char *const names[] = {
#define RECORD_BEGIN(name, ts) #name,
#define FIELD(rec, member, json, kind, flags, of)
#define RECORD_END(name, ts)
#include "protocol/protocol.def"
    };
    for (size_t n = 0; n < MU_COUNT(names); n++) {
        size_t i = 0;
        while (i < MU_COUNT(samples) && !mu_str_eq(samples[i].record, names[n]))
            i++;
        if (i == MU_COUNT(samples))
            fail_msg("no sample of %s", names[n]);
    }
}

/* Golden text → struct → the same text. */
static void what_clients_send_is_decoded(void **state)
{
    MU_UNUSED(state);
    json_t *doc = load(), *golden = json_object_get(doc, "records");
    for (size_t i = 0; i < MU_COUNT(samples); i++) {
        if (!is_decoded(samples[i].record))
            continue;
        json_t *json = json_object_get(json_array_get(golden, i), "json");
        union {
            char room[1024];
            max_align_t align;
        } rec;
        struct mu_rec_why why;
        if (mu_rec_decode(samples[i].desc, json, &rec, &why))
            fail_msg("%s: %s", samples[i].record, why.text);
        struct mu_buf out = {0};
        char *text = json_dumps(json, JSON_COMPACT);
        mu_rec_encode(&out, samples[i].desc, &rec);
        assert_string_equal(out.data, text);
        mu_rec_clear(samples[i].desc, &rec);
        mu_buf_release(&out);
        free(text);
    }
    json_decref(doc);
}

static void a_clone_is_whole_and_apart(void **state)
{
    MU_UNUSED(state);
    struct mu_buf a = {0}, b = {0};
    for (size_t i = 0; i < MU_COUNT(samples); i++) {
        void *once = mu_rec_clone(samples[i].desc, samples[i].rec);
        void *twice = mu_rec_clone(samples[i].desc, once);
        mu_rec_free(samples[i].desc, once); /* the second must not lean on the first */
        mu_buf_clear(&a);
        mu_buf_clear(&b);
        mu_rec_encode(&a, samples[i].desc, samples[i].rec);
        mu_rec_encode(&b, samples[i].desc, twice);
        assert_string_equal(a.data, b.data);
        mu_rec_free(samples[i].desc, twice);
    }
    mu_rec_free(&mu_session_desc, NULL);
    mu_buf_release(&a);
    mu_buf_release(&b);
}

static void every_word_of_every_enum_comes_back(void **state)
{
    MU_UNUSED(state);
#define ENUM_BEGIN(name, ts)                                                                       \
    assert_null(mu_##name##_text(MU_##name##_NONE));                                               \
    assert_null(mu_##name##_text(MU_##name##_END));                                                \
    assert_int_equal(mu_##name##_parse(NULL), MU_##name##_NONE);                                   \
    assert_int_equal(mu_##name##_parse(""), MU_##name##_NONE);                                     \
    assert_int_equal(mu_##name##_parse("no such word"), MU_##name##_NONE);
#define ENUM_VALUE(name, id, text)                                                                 \
    assert_string_equal(mu_##name##_text(MU_##name##_##id), text);                                 \
    assert_int_equal(mu_##name##_parse(text), MU_##name##_##id);
#define ENUM_END(name, ts)
#include "protocol/protocol.def"
}

static void a_difference_names_the_fields(void **state)
{
    MU_UNUSED(state);
    struct mu_rec_session now = idle;
    assert_int_equal(mu_rec_diff(&mu_session_desc, &idle, &now), 0);
    now.name = "";
    char *copy = mu_strdup("s-1"); /* another string, the same words */
    now.id = copy;
    assert_int_equal(mu_rec_diff(&mu_session_desc, &idle, &now), 0);
    now.state = MU_session_state_WORKING;
    now.error_message = "";
    now.turn_started_at = AT;
    now.last_seq = 1;
    now.metadata = "{}";
    uint32_t mask = mu_rec_diff(&mu_session_desc, &idle, &now);
    assert_int_equal(mask, MU_HAS(session, state) | MU_HAS(session, error_message) |
                               MU_HAS(session, turn_started_at) | MU_HAS(session, last_seq) |
                               MU_HAS(session, metadata));
    struct mu_buf out = {0};
    mu_rec_encode_fields(&out, &mu_session_desc, &now, mask | MU_HAS(session, waiting_for));
    assert_string_equal(out.data,
                        "\"state\":\"working\",\"error_message\":\"\",\"waiting_for\":null,"
                        "\"turn_started_at\":\"2026-11-22T18:33:50.123Z\",\"last_seq\":1,"
                        "\"metadata\":{}");
    struct mu_rec_message m = messages[0];
    m.streaming = true;
    assert_int_equal(mu_rec_diff(&mu_message_desc, &messages[0], &m), MU_HAS(message, streaming));
    mu_buf_release(&out);
    free(copy);
}

static void is_refused(const struct mu_rec_desc *desc, const char *text, const char *word)
{
    struct mu_rec_why why = {""};
    char rec[1024] __attribute__((aligned(16)));
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    assert_int_equal(mu_rec_decode(desc, json, rec, &why), -EINVAL);
    if (!strstr(why.text, word))
        fail_msg("%s: %s", text, why.text);
    json_decref(json);
}

static void wrong_records_are_refused_with_the_field(void **state)
{
    MU_UNUSED(state);
    const struct mu_rec_desc *send = &mu_send_message_desc, *create = &mu_create_session_desc;
    const struct mu_rec_desc *update = &mu_update_session_desc, *read = &mu_mark_read_desc;
    is_refused(send, "[]", "An object");
    is_refused(send, "null", "An object");
    is_refused(send, "{\"text\":\"x\"}", "\"id\"");
    is_refused(send, "{\"id\":null,\"text\":\"x\"}", "\"id\"");
    is_refused(send, "{\"id\":7,\"text\":\"x\"}", "\"id\" must be a string");
    is_refused(send, "{\"id\":\"a\\u0000b\",\"text\":\"x\"}", "NUL");
    is_refused(create, "{\"agent\":\"x\",\"options\":[]}", "\"options\" must be an object");
    is_refused(create, "{\"agent\":\"x\",\"name\":null}", "\"name\"");
    is_refused(update, "{\"archived\":1}", "\"archived\" must be true or false");
    is_refused(read, "{\"seq\":1.5}", "\"seq\" must be a whole number");
    is_refused(read, "{\"seq\":\"1\"}", "\"seq\" must be a whole number");
    is_refused(&mu_join_params_desc, "{\"since\":{\"epoch\":\"e\"}}", "\"rev\"");
    is_refused(&mu_join_params_desc, "{\"since\":7}", "An object");
    is_refused(&mu_queued_prompt_desc,
               "{\"id\":\"a\",\"text\":\"\",\"position\":1,\"created_at\":\"now\"}",
               "\"created_at\" must be a time");
    /* What was allocated before the fault is freed: the sanitizer watches. */
    is_refused(&mu_session_desc, "{\"id\":\"a\",\"metadata\":{\"x\":1},\"project_id\":2}",
               "\"project_id\"");
}

static void optional_fields_say_whether_they_were_there(void **state)
{
    MU_UNUSED(state);
    struct mu_rec_create_session rec;
    struct mu_rec_why why;
    json_t *json = json_loads("{\"agent\":\"x\",\"options\":null,\"unknown\":[1]}", 0, NULL);
    assert_int_equal(mu_rec_decode(&mu_create_session_desc, json, &rec, &why), 0);
    assert_true(rec.has & MU_HAS(create_session, options));
    assert_false(rec.has & MU_HAS(create_session, name));
    assert_null(rec.options);
    assert_null(rec.name);
    mu_rec_clear(&mu_create_session_desc, &rec);
    json_decref(json);
}

static void codes_have_names_and_statuses(void **state)
{
    MU_UNUSED(state);
    assert_string_equal(mu_code_name(MU_CODE_SESSION_NOT_FOUND), "SESSION_NOT_FOUND");
    assert_int_equal(mu_code_status(MU_CODE_SESSION_NOT_FOUND), 404);
    assert_int_equal(mu_code_status(MU_CODE_STORE_FULL), 507);
    for (int code = MU_CODE_OK + 1; code < MU_CODE_END; code++) {
        const char *text = mu_code_text((enum mu_code)code);
        assert_in_range(mu_code_status((enum mu_code)code), 400, 599);
        assert_int_equal(text[strlen(text) - 1], '.');
    }
    char topic[MU_TOPIC_SIZE];
    mu_channel_session("s-1", topic);
    assert_string_equal(topic, "session:s-1");
    assert_string_equal(mu_routes[MU_ROUTE_cancel_session].method, "POST");
    assert_string_equal(mu_routes[MU_ROUTE_cancel_session].path, "/api/sessions/:id/cancel");
}

static const char *ts_name(const char *record)
{
#define RECORD_BEGIN(name, ts)                                                                     \
    if (mu_str_eq(record, #name))                                                                  \
        return #ts;
#define FIELD(rec, member, json, kind, flags, of)
#define RECORD_END(name, ts)
#include "protocol/protocol.def"
    return "";
}

static int print(void)
{
    struct mu_buf out = {0};
    mu_buf_str(&out, "{\n  \"about\": \"Samples of every record of the protocol, read by the C "
                     "tests (test/unit/wire/test_records.c) and the TypeScript tests. record: "
                     "its name in protocol.def; type: in generated.ts; json: as it goes over the "
                     "wire.\",\n  \"records\": [\n");
    for (size_t i = 0; i < MU_COUNT(samples); i++) {
        mu_buf_printf(&out,
                      "%s    {\"record\": \"%s\", \"type\": \"%s\", \"json\": ", i ? ",\n" : "",
                      samples[i].record, ts_name(samples[i].record));
        mu_rec_encode(&out, samples[i].desc, samples[i].rec);
        mu_buf_char(&out, '}');
    }
    mu_buf_str(&out, "\n  ]\n}\n");
    fwrite(out.data, 1, out.len, stdout);
    mu_buf_release(&out);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && mu_str_eq(argv[1], "--print"))
        return print();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_encoder_gives_the_golden_text),
        cmocka_unit_test(every_record_has_a_sample),
        cmocka_unit_test(what_clients_send_is_decoded),
        cmocka_unit_test(a_clone_is_whole_and_apart),
        cmocka_unit_test(every_word_of_every_enum_comes_back),
        cmocka_unit_test(a_difference_names_the_fields),
        cmocka_unit_test(wrong_records_are_refused_with_the_field),
        cmocka_unit_test(optional_fields_say_whether_they_were_there),
        cmocka_unit_test(codes_have_names_and_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
