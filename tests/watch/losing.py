"""The command of test_losses: a right manager and its peers, while the watch that is its parent loses packets.

While the watch reads what it has still to read, a task is scheduled 400 times behind more bytes than its ring holds: the
watch sees none of that. Then a worker, whose packets it has all seen, gets the task 400 times."""
import os
import signal
import socket
import sys
import threading
import time

from packets import NEXT, NONE, frame

TASK = b"\x80\x04C\x01x."
BACKLOG = 400 << 16  # bytes of requests: the watch takes much longer to judge them than to pass over other bytes
RING = 128 << 20     # bytes that its ring may hold
WATCH = os.getppid()


def connect(server):
    client = socket.create_connection(server.getsockname())
    return client, server.accept()[0]


def carry(client, reader, data):
    def read_all():
        left = len(data)
        while left > 0:
            left -= len(reader.recv(1 << 20))
    thread = threading.Thread(target=read_all)
    thread.start()
    client.sendall(data)
    thread.join()


def exchange(client, server, request, answer):
    carry(client, server, request)
    carry(server, client, answer)


def main():
    manager, foreign = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    worker, scheduler, eager, other = (connect(one) for one in (manager, manager, manager, foreign))
    exchange(*worker, NEXT, NONE)
    os.kill(WATCH, signal.SIGSTOP)
    carry(*eager, NEXT * (BACKLOG // len(NEXT)))
    os.kill(WATCH, signal.SIGCONT)
    time.sleep(0.02)  # it has begun to read
    os.kill(WATCH, signal.SIGSTOP)
    carry(*other, bytes(RING))
    for _ in range(400):
        exchange(*scheduler, frame(0x81, TASK), frame("s"))
    os.kill(WATCH, signal.SIGCONT)
    time.sleep(0.1)  # there is room again
    for turn in range(400):
        exchange(*worker, NEXT if turn == 0 else frame("t"), frame("t", TASK))


if __name__ == "__main__":
    sys.exit(main())
