/* inside.h: what the parts of the watch share. Private to the room.
 *
 * A place is a number of an event, from 1: the order in which everything was seen. */
#ifndef WATCH_INSIDE_H
#define WATCH_INSIDE_H

#include "watch/finding.h"

#include "undr/frame.h"

enum { WATCH_PRIORITIES = 128 };

#define WATCH_SECOND UINT64_C(1000000000)

/* ---- payloads ---- */

typedef enum watch_value {
    WATCH_EMPTY,
    WATCH_NONE,
    WATCH_CLOSE_REQUEST,
    WATCH_EXCEPTION, /* an undr.task.WorkerException */
    WATCH_OTHER,     /* a pickle of anything else, or one that a reader may refuse for reasons of its own */
    WATCH_NO_PICKLE, /* nobody may take it for a pickle (MSG-3) */
    WATCH_UNKNOWN    /* not seen whole, or too large to be read here */
} watch_value;

/* What a payload is; *protocol gets that of a pickle, -1: unknown. MEMORY */
UNDR_MUST_USE undr_error watch_look(undr_slice payload, undr_arena *arena, watch_value *value, int *protocol);
uint64_t watch_digest(undr_slice payload);

/* ---- frames of one direction ---- */

typedef struct watch_seen_frame {
    undr_frame frame;                 /* borrowed for the call; of a holed payload the bytes before the hole */
    uint64_t size;                    /* of the payload */
    bool holed;                       /* a part of the payload was not seen */
    uint64_t first_place, first_time; /* of its first byte */
} watch_seen_frame;

typedef struct watch_stream {
    undr_buffer rest;     /* of a frame that is not whole */
    uint64_t hole;        /* bytes of its payload that were not seen, behind those in rest */
    uint64_t behind_hole; /* bytes that came after the hole */
    uint64_t first_place, first_time;
    bool header_seen, stuck; /* stuck: nothing that follows can be read as frames */
} watch_stream;

typedef struct watch_frame_user {
    void *context;
    undr_error (*began)(void *context, uint8_t type);                 /* the first byte of a frame */
    undr_error (*header)(void *context, uint8_t type, uint64_t size); /* the header, before the payload is whole */
    undr_error (*whole)(void *context, const watch_seen_frame *frame);
} watch_frame_user;

undr_error watch_stream_take(
    watch_stream *stream, undr_slice bytes, uint64_t place, uint64_t time, const watch_frame_user *user);
/* false: it is not known any more where frames begin. */
bool watch_stream_skip(watch_stream *stream, uint64_t size);
bool watch_stream_is_inside(const watch_stream *stream);
/* The length in the header in rest; 0: that is not whole yet. */
uint64_t watch_stream_announced(const watch_stream *stream);
void watch_stream_free(watch_stream *stream); /* and back to {0} */

/* ---- tasks and requests ---- */

typedef struct watch_manager watch_manager;

/* All tasks with the same bytes. */
typedef struct watch_class {
    struct watch_class *next; /* of its bucket */
    uint64_t digest, size;
    uint64_t scheduled, out; /* how often it was seen */
    uint64_t lost;           /* how many of them a connection that ended had out: they may come again */
    struct watch_tasks {
        struct watch_task *oldest, *newest;
        size_t count;
    } asked, given; /* those that are not acknowledged yet; those that are, in the order of that */
    size_t early;   /* how many were handed out before they were acknowledged: which of those asked for, is not known */
    uint64_t settled; /* the place at which one of them was last */
    unsigned pins;    /* who holds it: its tasks, passes, doubts, graves, connections that have it out */
} watch_class;

/* A task that was scheduled and not yet seen handed out. */
typedef struct watch_task {
    struct watch_task *older, *newer;           /* of the acknowledged ones */
    struct watch_task *same_older, *same_newer; /* of its class */
    watch_class *class_;
    uint8_t priority;
    bool acknowledged, told;
    struct watch_request *asker;       /* while it waits for the acknowledgement; NULL */
    uint64_t asked, given, given_time; /* places of the last bytes of its request and of its acknowledgement */
    watch_sight request;
} watch_task;

typedef enum watch_ask { WATCH_ASK_TASK, WATCH_ASK_MESSAGE, WATCH_ASK_SCHEDULE, WATCH_ASK_BAD } watch_ask;

/* A None that was answered: from its request to its answer. */
typedef struct watch_none {
    uint64_t asked, given;
    watch_sight request, answer;
} watch_none;

