/* pair.h: `undr-check pair`: the manager of one implementation and the workers of another, judged by the watch. */
#ifndef PAIR_PAIR_H
#define PAIR_PAIR_H

#include "suite/options.h"

/* Prints what it has to say, and answers the exit status. */
int check_pair(const check_options *options);

#endif
