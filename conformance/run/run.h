/* run.h: a run from its options to its reports and its exit status. */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include "base/written.h"
#include "report/report.h"
#include "run/signals.h"

/* Each prints what it has to say and answers the exit status. */
int check_run(const check_options *options);
int check_run_list(const check_options *options);
int check_run_parse(const check_options *options);

/* What follows a run while its session is still there. Not UNDR_OK: the harness failed, and *message may say in which
 * way, or was interrupted. */
typedef undr_error check_run_ended(
    void *context, const check_session *session, const check_signals *signals, undr_buffer *message);
/* Runs the cases of `suite`, all of them its caller's. `ended` may be NULL. */
int check_run_suite(const check_options *options, const check_suite *suite, check_run_ended *ended, void *context);
/* What is known of the target before it is measured. */
check_setting check_run_setting(const check_options *options);
/* The seed that was given, or a new one. */
uint64_t check_run_seed(const check_options *options);

#endif
