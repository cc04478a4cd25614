#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"

static json_t *object(const char *text)
{
    json_t *json = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
    if (json_is_object(json))
        return json;
    json_decref(json);
    return json_object();
}

static char *text_of(json_t *all)
{
    char *text = json_object_size(all) ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

static bool fits(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    bool yes = text && strlen(text) <= MU_FACT_BYTES;
    free(text);
    return yes;
}

char *facts_merge(const char *metadata, const char *facts)
{
    json_t *all = object(metadata);
    json_t *more = object(facts);
    const char *key;
    json_t *value;
    json_object_foreach(more, key, value)
    {
        if (json_is_null(value))
            json_object_del(all, key);
        else if (fits(value))
            json_object_set(all, key, value);
    }
    json_decref(more);
    return text_of(all);
}

static int64_t clean(int64_t n)
{
    return n < 0 ? -1 : n > FACTS_COUNT_MAX ? FACTS_COUNT_MAX : n;
}

static void set_count(json_t *usage, json_t *total, const char *key, int64_t n)
{
    if (n < 0)
        return;
    n = clean(n);
    json_object_set_new(usage, key, json_integer(n));
    json_int_t before = clean(json_integer_value(json_object_get(total, key)));
    json_object_set_new(total, key, json_integer(clean((before > 0 ? before : 0) + n)));
}

struct mu_agent_usage facts_clean_usage(const struct mu_agent_usage *used)
{
    return (struct mu_agent_usage){.input_tokens = clean(used->input_tokens),
                                   .output_tokens = clean(used->output_tokens),
                                   .cache_read_tokens = clean(used->cache_read_tokens),
                                   .cache_write_tokens = clean(used->cache_write_tokens),
                                   .cost_microusd = clean(used->cost_microusd)};
}

/* A number that was told. */
static void set_told(json_t *object, const char *key, int64_t n)
{
    if (n >= 0)
        json_object_set_new(object, key, json_integer(clean(n)));
}

char *facts_used(const struct mu_agent_usage *used)
{
    json_t *usage = json_object();
    set_told(usage, "input_tokens", used->input_tokens);
    set_told(usage, "output_tokens", used->output_tokens);
    set_told(usage, "cache_read_tokens", used->cache_read_tokens);
    set_told(usage, "cache_write_tokens", used->cache_write_tokens);
    set_told(usage, "cost_microusd", used->cost_microusd);
    return text_of(usage);
}

char *facts_turn(const char *metadata, const struct facts_turn *turn)
{
    static const char *const outcomes[] = {
        [MU_TURN_OK] = "done", [MU_TURN_ERROR] = "error", [MU_TURN_CANCELLED] = "cancelled"};
    char started[MU_ISO_SIZE], ended[MU_ISO_SIZE];
    mu_iso_format(turn->started_at, started);
    mu_iso_format(turn->ended_at, ended);
    json_t *all = object(metadata), *row = object(turn->row_metadata), *usage = object(turn->usage);
    json_t *model = json_object_get(row, "model");
    json_t *facts = json_pack("{s:s, s:s, s:s}", "started_at", started, "ended_at", ended,
                              "outcome", outcomes[turn->outcome]);
    if (json_is_string(model))
        json_object_set(facts, "model", model);
    if (json_object_size(usage))
        json_object_set(facts, "usage", usage);
    json_object_set_new(all, "turn", facts);
    json_decref(row);
    json_decref(usage);
    return text_of(all);
}

char *facts_usage(const char *metadata, const struct mu_agent_usage *used)
{
    json_t *all = object(metadata);
    json_t *usage = json_object();
    json_t *total = json_object_get(all, "usage_total");
    if (!json_is_object(total)) {
        total = json_object();
        json_object_set_new(all, "usage_total", total);
    }
    set_count(usage, total, "input_tokens", used->input_tokens);
    set_count(usage, total, "output_tokens", used->output_tokens);
    set_count(usage, total, "cache_read_tokens", used->cache_read_tokens);
    set_count(usage, total, "cache_write_tokens", used->cache_write_tokens);
    set_count(usage, total, "cost_microusd", used->cost_microusd);
    json_object_set_new(total, "turns",
                        json_integer(json_integer_value(json_object_get(total, "turns")) + 1));
    json_object_set_new(all, "usage", usage);
    return text_of(all);
}
