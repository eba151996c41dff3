"""limits.py BUILD: who may connect to undr-manager, how much it keeps, and that no payload is executed."""

import contextlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile

import harness

BUILD = sys.argv[1]
NOBODY = 65534
MINIMUM = 64 << 20  # of a payload limit


def refused(*options):
    """What undr-manager says when it does not start."""
    ended = subprocess.run([f"{BUILD}/undr-manager", "manager", "--workers", "0", *options], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=harness.LIMIT)
    assert ended.returncode == 2 and ended.stdout == "", ended
    return ended.stderr


def listens_on(manager):
    """The address of its listening sockets, as /proc/net/tcp has it: they share one, and the port."""
    own = {name[8:-1] for name in harness.descriptors(manager.pid) if name.startswith("socket:[")}
    with open("/proc/net/tcp") as table:
        rows = [row.split() for row in list(table)[1:]]
    addresses = [row[1] for row in rows if row[3] == "0A" and row[9] in own]
    assert len(addresses) == harness.LISTENERS and len(set(addresses)) == 1, addresses
    return addresses[0].split(":")[0]


def loopback_unless_told_otherwise_twice():
    with harness.Manager(BUILD) as manager:
        assert listens_on(manager) == "0100007F"
    with harness.Manager(BUILD, "--beyond-loopback") as manager:
        assert listens_on(manager) == "0100007F"
    for address in ("0.0.0.0", "10.0.0.1", "128.0.0.1"):
        said = refused("--listen", address)
        assert address in said and "--beyond-loopback" in said, said
    assert "IPv4" in refused("--listen", "localhost")
    with harness.Manager(BUILD, "--listen", "0.0.0.0", "--beyond-loopback", workers=1) as manager:
        assert listens_on(manager) == "00000000"
        manager.schedule(harness.probe(("message", 5)))
        assert pickle.loads(manager.next()) == 5  # its own workers find it there
        manager.close("join")
        manager.end()


def a_worker_elsewhere():
    """Not where a worker looks by default: undr-worker is told."""
    with harness.Manager(BUILD, "--listen", "127.0.0.2") as manager:
        manager.schedule(harness.probe(("message", 7)))
        command = [f"{BUILD}/undr-worker", "worker", "--port", str(manager.port)]
        alone = subprocess.run(command, capture_output=True, text=True, timeout=harness.LIMIT)
        assert alone.returncode == 1 and "can't connect to a manager on 127.0.0.1" in alone.stderr, alone
        with subprocess.Popen([*command, "--address", "127.0.0.2"], stderr=subprocess.DEVNULL) as worker:
            assert pickle.loads(manager.next()) == 7
            manager.close("join")
            assert worker.wait(harness.LIMIT) == 0
        manager.end()


def few_files(number):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def who_sends_nothing_keeps_nobody_out():
    """More of them than there may be connections: silent, or with a part of a request. Who asks is served, and stays."""
    begun = [b"", b"n", harness.HEADER.pack(ord("n"), 0)[:8], harness.HEADER.pack(0x81, 1 << 20) + bytes(100)]
    for workers in (0, 1):
        with harness.Manager(BUILD, workers=workers, preexec_fn=few_files(128)) as manager, contextlib.ExitStack() as all_of_them:
            first = all_of_them.enter_context(harness.Connection(manager.port))
            assert first.ask("m", harness.NONE) == ("m", b"")
            for number in range(200):
                silent = all_of_them.enter_context(harness.Connection(manager.port))
                with contextlib.suppress(OSError):
                    silent.socket.sendall(begun[number % 4])
            for _ in range(100):
                with harness.Connection(manager.port) as peer:
                    assert peer.ask("m", harness.NONE) == ("m", b"")
            assert first.ask("m", harness.NONE) == ("m", b"")
            if workers > 0:
                manager.schedule(harness.probe(("message", 5)))
                while pickle.loads(manager.next()) != 5:
                    pass
            assert "it has sent no request, and another connection needs its place" in manager.said()
            manager.end()


def a_request_that_nobody_has_read_yet_counts():
    """The manager is stopped meanwhile, so that it accepts all of them before it reads any."""
    with harness.Manager(BUILD, preexec_fn=few_files(128)) as manager, contextlib.ExitStack() as all_of_them:
        os.kill(manager.pid, signal.SIGSTOP)
        asking = [all_of_them.enter_context(harness.Connection(manager.port)) for _ in range(8)]
        for peer in asking:
            peer.send("m", harness.NONE)
        for _ in range(300):
            all_of_them.enter_context(harness.Connection(manager.port))
        os.kill(manager.pid, signal.SIGCONT)
        for peer in asking:
            assert peer.receive() == ("m", b"")
        assert "it has sent no request, and another connection needs its place" in manager.said()
        manager.end()


def who_has_asked_keeps_its_place():
    with harness.Manager(BUILD, "--connections", 8) as manager, contextlib.ExitStack() as all_of_them:
        peers = [all_of_them.enter_context(harness.Connection(manager.port)) for _ in range(8)]
        for peer in peers:
            assert peer.ask("m", harness.NONE) == ("m", b"")
        for _ in range(20):
            with harness.Connection(manager.port) as late:
                late.ended()
        for peer in peers:
            assert peer.ask("m", harness.NONE) == ("m", b"")
        assert manager.said().count("the limit of connections is reached") == 20
        manager.end()


