/* worker_processes.c: starts, replaces and kills the worker processes of a pool. */
#include "net/worker_processes.h"

#include "net/server_parts.h"

#include "undr/descriptors.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A pool gives up when processes are killed one after the other, each soon after its start, while no task is handed
 * out: this many times the size of the pool, but at most this many more than its size. */
enum { FUTILE_STARTS = 16, MAXIMUM_FUTILE_STARTS = 256, SOON_MS = 10000 };

/* When one can't be started, because memory or descriptors are short, or leaves soon after its start, because the
 * server has no room for its connection, or its log can't be written, there is a pause. Then one is tried, and when
 * none has left until the end of the next pause all others follow. Each pause is twice as long as the one before it, up
 * to a limit. The pool gives up when enough have passed without any task being handed out. */
enum { FIRST_PAUSE_MS = 50, LONGEST_PAUSE_MS = 3200 };

/* libuv learns of a process's end by SIGCHLD. A program around this library may ignore that signal, handle it itself,
 * or wait for any child at all: so the workers are looked at now and then, too. */
enum { LOOK_MS = 1000 };

typedef struct worker {
    uv_process_t process; /* .data is the worker */
    undr_worker_processes *all;
    size_t number;    /* from 1 */
    uint64_t started; /* in ms of the loop's clock */
    bool runs;        /* not reaped yet, so that its process id is its own */
    bool hurried;     /* the last start failed, or it left soon */
    bool waits;       /* for `again` to try once more */
    bool ended;       /* it had at the last look, and libuv had not told yet */
} worker;

struct undr_worker_processes {
    undr_server *server;
    char *log_directory; /* "": none */
    char program[PATH_MAX];
    uv_timer_t again;    /* .data is this. The end of a pause */
    uv_timer_t look;     /* .data is this */
    bool hurried;        /* some worker was told to hurry since the last attempt, and none could be started */
    unsigned pauses;     /* of which it was so at the end, while no task was handed out */
    uint64_t pause;      /* ms, of the last one */
    uint64_t futile_ms;  /* of pauses in a row, while no task was handed out */
    uint64_t patience;   /* the most of that */
    size_t futile;       /* killed in a row, soon, while no task was handed out */
    uint64_t handed_out; /* tasks, when the last one ended */
    size_t left;         /* processes; guarded by the server's lock, as the next */
    bool closed;
    int status; /* of the first process that start_all could not start; set there only */
    size_t count;
    worker workers[];
};

static void on_exit_of_process(uv_process_t *process, int64_t status, int signal);
static void on_closed(uv_handle_t *handle);

/* The program's own file, by name rather than as /proc/self/exe: a tool that runs the program (valgrind) can handle
 * only the name. */
static void find_program(undr_worker_processes *all) {
    static const char self[] = "/proc/self/exe";
    ssize_t size = readlink(self, all->program, sizeof all->program - 1);
    if (size > 0) {
        all->program[size] = '\0';
    }
    if (size <= 0 || access(all->program, X_OK) != 0) { /* replaced on disk meanwhile */
        memcpy(all->program, self, sizeof self);
    }
}

static int spawn(worker *one) {
    undr_worker_processes *all = one->all;
    char address[INET_ADDRSTRLEN], port[8], parent[24], number[24], word[] = UNDR_WORKER_WORD;
    char *arguments[UNDR_WORKER_ARGUMENTS + 1] = {
        all->program, word, address, port, parent, number, all->log_directory, NULL};
    (void)uv_ip4_name(&all->server->address, address, sizeof address); /* fails only when the text does not fit */
    (void)snprintf(port, sizeof port, "%u", (unsigned)undr_server_port(all->server));
    (void)snprintf(parent, sizeof parent, "%ld", (long)getpid());
    (void)snprintf(number, sizeof number, "%zu", one->number);
    uv_stdio_container_t streams[] = {
        {.flags = UV_IGNORE}, /* standard output is the program's own: a worker's goes to standard error */
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_process,
        .file = all->program,
        .args = arguments,
        .stdio_count = sizeof streams / sizeof *streams,
        .stdio = streams,
    };
    one->process.data = one;
    return uv_spawn(&all->server->loop, &one->process, &options);
}

typedef enum ending { LEFT, KILLED, NOT_STARTED } ending;

static void note_end(worker *one, ending how) {
    undr_worker_processes *all = one->all;
    undr_server *server = all->server;
    uint64_t age = uv_now(&server->loop) - one->started;
    uv_mutex_lock(&server->lock);
    uint64_t handed_out = undr_manager_handed_out(server->core);
    uv_mutex_unlock(&server->lock);
    bool futile = age < SOON_MS && handed_out == all->handed_out;
    all->handed_out = handed_out;
    one->runs = false;
    one->hurried = how != KILLED && (futile || age < FIRST_PAUSE_MS); /* one that ran a task pauses once */
    all->hurried = all->hurried || how == NOT_STARTED || (how == LEFT && futile);
    all->futile = !futile ? 0 : all->futile + (how == KILLED);
    all->futile_ms = !futile ? 0 : all->futile_ms;
    all->pauses = !futile && how != NOT_STARTED ? 0 : all->pauses;
}

