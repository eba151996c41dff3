/* player.h: one play while it lasts: four structs, each changed by the files that it names, and read by all.
 *
 * The files of a play, from the top: play.c plays lines in order; play_receive.c, play_unordered.c, play_quiet.c,
 * play_control.c, play_process.c, play_gate.c and play_send.c play one kind of line each; play_look.c, play_deliver.c,
 * play_connect.c, play_worker.c and play_flight.c know one thing of connections each; play_watch.c lets the watch look
 * on; play_wait.c waits; play_limit.c says for how long; play_contract.c, play_others.c, play_verdict.c and play_say.c do not wait. */
#ifndef CHECK_PLAYER_H
#define CHECK_PLAYER_H

#include "notation/names.h"
#include "play/result.h"
#include "play/setting.h"
#include "play/transcript.h"
#include "target/scene.h"
#include "watch/finding.h"

/* When each line of a case was done: what the survey measures with. */
typedef struct check_stopwatch {
    uint64_t *at; /* one for each line, blocks unrolled; owned by the caller; 0: was not reached */
    size_t count;
    bool started; /* the target got as far as the first line */
} check_stopwatch;

/* The position in the case. Moved by play.c; inside an unordered block by play_unordered.c. */
typedef struct check_position {
    const check_case *one;
    const check_step *step;  /* being played; NULL: before the first, after the last */
    const check_step *steps; /* its list: it and its neighbours */
    size_t step_count;
    check_stopwatch *stopwatch; /* NULL: nobody measures */
} check_position;

/* What is sent, by play_deliver.c. */
typedef struct check_sending {
    check_delivery delivery;
    uint64_t frames_flown; /* delivered on all connections */
    uint64_t began;        /* when the last delivery began */
} check_sending;

/* When things happened: in moments, which count what the harness does, and in the time of clock.h. The first two belong
 * to the files that play a line (play.c, play_send.c, play_receive.c), the next two to play_wait.c. */
typedef struct check_timing {
    uint64_t moment;       /* counts what the harness does */
    uint64_t stirred_at;   /* the last at which it did what may end the holding of an answer: a task, a close, an end */
    uint64_t looked_late;  /* the limit after which something moved once more */
    uint64_t last_chance;  /* the limit after which the harness has looked once more */
    uint64_t cancelled_at; /* when CANCEL was asked for; 0: it was not. play_control.c */
    bool came_late;        /* it may have failed because the harness was too slow for a held answer: play it again */
    bool let_go_late;      /* the same for a declared grace, in which a task was to go on. play_gate.c */
} check_timing;

/* What came where something else was due. By play_kind.c. */
typedef struct check_came {
    const char *what; /* a constant; NULL: nothing was noted */
    bool is_frame;    /* of that type; `what` says of which value */
    uint8_t type;
} check_came;

/* What the play reports. Only play_say.c and play_verdict.c write it, except `came` and `requirement`. */
typedef struct check_blame {
    check_result *result;
    check_transcript transcript;
    check_came came;
    const check_requirement *requirement; /* the last one above the step; NULL: none */
    bool over;                            /* a verdict is reached: no further step */
    bool warned;                          /* an end came another way than it should */
    bool no_memory;                       /* some text is incomplete: an error of the harness */
} check_blame;

/* The soonest of several answers, each before a line `within`. By play_within.c. */
typedef struct check_within {
    const check_step *step; /* NULL: there was none */
    const check_requirement *blamed;
    uint64_t soonest;
    unsigned long long delay; /* check_family_delay at the last of them */
    unsigned count;
} check_within;

/* What the play knows about its target, besides its open channels (target/scene.h). */
typedef struct check_peer {
    bool may_exit;     /* the case has asked it to leave */
    bool exit_awaited; /* the case waits for the process's exit */
    int signalled;     /* the signal that the case sent to it; 0: none */
    char *logs;        /* the folder that was made for its log directory; owned by play_start.c */
    char *logs_told;   /* the folder that it is told: the same, or one in it that does not exist; owned likewise */
    /* Worker role; play_worker.c and play_others.c. */
    check_connection *worker; /* the connection that the case calls A */
    bool closing;             /* CloseRequest was sent, or is what the other connections get */
    uint64_t accepted_then;   /* connections that it had opened when it left */
    uint64_t left_at;         /* since when the other connections are told to leave; 0: they are not */
} check_peer;

/* The watch beside the play (watch/watch.h), by play_watch.c. */
typedef struct check_watching {
    struct watch *watch; /* NULL: none, or it had no memory */
    check_tap tap;
    watch_finding first; /* of the most binding that blame the target */
    bool found;
} check_watching;

typedef struct check_player {
    const check_setting *setting;
    check_position at;
    check_sending sending;
    check_timing timing;
    check_blame blame;
    check_scene scene;
    check_peer peer;
    check_within within;
    check_watching watching;
    check_names names;
} check_player;

/* check_play, with every line's time: for the survey. */
void check_play_watched(const check_case *one, const check_setting *setting, check_delivery delivery,
    check_result *result, check_stopwatch *stopwatch);

#endif