def more_connections_than_files():
    with harness.Manager(BUILD, "--connections", 100000, preexec_fn=few_files(256)) as manager:
        harness.until(lambda: "100000 connections were requested, but the limit of open files allows only 192" in manager.said(), "note")
        manager.end()
    with harness.Manager(BUILD, "--connections", 192, preexec_fn=few_files(256)) as manager:
        manager.end()
        assert manager.said() == "", manager.said()


ASK_AS_NOBODY = f"""
import os, socket, sys
"".encode("idna")  # is loaded when it is needed, which another user may not be allowed to
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout={harness.LIMIT})
try:
    peer.sendall(b"n" + bytes(8))
    print(len(peer.recv(1)))
except ConnectionError:
    print(0)
"""


def answers_to_nobody(manager):
    command = [sys.executable, "-c", ASK_AS_NOBODY, str(manager.port)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def only_the_same_user():
    if os.geteuid() != 0:
        print("SKIPPED: --same-user as another user (this is not root)")
        return
    with harness.Manager(BUILD, workers=1) as manager:
        assert answers_to_nobody(manager) == 1, "without the option everyone is served"
    with harness.Manager(BUILD, "--same-user", workers=1) as manager:
        assert answers_to_nobody(manager) == 0, "another user was served"
        assert "connection not served: it belongs to another user" in manager.said()
        manager.schedule(harness.probe(("message", 6)))
        assert pickle.loads(manager.next()) == 6
        manager.end()


def connections_are_limited():
    with harness.Manager(BUILD, "--connections", 2) as manager, harness.Connection(manager.port) as a, \
            harness.Connection(manager.port) as b:
        assert a.ask("n") == b.ask("n") == ("t", harness.NONE)
        with harness.Connection(manager.port) as surplus:
            surplus.ended()
            name = surplus.name
        assert f"{name}: connection not served: the limit of connections is reached" in manager.said()
        assert a.ask("n") == b.ask("n") == ("t", harness.NONE)
        manager.end()


def queued_bytes_are_limited():
    with harness.Manager(BUILD, "--queue-limit", 100000) as manager:
        task = harness.probe(("message", b"x" * 40000))
        manager.schedule(task)
        manager.schedule(task)
        answer = " ".join(manager.ask("schedule", 1, task.hex()))
        assert answer == "error the queues and the inbox hold as many bytes as they may", answer
        for kind, payload in ((0x81, task), ("m", pickle.dumps(b"x" * 40000))):
            with harness.Connection(manager.port) as worker:
                worker.send(kind, payload)
                worker.ended()
                assert f"{worker.name}: connection ended: frame of type" in manager.said()
        assert manager.said().count("the queues and the inbox hold as many bytes as they may") == 2
        with harness.Connection(manager.port) as worker:
            assert worker.ask("n") == worker.ask("t") == ("t", task)
            assert worker.ask("t") == ("t", harness.NONE)
        manager.schedule(task)  # there is room again
        manager.end()


def frames_are_limited():
    with harness.Manager(BUILD, "--payload-limit", MINIMUM) as manager:
        for size in (MINIMUM + 1, 1 << 40, (1 << 64) - 1):
            with harness.Connection(manager.port) as worker:
                worker.socket.sendall(harness.HEADER.pack(0x81, size))
                worker.ended()
                said = manager.said()
                assert f"{worker.name}: connection ended" in said and f"({MINIMUM} bytes)" in said, said
        assert "above the limit" in manager.said()
        assert harness.memory(manager.pid) < MINIMUM
        manager.end()


def payloads_are_not_executed(folder):
    """The classic: a pickle that runs a command when it is read. As a message, as a task, inside of both, as a state."""
    target = os.path.join(folder, "executed")

    class Command:
        def __reduce__(self):
            return os.system, (f"touch {target}",)

    bombs = [pickle.dumps(Command(), protocol) for protocol in range(6)]
    bombs += [pickle.dumps([1, Command()]), harness.probe(("message", Command())), harness.probe(Command())]
    bombs.append(f"cos\nsystem\n(S'touch {target}'\ntR.".encode())
    pickle.loads(bombs[0])
    assert os.path.exists(target), "the bomb is a dud"
    os.unlink(target)
    with harness.Manager(BUILD, workers=2) as manager, harness.Connection(manager.port) as worker:
        for bomb in bombs:
            assert worker.ask("m", bomb) == ("m", b"")
            assert worker.ask(0x80, bomb) == ("s", b"")
            assert manager.ask("message", bomb.hex()) == ["ok"]
            manager.schedule(bomb)
        messages = list(manager.messages())
        assert len(messages) >= 3 * len(bombs), f"{len(messages)} messages: not every task was told of"
        manager.close("join")
        manager.end()
    assert not os.path.exists(target), "a payload was executed"


def main():
    loopback_unless_told_otherwise_twice()
    a_worker_elsewhere()
    only_the_same_user()
    connections_are_limited()
    who_sends_nothing_keeps_nobody_out()
    a_request_that_nobody_has_read_yet_counts()
    who_has_asked_keeps_its_place()
    more_connections_than_files()
    queued_bytes_are_limited()
    frames_are_limited()
    with tempfile.TemporaryDirectory() as folder:
        payloads_are_not_executed(folder)
    print("loopback, users, connections, bytes, frames: all limits hold; no payload was executed")


main()
