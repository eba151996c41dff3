/* case.h: a finding as a case of the suite. */
#ifndef WATCH_CASE_H
#define WATCH_CASE_H

#include "watch/finding.h"

/* Appends a finding as a case, where it can be one; nothing otherwise. */
UNDR_MUST_USE undr_error watch_print_case(undr_buffer *to, const watch_finding *finding, uint64_t number);

#endif
