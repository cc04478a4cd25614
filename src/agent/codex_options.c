#include <string.h>

#include "agent/codex.h"

/* A session's options: they go with each turn. */

enum { OPTION_MODEL, OPTION_APPROVAL, OPTION_SANDBOX, OPTION_EFFORT, OPTIONS };

static const char *const approvals[] = {"untrusted", "on-request", "never", NULL};
static const char *const sandboxes[] = {"read-only", "workspace-write", "danger-full-access", NULL};

/* An option's name, its name in turn/start, and the words it may have; NULL: a name. */
static const struct {
    const char *key;
    const char *param;
    const char *const *words;
    const char *wrong;
} known[OPTIONS] = {
    {"model", "model", NULL,
     "The option \"model\" must be the name of a model: at most 100 letters, digits and "
     "._:@/[]-"},
    {"approval", "approvalPolicy", approvals,
     "The option \"approval\" must be one of untrusted, on-request, never."},
    {"sandbox", "sandboxPolicy", sandboxes,
     "The option \"sandbox\" must be one of read-only, workspace-write, danger-full-access."},
    {"effort", "effort", NULL,
     "The option \"effort\" must be a word that codex knows: low, medium, high, …"},
};

static bool is_name(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._:@/[]-";
    size_t n = word ? strlen(word) : 0;
    return n > 0 && n <= 100 && word[0] != '-' && strspn(word, letters) == n;
}

static bool is_option(size_t i, const json_t *value)
{
    const char *word = json_string_value(value);
    if (!known[i].words)
        return is_name(word);
    for (size_t k = 0; word && known[i].words[k]; k++)
        if (strcmp(word, known[i].words[k]) == 0)
            return true;
    return false;
}

const char *mu_codex_check_options(const json_t *options)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)options, key, value)
    {
        size_t i = 0;
        while (i < OPTIONS && strcmp(key, known[i].key) != 0)
            i++;
        if (i == OPTIONS)
            return "The options of a codex session are \"model\", \"approval\", \"sandbox\" and "
                   "\"effort\".";
        if (!is_option(i, value))
            return known[i].wrong;
    }
    return NULL;
}

/* The policy of a word: codex's own where it has that one, for what the user's settings add. */
static json_t *sandbox_policy(const struct mu_codex *c, const char *word)
{
    json_t *own = json_object_get(c->base, "sandboxPolicy");
    const char *type = mu_str_eq(word, "read-only")         ? "readOnly"
                       : mu_str_eq(word, "workspace-write") ? "workspaceWrite"
                                                            : "dangerFullAccess";
    if (mu_str_eq(mu_json_str(own, "type"), type))
        return json_incref(own);
    json_t *policy = json_pack("{s:s}", "type", type);
    if (!mu_str_eq(word, "danger-full-access"))
        json_object_set_new(policy, "networkAccess", json_false());
    if (mu_str_eq(word, "workspace-write")) {
        json_object_set_new(policy, "writableRoots", json_array());
        json_object_set_new(policy, "excludeTmpdirEnvVar", json_false());
        json_object_set_new(policy, "excludeSlashTmp", json_false());
    }
    return policy;
}

void mu_codex_put_options(struct mu_codex *c, json_t *params)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        json_t *value = json_object_get(c->options, known[i].key);
        json_t *own = json_object_get(c->base, known[i].param);
        int64_t bit = (int64_t)1 << i;
        if (is_option(i, value)) {
            json_object_set_new(params, known[i].param,
                                i == OPTION_SANDBOX ? sandbox_policy(c, json_string_value(value))
                                                    : json_incref(value));
            c->overridden |= bit;
        } else if (c->overridden & bit) {
            if (own && !json_is_null(own))
                json_object_set(params, known[i].param, own);
            c->overridden &= ~bit;
        }
    }
}

const char *mu_codex_model(const struct mu_codex *c)
{
    const char *model = mu_json_str(c->options, "model");
    return model ? model : mu_json_str(c->base, "model");
}
