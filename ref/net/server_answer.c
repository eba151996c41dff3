/* server_answer.c: answers that the program's own thread writes. What schedule makes due goes to a worker that waits
 * for it: the worker gets it one wake-up earlier than if the loop wrote it.
 *
 * The peer is the loop's, but for what is read here, with the lock held: its descriptor, which is not closed before the
 * core has forgotten the peer, and whether it is quiet. The loop writes to a peer only what it has queued, for which it
 * takes the lock and says that the peer is not quiet. */
#include "net/server_parts.h"

#include "undr/frame.h"

#include <sys/socket.h>
#include <sys/uio.h>

/* True: the whole answer is on its way. Otherwise peer->early counts the part that went out. */
static bool write_now(undr_peer *peer, const undr_answer *answer) {
    if (answer->blob != NULL || peer->early > 0 || !atomic_load(&peer->quiet)) {
        return false;
    }
    uint8_t header[UNDR_HEADER_SIZE];
    undr_slice payload = answer->frame.payload;
    undr_frame_header(header, answer->frame.type, payload.size);
    struct iovec parts[] = {
        {.iov_base = header, .iov_len = sizeof header},
        {.iov_base = (void *)(uintptr_t)payload.data, .iov_len = payload.size}, /* only read */
    };
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = payload.size == 0 ? 1 : 2};
    ssize_t written = sendmsg(peer->file, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written == (ssize_t)(sizeof header + payload.size)) {
        return true;
    }
    peer->early = written > 0 ? (size_t)written : 0; /* the loop will see an error when it tries again */
    return false;
}

bool undr_server_answer_now(undr_server *server) {
    undr_answer answer;
    while (undr_manager_first_answer(server->core, &answer) == UNDR_OK) {
        undr_peer *peer = answer.owner;
        if (!write_now(peer, &answer)) {
            return false;
        }
        undr_error error = undr_manager_next_answer(server->core, &answer);
        (void)error; /* it was there */
        peer->unanswered--;
    }
    return true;
}
