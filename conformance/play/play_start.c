/* play_start.c: starts the target of a case, and ends it with everything that it left behind. */
#include "play/play_start.h"

#include "base/clock.h"
#include "base/shortage.h"
#include "play/play_connect.h"
#include "play/play_contract.h"
#include "play/play_control.h"
#include "play/play_deliver.h"
#include "play/play_limit.h"
#include "play/play_send.h"
#include "play/play_small.h"
#include "play/play_verdict.h"
#include "play/play_wait.h"
#include "target/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGUMENTS = 12, NUMBER = 16, FILES_AT_ONCE = 16 };

/* ---- the log directory ---- */

/* A target that can't write there must not be blamed for our umask or a full disk. */
static void try_logs(check_player *player) {
    undr_buffer why = {0};
    undr_error error = chmod(player->peer.logs, S_IRWXU) == 0 ? check_room_in(player->peer.logs, &why) : UNDR_SYSTEM;
    check_player_keep_for(player, error, &why);
    undr_buffer_free(&why);
}

static void make_logs(check_player *player) {
    const char *root = getenv("TMPDIR");
    undr_buffer path = {0};
    check_player_say(player, &path, "%s/undr-check-XXXXXX", root != NULL && root[0] != '\0' ? root : "/tmp");
    player->peer.logs = strndup(path.size == 0 ? "" : (const char *)path.data, path.size);
    undr_buffer_free(&path);
    if (player->peer.logs == NULL) {
        check_player_keep(player, UNDR_MEMORY);
    } else if (mkdtemp(player->peer.logs) == NULL) {
        int reason = errno;
        check_player_break(player, "no log directory could be made at %s: %s%s", player->peer.logs, strerror(reason),
            reason == EACCES || reason == ENOENT || reason == ENOTDIR || reason == EROFS
                ? "; set TMPDIR to a writable folder"
                : check_remedy(reason));
        free(player->peer.logs);
        player->peer.logs = NULL;
    } else if (asprintf(&player->peer.logs_told, "%s%s", player->peer.logs, player->at.one->log_missing ? "/logs" : "")
        < 0) {
        player->peer.logs_told = NULL;
        check_player_keep(player, UNDR_MEMORY);
    } else {
        try_logs(player);
    }
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_logs(check_player *player) {
    if (player->peer.logs != NULL && nftw(player->peer.logs, remove_one, FILES_AT_ONCE, FTW_DEPTH | FTW_PHYS) != 0) {
        check_player_say(player, &player->blame.result->notes, "%s%s could not be removed",
            player->blame.result->notes.size == 0 ? "" : "\n", player->peer.logs);
    }
    free(player->peer.logs);
    free(player->peer.logs_told);
    player->peer.logs = player->peer.logs_told = NULL;
}

/* ---- the command ---- */

/* argv of the adapter, its verb and options. Owned as one block; the words are borrowed from the setting, the player
 * and `numbers`. */
static const char **make_command(const check_player *player, char numbers[2][NUMBER]) {
    size_t count = 0;
    while (player->setting->command[count] != NULL) {
        count++;
    }
    const char **argv = calloc(count + ARGUMENTS, sizeof *argv);
    if (argv == NULL) {
        return NULL;
    }
    memcpy(argv, player->setting->command, count * sizeof *argv);
    bool worker = player->at.one->role == CHECK_ROLE_WORKER;
    argv[count++] = worker ? "worker" : "manager";
    if (worker) {
        snprintf(numbers[0], NUMBER, "%u", player->scene.port);
        argv[count++] = "--port";
        argv[count++] = numbers[0];
        return argv;
    }
    snprintf(numbers[0], NUMBER, "%u", player->at.one->workers);
    snprintf(numbers[1], NUMBER, "%u", player->at.one->levels);
    argv[count++] = "--workers";
    argv[count++] = numbers[0];
    argv[count++] = "--priority-levels";
    argv[count++] = numbers[1];
    if (player->peer.logs_told != NULL) {
        argv[count++] = "--log-directory";
        argv[count++] = player->peer.logs_told;
    }
    return argv;
}

static void say_command_line(check_player *player, const char *const *argv) {
    undr_buffer line = {0};
    for (size_t i = 0; argv[i] != NULL; i++) {
        check_player_say(player, &line, "%s%s", i == 0 ? "" : " ", argv[i]);
    }
    check_player_remark(player, "%s", check_player_text(player, &line));
    undr_buffer_free(&line);
}

static void say_doing(const check_player *player, const char *const *argv, const char *what) {
    if (player->setting->doing != NULL) {
        snprintf(player->setting->doing, CHECK_DOING, "%s of `%s %s ...`", what, argv[0],
            player->at.one->role == CHECK_ROLE_WORKER ? "worker" : "manager");
    }
}

static void run_command(check_player *player) {
    char numbers[2][NUMBER];
    const char **argv = make_command(player, numbers);
    if (argv == NULL) {
        check_player_keep(player, UNDR_MEMORY);
        return;
    }
    undr_buffer why = {0};
    say_command_line(player, argv);
    say_doing(player, argv, player->at.one->role == CHECK_ROLE_WORKER ? "the connection" : "the line `ready PORT`");
    undr_error error = check_target_start(&player->scene.target, (char *const *)(uintptr_t)argv, &why);
    check_player_keep_for(player, error, &why);
    undr_buffer_free(&why);
    free(argv);
}

/* The manager's first line. */
static void await_ready(check_player *player) {
    const char *expected = "the line `ready PORT` on the target's standard output";
    check_line line;
    player->scene.control.in_flight = CHECK_AWAIT_READY;
    player->scene.control.limit = CHECK_READY_LIMIT;
    if (!check_player_take_line(player, expected, check_now() + check_player_start_limit(player), &line)) {
        player->blame.result->verdict = player->blame.result->verdict == CHECK_ERROR ? CHECK_ERROR : CHECK_FAIL;
        return;
    }
    if (line.answer == CHECK_ANSWER_READY) {
        player->scene.port = line.port;
        player->scene.control.limit = 0;
        check_player_remark(player, "ready %u", line.port);
    } else {
        check_player_breach(player, CHECK_AWAIT_READY, &line);
    }
    check_line_free(&line);
}

/* ---- --connect ---- */

/* --connect: the answer to a first `n`, if one comes in time. */
static bool ask_first(check_player *player, check_connection *first, undr_frame *answer) {
    uint64_t size, until = check_now() + check_player_limit(player, true);
    if (!check_player_queue_frame(player, first, UNDR_TYPE_NEXT, undr_slice_of(NULL, 0))) {
        return false;
    }
    check_player_deliver(player);
    while (!player->blame.over && check_wire_peek(&first->wire, answer, &size) != UNDR_OK) {
        if (check_wire_has_ended(&first->wire) || !check_player_wait(player, until)) {
            return false;
        }
    }
    return !player->blame.over;
}

/* --connect: what listens there may not be a manager at all. */
static void say_no_answer(check_player *player, const check_connection *first) {
    const check_setting *setting = player->setting;
    if (check_wire_has_ended(&first->wire)) {
        check_player_block(player,
            "what listens at %s:%u ends the connection instead of answering `n`; it does not seem to be an undr "
            "manager",
            setting->host, setting->port);
        return;
    }
    check_player_block(player,
        "the manager at %s:%u does not answer `n` within %.0f s; if it holds answers for longer, start it with a "
        "shorter hold, or none; otherwise it does not seem to be an undr manager",
        setting->host, setting->port, (double)check_player_limit(player, true) / 1e9);
}

/* --connect: a manager that has tasks from before would fail every case. */
static void find_fresh(check_player *player) {
    const check_setting *setting = player->setting;
    check_connection *first = NULL;
    undr_frame answer = {0};
    if (setting->doing != NULL) {
        snprintf(setting->doing, CHECK_DOING, "an answer to `n` from %s:%u", setting->host, setting->port);
    }
    check_player_keep(player, check_scene_add(&player->scene, "(first)", &first));
    if (player->blame.over || !check_player_connect(player, first)) {
        return;
    }
    if (first->wire.socket < 0) {
        check_player_block(
            player, "nothing listens at %s:%u: is the manager running there?", setting->host, setting->port);
    } else if (!ask_first(player, first, &answer)) {
        say_no_answer(player, first);
    } else if (answer.type != UNDR_TYPE_TASK) {
        check_player_block(player,
            "what listens at %s:%u answers `n` with type 0x%02x, not with `t`; it does not seem to be an undr manager",
            setting->host, setting->port, answer.type);
    } else if (!check_is_none(answer.payload)) {
        check_player_block(player, "the manager at %s:%u is not fresh: its answer to `n` is not None; restart it",
            setting->host, setting->port);
    }
    check_wire_close(&first->wire);
}

/* ---- the start ---- */

static void open_gates(check_player *player) {
    char letters[27];
    check_case_gates(player->at.one, letters);
    for (const char *letter = letters; *letter != '\0' && !player->blame.over; letter++) {
        check_gate *gate = &player->scene.gates[*letter - 'A'];
        check_player_keep(player, check_gate_open(gate));
        check_names_open(&player->names, *letter, gate->port);
    }
}

static void pause_for_debugger(check_player *player) {
    fprintf(stderr, "target's process id: %ld; press Enter to go on\n", (long)player->scene.target.pid);
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC);
    char byte = 0;
    while (terminal >= 0 && byte != '\n' && read(terminal, &byte, 1) == 1) {}
    if (terminal >= 0) {
        close(terminal);
    }
}

