#include <stdio.h>
#include <string.h>

#include "agent/codex.h"

/* The answers of the handshake: who talks with whom, and about which conversation. */

static void not_understood(const struct mu_codex_line *l)
{
    l->codex->phase = MU_CODEX_AGREED;
    mu_codex_end_turn(
        l, MU_TURN_ERROR,
        "codex did not say the id of the conversation. Update codex, or muster: they may not "
        "fit together.");
}

static void go_on(const struct mu_codex_line *l)
{
    struct mu_buf bytes = {0};
    mu_codex_go_on(l->codex, &bytes);
    mu_codex_send(l, &bytes);
}

void mu_codex_greeted(const struct mu_codex_line *l, const struct mu_rpc_message *m)
{
    struct mu_buf bytes = {0};
    if (m->kind == MU_RPC_ERROR) {
        l->codex->phase = MU_CODEX_NEW;
        mu_codex_refused(l, "to work with muster", m->body);
        return;
    }
    l->codex->phase = MU_CODEX_AGREED;
    mu_rpc_notify(&bytes, false, "initialized", NULL);
    mu_codex_go_on(l->codex, &bytes);
    mu_codex_send(l, &bytes);
}

static bool is_unknown_thread(const json_t *error)
{
    static const char *const words[] = {"no rollout found", "not found", "invalid thread id",
                                        "no thread"};
    const char *message = mu_json_str(error, "message");
    for (size_t i = 0; message && i < MU_COUNT(words); i++)
        if (strstr(message, words[i]))
            return true;
    return false;
}

static void forget_thread(const struct mu_codex_line *l)
{
    struct mu_codex *c = l->codex;
    mu_codex_notice(l,
                    "codex does not know the former conversation any more (it may have been "
                    "deleted). A new one was begun: it does not remember what was said above.",
                    false);
    c->thread[0] = '\0';
    c->phase = MU_CODEX_AGREED;
    go_on(l);
}

static void note_base(struct mu_codex *c, const json_t *result)
{
    static const char *const keys[][2] = {{"model", "model"},
                                          {"approvalPolicy", "approvalPolicy"},
                                          {"sandboxPolicy", "sandbox"},
                                          {"effort", "reasoningEffort"}};
    json_decref(c->base);
    c->base = json_object();
    for (size_t i = 0; i < MU_COUNT(keys); i++)
        if (json_object_get(result, keys[i][1]))
            json_object_set(c->base, keys[i][0], json_object_get(result, keys[i][1]));
}

void mu_codex_thread(const struct mu_codex_line *l, const struct mu_rpc_message *m)
{
    struct mu_codex *c = l->codex;
    bool resumes = c->phase == MU_CODEX_RESUMES;
    const json_t *thread = json_object_get(m->body, "thread");
    char id[MU_CODEX_ID];
    if (m->kind == MU_RPC_ERROR && resumes && is_unknown_thread(m->body)) {
        forget_thread(l);
        return;
    }
    if (m->kind == MU_RPC_ERROR) {
        c->phase = MU_CODEX_AGREED;
        mu_codex_refused(l, resumes ? "to go on with the conversation" : "to begin a conversation",
                         m->body);
        return;
    }
    if (!mu_codex_id(id, mu_json_str(thread, "id"))) {
        not_understood(l);
        return;
    }
    if (resumes && strcmp(id, c->thread) != 0)
        mu_codex_notice(l,
                        "codex went on with another conversation than the former one: it may not "
                        "remember what was said above.",
                        false);
    if (strcmp(id, c->thread) != 0)
        mu_codex_emit(l, (struct mu_agent_event){.kind = MU_AG_CLI_SESSION, .id = id});
    snprintf(c->thread, sizeof c->thread, "%s", id);
    c->phase = MU_CODEX_READY;
    c->resumed = resumes;
    note_base(c, m->body);
    mu_codex_note_title(l, mu_json_str(thread, "name"));
    mu_codex_note_model(l, mu_codex_model(c));
    if (c->cancelling)
        mu_codex_end_turn(l, MU_TURN_CANCELLED, NULL);
    else
        go_on(l);
}
