/* probe.h: the task type undr_conformance.Probe, which the conformance suite makes workers run (spec/adapter.md).
 *
 * Its state is {'steps': [...]}; each step is a tuple:
 *   ('message', value)            sends value to the inbox
 *   ('schedule', task[, p])       schedules a task of any class with priority p, default 1
 *   ('raise', text)               fails with RuntimeError(text)
 *   ('wait', port)                connects to 127.0.0.1:port and reads to the end of the stream
 *   ('sleep', seconds)            int or float, at most 1,000,000
 *   ('pid',)                      sends the message ('pid', own process id)
 *   ('exit', status)              ends the process, 0..255
 * Any other step, and a malformed one, fails with a ValueError that names it; so does a Probe of more than 1,000,000
 * steps, before the first. While it waits or sleeps, and now and then between steps, the end of the connection to the
 * manager ends it (WORK-17). */
#ifndef PROGRAMS_PROBE_H
#define PROGRAMS_PROBE_H

#include "undr/task.h"

#define PROBE_CLASS "undr_conformance.Probe"

/* The registry of both reference programs: Probe (and Chain, always there), no session. Lives for ever. */
const undr_registry *probe_registry(void);

/* The run function of it, for a registry that has more types. */
undr_error probe_run(
    const undr_registry *registry, const undr_value *task, void *session, undr_manager *manager, undr_failure *failure);

#endif
