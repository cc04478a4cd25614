#include "agent/agents_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jsontext.h"

enum { NOWHERE = -1, STEPS_MAX = 4, KEY_MAX = 256 };

/* One step into the document: a member, or an item of an array. */
struct step {
    const char *key; /* NULL: item */
    size_t item;
};

struct reader {
    const char *path, *text;
    size_t n;
    struct mu_buf *why;
    struct step at[STEPS_MAX]; /* where it is: depth steps */
    size_t depth;
};

/* ---- the line of a value ---- */

static bool is_key(const char *begin, const char *end, const char *key)
{
    char text[KEY_MAX];
    return mu_jsontext_string(begin, (size_t)(end - begin), text, sizeof text) == 0 &&
           strcmp(text, key) == 0;
}

/* Moves t to the value of the step; the beginning of its key or of itself, or NULL. */
static const char *step_into(struct mu_jsontext *t, const struct step *step)
{
    const char *begin;
    if (!mu_jsontext_take(t, step->key ? '{' : '['))
        return NULL;
    for (size_t i = 0;; i++) {
        if (!step->key && i == step->item)
            return mu_jsontext_ended(t) ? NULL : t->p;
        if (step->key) {
            if (mu_jsontext_value(t, 0, &begin))
                return NULL;
            const char *end = t->p;
            if (!mu_jsontext_take(t, ':'))
                return NULL;
            if (is_key(begin, end, step->key))
                return begin;
        }
        if (mu_jsontext_value(t, MU_JSONTEXT_DEPTH_MAX, &begin) || !mu_jsontext_take(t, ','))
            return NULL;
    }
}

static int line_of(const struct reader *r)
{
    struct mu_jsontext t = {r->text, r->text + r->n};
    const char *place = mu_jsontext_ended(&t) ? NULL : t.p;
    for (size_t i = 0; place && i < r->depth; i++)
        place = step_into(&t, &r->at[i]);
    int line = 1;
    for (const char *p = r->text; place && p < place; p++)
        line += *p == '\n';
    return place ? line : NOWHERE;
}

static MU_PRINTF(2, 3) bool fail(const struct reader *r, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    int line = line_of(r);
    mu_buf_str(r->why, r->path);
    if (line != NOWHERE)
        mu_buf_printf(r->why, ":%d", line);
    mu_buf_printf(r->why, ": %s", text);
    return false;
}

static void enter_key(struct reader *r, const char *key)
{
    r->at[r->depth++] = (struct step){.key = key};
}

static void enter_item(struct reader *r, size_t item)
{
    r->at[r->depth++] = (struct step){.item = item};
}

/* ---- words ---- */

static bool has_control(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    return false;
}

/* The member as a text of 1..max bytes on one line; false: a sentence was said. */
static bool read_word(struct reader *r, const json_t *entry, const char *key, size_t max,
                      const char **out)
{
    const json_t *value = json_object_get(entry, key);
    const char *text = json_string_value(value);
    bool good = true;
    if (!value)
        return true;
    enter_key(r, key);
    if (!text || !*text || strlen(text) > max || has_control(text))
        good = fail(r, "\"%s\" must be a text of 1 to %zu bytes without control characters.", key,
                    max);
    else
        *out = text;
    r->depth--;
    return good;
}

static bool is_id(const char *s)
{
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return s && *s && *s != '.' && *s != '-' && *s != '_' && s[strspn(s, more)] == '\0';
}

static bool read_id(struct reader *r, const json_t *entry, const struct mu_agents_file *file,
                    const char **id)
{
    if (!json_object_get(entry, "id"))
        return fail(r, "an agent needs an \"id\".");
    if (!read_word(r, entry, "id", MU_AGENTS_FILE_ID, id))
        return false;
    enter_key(r, "id");
    if (!is_id(*id))
        return fail(r, "\"id\" may have letters, digits, \"_\", \".\" and \"-\", and begins with a "
                       "letter or a digit.");
    for (size_t i = 0; i < file->n; i++)
        if (strcmp(file->agents[i].id, *id) == 0)
            return fail(r, "there is another agent with the id \"%s\".", *id);
    r->depth--;
    return true;
}