typedef struct watch_request {
    struct watch_request *next;           /* on its connection */
    struct watch_request *before, *after; /* of all that ask for a task and wait, in order of place */
    watch_connection *connection;         /* NULL: its connection has ended */
    watch_ask ask;
    watch_rule bad;    /* of WATCH_ASK_BAD: what it breaks */
    watch_value value; /* of its payload */
    bool alone;        /* no other request waited, and all answers had come */
    bool done;         /* it is a `t` */
    bool settles;      /* it is one for a task that its connection had when it was sent */
    bool waits;        /* it is in the list of those that wait */
    bool told;         /* a finding was made of it already */
    uint64_t place, time, ended_place, ended_time, ended_answers;
    watch_task *task; /* of WATCH_ASK_SCHEDULE; NULL: it is not followed */
    watch_none none;  /* of the Nones given before it, the one asked for last */
    watch_sight sight;
} watch_request;

/* ---- connections ---- */

typedef enum watch_worker_state {
    WATCH_NEW,
    WATCH_IDLE,
    WATCH_ASKING,
    WATCH_RUNNING,
    WATCH_SENDING,
    WATCH_SCHEDULING,
    WATCH_FAILING, /* a wrong acknowledgement: the running task has to fail */
    WATCH_FOUL,    /* a wrong answer to `n` or `t`: it has to leave */
    WATCH_LEFT,    /* it was given CloseRequest */
    WATCH_CLUELESS /* no worker, or nothing is known of it */
} watch_worker_state;

typedef struct watch_out { /* a task that a connection has */
    watch_class *class_;   /* NULL: nobody was seen to schedule it */
    watch_sight answer;
} watch_out;

struct watch_connection {
    struct watch_connection *before, *after; /* of its manager */
    watch *owner;
    watch_manager *manager;
    uint64_t number; /* from 1 */
    char name[WATCH_NAME];
    watch_stream streams[2];
    bool ended[2], reset, foreign, judged; /* judged: its frames are known to be the protocol's */
    bool lost;                             /* it is not known where its frames begin */
    bool resumed; /* it was lost: of the requests before, nobody knows how many are still to be answered */
    bool unasked; /* its manager began to send although nothing waited */
    bool wrong;   /* the frame that spoiled it is the answer to the oldest request */
    bool spoiled; /* its answers can't be held against its requests any more */
    watch_request *oldest, *newest; /* requests that wait for their answer */
    watch_worker_state worker;
    watch_value carried; /* what its last message or task was */
    bool task_by_done, task_empty, reported;
    unsigned restless; /* Nones in a row after which it asked at once */
    uint64_t none_time, none_held;
    watch_sight last_answer;
    watch_out *outs;
    size_t out_count, out_capacity;
    size_t settled;  /* of several that are out, nobody knows which */
    size_t settling; /* requests that wait and settle one */
    uint64_t answered;
    uint64_t heard;    /* the place of what crossed last, whole up to there */
    unsigned good;     /* exchanges in a row, while it is lost */
    uint8_t good_type; /* the answer that is due, while it is lost; 0: none */
};

/* ---- managers ---- */

/* Something that is wrong unless one of the tasks was handed out twice or lay in the queue twice. */
typedef struct watch_doubt {
    struct watch_doubt *next;
    watch_finding finding;
    watch_class *classes[2];
    uint64_t place;   /* requests that were made before are still to be answered */
    bool wants_none;  /* and the queue is to be empty once behind it */
    bool certain;     /* but for what may have been lost */
    bool wants_heard; /* each connection is to be heard of behind it: nothing was lost before that had explained it */
    uint64_t none;    /* the place of that None; 0: not yet */
    watch_connection
        *holders[2]; /* a task came twice: both have to live on, as either may have been the first; NULL: of
                                     another kind */
    bool alive[2];
} watch_doubt;

/* Tasks of one priority that were handed out up to a place: the one that was scheduled last, the one asked for last. */
typedef struct watch_pass {
    uint64_t place;
    uint64_t scheduled, asked;
    watch_class *scheduled_class, *asked_class;
    watch_sight scheduled_request, scheduled_answer, asked_request, asked_answer;
} watch_pass;

typedef struct watch_passes {
    watch_pass *at;
    size_t count, capacity;
} watch_passes;