/* It is counted already. Less than 0: it can't be started, which counts as one that has ended. */
static int start(worker *one) {
    undr_worker_processes *all = one->all;
    int status = spawn(one);
    one->started = uv_now(&all->server->loop);
    one->runs = status == 0;
    one->ended = false;
    if (status != 0) {
        undr_server_log(all->server, NULL, "worker %zu can't be started: %s", one->number, uv_strerror(status));
        note_end(one, NOT_STARTED);
        uv_close((uv_handle_t *)&one->process, on_closed);
    }
    return status;
}

static void on_exit_of_process(uv_process_t *process, int64_t status, int signal) {
    worker *one = process->data;
    undr_server *server = one->all->server;
    if (signal != 0) {
        undr_server_log(server, NULL, "worker %zu was ended by signal %d", one->number, signal);
    } else if (status != 0) {
        undr_server_log(server, NULL, "worker %zu ended with exit status %d", one->number, (int)status);
    }
    note_end(one, signal != 0 ? KILLED : LEFT);
    uv_close((uv_handle_t *)process, on_closed);
}

static bool gives_up(const undr_worker_processes *all) {
    size_t times = all->count * FUTILE_STARTS, more = all->count + MAXIMUM_FUTILE_STARTS;
    return all->futile >= (times < more ? times : more) || all->futile_ms >= all->patience;
}

/* A process has ended; with the lock held. True: it is to be replaced, and counts as left all the while, so that a
 * close can't return in between (CLOSE-4). */
static bool is_replaced(undr_worker_processes *all, const worker *one) {
    if (!all->closed && !gives_up(all)) {
        return true; /* FAULT-4 */
    }
    all->left--;
    if (!all->closed) {
        undr_server_log(all->server, NULL, "worker %zu is not restarted: %zu are left", one->number, all->left);
    }
    if (!all->closed && all->left == 0) {
        undr_server_log(all->server, NULL, "no worker is left: they can't be started, or end soon after they start");
        undr_manager_abandon(all->server->core);
    }
    return false;
}

static void replace(worker *one) {
    undr_server *server = one->all->server;
    one->waits = false;
    uv_mutex_lock(&server->lock);
    bool again = is_replaced(one->all, one);
    undr_server_notify(server);
    uv_mutex_unlock(&server->lock);
    if (again) {
        (void)start(one); /* logged; a failed start comes here again */
    }
}

static void on_again(uv_timer_t *timer);

static void begin_pause(undr_worker_processes *all) {
    all->pause = FIRST_PAUSE_MS;
    for (unsigned i = 0; i < all->pauses && all->pause < LONGEST_PAUSE_MS; i++) {
        all->pause *= 2;
    }
    (void)uv_timer_start(&all->again, on_again, all->pause, 0); /* fails only when it is closing */
}

/* Replaces those that wait, or the first of them. True: others still wait. */
static bool replace_waiting(undr_worker_processes *all, bool only_one) {
    bool replaced = false;
    for (size_t i = 0; i < all->count; i++) {
        worker *one = &all->workers[i];
        if (one->waits && only_one && replaced) {
            return true;
        }
        if (one->waits) {
            replace(one);
            replaced = true;
        }
    }
    return false;
}

static void on_again(uv_timer_t *timer) {
    undr_worker_processes *all = timer->data;
    bool works = !all->hurried;
    all->hurried = false;
    all->pauses += !works;
    all->futile_ms += all->pause;
    bool others_wait = replace_waiting(all, !works && !gives_up(all));
    if (others_wait || (!works && !gives_up(all))) {
        begin_pause(all); /* the processes started now have this long to show that they work */
    }
}

static bool is_closed(const undr_worker_processes *all) {
    uv_mutex_lock(&all->server->lock);
    bool closed = all->closed;
    uv_mutex_unlock(&all->server->lock);
    return closed;
}

static void on_closed(uv_handle_t *handle) {
    worker *one = handle->data;
    undr_worker_processes *all = one->all;
    if (!one->hurried || is_closed(all)) {
        replace(one);
        return;
    }
    one->waits = true;
    if (!uv_is_active((uv_handle_t *)&all->again)) {
        begin_pause(all);
    }
}

typedef enum sight { SEEN_RUNNING, SEEN_ENDED, SEEN_NOWHERE } sight;