/* --listen: the user starts the worker now. */
static void await_user(check_player *player) {
    const check_setting *setting = player->setting;
    undr_buffer why = {0};
    player->scene.port = setting->port;
    player->scene.listener = check_listen_at(setting->host, setting->port, &why);
    if (player->scene.listener < 0) {
        check_player_break(player, "%.*s", (int)why.size, why.size == 0 ? "" : (const char *)why.data);
    } else {
        check_player_remark(player, "%s:%u", setting->host, setting->port);
        fprintf(stderr, "undr-check: start your worker for %s (%s); undr-check waits for it at %s:%u\n",
            player->at.one->name, check_delivery_name(player->sending.delivery), setting->host, setting->port);
    }
    undr_buffer_free(&why);
}

void check_player_start(check_player *player) {
    open_gates(player);
    if (player->blame.over) {
        return;
    }
    if (player->setting->listens) {
        await_user(player);
        return;
    }
    if (player->setting->command == NULL) {
        player->scene.port = player->setting->port;
        check_player_remark(player, "%s:%u", player->setting->host, player->setting->port);
        find_fresh(player);
        return;
    }
    if (player->at.one->log_directory) {
        make_logs(player);
    }
    bool worker = player->at.one->role == CHECK_ROLE_WORKER;
    if (!player->blame.over && worker) {
        player->scene.listener = check_listen(&player->scene.port);
        check_player_keep(player, player->scene.listener < 0 ? UNDR_SYSTEM : UNDR_OK);
    }
    if (!player->blame.over) {
        run_command(player);
    }
    if (!player->blame.over && !worker) {
        await_ready(player);
    }
    if (!player->blame.over && player->setting->pause) {
        pause_for_debugger(player);
    }
}

