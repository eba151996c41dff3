/* play_process.c: the target's process in a case: its exit, signals and files, and the processes that it reported. */
#include "play/play_process.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "notation/parse_step.h"
#include "play/play_kind.h"
#include "play/play_limit.h"
#include "play/play_others.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"
#include "target/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- P <- exit ---- */

check_look check_player_look_exit(check_player *player, const check_step *step, undr_buffer *why) {
    const check_target *target = &player->scene.target;
    player->peer.exit_awaited = true;
    check_player_serve_others(player); /* it may wait for its manager to end a connection first */
    check_target_look(&player->scene.target);
    if (target->state == CHECK_TARGET_RUNS) {
        return CHECK_LOOK_NOTHING;
    }
    for (size_t i = 0; i < step->expectation_count && target->state == CHECK_TARGET_EXITED; i++) {
        int wanted = step->expectations[i].status;
        bool fits = wanted == -2 || (wanted == -1 ? target->status != 0 : wanted == target->status);
        if (step->expectations[i].sight == CHECK_SEES_EXIT && fits) {
            player->peer.may_exit = true;
            check_player_line(player, "P <- exit %d", target->status);
            return CHECK_LOOK_TAKEN;
        }
    }
    if (target->state == CHECK_TARGET_EXITED) {
        check_player_came(player, target->status == 0 ? "exit 0" : "exit nonzero");
        check_player_say(player, why, "P <- exit %d", target->status);
    } else {
        check_player_came(player, "a process that was killed");
        check_player_say(player, why, "the target's process ");
        check_player_keep(player, check_target_describe(target, why));
    }
    return CHECK_LOOK_OTHER;
}

void check_player_receive_exit(check_player *player, const check_step *step) {
    if (player->setting->listens) {
        check_player_remark(player, "the worker's exit can't be seen: it is not a process of the harness");
        return;
    }
    uint64_t limit = check_player_limit(player, true), until = check_now() + limit;
    undr_buffer why = {0};
    player->peer.may_exit = true;
    while (!player->blame.over) {
        check_look look = check_player_look_exit(player, step, &why);
        if (look == CHECK_LOOK_TAKEN) {
            break;
        }
        if (look == CHECK_LOOK_OTHER) {
            check_player_fail(player, "%s", check_player_text(player, &why));
        } else if (!check_player_await(player, until) && !player->blame.over) {
            check_player_in_vain(player);
            check_player_fail(player, "the process is still running after %.1f s", (double)limit / 1e9);
        }
    }
    undr_buffer_free(&why);
}

/* ---- P -> signal, P alive ---- */

void check_player_signal(check_player *player, const check_step *step) {
    check_player_line(player, "P -> signal %s", check_signal_name((int)step->number));
    player->peer.may_exit = true;
    player->peer.signalled = (int)step->number;
    if (player->scene.target.state == CHECK_TARGET_RUNS && kill(player->scene.target.pid, (int)step->number) != 0) {
        check_player_break(player, "the signal could not be sent: %s", strerror(errno));
    }
}

void check_player_alive(check_player *player, const check_step *step) {
    (void)step;
    check_player_glance(player);
    check_target_look(&player->scene.target);
    if (player->scene.target.state != CHECK_TARGET_RUNS && !player->blame.over) {
        undr_buffer how = {0};
        check_player_keep(player, check_target_describe(&player->scene.target, &how));
        check_player_fail(player, "the target's process %s", check_player_text(player, &how));
        undr_buffer_free(&how);
    } else if (!player->blame.over) {
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
        check_player_remark(player, "?%s is not bound: another alternative of its receive matched", step->name);
        return 0;
    }
    if (!undr_value_int64(value, &number) || number <= 1 || number > INT32_MAX || number == (int64_t)getpid()) {
        undr_buffer shown = {0};
        check_player_keep(player, undr_value_print_short(&shown, value, SHOWN));
        check_player_fail_as(player, "a process id above 1", "%s", check_player_text(player, &shown));
        undr_buffer_free(&shown);
        return 0;
    }
    return (pid_t)number;
}