/* Tasks that were settled, the oldest first, as a ring. */
enum { WATCH_GRAVES = 16384 };
typedef struct watch_grave {
    watch_class *class_;
    uint64_t place;
} watch_grave;
typedef struct watch_graves {
    watch_grave *at; /* WATCH_GRAVES of them; NULL: none yet */
    size_t first, count;
} watch_graves;

struct watch_manager {
    struct watch_manager *next;
    watch *owner;
    char port[WATCH_NAME];
    bool retired; /* another manager may have its address now */
    bool known;   /* a connection of it was the protocol's */
    bool closing;
    bool partial; /* connections may exist that nobody has seen */
    bool none_is_task, close_is_task;
    bool unknown;  /* tasks may have been scheduled that were not seen */
    unsigned lost; /* connections of which it can't be told which answer belongs to which request */
    bool haunted;  /* a connection of that kind has ended: requests that nobody saw may be read later, and take tasks */
    uint64_t haunted_time, haunted_answers; /* since when, in time and answers */
    size_t connection_count;
    watch_connection *connections;
    watch_graves graves;
    uint64_t forgotten;          /* nothing is known of tasks that were settled before it */
    uint64_t since;              /* tasks that were scheduled before this place are not judged */
    watch_request *first, *last; /* that ask for a task and wait, also on connections that have ended */
    size_t waiting, dead;
    watch_task *oldest, *newest; /* acknowledged and not out */
    size_t queued;
    watch_none none;
    watch_sight close_request;
    watch_passes passes[WATCH_PRIORITIES];
    watch_doubt *doubts;
    size_t doubt_count;
    watch_class **buckets;
    size_t bucket_count, class_count;
    uint64_t answers;
    const watch_task *late; /* it lies there for seconds, although requests wait */
    uint64_t late_time;     /* since when others are answered meanwhile */
};

/* An address at which a manager was, that had no connection any more. */
typedef struct watch_past {
    struct watch_past *next;
    char port[WATCH_NAME];
} watch_past;

struct watch {
    watch_options options;
    watch_totals totals;
    undr_arena arena;
    uint64_t place;
    watch_manager *managers;
    watch_past *past;
};

/* ---- findings ---- */

bool watch_is_on(const watch *w, watch_rule rule);
void watch_held(watch *w, watch_rule rule);
void watch_undecided(watch *w, watch_rule rule);
void watch_show(const watch_connection *c, const watch_sight *sight, undr_slice payload, bool holed); /* to framed */
void watch_tell(watch *w, watch_manager *m, const watch_finding *finding);
void watch_add_sight(watch_finding *finding, const watch_sight *sight);
watch_sight watch_sight_of(
    const watch_connection *c, watch_side from, uint64_t time, uint8_t type, uint64_t size, undr_slice payload);

/* ---- the connection's rules (connection.c, worker.c) ---- */

UNDR_MUST_USE undr_error watch_connection_bytes(watch_connection *c, watch_side from, uint64_t time, undr_slice bytes);
void watch_worker_asks(watch_connection *c, const watch_request *request);
void watch_worker_answered(
    watch_connection *c, const watch_request *request, uint8_t type, watch_value value, uint64_t size, uint64_t time);
void watch_lose(watch_connection *c); /* its frames can't be found any more */
/* A segment of a connection that is lost; *found: it is no more, and this segment is the first that it is not lost for. */
UNDR_MUST_USE undr_error watch_find_again(watch_connection *c, watch_side from, undr_slice bytes);
void watch_drop_requests(watch_connection *c);

/* ---- requests that wait (waiting.c) ---- */

void watch_queue_asked(watch_request *request);
void watch_queue_unlink(watch_manager *m, watch_request *request);
bool watch_queue_is_silent(const watch_manager *m); /* no task comes from anywhere but connections that were seen */
bool watch_queue_is_clear(const watch_manager *m);  /* nothing that was not seen can have taken a task away */
bool watch_task_is_judged(const watch_manager *m, const watch_task *task);
void watch_queue_forget(watch_manager *m); /* what was scheduled so far is not judged */
void watch_queue_haunt(watch_manager *m, uint64_t time);
void watch_queue_bury(watch_manager *m, uint64_t time); /* those that are done with */

/* ---- the queue's rules (queue.c) ---- */

UNDR_MUST_USE undr_error watch_queue_scheduling(
    watch_connection *c, watch_request *request, undr_slice payload, bool holed);
