/* script.h: is the adapter's program a script that the kernel can't start? */
#ifndef CHECK_SCRIPT_H
#define CHECK_SCRIPT_H

#include <stdbool.h>

/* Looks for `name` as execvp(3) does and reads its beginning. True: it is text without an interpreter line, which
 * execvp(3) gives to /bin/sh. */
bool check_is_bare_script(const char *name);

#endif
