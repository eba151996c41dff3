"""users.py BUILD: --same-user: whom undr-manager serves, and that no other user's byte reaches its inbox or its queues,
whatever he does with his sockets, ports and timing. Needs root, to become another user."""

import contextlib
import os
import pathlib
import pickle
import signal
import socket
import struct
import sys

import harness

BUILD = sys.argv[1]
NOBODY = 65534
RESET = struct.pack("ii", 1, 0)
MESSAGE = pickle.dumps("evil", 4)
EVIL = harness.HEADER.pack(ord("m"), len(MESSAGE)) + MESSAGE + harness.HEADER.pack(0x81, 4) + b"evil"
TRIES = 30


class Other:
    """Another user's process, which does what it is told: a function of a socket that is bound to a port of its own."""

    def __init__(self, *steps, family=socket.AF_INET):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                ours.close()
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
                self.act(theirs, steps, family)
                status = 0
            finally:
                os._exit(status)
        theirs.close()
        self.line = ours
        self.port = struct.unpack("=H", self.line.recv(2))[0]

    def act(self, line, steps, family):
        peer = socket.socket(family)
        peer.settimeout(harness.LIMIT)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        peer.bind(("127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1", 0))
        line.send(struct.pack("=H", peer.getsockname()[1]))
        for step in steps:
            line.recv(1)
            step(peer)
            line.send(b".")
        line.recv(1)

    def step(self):
        self.line.send(b".")
        assert self.line.recv(1) == b".", "the other user has failed"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()
        os.waitpid(self.pid, 0)


def connects_and_sends(port):
    def step(peer):
        mapped = peer.family == socket.AF_INET6
        peer.connect(("::ffff:127.0.0.1" if mapped else "127.0.0.1", port))
        peer.sendall(EVIL)
    return step


def resets(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    peer.close()


def ends(peer):
    peer.close()


def ends_for_a_second(peer):
    """The system forgets his end after a second, without a reset, and ours knows nothing of it."""
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, 1)
    peer.close()


def half_closes(peer):
    peer.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def stopped(manager):
    """What happens meanwhile is seen by the manager all at once."""
    os.kill(manager.pid, signal.SIGSTOP)
    harness.until(lambda: harness.status_of(manager.pid)[0] == "T", "stopped manager")
    try:
        yield
    finally:
        os.kill(manager.pid, signal.SIGCONT)


def own_socket(port, family=socket.AF_INET):
    peer = socket.socket(family)
    peer.settimeout(harness.LIMIT)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    peer.bind(("127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1", port))
    return peer


def expect_nothing_came(manager, what):
    """One of its own user, who comes later, is served, and nothing of the other has effect."""
    with harness.Connection(manager.port) as mine:
        assert mine.ask("m", pickle.dumps("mine", 4)) == ("m", b""), "the own user is not served"
        assert mine.ask("n") == ("t", harness.NONE), f"{what}: a task of the other user was queued"
    assert pickle.loads(manager.next()) == "mine", f"{what}: a message of the other user is in the inbox"
    assert manager.next() is None


def his_user(manager, other):
    """As the kernel reports the user of his end; None: there is no such socket any more."""
    ends = [f"0100007F:{port:04X}" for port in (other.port, manager.port)]
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()
    return next((int(line.split()[7]) for line in lines if line.split()[1:3] == ends), None)


def his_end_is_forgotten(manager):
    """Our own end still looks well: only the answer's ends and state show that it is about the listener on his port."""
    with Other(connects_and_sends(manager.port), ends_for_a_second) as other:
        with contextlib.closing(own_socket(other.port)) as listener:
            with stopped(manager):
                other.step()
                listener.listen()
                other.step()
                harness.until(lambda: his_user(manager, other) is None, "end of his socket")
            expect_nothing_came(manager, "a listening socket in place of a forgotten one")


def his_end_belongs_to_nobody(manager):
    """The kernel reports what is left of a closed socket as root's, and that is who we are."""
    with Other(connects_and_sends(manager.port), ends) as other:
        with stopped(manager):
            other.step()
            other.step()
            harness.until(lambda: his_user(manager, other) in (0, None), "what is left of his socket")
            assert his_user(manager, other) == 0
        expect_nothing_came(manager, "a closed socket")


def the_port_is_listened_on(manager, end):
    """The report: his socket is gone when the kernel is asked; a server of the own user listens on its port."""
    with Other(connects_and_sends(manager.port), end) as other:
        with contextlib.closing(own_socket(other.port)) as listener:
            with stopped(manager):
                other.step()
                listener.listen()
                other.step()
            expect_nothing_came(manager, "a listening socket on his port")


def the_port_is_used_again(manager):
    """... and the own user connects from the same port to the manager, before that has looked at the first."""
    with Other(connects_and_sends(manager.port), resets) as other:
        with stopped(manager):
            other.step()
            other.step()
            mine = own_socket(other.port)
            mine.connect(("127.0.0.1", manager.port))
            mine.sendall(harness.HEADER.pack(ord("n"), 0))
        with mine:
            assert mine.recv(13)[:1] == b"t", "the later connection is not served"
        expect_nothing_came(manager, "a later connection from his port")


def the_port_is_about_to_be_used(manager, end):
    """His end is closed, ours not yet (CLOSE_WAIT): the own user's socket of the same two ends only tries to connect."""
    with Other(connects_and_sends(manager.port), end) as other:
        with stopped(manager):
            other.step()
            other.step()
            mine = own_socket(other.port)
            mine.setblocking(False)
            with contextlib.suppress(OSError):
                mine.connect(("127.0.0.1", manager.port))
        mine.close()
        expect_nothing_came(manager, "a socket of the same two ends that connects")


def he_is_there(manager, end, family):
    with Other(connects_and_sends(manager.port), *end, family=family) as other:
        with stopped(manager):
            other.step()
            for _ in end:
                other.step()
        expect_nothing_came(manager, f"{family!r} {end}")


def the_own_user_is_served(manager):
    """Also through an IPv6 socket, and when he sends no more."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with stopped(manager):
            mine = own_socket(0, family)
            mine.connect(("127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1", manager.port))
            mine.sendall(harness.HEADER.pack(ord("n"), 0))
            mine.shutdown(socket.SHUT_WR)
        with mine:
            assert mine.recv(13, socket.MSG_WAITALL)[:1] == b"t", f"the own user is not served through {family!r}"


def without_help(manager):
    """Nothing is stopped: connect, send and reset as fast as it goes, with a listener on the port."""
    def again(peer):
        connects_and_sends(manager.port)(peer)
        resets(peer)
    for _ in range(TRIES):
        with Other(again) as other, contextlib.closing(own_socket(other.port)) as listener:
            listener.listen()
            other.step()
    expect_nothing_came(manager, "a race")


def main():
    if os.geteuid() != 0:
        print("SKIPPED: this is not root, who could become another user")
        sys.exit(77)
    with harness.Manager(BUILD, "--same-user") as manager:
        the_own_user_is_served(manager)
        for end in (resets, ends):
            the_port_is_listened_on(manager, end)
            the_port_is_about_to_be_used(manager, end)
        the_port_is_used_again(manager)
        for family in (socket.AF_INET, socket.AF_INET6):
            for end in ((), (half_closes,), (resets,), (ends,)):
                he_is_there(manager, end, family)
        his_end_is_forgotten(manager)
        his_end_belongs_to_nobody(manager)
        without_help(manager)
        the_own_user_is_served(manager)
        said = manager.said()
        assert "it belongs to another user" in said and "its user can't be determined" in said, said
        manager.end()
    print("no byte of another user came through")


main()
