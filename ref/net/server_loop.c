/* server_loop.c: what libuv takes for granted. If it gets no descriptor, no memory or no room in the kernel, it may
 * abort the process. So the server asks for these first, and the caller gets an error instead:
 *
 *     uv_loop_init    two pipes, an eventfd, an epoll, and since 1.45 up to two rings; the pipe of its signals is the
 *                     one for which it aborts
 *     uv_run          epoll_ctl, for each file that it watches from now on
 *     uv_..._start    the list of these files, which it grows */
#include "net/server_parts.h"

#include "undr/descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { LOOP_DESCRIPTORS = 8 };

/* libuv's list of the files that it watches has a place for each number up to the highest, and grows to the next power
 * of two. */
static bool has_memory_to_watch(const uv_loop_t *loop, int file) {
    size_t places = 16;
    if ((unsigned)file < loop->nwatchers) {
        return true;
    }
    while (places < (size_t)file + 3) {
        places *= 2;
    }
    void *probe = malloc(places * sizeof(void *));
    free(probe);
    return probe != NULL;
}

/* Watches for nothing yet. When the file is watched already, libuv changes what for, which needs no memory. */
int undr_loop_watch(uv_loop_t *loop, int file) {
    struct epoll_event none = {.data.fd = file /* as libuv has it */};
    if (!has_memory_to_watch(loop, file)) {
        return UV_ENOMEM;
    }
    bool added = epoll_ctl(uv_backend_fd(loop), EPOLL_CTL_ADD, file, &none) == 0;
    return added || errno == EEXIST ? 0 : -errno;
}

int undr_loop_watch_stream(uv_stream_t *stream) {
    uv_os_fd_t file;
    int status = uv_fileno((const uv_handle_t *)stream, &file);
    return status == 0 ? undr_loop_watch(stream->loop, file) : status;
}

int undr_loop_init(uv_loop_t *loop) {
    const uv_loop_t empty = {0};
    int highest;
    if (undr_hold_standard_descriptors() != UNDR_OK || /* libuv does not close them: it aborts */
        undr_probe_descriptors(LOOP_DESCRIPTORS, &highest) != UNDR_OK) {
        return -errno;
    }
    if (!has_memory_to_watch(&empty, highest)) {
        return UV_ENOMEM;
    }
    int status = uv_loop_init(loop);
    if (status != 0) {
        return status;
    }
    status = undr_loop_watch(loop, loop->async_io_watcher.fd);
    if (status == 0) {
        status = undr_loop_watch(loop, loop->signal_io_watcher.fd);
    }
    if (status != 0) {
        (void)uv_loop_close(loop); /* nothing of ours is open, and the loop must not run: it would watch those two */
    }
    return status;
}
