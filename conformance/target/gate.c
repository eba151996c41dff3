/* gate.c: listening ports that hold a running task until the case lets it go. */
#include "target/gate.h"

#include "base/grow.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VISITORS_AT_ONCE = 64 }; /* of who comes without end the rest waits */

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

void check_gate_init(check_gate *gate) {
    *gate = (check_gate){.listener = -1};
}

undr_error check_gate_open(check_gate *gate) {
    gate->listener = check_listen(&gate->port);
    return gate->listener >= 0 ? UNDR_OK : UNDR_SYSTEM;
}

static undr_error hold(check_gate *gate, int visitor) {
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
            undr_error error = hold(gate, visitor);
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
