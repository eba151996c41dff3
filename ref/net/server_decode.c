/* server_decode.c: threads that decode large messages, so that no other connection waits meanwhile (FAULT-1). They are
 * started when there is work for them. libuv has such threads, too, but ends the process when it can't start them; here
 * the loop does the work itself then. */
#include "net/server_parts.h"

#include <signal.h>
#include <stdlib.h>
#include <utlist.h>

/* Messages in another thread. */

undr_frame undr_check_frame(const undr_check *check) {
    return (undr_frame){.type = UNDR_TYPE_MESSAGE, .payload = undr_buffer_slice(&check->payload)};
}

void undr_check_run(undr_check *check) {
    const undr_frame frame = undr_check_frame(check);
    check->error = undr_manager_check(&frame);
}

void undr_check_free(undr_check *check) {
    undr_buffer_free(&check->payload);
    free(check);
}

/* With the lock held. NULL: the threads stop. */
static undr_check *take(undr_server *server) {
    undr_decoders *decoders = &server->decoders;
    while (decoders->todo == NULL && !decoders->stops) {
        decoders->idle++;
        uv_cond_wait(&decoders->work, &server->lock);
        decoders->idle--;
    }
    undr_check *first = decoders->stops ? NULL : decoders->todo;
    if (first != NULL) {
        DL_DELETE(decoders->todo, first);
        decoders->waiting--;
    }
    return first;
}

static void decode_all(void *argument) {
    undr_server *server = argument;
    undr_decoders *decoders = &server->decoders;
    sigset_t signals;
    (void)sigfillset(&signals); /* the program's handlers run elsewhere */
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    uv_mutex_lock(&server->lock);
    for (undr_check *check; (check = take(server)) != NULL;) {
        uv_mutex_unlock(&server->lock);
        undr_check_run(check);
        uv_mutex_lock(&server->lock);
        DL_APPEND(decoders->done, check);
        if (!decoders->stops) { /* else the loop may be gone */
            (void)uv_async_send(&server->wakeup);
        }
    }
    uv_mutex_unlock(&server->lock);
}

int undr_decoders_open(undr_server *server) {
    return uv_cond_init(&server->decoders.work);
}

/* One thread more, when all are busy; with the lock held. False: there is none at all. */
static bool add_thread(undr_server *server) {
    undr_decoders *decoders = &server->decoders;
    if (decoders->waiting < decoders->idle || decoders->count == UNDR_DECODERS) {
        return true;
    }
    int status = uv_thread_create(&decoders->threads[decoders->count], decode_all, server);
    decoders->count += status == 0;
    if (decoders->count == 0 && !decoders->told) {
        undr_server_log(server, NULL,
            "no thread can be started to decode large messages: %s; each of them delays all connections",
            uv_strerror(status));
        decoders->told = true;
    }
    return decoders->count > 0;
}

bool undr_decode(undr_server *server, undr_check *check) {
    undr_decoders *decoders = &server->decoders;
    uv_mutex_lock(&server->lock);
    bool taken = add_thread(server);
    if (taken) {
        DL_APPEND(decoders->todo, check);
        decoders->waiting++;
        uv_cond_signal(&decoders->work);
    }
    uv_mutex_unlock(&server->lock);
    return taken;
}

undr_check *undr_decoded(undr_server *server) {
    uv_mutex_lock(&server->lock);
    undr_check *done = server->decoders.done;
    server->decoders.done = NULL;
    uv_mutex_unlock(&server->lock);
    return done;
}

void undr_decoders_stop(undr_server *server) {
    uv_mutex_lock(&server->lock);
    server->decoders.stops = true;
    uv_cond_broadcast(&server->decoders.work);
    uv_mutex_unlock(&server->lock);
}

static void free_all(undr_check *list) {
    for (undr_check *next; list != NULL; list = next) {
        next = list->next;
        undr_check_free(list);
    }
}

void undr_decoders_close(undr_server *server) {
    undr_decoders *decoders = &server->decoders;
    undr_decoders_stop(server);
    for (unsigned i = 0; i < decoders->count; i++) {
        (void)uv_thread_join(&decoders->threads[i]); /* fails only for a thread that is not ours */
    }
    free_all(decoders->todo);
    free_all(decoders->done);
    uv_cond_destroy(&decoders->work);
}
