/* command.h: `undr-check watch`. */
#ifndef WATCH_COMMAND_H
#define WATCH_COMMAND_H

/* argv[0] is "watch". Answers an exit status. */
int watch_command(int argc, char **argv);

#endif