/* NOWHERE: another part of the program was told of its end, and its process id is no longer its own. */
static sight look_at(const worker *one) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)one->process.pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        return errno == ECHILD ? SEEN_NOWHERE : SEEN_RUNNING;
    }
    return info.si_pid == 0 ? SEEN_RUNNING : SEEN_ENDED;
}

static void bury(worker *one) {
    int status = 0;
    bool told = waitpid((pid_t)one->process.pid, &status, WNOHANG) == one->process.pid;
    if (!told) {
        undr_server_log(
            one->all->server, NULL, "worker %zu has ended, but this program reaped it, not the library", one->number);
    }
    bool killed = told && WIFSIGNALED(status);
    on_exit_of_process(
        &one->process, told && WIFEXITED(status) ? WEXITSTATUS(status) : 0, killed ? WTERMSIG(status) : 0);
}

static void on_look(uv_timer_t *timer) {
    undr_worker_processes *all = timer->data;
    for (size_t i = 0; i < all->count; i++) {
        worker *one = &all->workers[i];
        sight seen = one->runs ? look_at(one) : SEEN_RUNNING;
        bool twice = seen == SEEN_ENDED && one->ended; /* once: SIGCHLD may be on its way */
        one->ended = seen == SEEN_ENDED;
        if (twice || seen == SEEN_NOWHERE) {
            bury(one);
        }
    }
}

static void start_all(undr_server *server, void *workers) {
    undr_worker_processes *all = workers;
    all->look.data = all;
    (void)uv_timer_init(&server->loop, &all->look); /* neither can fail; closed with the server */
    (void)uv_timer_start(&all->look, on_look, LOOK_MS, LOOK_MS);
    all->again.data = all;
    (void)uv_timer_init(&server->loop, &all->again); /* can't fail; closed with the server */
    for (size_t i = 0; i < all->count && all->status == 0; i++) {
        uv_mutex_lock(&server->lock);
        all->left++;
        uv_mutex_unlock(&server->lock);
        all->status = start(&all->workers[i]);
    }
}

static void kill_all(undr_server *server, void *workers) {
    undr_worker_processes *all = workers;
    (void)server;
    for (size_t i = 0; i < all->count; i++) {
        if (all->workers[i].runs && look_at(&all->workers[i]) != SEEN_NOWHERE) {
            (void)uv_process_kill(&all->workers[i].process, SIGKILL); /* not reaped yet: it exists */
        }
    }
}

void undr_worker_processes_kill(undr_worker_processes *all) {
    undr_server_call(all->server, kill_all, all);
}

static void release(undr_server *server, void *workers) {
    (void)server;
    (void)replace_waiting(workers, false); /* they count as ended now */
}

void undr_worker_processes_release(undr_worker_processes *all) {
    undr_server_call(all->server, release, all);
}

void undr_worker_processes_close(undr_worker_processes *all) {
    all->closed = true;
}

size_t undr_worker_processes_left(const undr_worker_processes *all) {
    return all->left;
}

/* Kills those that were started, and waits for them. */
static void give_up(undr_worker_processes *all) {
    (void)undr_server_lock(all->server);
    all->closed = true;
    undr_server_unlock(all->server);
    undr_worker_processes_release(all);
    undr_worker_processes_kill(all);
    (void)undr_server_lock(all->server);
    while (all->left > 0) {
        (void)undr_server_wait(all->server, UINT64_MAX);
    }
    undr_server_unlock(all->server);
}

undr_error undr_worker_processes_start(
    undr_server *server, size_t count, uint64_t patience, const char *log_directory, undr_worker_processes **workers) {
    if (count > 0 && undr_probe_descriptors(1, NULL) != UNDR_OK) {
        return UNDR_SYSTEM; /* no connection could be accepted: the workers would wait for ever */
    }
    undr_worker_processes *all = calloc(1, sizeof *all + count * sizeof *all->workers);
    if (all == NULL) {
        return UNDR_MEMORY;
    }
    /* Whole, so that it does not matter where the program is when it replaces a worker. */
    char *directory = log_directory == NULL ? strdup("") : realpath(log_directory, NULL);
    if (directory == NULL) {
        int reason = errno;
        free(all);
        errno = reason;
        return reason == ENOMEM ? UNDR_MEMORY : UNDR_SYSTEM;
    }
    all->server = server;
    all->log_directory = directory;
    all->count = count;
    all->patience = patience;
    find_program(all);
    for (size_t i = 0; i < count; i++) {
        all->workers[i].all = all;
        all->workers[i].number = i + 1;
    }
    undr_server_call(server, start_all, all);
    *workers = all;
    if (all->status == 0) {
        return UNDR_OK;
    }
    give_up(all);
    errno = -all->status;
    return UNDR_SYSTEM;
}

void undr_worker_processes_free(undr_worker_processes *all) {
    if (all == NULL) {
        return;
    }
    free(all->log_directory);
    free(all);
}