static bool read_dialect(struct reader *r, const json_t *entry, struct mu_agent *agent)
{
    const json_t *value = json_object_get(entry, "dialect");
    const char *id = json_string_value(value);
    if (!value && agent->dialect)
        return true;
    if (value)
        enter_key(r, "dialect");
    agent->dialect = id ? mu_dialect_find(id) : NULL;
    if (!agent->dialect) {
        struct mu_buf all = {0};
        for (size_t i = 0; mu_dialect_at(i); i++)
            mu_buf_printf(&all, "%s%s", i ? ", " : "", mu_dialect_at(i)->id);
        fail(r, "%s\"dialect\" must be one of %s.",
             value ? "" : "an agent needs a dialect: ", all.data);
        mu_buf_release(&all);
        return false;
    }
    r->depth--;
    return true;
}

static bool read_command(struct reader *r, const json_t *entry, struct mu_agent *agent)
{
    const char *command = NULL;
    if (!read_word(r, entry, "command", MU_AGENTS_FILE_COMMAND, &command))
        return false;
    if (!command)
        return agent->program || fail(r, "an agent needs a \"command\".");
    enter_key(r, "command");
    if (strchr(command, '/') && *command != '/')
        return fail(r, "\"command\" must be the name of a program in PATH, or a path that begins "
                       "with \"/\".");
    agent->program = command;
    agent->program_env = NULL;
    r->depth--;
    return true;
}

/* ---- lists ---- */

static bool read_args(struct reader *r, const json_t *entry, struct mu_agent *agent)
{
    const json_t *value = json_object_get(entry, "args");
    size_t n = json_array_size(value);
    if (!value)
        return true;
    enter_key(r, "args");
    if (!json_is_array(value) || n > MU_AGENTS_FILE_ARGS)
        return fail(r, "\"args\" must be a list of at most %d texts.", MU_AGENTS_FILE_ARGS);
    const char **args = mu_alloc((n + 1) * sizeof *args);
    agent->args = args;
    for (size_t i = 0; i < n; i++) {
        args[i] = json_string_value(json_array_get(value, i));
        if (args[i] && strlen(args[i]) <= MU_AGENTS_FILE_VALUE)
            continue;
        args[i] = NULL;
        enter_item(r, i);
        return fail(r, "an argument must be a text of at most %d bytes.", MU_AGENTS_FILE_VALUE);
    }
    r->depth--;
    return true;
}

static const char *wrong_variable(const char *name, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!*name || strlen(name) > MU_AGENTS_FILE_WORD || strchr(name, '=') || has_control(name))
        return "the name of a variable has 1 to 64 bytes, no \"=\" and no control characters.";
    if (strncmp(name, "MUSTER_", 7) == 0)
        return "variables that begin with MUSTER_ are muster's own.";
    if (!json_is_null(value) && (!text || strlen(text) > MU_AGENTS_FILE_VALUE))
        return "a variable must be a text of at most 16384 bytes, or null to take it away.";
    return NULL;
}

static bool read_env(struct reader *r, const json_t *entry, struct mu_agent *agent)
{
    json_t *all = json_object_get(entry, "env"), *value;
    size_t n = json_object_size(all);
    const char *name, *wrong;
    if (!all)
        return true;
    enter_key(r, "env");
    if (!json_is_object(all) || n > MU_AGENTS_FILE_ENV)
        return fail(r, "\"env\" must be an object of at most %d variables.", MU_AGENTS_FILE_ENV);
    struct mu_hold_env *env = mu_alloc((n + 1) * sizeof *env);
    agent->env = env;
    agent->n_env = 0;
    json_object_foreach(all, name, value)
    {
        if ((wrong = wrong_variable(name, value))) {
            enter_key(r, name);
            return fail(r, "%s", wrong);
        }
        env[agent->n_env++] = (struct mu_hold_env){name, json_string_value(value)};
    }
    r->depth--;
    return true;
}

/* ---- an agent, the document ---- */

static bool check_members(struct reader *r, const json_t *object, const char *const *known,
                          const char *where)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (known[i])
            continue;
        enter_key(r, key);
        return fail(r, "\"%.100s\" is not a member of %s.", key, where);
    }
    return true;
}

