/* server_clock.c: the deadlines of connections, in lists of connections with the same time limit. */
#include "net/server_parts.h"

#include <utlist.h>

void undr_peer_stop_clock(undr_peer *peer) {
    if (peer->clock != NULL) {
        DL_DELETE(*peer->clock, peer);
        peer->clock = NULL;
    }
}

/* `list` holds those that have the same time left from when they enter it, so the first deadline comes first. */
void undr_peer_start_clock(undr_peer *peer, undr_peer **list, uint64_t ms) {
    undr_peer_stop_clock(peer);
    uint64_t now = uv_now(&peer->server->loop);
    peer->deadline = now > UINT64_MAX - ms ? UINT64_MAX : now + ms;
    peer->clock = list;
    DL_APPEND(*list, peer);
}
