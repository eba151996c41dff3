/* peer_user.c: the user at the other end of a connection within this machine, as the kernel reports it through the
 * netlink protocol sock_diag(7).
 *
 * Why its answer is the proof that every byte of the connection is that user's: the kernel is asked for the socket with
 * the peer's address and port towards ours. The answer may be about another: the one that listens on that port when the
 * peer's is gone, one that has the same two ends but is only about to connect, one whose process has closed it. So the
 * ends of the answer are compared, its state must be one of a connection, and a process must hold it. Then it could
 * still be the socket of a later connection between the same two ends. But there can't be one while ours lives: our own
 * state is looked at behind the answer, and it never goes back from closed. What was read on a connection, and will be,
 * came from its one peer; so it is asked once, before anything is handled. */
#include "net/server_parts.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
} request;

/* The answer's header and body, or the header and an error. */
typedef struct answer {
    struct nlmsghdr header;
    union {
        struct inet_diag_msg found;
        struct nlmsgerr error;
    } body;
} answer;

/* One socket by its two ends, as it sees them itself: its own address is our peer's. */
static request question(const struct sockaddr_in *peer, const struct sockaddr_in *own) {
    request ask = {
        .header = {.nlmsg_len = sizeof ask, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = UINT32_MAX},
    };
    struct inet_diag_sockid *id = &ask.body.id;
    id->idiag_sport = peer->sin_port;
    id->idiag_dport = own->sin_port;
    id->idiag_src[0] = peer->sin_addr.s_addr;
    id->idiag_dst[0] = own->sin_addr.s_addr;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return ask;
}

/* Of an IPv6 socket, which may be the peer as well, ::ffff:a.b.c.d is meant. */
static bool is_address(uint8_t family, const __be32 *found, __be32 asked) {
    bool is_mapped = found[0] == 0 && found[1] == 0 && found[2] == htonl(0xffff);
    return family == AF_INET ? found[0] == asked : family == AF_INET6 && is_mapped && found[3] == asked;
}

static bool is_about(const struct inet_diag_msg *found, const struct inet_diag_sockid *asked) {
    const struct inet_diag_sockid *id = &found->id;
    return id->idiag_sport == asked->idiag_sport && id->idiag_dport == asked->idiag_dport
        && is_address(found->idiag_family, id->idiag_src, asked->idiag_src[0])
        && is_address(found->idiag_family, id->idiag_dst, asked->idiag_dst[0]);
}

/* It is connected, or has just ended its side. */
static bool is_connected(uint8_t state) {
    return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2;
}

/* A socket that its process has closed has no inode, and is reported as user 0 whatever its user was. */
static int read_user(const request *ask, const answer *got, ssize_t size, uid_t *user) {
    const struct inet_diag_msg *found = &got->body.found;
    size_t header = offsetof(answer, body);
    if (size >= (ssize_t)(header + sizeof got->body.error) && got->header.nlmsg_type == NLMSG_ERROR) {
        return got->body.error.error < 0 ? got->body.error.error : -EPROTO;
    }
    if (size < (ssize_t)(header + sizeof *found) || got->header.nlmsg_type != SOCK_DIAG_BY_FAMILY) {
        return -EPROTO;
    }
    *user = found->idiag_uid;
    bool is_peer = is_about(found, &ask->body.id) && is_connected(found->idiag_state) && found->idiag_inode != 0;
    return is_peer ? 0 : -ENOTCONN;
}

static int exchange(int kernel, const request *ask, uid_t *user) {
    answer got;
    ssize_t size;
    do {
        size = send(kernel, ask, sizeof *ask, 0);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return -errno;
    }
    do {
        size = recv(kernel, &got, sizeof got, 0);
    } while (size < 0 && errno == EINTR);
    return size < 0 ? -errno : read_user(ask, &got, size, user);
}

static int ask_kernel(const struct sockaddr_in *peer, const struct sockaddr_in *own, uid_t *user) {
    int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (kernel < 0) {
        return -errno;
    }
    request ask = question(peer, own);
    int status = exchange(kernel, &ask, user);
    (void)close(kernel); /* nothing was written that could be lost */
    return status;
}

/* Our own end: it may have got the peer's FIN, but nothing has ended it. */
static int check_own(int socket) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return -errno;
    }
    return info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT ? 0 : -ENOTCONN;
}

int undr_peer_user(int socket, const struct sockaddr_in *peer, uid_t *user) {
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    if (getsockname(socket, (struct sockaddr *)&own, &size) != 0) {
        return -errno;
    }
    int status = ask_kernel(peer, &own, user);
    return status == 0 ? check_own(socket) : status;
}
