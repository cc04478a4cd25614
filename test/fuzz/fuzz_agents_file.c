/* Any bytes as the agents file: no crash, a sentence for what is refused, and what is taken keeps
 * what the runner counts on. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agents_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct mu_agent *a)
{
    struct mu_buf spec = {0};
    struct mu_agent_start start = {.run_id = "r",
                                   .program = a->program,
                                   .args = a->args,
                                   .env = a->env,
                                   .n_env = a->n_env,
                                   .cwd = "/",
                                   .prompt = "x"};
    if (!a->id || !a->name || !a->dialect || !a->program || !a->how_to_get)
        abort();
    if (a->dialect->spec(&start, &spec))
        abort();
    mu_buf_release(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mu_agents_file *file;
    struct mu_buf why = {0};
    int rc = mu_agents_file_parse("agents.json", (const char *)data, size, &file, &why);
    if ((rc != 0) != (why.len > 0) || (rc != 0) != (file == NULL))
        abort();
    for (size_t i = 0; file && i < file->n; i++)
        check(&file->agents[i]);
    mu_agents_file_free(file);
    mu_buf_release(&why);
    return 0;
}
