/* again.h: what the broken manager does wrong with a frame because of what came before it, or because it ended
 * early. */
#ifndef BROKEN_AGAIN_H
#define BROKEN_AGAIN_H

#include "state.h"

/* Under the lock, before the frame is handled: its payload may become another frame's. */
void make_stale(manager *m, frame *f);
/* Under the lock, after make_stale: is the frame finished? Such a task is acknowledged, or refused. */
typedef enum wire_task { WIRE_TASK_FINE, WIRE_TASK_DROPPED, WIRE_TASK_REFUSED, WIRE_TASK_CLOSES } wire_task;
wire_task look_at_task(const frame *f);
bool is_counted(const frame *f);
/* Under the lock: the stream has ended inside this frame. */
void take_partial(manager *m, connection *c, const frame *f);

#endif
