/* write_expect.h: a file of known failures, made from a run. */
#ifndef CHECK_WRITE_EXPECT_H
#define CHECK_WRITE_EXPECT_H

#include "report/report.h"

/* --write-expect: all failures; known reasons, and entries of cases that were not run, are kept. */
UNDR_MUST_USE undr_error check_write_expected(FILE *out, const check_session *session);

#endif