/* An agent of the same id and dialect that muster brings is where an entry begins. */
static void begin(const json_t *entry, const char *id, struct mu_agent *agent)
{
    const struct mu_agent *own = mu_agent_builtin(id);
    const char *dialect = json_string_value(json_object_get(entry, "dialect"));
    *agent = (struct mu_agent){.id = id};
    if (own && (!dialect || strcmp(dialect, own->dialect->id) == 0))
        *agent = *own;
    agent->id = id;
    if (!agent->name)
        agent->name = own ? own->name : id;
    if (!agent->icon && own)
        agent->icon = own->icon;
    if (!agent->how_to_get)
        agent->how_to_get = "Put its folder in PATH, or give its whole path in " MU_AGENTS_FILE_NAME
                            ", and start muster again.";
}

static bool read_agent(struct reader *r, const json_t *entry, struct mu_agents_file *file)
{
    static const char *const members[] = {"id",      "name", "command", "args",       "env",
                                          "dialect", "icon", "version", "how_to_get", NULL};
    struct mu_agent *agent = &file->agents[file->n];
    const char *id = NULL;
    if (!json_is_object(entry))
        return fail(r, "an agent must be an object.");
    if (!check_members(r, entry, members, "an agent") || !read_id(r, entry, file, &id))
        return false;
    begin(entry, id, agent);
    const struct mu_agent was = *agent;
    bool good = read_word(r, entry, "name", MU_AGENTS_FILE_NAME_BYTES, &agent->name) &&
                read_word(r, entry, "icon", MU_AGENTS_FILE_WORD, &agent->icon) &&
                read_word(r, entry, "version", MU_AGENTS_FILE_WORD, &agent->version) &&
                read_word(r, entry, "how_to_get", MU_AGENTS_FILE_SENTENCE, &agent->how_to_get) &&
                read_dialect(r, entry, agent) && read_command(r, entry, agent) &&
                read_args(r, entry, agent) && read_env(r, entry, agent);
    if (good) {
        file->n++;
        return true;
    }
    if (agent->args != was.args)
        free((void *)agent->args);
    if (agent->env != was.env)
        free((void *)agent->env);
    return false;
}

static bool read_document(struct reader *r, const json_t *json, struct mu_agents_file *file)
{
    static const char *const members[] = {"agents", NULL};
    if (!json_is_object(json))
        return fail(r, "the file must be an object: {\"agents\": [...]}.");
    if (!check_members(r, json, members, "the file"))
        return false;
    const json_t *list = json_object_get(json, "agents");
    if (list)
        enter_key(r, "agents");
    size_t n = json_array_size(list);
    if (!json_is_array(list))
        return fail(r, "the file needs \"agents\", a list.");
    if (n > MU_AGENTS_FILE_AGENTS)
        return fail(r, "there are %zu agents; at most %d are allowed.", n, MU_AGENTS_FILE_AGENTS);
    file->agents = mu_alloc((n + 1) * sizeof *file->agents);
    for (size_t i = 0; i < n; i++) {
        enter_item(r, i);
        if (!read_agent(r, json_array_get(list, i), file))
            return false;
        r->depth--;
    }
    return true;
}

int mu_agents_file_parse(const char *path, const char *text, size_t n, struct mu_agents_file **out,
                         struct mu_buf *why)
{
    struct reader r = {.path = path, .text = text, .n = n, .why = why};
    json_error_t error;
    *out = NULL;
    if (n > MU_AGENTS_FILE_BYTES) {
        mu_buf_printf(why, "%s: the file is larger than %d bytes.", path, MU_AGENTS_FILE_BYTES);
        return MU_EPROTO;
    }
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json) {
        mu_buf_printf(why, "%s:%d: the file is not valid JSON: %s.", path,
                      error.line > 0 ? error.line : 1, error.text);
        return MU_EPROTO;
    }
    struct mu_agents_file *file = mu_alloc(sizeof *file);
    file->json = json;
    if (!read_document(&r, json, file)) {
        mu_agents_file_free(file);
        return MU_EPROTO;
    }
    *out = file;
    return 0;
}

void mu_agents_file_free(struct mu_agents_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->n; i++) {
        const struct mu_agent *own = mu_agent_builtin(file->agents[i].id);
        if (!own || file->agents[i].args != own->args)
            free((void *)file->agents[i].args);
        if (!own || file->agents[i].env != own->env)
            free((void *)file->agents[i].env);
    }
    free(file->agents);
    json_decref(file->json);
    free(file);
}
