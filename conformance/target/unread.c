/* unread.c: looks into the peer's receive queue through NETLINK_SOCK_DIAG, one exact request a question. */
#include "target/unread.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ANSWER_SIZE = 8192,
    ANSWER_MS = 1000,
    TCP_ESTABLISHED = 1 /* netinet/tcp.h can't be included beside linux/tcp.h */
};

typedef struct question {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
} question;

int check_queue_open(void) {
    return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/* The peer's socket: its own address is our `there`. */
static question make_question(const check_wire *wire) {
    question one = {
        .header = {.nlmsg_len = sizeof one, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = AF_INET,
            .sdiag_protocol = IPPROTO_TCP,
            .idiag_states = ~0U,
            .idiag_ext = 1 << (INET_DIAG_INFO - 1)},
    };
    one.request.id.idiag_sport = wire->there.sin_port;
    one.request.id.idiag_dport = wire->here.sin_port;
    one.request.id.idiag_src[0] = wire->there.sin_addr.s_addr;
    one.request.id.idiag_dst[0] = wire->here.sin_addr.s_addr;
    one.request.id.idiag_cookie[0] = one.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return one;
}

/* How many bytes the peer's kernel has received; UINT64_MAX when the message does not say. */
static uint64_t bytes_received(const struct nlmsghdr *header) {
    const struct inet_diag_msg *message = NLMSG_DATA(header);
    size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof *message);
    const char *at = (const char *)message + NLMSG_ALIGN(sizeof *message);
    struct rtattr attribute;
    while (left >= sizeof attribute) {
        memcpy(&attribute, at, sizeof attribute);
        size_t whole = RTA_ALIGN(attribute.rta_len);
        size_t needed = RTA_LENGTH(offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(__u64));
        if (attribute.rta_type == INET_DIAG_INFO && attribute.rta_len >= needed && left >= needed) {
            __u64 received;
            memcpy(&received, at + RTA_LENGTH(offsetof(struct tcp_info, tcpi_bytes_received)), sizeof received);
            return received;
        }
        if (attribute.rta_len < sizeof attribute || whole > left) {
            break;
        }
        at += whole;
        left -= whole;
    }
    return UINT64_MAX;
}

static check_queue_state read_answer(
    const struct nlmsghdr *header, size_t size, const check_wire *wire, uint64_t *unread) {
    if (!NLMSG_OK(header, (unsigned)size)) {
        return CHECK_QUEUE_UNKNOWN;
    }
    if (header->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = NLMSG_DATA(header);
        return error->error == -ENOENT ? CHECK_QUEUE_GONE : CHECK_QUEUE_UNKNOWN;
    }
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
        return CHECK_QUEUE_UNKNOWN;
    }
    const struct inet_diag_msg *message = NLMSG_DATA(header);
    uint64_t received = bytes_received(header);
    if (received == UINT64_MAX) { /* a socket that is only waiting for its end says nothing of bytes */
        return message->idiag_state == TCP_ESTABLISHED ? CHECK_QUEUE_UNKNOWN : CHECK_QUEUE_GONE;
    }
    /* The queue alone would lie: a segment can wait beside it while the peer is inside recv(2). */
    *unread = message->idiag_rqueue + (wire->bytes_out > received ? wire->bytes_out - received : 0);
    return *unread == 0 ? CHECK_QUEUE_READ : CHECK_QUEUE_WAITING;
}

static bool has_answered(int netlink) {
    struct pollfd there = {.fd = netlink, .events = POLLIN};
    int count;
    do {
        count = poll(&there, 1, ANSWER_MS);
    } while (count < 0 && errno == EINTR);
    return count == 1;
}

static check_queue_state ask_kernel(int netlink, const check_wire *wire, uint64_t *unread) {
    if (netlink < 0 || wire->socket < 0) {
        return netlink < 0 ? CHECK_QUEUE_UNKNOWN : CHECK_QUEUE_GONE;
    }
    question one = make_question(wire);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    union {
        struct nlmsghdr header;
        char bytes[ANSWER_SIZE];
    } answer;
    ssize_t size = sendto(netlink, &one, sizeof one, 0, (const struct sockaddr *)&kernel, sizeof kernel);
    if (size != (ssize_t)sizeof one || !has_answered(netlink)) {
        return CHECK_QUEUE_UNKNOWN;
    }
    do {
        size = recv(netlink, &answer, sizeof answer, 0);
    } while (size < 0 && errno == EINTR);
    return size > 0 ? read_answer(&answer.header, (size_t)size, wire, unread) : CHECK_QUEUE_UNKNOWN;
}

check_queue_state check_queue_ask(int netlink, const check_wire *wire) {
    uint64_t unread = 0;
    return ask_kernel(netlink, wire, &unread);
}

bool check_queue_unread(int netlink, const check_wire *wire, uint64_t *unread) {
    check_queue_state state = ask_kernel(netlink, wire, unread);
    return state == CHECK_QUEUE_READ || state == CHECK_QUEUE_WAITING;
}

bool check_queue_is_acknowledged(const check_wire *wire) {
    int left = 0;
    return wire->socket < 0 || ioctl(wire->socket, SIOCOUTQ, &left) != 0 || left == 0;
}
