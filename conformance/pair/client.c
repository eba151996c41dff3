/* client.c: a client of the harness's own, which schedules tasks and sends messages. */
#include "pair/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER = 9 }; /* bytes of a frame without a payload */

/* The other end is a listener of this very process, so that connecting waits for nobody. */
static undr_error open_client(pair_client *client, uint16_t port) {
    const struct sockaddr_in there = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool open = client->socket >= 0 && connect(client->socket, (const struct sockaddr *)&there, sizeof there) == 0
        && fcntl(client->socket, F_SETFL, O_NONBLOCK) == 0;
    return open ? UNDR_OK : UNDR_SYSTEM;
}

undr_error pair_client_ask(pair_client *client, uint16_t port, uint8_t type, undr_slice payload) {
    uint8_t header[ANSWER] = {type};
    for (int i = 0; i < 8; i++) {
        header[1 + i] = (uint8_t)((uint64_t)payload.size >> 8 * i);
    }
    undr_error error = client->socket < 0 ? open_client(client, port) : UNDR_OK;
    error = error == UNDR_OK ? undr_put_bytes(&client->out, header, sizeof header) : error;
    error = error == UNDR_OK ? undr_put_slice(&client->out, payload) : error;
    client->asked++;
    return error;
}

bool pair_client_is_answered(const pair_client *client) {
    return client->ended || client->answered >= ANSWER * client->asked;
}

struct pollfd pair_client_poll(const pair_client *client) {
    bool writes = client->sent < client->out.size;
    return (struct pollfd){
        .fd = client->ended ? -1 : client->socket, .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
}

static void read_answers(pair_client *client) {
    uint8_t bytes[4096];
    while (!client->ended) {
        ssize_t got = recv(client->socket, bytes, sizeof bytes, 0);
        if (got > 0) {
            client->answered += (uint64_t)got;
        } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            client->ended = true;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

undr_error pair_client_move(pair_client *client) {
    if (client->socket < 0 || client->ended) {
        return UNDR_OK;
    }
    while (client->sent < client->out.size) {
        ssize_t sent = send(
            client->socket, client->out.data + client->sent, client->out.size - client->sent, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            break; /* later; that the connection is gone is read below */
        }
        client->sent += sent < 0 ? 0 : (size_t)sent;
    }
    read_answers(client);
    return UNDR_OK;
}

void pair_client_free(pair_client *client) {
    if (client->socket >= 0) {
        close(client->socket);
    }
    undr_buffer_free(&client->out);
    *client = (pair_client){.socket = -1};
}
