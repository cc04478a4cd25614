#include "server/user_agent.h"

#include <stdio.h>
#include <string.h>

struct mark {
    const char *mark, *name;
};

/* In the order in which they are looked for: most say that they are Chrome and Safari, too. */
static const struct mark browsers[] = {
    {"Edg/", "Edge"},          {"EdgA/", "Edge"},
    {"EdgiOS/", "Edge"},       {"OPR/", "Opera"},
    {"Vivaldi/", "Vivaldi"},   {"SamsungBrowser/", "Samsung Internet"},
    {"Firefox/", "Firefox"},   {"FxiOS/", "Firefox"},
    {"CriOS/", "Chrome"},      {"HeadlessChrome/", "Chrome"},
    {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"},
    {"Safari/", "Safari"},
};

static const struct mark systems[] = {
    {"iPhone", "iPhone"},   {"iPad", "iPad"},       {"Android", "Android"}, {"CrOS", "ChromeOS"},
    {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Mac OS X", "macOS"},  {"Linux", "Linux"},
    {"FreeBSD", "FreeBSD"}, {"OpenBSD", "OpenBSD"}, {"X11", "Unix"},
};

static const char *find(const struct mark *marks, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, marks[i].mark))
            return marks[i].name;
    return NULL;
}

void mu_user_agent_name(const char *user_agent, char out[MU_USER_AGENT_SIZE])
{
    const char *text = user_agent ? user_agent : "";
    const char *browser = find(browsers, MU_COUNT(browsers), text);
    const char *system = find(systems, MU_COUNT(systems), text);
    char word[32];
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    if (!browser && n > 0 && n < sizeof word && strncmp(text, "Mozilla", 7) != 0) {
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        browser = word;
    }
    snprintf(out, MU_USER_AGENT_SIZE, "%s%s%s", browser ? browser : "A browser",
             system ? " on " : "", system ? system : "");
}
