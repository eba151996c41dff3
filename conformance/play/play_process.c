/* play_process.c: the target's process in a case: its exit, signals, files, what it reported of others; gates. */
#include "play/play_private.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "notation/parse_step.h"
#include "target/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    GONE_LEAST_S = 2,
    GONE_SETTLES = 20,
    LOOK_EVERY_MS = 2,
    LATE_PART_OF_GRACE = 4 /* behind so much of it the rest may not do for a task to end, on a busy machine */
};

/* ---- P <- exit ---- */

check_look check_player_look_exit(check_player *player, const check_step *step, undr_buffer *why) {
    const check_target *target = &player->scene.target;
    player->exit_awaited = true;
    check_player_serve_others(player); /* it may wait for its manager to end a connection first */
    check_target_look(&player->scene.target);
    if (target->state == CHECK_TARGET_RUNS) {
        return CHECK_LOOK_NOTHING;
    }
    for (size_t i = 0; i < step->expectation_count && target->state == CHECK_TARGET_EXITED; i++) {
        int wanted = step->expectations[i].status;
        bool fits = wanted == -2 || (wanted == -1 ? target->status != 0 : wanted == target->status);
        if (step->expectations[i].sight == CHECK_SEES_EXIT && fits) {
            player->may_exit = true;
            check_player_line(player, "P <- exit %d", target->status);
            return CHECK_LOOK_TAKEN;
        }
    }
    if (target->state == CHECK_TARGET_EXITED) {
        check_player_say(player, why, "P <- exit %d", target->status);
    } else {
        check_player_say(player, why, "the target's process ");
        check_player_keep(player, check_target_describe(target, why));
    }
    return CHECK_LOOK_OTHER;
}

void check_player_receive_exit(check_player *player, const check_step *step) {
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit;
    undr_buffer why = {0};
    player->may_exit = true;
    while (!player->over) {
        check_look look = check_player_look_exit(player, step, &why);
        if (look == CHECK_LOOK_TAKEN) {
            break;
        }
        if (look == CHECK_LOOK_OTHER) {
            check_player_fail(player, "%.*s", (int)why.size, why.size == 0 ? "" : (const char *)why.data);
        } else if (!check_player_await(player, until) && !player->over) {
            check_player_fail(player, "the process still runs after %.1f s", (double)limit / 1e9);
        }
    }
    undr_buffer_free(&why);
}

static void send_signal(check_player *player, const check_step *step) {
    check_player_line(player, "P -> signal %s", check_signal_name((int)step->number));
    player->may_exit = true;
    player->signalled = (int)step->number;
    if (player->scene.target.state == CHECK_TARGET_RUNS && kill(player->scene.target.pid, (int)step->number) != 0) {
        check_player_break(player, "the signal could not be sent: %s", strerror(errno));
    }
}

static void is_alive(check_player *player) {
    check_player_glance(player);
    check_target_look(&player->scene.target);
    if (player->scene.target.state != CHECK_TARGET_RUNS && !player->over) {
        undr_buffer how = {0};
        check_player_keep(player, check_target_describe(&player->scene.target, &how));
        check_player_fail(
            player, "the target's process %.*s", (int)how.size, how.size == 0 ? "" : (const char *)how.data);
        undr_buffer_free(&how);
    } else if (!player->over) {
        check_player_line(player, "P alive");
    }
}

/* ---- kill ?pid, gone ?pid ---- */

enum { SHOWN = 200 };

/* A process id that the target reported; 0: it reported none, another alternative of the receive came; or the play is
 * over. */
static pid_t bound_pid(check_player *player, const check_step *step) {
    int64_t number = 0;
    const undr_value *value = check_names_find(&player->names, step->name);
    if (value == NULL) {
        check_player_remark(player, "?%s stands for nothing: another alternative of its receive came", step->name);
        return 0;
    }
    if (!undr_value_int64(value, &number) || number <= 1 || number > INT32_MAX || number == (int64_t)getpid()) {
        undr_buffer shown = {0};
        check_player_keep(player, undr_value_print_short(&shown, value, SHOWN));
        check_player_fail_as(
            player, "a process id above 1", "%.*s", (int)shown.size, shown.size == 0 ? "" : (const char *)shown.data);
        undr_buffer_free(&shown);
        return 0;
    }
    return (pid_t)number;
}

