/*
 * What a person calls a browser: "Firefox on Linux", from its User-Agent.
 *
 * Layer: server. Pure; any thread.
 */
#ifndef MU_SERVER_USER_AGENT_H
#define MU_SERVER_USER_AGENT_H

#include "base/base.h"

enum { MU_USER_AGENT_SIZE = 64 };

/* user_agent NULL, or one that tells nothing: "A browser". Another program is called by the first
 * word that it says of itself. Letters, digits, spaces and marks of ASCII alone. */
void mu_user_agent_name(const char *user_agent, char out[MU_USER_AGENT_SIZE]);

#endif
