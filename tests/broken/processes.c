/* processes.c: the broken pool's worker processes: started, replaced when they die, killed, waited for. */
#include "processes.h"

#include "bugs.h"
#include "foreign.h"
#include "support/steady.h"
#include "tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RESTARTS = 64 };

static void become_worker(const manager *m, int number, pid_t parent) {
    char port[16], path[4096];
    if (!bug(BUG_outlives_its_input) && !bug(BUG_lazy_workers)
        && !bug(BUG_foreign_loss_replaces)) { /* whose threads may end before it does */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    if (getppid() != parent) {
        _exit(1);
    }
    if (m->log_directory != NULL && !bug(BUG_no_logs)) {
        snprintf(path, sizeof path, "%s/%d.log", m->log_directory, bug(BUG_one_log) ? 0 : number);
        int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (log < 0
            || (!bug(BUG_first_logs_empty) && !(bug(BUG_log_of_the_busy_only) && number > 0)
                && dprintf(log, "start worker\n") < 0)) {
            perror("undr-broken: log");
        }
    }
    snprintf(port, sizeof port, "%u", (unsigned)m->port);
    setenv("UNDR_BROKEN_OWN", "1", 1);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(2, 1);
    if (m->bug_name != NULL && !bug(BUG_three_at_work)) { /* one at a time in a pool: POOL-4 */
        execl(m->self, m->self, "--bug", m->bug_name, "worker", "--port", port, (char *)NULL);
    } else {
        execl(m->self, m->self, "worker", "--port", port, (char *)NULL);
    }
    _exit(127);
}

static pid_t start_one(const manager *m, int number) {
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        become_worker(m, number, parent);
    }
    return child < 0 ? 0 : child;
}

/* May a worker that ended be replaced? */
static bool is_replaced(const manager *m) {
    return !(bug(BUG_second_death_not_replaced) && m->deaths > 1)
        && !(bug(BUG_idle_death_not_replaced) && workers_busy(m) == 0)
        && !(bug(BUG_death_during_join_not_replaced) && m->joining);
}

static void worker_ended(manager *m, pid_t child) {
    for (int i = 0; i < m->worker_count; i++) {
        if (m->workers[i] != child) {
            continue;
        }
        if (!m->closing && bug(BUG_death_ends_the_pool)) {
            _exit(1);
        }
        m->deaths += m->closing ? 0 : 1;
        int limit = bug(BUG_no_replacement) || bug(BUG_deaths_are_reported) ? 0
            : bug(BUG_ten_replacements)                                     ? 10
                                                                            : RESTARTS;
        m->deaths_at_close += m->closing && m->signalled ? 1 : 0;
        bool again = !m->closing && m->restarts < limit && is_replaced(m);
        m->restarts++;
        m->workers[i] = again ? start_one(m, i) : 0;
        m->replaced[i] = true;
    }
    bool alive = false;
    for (int i = 0; i < m->worker_count; i++) {
        alive = alive || m->workers[i] != 0;
    }
    if (!alive && !m->closing && bug(BUG_deaths_are_reported)) {
        abandon_queues(m);
    }
    pthread_cond_broadcast(&m->changed);
}

static void *reap(void *argument) {
    manager *m = argument;
    for (;;) {
        siginfo_t info;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) != 0) {
            if (errno == EINTR) {
                continue;
            }
            return NULL; /* no child is left */
        }
        pthread_mutex_lock(&m->lock);
        (void)steady_waitpid(info.si_pid, NULL, 0);
        m->signalled = info.si_code != CLD_EXITED;
        worker_ended(m, info.si_pid);
        pthread_mutex_unlock(&m->lock);
    }
}

static void start_all(manager *m) {
    m->workers = must_have(calloc((size_t)m->worker_count, sizeof *m->workers));
    m->replaced = must_have(calloc((size_t)m->worker_count, sizeof *m->replaced));
    for (int i = 0; i < m->worker_count; i++) {
        m->workers[i] = start_one(m, i);
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, reap, m) == 0) {
        pthread_detach(thread);
    }
}

void start_workers(manager *m, const char *self, const char *bug_name, int count, const char *log_directory) {
    m->self = self;
    m->bug_name = bug_name;
    m->log_directory = log_directory;
    m->worker_count = count;
    if (count == 0) {
        return;
    }
    if (log_directory != NULL && !bug(BUG_log_directory_not_made) && mkdir(log_directory, 0777) != 0
        && errno != EEXIST) {
        perror("undr-broken: log directory");
        exit(1);
    }
    if (!bug(BUG_lazy_workers)) {
        start_all(m);
    }
}

/* foreign_loss_replaces: the extra worker is forgotten. */
void start_extra(manager *m) {
    (void)start_one(m, m->worker_count);
}

void start_late(manager *m) {
    if (bug(BUG_lazy_workers) && m->workers == NULL && m->worker_count > 0) {
        start_all(m);
    }
}

static bool is_forgotten(const manager *m, int worker) {
    return m->replaced[worker]
        && ((bug(BUG_kill_forgets_replacements) && m->policy == 2)
            || (bug(BUG_cancel_forgets_replacements) && m->policy == 1));
}

void kill_workers(manager *m) {
    for (int i = 0; m->workers != NULL && i < m->worker_count - (bug(BUG_kill_spares_one) ? 1 : 0); i++) {
        if (m->workers[i] > 0 && !is_forgotten(m, i)) {
            kill(m->workers[i], SIGKILL);
        }
    }
}

static int living(const manager *m) {
    int count = 0;
    for (int i = 0; m->workers != NULL && i < m->worker_count; i++) {
        count += m->workers[i] > 0 ? 1 : 0;
    }
    return count;
}

static bool any_worker(const manager *m) {
    for (int i = 0; m->workers != NULL && i < m->worker_count; i++) {
        if (m->workers[i] > 0 && !is_forgotten(m, i)) {
            return true;
        }
    }
    return false;
}

void wait_for_one_worker(manager *m) {
    int before = living(m);
    while (before > 0 && living(m) == before) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
}

/* And forgets it. */
void stop_last_worker(manager *m) {
    int last = m->worker_count - 1;
    if (m->workers != NULL && last >= 0 && m->workers[last] > 0) {
        kill(m->workers[last], SIGSTOP);
        m->workers[last] = 0;
    }
}

void wait_for_workers_until(manager *m, long milliseconds) {
    struct timespec until = later(milliseconds);
    while (any_worker(m) && pthread_cond_timedwait(&m->changed, &m->lock, &until) == 0) {}
}

void wait_for_workers(manager *m) {
    if (bug(BUG_leaks_a_process) && m->worker_count > 0 && fork() == 0) {
        for (;;) {
            pause();
        }
    }
    while (any_worker(m) || (bug(BUG_death_hangs_close) && m->deaths > 0)) {
        pthread_cond_wait(&m->changed, &m->lock);
    }
}