/* Only what the target has started is ever signalled. It may have made a session of its own for it. */
static bool is_of_target(check_player *player, pid_t pid) {
    check_pids found = {0};
    bool is = getsid(pid) == player->scene.target.pid;
    if (!is) {
        check_player_keep(player, check_family_descendants(&player->scene.target.spared, &found));
        is = check_pids_has(&found, pid);
    }
    check_pids_free(&found);
    return is && !player->over;
}

static void kill_process(check_player *player, const check_step *step) {
    pid_t pid = bound_pid(player, step);
    if (pid == 0) {
        return;
    }
    if (!is_of_target(player, pid)) {
        check_player_fail_as(
            player, "the id of a process that the target has started", "%ld, which is none", (long)pid);
        return;
    }
    player->signalled = pid == player->scene.target.pid ? SIGKILL : player->signalled;
    player->may_exit = player->may_exit || pid == player->scene.target.pid;
    check_player_line(player, "kill ?%s", step->name);
    if (kill(pid, SIGKILL) != 0 && errno != ESRCH) {
        check_player_break(player, "process %ld could not be killed: %s", (long)pid, strerror(errno));
    }
}

/* What no event tells is looked for again and again: a process of the target's, its files. */
static uint64_t settled_at(const check_player *player) {
    uint64_t least = GONE_LEAST_S * CHECK_SECOND, settles = GONE_SETTLES * player->setting->settle_ns;
    double factor = player->setting->timeout_factor > 0 ? player->setting->timeout_factor : 1;
    return check_now() + (uint64_t)((double)(least > settles ? least : settles) * factor);
}

static bool is_gone(check_player *player, pid_t pid) {
    bool gone = false;
    check_player_keep(player, check_process_is_gone(pid, &gone));
    return gone && !player->over;
}

static void wait_until_gone(check_player *player, const check_step *step) {
    pid_t pid = bound_pid(player, step);
    uint64_t until = settled_at(player);
    if (pid == 0) {
        return;
    }
    while (!player->over && !is_gone(player, pid)) {
        if (check_now() >= until && !player->over) {
            check_player_fail(player, "process %ld still runs", (long)pid);
        }
        check_player_wait(player, check_now() + LOOK_EVERY_MS * CHECK_MILLISECOND);
    }
    if (!player->over) {
        check_player_line(player, "gone ?%s", step->name);
    }
}

/* ---- P alone ---- */

/* A process beside the target's own that has not ended; 0: there is none. */
static pid_t find_companion(check_player *player) {
    check_pids spared = {0}, found = {0};
    pid_t companion = 0;
    check_player_keep(player, check_family_descendants(&spared, &found));
    for (size_t i = 0; i < found.count && companion == 0; i++) {
        bool other = found.at[i] != player->scene.target.pid && !is_gone(player, found.at[i]);
        companion = other ? found.at[i] : 0;
    }
    check_pids_free(&found);
    return companion;
}

static void wait_until_alone(check_player *player) {
    uint64_t until = settled_at(player);
    for (pid_t other = find_companion(player); other != 0 && !player->over; other = find_companion(player)) {
        if (check_now() >= until) {
            check_player_fail(player, "process %ld still runs", (long)other);
        }
        check_player_wait(player, check_now() + LOOK_EVERY_MS * CHECK_MILLISECOND);
    }
    if (!player->over) {
        check_player_line(player, "P alone");
    }
}

/* ---- P loopback ---- */

/* 127.0.0.2 is this machine, and another address than the one that it listens on: who answers there listens on all. */
static void listens_on_loopback(check_player *player) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(player->scene.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    check_wire wire;
    check_wire_init(&wire);
    undr_error error = check_wire_connect(&wire, &to, check_now() + check_player_limit(player, false));
    bool connected = error == UNDR_OK && wire.end == CHECK_WIRE_OPEN, exposed = false;
    if (error == UNDR_MEMORY || (error == UNDR_SYSTEM && errno != EADDRNOTAVAIL && errno != ENETUNREACH)) {
        check_player_keep(player, error); /* those two: there is no such address here */
    }
    check_wire_free(&wire);
    check_pids none = {0}, family = {0};
    check_player_keep(player, check_family_descendants(&none, &family));
    check_player_keep(player, check_listener_is_exposed(player->scene.port, &family, &exposed));
    if (connected && !player->over) {
        check_player_fail(player, "it listens on 127.0.0.2, too: on every address");
    } else if (exposed && !player->over) {
        check_player_fail(player, "it listens on an address beyond loopback, too");
    } else if (!player->over) {
        check_player_line(player, "P loopback");
    }
    check_pids_free(&family);
}

