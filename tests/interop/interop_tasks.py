"""Tasks as a user of the package writes them. The workers import them from here."""

import socket

import undr.task


class Square(undr.task.Task):
    def __init__(self, number):
        self.number = number

    def run(self, session, manager):
        assert "User-Agent" in session.headers  # a requests.Session, or what becomes one when it is used
        manager.send_message(("square", self.number, self.number * self.number))


class Tree(undr.task.Task):
    """Schedules two of its kind, urgently, until depth 0."""

    def __init__(self, depth):
        self.depth = depth

    def run(self, session, manager):
        for _ in range(2 if self.depth > 0 else 0):
            manager.schedule(Tree(self.depth - 1), priority=0)
        manager.send_message(("tree", self.depth))


class Say(undr.task.Task):
    def __init__(self, value):
        self.value = value

    def run(self, session, manager):
        manager.send_message(("say", self.value))


class Fail(undr.task.Task):
    def __init__(self, text):
        self.text = text

    def run(self, session, manager):
        raise ValueError(self.text)


class Meet(undr.task.Task):
    """Connects to a port and waits for the end of the stream: it runs as long as the test wants."""

    def __init__(self, port):
        self.port = port

    def run(self, session, manager):
        with socket.create_connection(("127.0.0.1", self.port)) as gate:
            while gate.recv(64):
                pass
        manager.send_message(("met",))
