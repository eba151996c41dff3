/* server_log.c: the server's log lines, and how many of them a peer can cause. */
#include "net/server_parts.h"

#include <stdarg.h>
#include <stdio.h>

enum { LOG_LINES_A_SECOND = 1000, LOG_OF_PEERS = 100 /* of them */ };

/* Limits the rate, so that a peer that keeps failing can't fill the disk or hide other lines. True: this line is one
 * too many. */
static bool leaves_out(undr_server *server, bool of_peer) {
    uint64_t now = uv_now(&server->loop);
    if (now - server->log_second >= 1000) {
        server->log_second = now;
        server->log_lines = server->log_of_peers = 0;
    }
    if (server->log_lines == LOG_LINES_A_SECOND || (of_peer && server->log_of_peers == LOG_OF_PEERS)) {
        server->log.left_out++;
        return true;
    }
    server->log_lines++;
    server->log_of_peers += of_peer;
    return false;
}

void undr_server_log(undr_server *server, const struct sockaddr_in *peer, const char *format, ...) {
    char name[INET_ADDRSTRLEN], prefix[INET_ADDRSTRLEN + sizeof ":65535: "];
    if (server->options.log == NULL || leaves_out(server, peer != NULL)) {
        return;
    }
    peer = peer == NULL ? &server->address : peer;
    (void)uv_ip4_name(peer, name, sizeof name); /* fails only if the room is too small */
    (void)snprintf(prefix, sizeof prefix, "%s:%u: ", name, (unsigned)ntohs(peer->sin_port));
    va_list arguments;
    va_start(arguments, format);
    undr_log_line(&server->log, prefix, format, arguments); /* a log that can't be written does not stop the service */
    va_end(arguments);
}