/* ---- P logs ---- */

/* False: with errno. */
static bool count_logs(const char *folder, uint64_t *files, uint64_t *empty) {
    *files = *empty = 0;
    DIR *open = opendir(folder);
    int reason = 0;
    if (open == NULL) {
        return false;
    }
    for (struct dirent *entry = readdir(open); entry != NULL && reason == 0; entry = readdir(open)) {
        struct stat about;
        bool seen = fstatat(dirfd(open), entry->d_name, &about, 0) == 0;
        reason = seen || !check_is_shortage(errno) ? 0 : errno; /* else it was removed meanwhile, or leads nowhere */
        if (seen && S_ISREG(about.st_mode)) {
            *files += 1;
            *empty += about.st_size == 0 ? 1 : 0;
        }
    }
    closedir(open);
    errno = reason;
    return reason == 0;
}

static void wait_for_logs(check_player *player, const check_step *step) {
    uint64_t files = 0, empty = 0, until = settled_at(player);
    if (player->logs_told == NULL) {
        check_player_break(player, "the case has no `log-directory` in its role line");
        return;
    }
    while (!player->over) {
        if (!count_logs(player->logs_told, &files, &empty) && (errno != ENOENT || check_now() >= until)) {
            check_player_keep(player, check_is_shortage(errno) ? UNDR_SYSTEM : UNDR_OK);
            check_player_fail(player, "the log directory can't be read: %s", strerror(errno));
        } else if (files == step->number && empty == 0) {
            check_player_line(player, "P logs %llu", (unsigned long long)files);
            break;
        } else if (check_now() >= until) {
            check_player_fail(player, "%llu files in the log directory, %llu of them empty", (unsigned long long)files,
                (unsigned long long)empty);
        } else {
            check_player_wait(player, check_now() + LOOK_EVERY_MS * CHECK_MILLISECOND);
        }
    }
}

void check_player_process(check_player *player, const check_step *step) {
    switch (step->what) {
    case CHECK_SIGNAL: send_signal(player, step); break;
    case CHECK_ALIVE: is_alive(player); break;
    case CHECK_ALONE: wait_until_alone(player); break;
    case CHECK_LOOPBACK: listens_on_loopback(player); break;
    case CHECK_LOGS: wait_for_logs(player, step); break;
    case CHECK_KILL: kill_process(player, step); break;
    default: wait_until_gone(player, step); break;
    }
}

/* ---- gates ---- */

static void accept_at(check_player *player, const check_step *step, check_gate *gate) {
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit;
    while (!player->over && !check_gate_accept(gate)) {
        if (!check_player_await(player, until) && !player->over && gate->accepted == gate->count) {
            check_player_fail(player, "nobody came to the gate within %.1f s", (double)limit / 1e9);
        }
    }
    if (!player->over) {
        check_player_line(player, "%s accept", step->channel);
    }
}

/* A task goes on behind a CANCEL. What runs for longer than the grace may be killed (CLOSE-CANCEL-2). */
static void notice_grace(check_player *player) {
    const check_capabilities *can = &player->setting->capabilities;
    uint64_t part = can->grace * CHECK_MILLISECOND / LATE_PART_OF_GRACE;
    bool bounded = can->has_grace && player->cancelled_at != 0;
    player->let_go_late = player->let_go_late || (bounded && check_now() - player->cancelled_at > part);
}

void check_player_gate(check_player *player, const check_step *step) {
    check_gate *gate = &player->scene.gates[step->channel[0] - 'A'];
    if (step->what == CHECK_GATE_ACCEPT) {
        accept_at(player, step, gate);
    } else if (step->what == CHECK_GATE_CLOSE) {
        check_gate_release(gate);
        notice_grace(player);
        check_player_line(player, "%s close", step->channel);
    } else {
        check_player_glance(player);
        if (gate->visitors > 0) {
            check_player_fail(player, "%llu came to the gate", (unsigned long long)gate->visitors);
        } else {
            check_player_line(player, "%s untouched", step->channel);
        }
    }
}
