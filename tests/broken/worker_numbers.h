/* worker_numbers.h: priorities that a broken worker schedules with, beside those that it was given. */
#ifndef BROKEN_WORKER_NUMBERS_H
#define BROKEN_WORKER_NUMBERS_H

#include "pickle.h"

/* *priority: what the given value is read as. False: the worker leaves. */
bool odd_priority(const val *given, long long *priority);

#endif
