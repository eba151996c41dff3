/* play_private.h: one play while it lasts, shared by the files play_*.c. */
#ifndef CHECK_PLAY_PRIVATE_H
#define CHECK_PLAY_PRIVATE_H

#include "notation/names.h"
#include "play/play.h"
#include "play/transcript.h"
#include "target/scene.h"

/* When each line of a case was done: what the survey measures with. */
typedef struct check_stopwatch {
    uint64_t *at; /* one for each line, blocks unrolled; owned by the caller; 0: was not reached */
    size_t count;
    bool started; /* the target got as far as the first line */
} check_stopwatch;

typedef struct check_player {
    const check_case *one;
    const check_setting *setting;
    check_delivery delivery;
    check_result *result;
    check_scene scene;
    check_names names;
    check_transcript transcript;
    const check_requirement *blamed; /* the last one above the step; NULL: none */
    const check_step *step;          /* being played; NULL: before the first, after the last */
    const check_step *steps;         /* its list: it and its neighbours */
    size_t step_count;
    bool over;             /* a verdict is reached: no further step */
    bool came_late;        /* it may have failed because the harness was too slow for a held answer: play it again */
    uint64_t moment;       /* counts what the harness does */
    uint64_t stirred_at;   /* the last at which it did what may end the holding of an answer: a task, a close, an end */
    bool let_go_late;      /* likewise for a declared grace, in which a task was to go on */
    uint64_t cancelled_at; /* when CANCEL was asked for; 0: it was not */
    bool warned;           /* an end came another way than it should */
    bool no_memory;        /* some text is incomplete: an error of the harness */
    bool may_exit;         /* the case has asked the target to leave */
    uint64_t frames_flown; /* delivered on all connections */
    uint64_t delivers_since;  /* when the last delivery began */
    uint64_t looked_late;     /* the limit behind which something moved once more */
    uint64_t last_chance;     /* the limit behind which the harness has looked once more */
    int signalled;            /* the signal that the case sent to the target; 0: none */
    check_connection *worker; /* worker role: the connection that the case calls A */
    bool closing;             /* worker role: CloseRequest was sent, or is what the other connections get */
    bool exit_awaited;        /* the case waits for the process's exit */
    uint64_t left_at;         /* worker role: since when the other connections are told to leave; 0: they are not */
    char *logs;               /* the folder that was made for the log directory; owned */
    char *logs_told;          /* of which the target is told: the same, or a folder in it that does not exist; owned */
    check_stopwatch *watch;   /* NULL: nobody measures */
    char worker_count[16], level_count[16], port_text[16];
} check_player;

/* ---- play.c ---- */

/* check_play, with every line's time. */
void check_play_watched(const check_case *one, const check_setting *setting, check_delivery delivery,
    check_result *result, check_stopwatch *watch);

/* ---- play_needs.c ---- */

/* The first thing that the case needs and the target does not declare; NULL: nothing is lacking. */
const check_need *check_player_lacks(const check_case *one, const check_setting *setting);

/* ---- play_wait.c: time, and what a play says of its end ---- */

/* Appends what the present step expects, with the values that its names have in this play. */
void check_player_put_expected(check_player *player, undr_buffer *to);