/* Only processes that the target has started are signalled. It may have put them into a session of their own. */
static bool is_of_target(check_player *player, pid_t pid) {
    check_pids found = {0};
    bool is = getsid(pid) == player->scene.target.pid;
    if (!is) {
        check_player_keep(player, check_family_descendants(&player->scene.target.spared, &found));
        is = check_pids_has(&found, pid);
    }
    check_pids_free(&found);
    return is && !player->blame.over;
}

void check_player_kill(check_player *player, const check_step *step) {
    pid_t pid = bound_pid(player, step);
    if (pid == 0) {
        return;
    }
    if (!is_of_target(player, pid)) {
        check_player_fail_as(
            player, "the id of a process that the target has started", "%ld, which is not one", (long)pid);
        return;
    }
    player->peer.signalled = pid == player->scene.target.pid ? SIGKILL : player->peer.signalled;
    player->peer.may_exit = player->peer.may_exit || pid == player->scene.target.pid;
    check_player_line(player, "kill ?%s", step->name);
    if (kill(pid, SIGKILL) != 0 && errno != ESRCH) {
        check_player_break(player, "process %ld could not be killed: %s", (long)pid, strerror(errno));
    }
}

static bool is_gone(check_player *player, pid_t pid) {
    bool gone = false;
    check_player_keep(player, check_process_is_gone(pid, &gone));
    return gone && !player->blame.over;
}

void check_player_gone(check_player *player, const check_step *step) {
    pid_t pid = bound_pid(player, step);
    uint64_t until = check_player_settled_at(player);
    if (pid == 0) {
        return;
    }
    while (!player->blame.over && !is_gone(player, pid)) {
        if (check_now() >= until && !player->blame.over) {
            check_player_fail(player, "process %ld is still running", (long)pid);
        }
        check_player_wait(player, check_now() + CHECK_LOOK_EVERY_MS * CHECK_MILLISECOND);
    }
    if (!player->blame.over) {
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

bool check_player_is_alone(check_player *player) {
    return find_companion(player) == 0 && !player->blame.over;
}

void check_player_alone(check_player *player, const check_step *step) {
    (void)step;
    uint64_t until = check_player_settled_at(player);
    for (pid_t other = find_companion(player); other != 0 && !player->blame.over; other = find_companion(player)) {
        if (check_now() >= until) {
            check_player_fail(player, "process %ld is still running", (long)other);
        }
        check_player_wait(player, check_now() + CHECK_LOOK_EVERY_MS * CHECK_MILLISECOND);
    }
    if (!player->blame.over) {
        check_player_line(player, "P alone");
    }
}

/* ---- P loopback ---- */

/* 127.0.0.2 is this machine, but another address: a target that answers there listens on all addresses. */
void check_player_loopback(check_player *player, const check_step *step) {
    (void)step;
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
    if (connected && !player->blame.over) {
        check_player_fail(player, "it listens on 127.0.0.2, too: on every address");
    } else if (exposed && !player->blame.over) {
        check_player_fail(player, "it listens on an address beyond loopback, too");
    } else if (!player->blame.over) {
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

void check_player_logs(check_player *player, const check_step *step) {
    uint64_t files = 0, empty = 0, until = check_player_settled_at(player);
    if (player->peer.logs_told == NULL) {
        check_player_break(player, "the case has no `log-directory` in its role line");
        return;
    }
    while (!player->blame.over) {
        bool counted = count_logs(player->peer.logs_told, &files, &empty);
        if (!counted && (errno != ENOENT || check_now() >= until)) {
            check_player_keep(player, check_is_shortage(errno) ? UNDR_SYSTEM : UNDR_OK);
            check_player_fail(player, "the log directory can't be read: %s", strerror(errno));
        } else if (counted && files == step->number && empty == 0) {
            check_player_line(player, "P logs %llu", (unsigned long long)files);
            break;
        } else if (check_now() >= until) {
            check_player_fail(player, "%llu files in the log directory, %llu of them empty", (unsigned long long)files,
                (unsigned long long)empty);
        } else {
            check_player_wait(player, check_now() + CHECK_LOOK_EVERY_MS * CHECK_MILLISECOND);
        }
    }
}
