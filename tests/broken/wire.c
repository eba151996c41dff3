/* wire.c: frames on a blocking socket. */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

void *must_have(void *memory) {
    if (memory == NULL) {
        fputs("undr-broken: out of memory\n", stderr);
        exit(70);
    }
    return memory;
}

static ssize_t read_some(int fd, void *data, size_t size) {
    for (;;) {
        ssize_t got = recv(fd, data, size, 0);
        if (got >= 0 || errno != EINTR) {
            return got;
        }
    }
}

/* Sends part of a large piece, and pauses for as long as that may take. */
static size_t dose(long per_second, size_t size) {
    enum { PARTS = 20 };
    if (per_second == 0 || size < 1024) {
        return size;
    }
    struct timespec pause = {0, 1000000000 / PARTS};
    nanosleep(&pause, NULL);
    size_t part = (size_t)per_second / PARTS;
    return part < size ? part : size;
}

/* Reads size bytes, or until the stream ends; *got says how many came. */
static wire_result read_all(int fd, const wire_habits *habits, uint8_t *data, size_t size, bool one_read, size_t *got) {
    *got = 0;
    while (*got < size) {
        size_t most = dose(habits->reads_per_second, size - *got);
        ssize_t now = read_some(fd, data + *got, most);
        if (now < 0) {
            return WIRE_RESET;
        }
        if (now == 0) {
            return WIRE_END;
        }
        *got += (size_t)now;
        if (one_read) {
            return *got == size ? WIRE_OK : WIRE_REFUSED;
        }
    }
    return WIRE_OK;
}

static uint64_t decode_length(const uint8_t *bytes8, bool big_endian) {
    uint64_t length = 0;
    for (int i = 0; i < 8; i++) {
        length |= (uint64_t)bytes8[i] << (big_endian ? 56 - 8 * i : 8 * i);
    }
    return length;
}

static void encode_length(uint8_t *bytes8, uint64_t length, bool big_endian) {
    for (int i = 0; i < 8; i++) {
        bytes8[i] = (uint8_t)(length >> (big_endian ? 56 - 8 * i : 8 * i));
    }
}

static void wait_for_ever(int fd) {
    uint8_t sink[4096];
    while (read_some(fd, sink, sizeof sink) > 0) {}
}

static wire_result read_payload(int fd, const wire_habits *habits, uint64_t length, frame *out) {
    size_t capacity = length < 65536 ? (size_t)length : 65536;
    out->payload.data = must_have(malloc(capacity + 1));
    out->payload.size = 0;
    while (out->payload.size < length) {
        if (out->payload.size == capacity) {
            capacity = capacity * 2 < length ? capacity * 2 : (size_t)length;
            out->payload.data = must_have(realloc(out->payload.data, capacity + 1));
        }
        size_t got;
        wire_result result = read_all(fd, habits, out->payload.data + out->payload.size, capacity - out->payload.size,
            habits->payload_one_read, &got);
        out->payload.size += got;
        if (result == WIRE_REFUSED) {
            return WIRE_OK; /* the short read is taken as whole */
        }
        if (result != WIRE_OK) {
            return habits->partial_counts && result == WIRE_END ? WIRE_OK : result;
        }
    }
    return WIRE_OK;
}

static bool header_is_wrong(uint8_t type, uint64_t length) {
    if (type == 'n' || type == 't') {
        return length > 0;
    }
    return type == 'm' ? length == 0 : type < 0x80;
}

static wire_result read_header(int fd, uint8_t header[9], const wire_habits *habits, size_t *got) {
    if (habits->header_patience == 0) {
        return read_all(fd, habits, header, 9, habits->header_one_read, got);
    }
    wire_result result = read_all(fd, habits, header, 1, false, got);
    if (result == WIRE_OK) {
        limit_waiting(fd, SO_RCVTIMEO, habits->header_patience);
        result = read_all(fd, habits, header + 1, 8, false, got);
        limit_waiting(fd, SO_RCVTIMEO, 0);
    }
    return result;
}

wire_result read_frame(int fd, const wire_habits *habits, frame *out) {
    uint8_t header[9];
    size_t got;
    *out = (frame){0};
    wire_result result = read_header(fd, header, habits, &got);
    out->type = got > 0 ? header[0] : 0;
    if (result != WIRE_OK) {
        return result;
    }
    out->has_header = true;
    uint64_t length = decode_length(header + 1, habits->read_big_endian);
    if (habits->refuse_at_header && header_is_wrong(out->type, length)) {
        return WIRE_REFUSED;
    }
    if (habits->length_signed && length >> 63 != 0) {
        length = 0;
    }
    if (habits->length_32_bits) {
        length &= 0xffffffff;
    }
    if (habits->length_31_bits) {
        length &= 0x7fffffff;
    }
    if (length == 0 && habits->empty_blocks) {
        uint8_t sink;
        (void)!read_some(fd, &sink, 1);
    }
    if (length > habits->limit) {
        if (habits->absurd_waits) {
            wait_for_ever(fd);
            return WIRE_END;
        }
        return WIRE_REFUSED;
    }
    if (habits->payload_patience > 0) {
        limit_waiting(fd, SO_RCVTIMEO, habits->payload_patience);
    }
    result = read_payload(fd, habits, length, out);
    if (habits->payload_patience > 0) {
        limit_waiting(fd, SO_RCVTIMEO, 0);
    }
    if (habits->chunk_waits && length > 0 && length % 65536 == 0) {
        uint8_t sink;
        (void)!read_some(fd, &sink, 1);
    }
    return result;
}

static bool write_all(int fd, const wire_habits *habits, const uint8_t *data, size_t size) {
    bool one_byte = habits->one_byte_writes && size < 4096 + 9;
    while (size > 0) {
        ssize_t wrote = send(fd, data, one_byte ? 1 : dose(habits->writes_per_second, size), MSG_NOSIGNAL);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return false;
        }
        data += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

bool write_frame(int fd, const wire_habits *habits, uint8_t type, const void *payload, size_t size) {
    uint8_t *whole = must_have(malloc(9 + size));
    whole[0] = type;
    uint64_t announced = size == 0 ? 0 : size + (uint64_t)habits->length_added;
    encode_length(whole + 1, announced, habits->write_big_endian);
    if (size > 0) {
        memcpy(whole + 9, payload, size);
    }
    bool fine = write_all(fd, habits, whole, 9 + size);
    free(whole);
    return fine;
}

int listen_on(uint32_t address, uint16_t *port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    socklen_t size = sizeof name;
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, size) != 0 || listen(fd, 4096) != 0
        || getsockname(fd, (struct sockaddr *)&name, &size) != 0) {
        perror("undr-broken: listen");
        exit(70);
    }
    *port = ntohs(name.sin_port);
    return fd;
}

int connect_to(uint16_t port) {
    return connect_from(INADDR_ANY, port);
}

int connect_from(uint32_t address, uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    if (fd >= 0 && address != INADDR_ANY && bind(fd, (struct sockaddr *)&own, sizeof own) != 0) {
        close(fd);
        return -1;
    }
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof name) != 0) {
        close(fd);
        return -1;
    }
    if (fd >= 0) {
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    return fd;
}

void limit_waiting(int fd, int option, long milliseconds) {
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    (void)setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

struct timespec later(long milliseconds) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += milliseconds / 1000;
    at.tv_nsec += milliseconds % 1000 * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}