void watch_queue_scheduled(watch_connection *c, watch_request *request);
/* An answer to `n` or `t`, of which the request is removed from those that wait. */
UNDR_MUST_USE undr_error watch_queue_answered(watch_connection *c, watch_request *request, const watch_seen_frame *seen,
    watch_value value, const watch_sight *answer);
void watch_queue_ended(watch_connection *c, uint64_t time); /* both ways, or reset */
void watch_queue_free(watch_manager *m);
void watch_queue_drop_request(watch_connection *c, watch_request *request); /* it is freed soon */
void watch_queue_check(watch_manager *m, const watch_request *answered, uint64_t time);

/* ---- order (order.c) ---- */

UNDR_MUST_USE undr_error watch_order_of(
    watch_manager *m, watch_task *task, const watch_request *request, const watch_sight *answer);

/* ---- None (none.c) ---- */

/* A task was handed out: was None answered while it lay there? */
UNDR_MUST_USE undr_error watch_none_before(
    watch_manager *m, const watch_task *task, const watch_request *request, const watch_sight *answer);
void watch_answered_none(watch_connection *c, const watch_request *request, const watch_sight *answer);
void watch_look_for_late(watch_manager *m, const watch_request *answered, uint64_t time);

/* ---- tasks that are out (out.c) ---- */

UNDR_MUST_USE undr_error watch_out_add(watch_connection *c, watch_class *class_, const watch_sight *answer);
UNDR_MUST_USE undr_error watch_out_settle(watch_connection *c, watch_request *request);
void watch_out_lost(watch_connection *c); /* it has ended */
/* A task that nobody was seen to schedule, or that came before; class_: NULL, or that of its bytes. */
UNDR_MUST_USE undr_error watch_out_unscheduled(
    watch_connection *c, watch_class *class_, const watch_request *request, const watch_sight *answer);
void watch_out_forget(watch_manager *m); /* what was settled before any request that waits */
void watch_out_forget_oldest(watch_manager *m);

/* ---- tasks (tasks.c) ---- */

watch_class *watch_class_find(watch_manager *m, uint64_t digest, uint64_t size);
UNDR_MUST_USE undr_error watch_class_have(watch_manager *m, uint64_t digest, uint64_t size, watch_class **found);
/* Of tasks with the same bytes, the one of which it is kindest to take that it was handed out: of those that certainly lay
 * in a queue the one that did so first. NULL: there is none. */
watch_task *watch_class_first(const watch_class *one);
void watch_class_pin(watch_class *one);
void watch_class_unpin(watch_manager *m, watch_class *one); /* NULL is fine */
UNDR_MUST_USE undr_error watch_task_add(
    watch_class *class_, uint8_t priority, uint64_t place, const watch_sight *request, watch_task **made);
void watch_task_acknowledge(watch_manager *m, watch_task *task, uint64_t place, uint64_t time);
void watch_task_handed_out(watch_manager *m, watch_task *task);
void watch_task_unanswered(watch_manager *m, watch_task *task); /* no acknowledgement comes any more */
void watch_task_remove(watch_manager *m, watch_task *task);

/* ---- passes (passes.c) ---- */

UNDR_MUST_USE undr_error watch_passes_add(
    watch_manager *m, const watch_task *task, const watch_request *request, const watch_sight *answer, uint64_t place);
const watch_pass *watch_passes_before(const watch_passes *passes, uint64_t place); /* NULL: none */
void watch_passes_clear(watch_manager *m);

/* ---- doubts (doubts.c) ---- */

UNDR_MUST_USE undr_error watch_doubt_add(watch_manager *m, const watch_doubt *doubt);
/* The same, of a manager that is to be blamed, with what shows it, if its rule is on. */
UNDR_MUST_USE undr_error watch_doubt_make(
    watch_manager *m, watch_doubt *made, const watch_sight *const sights[WATCH_SIGHTS]);
/* What connections contradict each other in: at once where a lost packet is known before the next one is read; elsewhere
 * a doubt. */
void watch_tell_across(watch_manager *m, const watch_finding *finding);
void watch_doubts_none(watch_manager *m, uint64_t asked, uint64_t given);
void watch_doubts_alive(watch_manager *m, const watch_connection *c, uint64_t asked);
void watch_doubts_of(watch_manager *m, const watch_connection *holder); /* it has ended: they are none */
void watch_doubts_settle(watch_manager *m);
void watch_doubts_drop(watch_manager *m); /* undecided, but for those that are certain */
void watch_doubts_lost(watch_manager *m); /* something is missing, or nothing more comes: all are undecided */

#endif
