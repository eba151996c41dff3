/* gate.c: listening ports that hold a running task until the case lets it go. */
#include "target/gate.h"

#include "base/grow.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VISITORS_AT_ONCE = 64 }; /* if connections come without end, the rest waits */

int check_listen(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) {
        return -1;
    }
    if (bind(file, (const struct sockaddr *)&address, size) != 0 || listen(file, SOMAXCONN) != 0
        || getsockname(file, (struct sockaddr *)&address, &size) != 0) {
        int reason = errno;
        close(file);
        errno = reason;
        return -1;
    }
    *port = ntohs(address.sin_port);
    return file;
}

static int listen_on(const struct addrinfo *place) {
    int one = 1, file = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) {
        return -1;
    }
    if (setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0
        || bind(file, place->ai_addr, place->ai_addrlen) != 0 || listen(file, SOMAXCONN) != 0) {
        int reason = errno;
        close(file);
        errno = reason;
        return -1;
    }
    return file;
}

int check_listen_at(const char *host, uint16_t port, undr_buffer *why) {
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char number[8];
    snprintf(number, sizeof number, "%u", port);
    int reason = getaddrinfo(host, number, &wanted, &found), file = -1;
    undr_error error = UNDR_OK;
    if (reason != 0) {
        error = undr_put_format(why, "%s has no IPv4 address: %s", host, gai_strerror(reason));
    } else {
        file = listen_on(found);
        error = file >= 0 ? UNDR_OK
                          : undr_put_format(why, "the harness can't listen at %s:%u: %s", host, port, strerror(errno));
        freeaddrinfo(found);
    }
    if (error != UNDR_OK && file >= 0) {
        close(file);
        file = -1;
    }
    return file;
}

void check_gate_init(check_gate *gate) {
    *gate = (check_gate){.listener = -1};
}

undr_error check_gate_open(check_gate *gate) {
    gate->listener = check_listen(&gate->port);
    return gate->listener >= 0 ? UNDR_OK : UNDR_SYSTEM;
}

static undr_error hold_visitor(check_gate *gate, int visitor) {
    int *held = check_array_grow(gate->held, gate->count, &gate->capacity, sizeof *held);
    if (held == NULL) {
        close(visitor);
        return UNDR_MEMORY;
    }
    gate->held = held;
    gate->held[gate->count++] = visitor;
    gate->visitors++;
    return UNDR_OK;
}

undr_error check_gate_admit(check_gate *gate) {
    for (int i = 0; gate->listener >= 0 && i < VISITORS_AT_ONCE; i++) {
        int visitor = accept4(gate->listener, NULL, NULL, SOCK_CLOEXEC);
        if (visitor >= 0) {
            undr_error error = hold_visitor(gate, visitor);
            if (error != UNDR_OK) {
                return error;
            }
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return UNDR_SYSTEM;
        }
    }
    return UNDR_OK;
}

bool check_gate_accept(check_gate *gate) {
    if (gate->accepted == gate->count) {
        return false;
    }
    gate->accepted++;
    return true;
}

void check_gate_release(check_gate *gate) {
    for (size_t i = 0; i < gate->accepted; i++) {
        close(gate->held[i]);
    }
    gate->count -= gate->accepted;
    if (gate->count > 0) {
        memmove(gate->held, gate->held + gate->accepted, gate->count * sizeof *gate->held);
    }
    gate->accepted = 0;
}

void check_gate_free(check_gate *gate) {
    gate->accepted = gate->count;
    check_gate_release(gate);
    if (gate->listener >= 0) {
        close(gate->listener);
    }
    free(gate->held);
    check_gate_init(gate);
}