/* ---- the end ---- */

static void keep_output(check_player *player) {
    check_target *target = &player->scene.target;
    undr_buffer *to = &player->blame.result->output;
    size_t skipped = target->kept.size > CHECK_OUTPUT_KEPT ? target->kept.size - CHECK_OUTPUT_KEPT : 0;
    if (target->dropped + skipped > 0) {
        check_player_say(
            player, to, "(%llu earlier bytes are left out)\n", (unsigned long long)(target->dropped + skipped));
    }
    if (target->kept.size > 0
        && undr_put_bytes(to, target->kept.data + skipped, target->kept.size - skipped) != UNDR_OK) {
        player->blame.no_memory = true;
    }
}

void check_player_stop(check_player *player) {
    size_t left = 0;
    const check_result *result = player->blame.result;
    undr_error stopped = check_target_stop(&player->scene.target, &left);
    if (stopped == UNDR_WAIT) {
        check_player_note(player, "a process of the target could not be killed");
    } else if (stopped != UNDR_OK) {
        check_player_note(player, "the harness could not look for processes that the target left behind: %s",
            stopped == UNDR_SYSTEM ? strerror(errno) : undr_error_text(stopped));
    }
    if (left > 0) {
        check_player_note(player, "%zu process%s outlived the target until the harness killed %s", left,
            left == 1 ? "" : "es", left == 1 ? "it" : "them");
    }
    if (result->joined > 0) {
        check_player_note(player, "%u of %u pieces could not be separated", result->joined, result->pieces);
    }
    keep_output(player);
    remove_logs(player);
}
