/* printer - an agent that prints: LINES lines of text, so many a second, each with its number.
 *
 *     printer LINES PER_SECOND
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    long lines = argc > 1 ? atol(argv[1]) : 10, rate = argc > 2 ? atol(argv[2]) : 20;
    struct timespec pause = {.tv_sec = 0, .tv_nsec = 1000000000L / (rate > 1 ? rate : 2)};
    for (long i = 0; i < lines; i++) {
        printf("line %ld of what an agent has to say while it works\n", i);
        fflush(stdout);
        nanosleep(&pause, NULL);
    }
    return 0;
}
