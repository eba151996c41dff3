/* command.h: `undr-check watch`. */
#ifndef WATCH_COMMAND_H
#define WATCH_COMMAND_H

#include "watch/arguments.h"
#include "watch/tell.h"

/* page: writes --html. Returns an exit status. */
int watch_command(const watch_arguments *arguments, watch_page *page);

#endif
