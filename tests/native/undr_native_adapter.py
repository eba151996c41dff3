"""Conformance adapter (spec/adapter.md) for undr_native: the package's own adapter around another manager and worker.

usage: as conformance/adapters/python/undr_adapter.py"""

import os
import pathlib
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "conformance" / "adapters" / "python"))
import undr_adapter  # noqa: E402

undr_adapter.CAPABILITIES = "manager\nworker\npool\npriority-levels 127\nlog-directory\npickle 0-5\nhold 500"


def make_manager(task, options):
    import undr_native

    manager = undr_native.NativeProcessManager(options.workers, options.priority_levels, options.log_directory)
    manager.server = types.SimpleNamespace(server_address=("127.0.0.1", manager.port))
    return manager


class Session(undr_adapter.Session):
    """As the package's, for a manager that knows itself whether it is closed, and ends its workers itself."""

    def leave(self):
        for worker in self.manager.workers:
            worker.kill()
        os._exit(0)  # workers end with their manager's process

    def do_close(self, policy):
        self.manager.close(self.task.ProcessManager.ClosePolicy[policy.upper()])
        return "closed"


def main():
    undr_adapter.Session = Session
    undr_adapter.make_manager = make_manager
    if sys.argv[1:2] == ["worker"]:
        task = undr_adapter.import_task_module()
        import undr_native.worker

        task.ProcessManager.target = lambda proxy, log: undr_native.worker.run(proxy.server_port, 1, log)
        undr_adapter.import_task_module = lambda: task  # once is enough
    undr_adapter.main()


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    undr_adapter.import_task_module()
