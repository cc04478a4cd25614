#include "hold/spec.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static bool valid(const struct mu_hold_spec *s)
{
    if (!s->run || !mu_id_valid(s->run) || !s->argv || !s->argv[0] || !s->argv[0][0])
        return false;
    if (!s->cwd || s->cwd[0] != '/')
        return false;
    for (size_t i = 0; i < s->n_env; i++) {
        const char *name = s->env[i].name;
        if (!name || !name[0] || strchr(name, '='))
            return false;
    }
    return true;
}

static int put_string(struct mu_buf *b, const char *s)
{
    if (s && !mu_utf8_valid(s, strlen(s)))
        return MU_EUTF8;
    mu_buf_json(b, s);
    return 0;
}

int mu_hold_spec_put(struct mu_buf *b, const struct mu_hold_spec *spec)
{
    if (!valid(spec))
        return -EINVAL;

    int rc;
    mu_buf_str(b, "{\"run\":");
    mu_buf_json(b, spec->run);
    mu_buf_str(b, ",\"argv\":[");
    for (size_t i = 0; spec->argv[i]; i++) {
        if (i)
            mu_buf_char(b, ',');
        if ((rc = put_string(b, spec->argv[i])))
            return rc;
    }
    mu_buf_str(b, "],\"env\":{");
    for (size_t i = 0; i < spec->n_env; i++) {
        if (i)
            mu_buf_char(b, ',');
        if ((rc = put_string(b, spec->env[i].name)))
            return rc;
        mu_buf_char(b, ':');
        if ((rc = put_string(b, spec->env[i].value)))
            return rc;
    }
    mu_buf_str(b, "},\"cwd\":");
    if ((rc = put_string(b, spec->cwd)))
        return rc;
    mu_buf_printf(b, ",\"stdin\":\"%s\"%s}", spec->stdin_pipe ? "pipe" : "null",
                  spec->one_output ? ",\"stderr\":\"stdout\"" : "");
    return 0;
}

static int get_argv(json_t *array, struct mu_hold_spec *spec)
{
    size_t n = json_array_size(array);
    const char **argv = mu_alloc((n + 1) * sizeof *argv);
    spec->argv = argv;
    for (size_t i = 0; i < n; i++) {
        argv[i] = json_string_value(json_array_get(array, i));
        if (!argv[i])
            return MU_ECORRUPT;
    }
    return 0;
}

static int get_env(json_t *object, struct mu_hold_spec *spec)
{
    struct mu_hold_env *env = mu_alloc((json_object_size(object) + 1) * sizeof *env);
    const char *name;
    json_t *value;
    spec->env = env;
    json_object_foreach(object, name, value)
    {
        if (!json_is_string(value) && !json_is_null(value))
            return MU_ECORRUPT;
        env[spec->n_env++] = (struct mu_hold_env){name, json_string_value(value)};
    }
    return 0;
}

int mu_hold_spec_get(const char *data, size_t n, struct mu_hold_spec_owned *out)
{
    json_t *doc = json_loadb(data, n, JSON_REJECT_DUPLICATES, NULL);
    const char *in = json_string_value(json_object_get(doc, "stdin"));

    memset(out, 0, sizeof *out);
    out->json = doc;
    out->spec.run = json_string_value(json_object_get(doc, "run"));
    out->spec.cwd = json_string_value(json_object_get(doc, "cwd"));
    out->spec.stdin_pipe = mu_str_eq(in, "pipe");
    out->spec.one_output = mu_str_eq(json_string_value(json_object_get(doc, "stderr")), "stdout");
    if ((out->spec.stdin_pipe || mu_str_eq(in, "null")) &&
        get_argv(json_object_get(doc, "argv"), &out->spec) == 0 &&
        get_env(json_object_get(doc, "env"), &out->spec) == 0 && valid(&out->spec))
        return 0;
    mu_hold_spec_release(out);
    return MU_ECORRUPT;
}

void mu_hold_spec_release(struct mu_hold_spec_owned *s)
{
    free((void *)s->spec.argv);
    free((void *)s->spec.env);
    json_decref(s->json);
    memset(s, 0, sizeof *s);
}
