/* explore.h: plays random sessions; a failing one is shrunk to a case that anyone can play again. */
#ifndef CHECK_EXPLORE_H
#define CHECK_EXPLORE_H

#include "suite/options.h"

/* Prints its report and returns the exit status, as check_run does. */
int check_explore(const check_options *options);

#endif