/* Appends text; a failure shows in no_memory. */
void check_player_say(check_player *player, undr_buffer *to, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void check_player_keep(check_player *player, undr_error error); /* MEMORY, SYSTEM: the harness is broken */

/* Ends the play: the target fell short of the blamed requirement. Expected is the step in the notation; `received` a
 * clause. The second form names what was expected. check_player_crash: whatever the level, it is a failure. */
void check_player_fail(check_player *player, const char *received, ...) __attribute__((format(printf, 2, 3)));
void check_player_fail_as(check_player *player, const char *expected, const char *received, ...)
    __attribute__((format(printf, 3, 4)));
void check_player_crash(check_player *player, const char *expected, const char *received, ...)
    __attribute__((format(printf, 3, 4)));
/* Ends the play: what the case needs was not there before its first step. */
void check_player_block(check_player *player, const char *reason, ...) __attribute__((format(printf, 2, 3)));
/* Ends the play: a mistake of the case, or of the harness. */
void check_player_break(check_player *player, const char *reason, ...) __attribute__((format(printf, 2, 3)));
/* The play goes on; its verdict is a warning at least, blamed on the step that is being played. */
void check_player_warn(check_player *player, const char *expected, const char *received);
/* One line of the transcript. */
void check_player_line(check_player *player, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A comment in it. */
void check_player_remark(check_player *player, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What such a line calls a connection. */
const char *check_player_label(const check_player *player, check_connection *connection);
void check_player_frame_line(
    check_player *player, check_connection *connection, const char *arrow, uint8_t type, undr_slice payload, bool wire);

/* How long the target may take, and the point in time: it grows with the bytes that crossed. */
uint64_t check_player_limit(const check_player *player, bool held);
/* The bytes that have crossed on all connections, and what a wait that began at `before` lasts longer for those that
 * crossed since: a target that is slow with a large payload is not one that does nothing. */
uint64_t check_player_flow(const check_player *player);
uint64_t check_player_flow_time(const check_player *player, uint64_t before);
uint64_t check_player_start_limit(const check_player *player);
uint64_t check_player_quiet(const check_player *player, uint64_t least_of_case);

/* Waits for something to move. False: the time is over, or the play is. */
bool check_player_wait(check_player *player, uint64_t until);
/* The same for a time limit of the target: it has more time while it wants to run and the machine does not let it. */
bool check_player_await(check_player *player, uint64_t until);
/* A limit is over, `more` behind its time: how much more there is when the target still reads what it was sent. */
uint64_t check_player_more_time(
    check_player *player, const check_connection *connection, uint64_t limit, uint64_t more);
/* Takes in what is there, without waiting. */
void check_player_glance(check_player *player);
/* Something went wrong: when the target has ended, that is the news. Ends the play then. */
void check_player_look_again(check_player *player);
/* Fails when the target has ended although nobody asked it to. True: it may go on. */
bool check_player_is_served(check_player *player);

/* ---- play_send.c ---- */

/* The connection that a step names, made when it is new. NULL: the play is over. */
check_connection *check_player_connection(check_player *player, const check_step *step);
/* Connects it when it is not connected yet. False: the play is over. */
bool check_player_open(check_player *player, check_connection *connection);
/* Connects; a peer that refuses shows in wire.end. False: the play is over. */
bool check_player_connect(check_player *player, check_connection *connection);
bool check_player_is_send(const check_step *step);
/* Puts a frame, header or raw bytes into the connection's queue. False: the play is over. */
bool check_player_queue(check_player *player, const check_step *step);
bool check_player_queue_frame(check_player *player, check_connection *connection, uint8_t type, undr_slice payload);
/* Delivers what is queued, on all connections, piece by piece in turn. */
void check_player_deliver(check_player *player);
void check_player_close(check_player *player, const check_step *step); /* close, half-close, reset */
bool check_is_instance(undr_slice payload, const char *class_name);
bool check_is_none(undr_slice payload);

/* ---- play_receive.c ---- */

typedef enum check_look { CHECK_LOOK_NOTHING, CHECK_LOOK_TAKEN, CHECK_LOOK_OTHER } check_look;

void check_player_receive(check_player *player, const check_step *step);
void check_player_poll(check_player *player, const check_step *step);

/* ---- play_quiet.c ---- */

void check_player_stays_quiet(check_player *player, const check_step *step);
void check_player_pauses(check_player *player, const check_step *step);
void check_player_deaf(check_player *player, const check_step *step);
void check_player_refused(check_player *player, const check_step *step);
void check_player_unordered(check_player *player, const check_step *step);
/* ---- play_receive.c again ---- */

/* Does what lies there match the step? TAKEN: it did and is spent. OTHER: it does not; *why is what it is. */
check_look check_player_look(check_player *player, const check_step *step, undr_buffer *why);
/* The target has let go of its port, and the kernel has given it to somebody else: one more target, most likely. */
bool check_player_is_another(check_player *player);
/* Fails when a worker has sent a request though another of that connection is not answered yet (WORK-2). */
void check_player_one_in_flight(check_player *player, const check_connection *connection);
/* After the last step: frames that nobody asked for, lines that answer nothing. */
void check_player_leftovers(check_player *player);
void check_player_took(check_player *player, check_connection *connection, const undr_frame *frame);
/* Behind what came: the clause of why it does not match, when it says more than what was expected and what came. */
void check_player_say_why(check_player *player, undr_buffer *why, const undr_buffer *clause);

/* ---- play_control.c ---- */

void check_player_command(check_player *player, const check_step *step);
void check_player_receive_line(check_player *player, const check_step *step);
check_look check_player_look_line(check_player *player, const check_step *step, undr_buffer *why);
/* Waits for the next line. False: the play is over. */
bool check_player_take_line(check_player *player, const char *expected, uint64_t until, check_line *line);
void check_player_show_line(check_player *player, undr_buffer *to, undr_slice line);
/* The line breaks the adapter contract: it is no answer to what is in flight. Ends the play. */
void check_player_breach(check_player *player, check_command in_flight, const check_line *line);
void check_player_say_answer(check_player *player, undr_buffer *to, const check_line *line);

/* ---- play_process.c ---- */

void check_player_start(check_player *player);
void check_player_stop(check_player *player);
void check_player_process(check_player *player, const check_step *step); /* P, kill, gone */
void check_player_receive_exit(check_player *player, const check_step *step);
check_look check_player_look_exit(check_player *player, const check_step *step, undr_buffer *why);
void check_player_gate(check_player *player, const check_step *step);

/* ---- play_acquit.c ---- */

/* Before anybody is blamed: did this machine give the play what it needed, or was the target ended by a limit that it
 * had from the harness? Then the verdict is an error of the harness. */
void check_player_acquit(check_player *player);

/* ---- play_worker.c ---- */

/* Worker role: the connection that the case calls A: the first on which the target sent something. */
check_connection *check_player_worker(check_player *player);
/* The first that has sent something, or ended, now; NULL: none yet. */
check_connection *check_player_find_worker(check_player *player);
/* Answers the connections that the case does not know of: None; CloseRequest when A has ended or the exit is awaited.
 * Those that ask for nothing then are ended a moment later. */
void check_player_serve_others(check_player *player);
/* When the silent ones are ended; UINT64_MAX: there are none, or it is not time. */
uint64_t check_player_others_due(const check_player *player);
void check_player_end_others(check_player *player, bool reset);

#endif
