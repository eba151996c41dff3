/* matrix.h: `undr-check matrix`: all implementations of a list against the suite, and against each other. */
#ifndef MATRIX_MATRIX_H
#define MATRIX_MATRIX_H

#include "suite/options.h"

/* Prints what it has to say, and answers the exit status. */
int check_matrix(const check_options *options);

#endif
