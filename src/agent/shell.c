#include <stdlib.h>

#include "agent/plain.h"

/* COMMAND ARGS... -c -- PROMPT, stdin /dev/null; stdout and stderr are the answer. */

static const char *check_options(const json_t *options)
{
    return json_object_size(options) == 0 ? NULL : "The shell agent has no options.";
}

static int spec(const struct mu_agent_start *start, struct mu_buf *out)
{
    const char *argv[] = {start->program, "-c", "--", start->prompt, NULL};
    return mu_agent_put_spec(start, &(struct mu_hold_spec){.argv = argv}, out);
}

static void *shell_open(const struct mu_agent_start *start, const json_t *saved)
{
    MU_UNUSED(start);
    return mu_plain_open(saved, true);
}

static void no_input(void *state, const struct mu_agent_prompt *prompt, struct mu_buf *out)
{
    MU_UNUSED(state);
    MU_UNUSED(prompt);
    MU_UNUSED(out);
}

const struct mu_dialect mu_dialect_shell = {
    .id = "shell",
    .prompt_max = MU_LIMIT_SHELL_PROMPT_BYTES,
    .check_options = check_options,
    .spec = spec,
    .open = shell_open,
    .close = free,
    .save = mu_plain_save,
    .prompt = no_input,
    .interrupt = mu_plain_interrupt,
    .answer = mu_plain_answer,
    .feed = mu_plain_feed,
    .exited = mu_plain_exited,
};
