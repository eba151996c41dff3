/* commands.h: the commands that undr-manager reads from its standard input (spec/adapter.md). */
#ifndef PROGRAMS_COMMANDS_H
#define PROGRAMS_COMMANDS_H

#include "programs/input.h"

/* Answers commands until the input ends, SIGINT comes, or nobody reads the answers, then closes and frees the manager.
 * Returns the program's exit status. */
int commands_run(input *self, undr_process_manager *manager, unsigned priority_levels);

#endif
