"""What the tests start: a patient, a real sidecar that looks at it, and servers with the faults that a real one does not show on command."""

import contextlib
import http.server
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable, List, Optional

from aftercheck import Client, Incident

BINARY = os.environ["AFTERCHECK_BINARY"]
INCIDENT = Incident("inc-1", "ShopDown", {"service": "shop"})

CONFIG = """
default_policy: {{warmup: 200ms, deadline: 60s, interval: 200ms, rounds: 2}}
policies: [{{name: hopeless, warmup: 100ms, deadline: 2s}}, {{name: quick, warmup: 100ms, deadline: 2s}}]
sensors:
  kubernetes: {{enabled: false}}
  http: [{{name: shop, url: "http://127.0.0.1:{port}/", timeout: 5s, signal: true}}]
{more}
"""


def eventually(condition: Callable[[], bool], within: float = 60) -> None:
    over = time.monotonic() + within
    while not condition():
        if time.monotonic() > over:
            raise AssertionError(f"not within {within} s")
        time.sleep(0.02)  # between two looks


class Patient:
    """A service that is ill until it is cured, or until its file is there."""

    def __init__(self) -> None:
        self.well = False
        self.cure_file: Optional[Path] = None
        patient = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cured = patient.well or patient.cure_file is not None and patient.cure_file.exists()
                self.send_response(200 if cured else 500)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def cure(self) -> None:
        self.well = True

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Sidecar:
    """A real sidecar process that keeps its socket and its store over restarts."""

    def __init__(self, patient: Patient, more: str = "", flags: Optional[List[str]] = None,
                 prepare: Optional[Callable[[Path], None]] = None) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="aftercheck-")
        self.path = Path(self.folder.name)
        self.socket = str(self.path / "aftercheck" / "aftercheck.sock")  # where XDG_RUNTIME_DIR would have it
        Path(self.socket).parent.mkdir()
        config = self.path / "aftercheck.yaml"
        config.write_text(CONFIG.format(port=patient.port, more=more))
        self.command = [BINARY, "serve", f"--config.file={config}", f"--socket={self.socket}", "--web.listen-address=127.0.0.1:0",
                        f"--storage.path={self.path / 'evidence.db'}", *(flags or [])]
        if prepare is not None:
            prepare(self.path)
        self.start()

    def start(self) -> None:
        with open(self.path / "log", "a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.path)
        client = Client(self.socket)

        def ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError((self.path / "log").read_text())
            return client.ready()

        eventually(ready)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def close(self) -> None:
        self.kill()
        self.folder.cleanup()


class Faulty:
    """A socket on which each connection gets what a function does with it."""

    def __init__(self, serve: Callable[[socket.socket, int], None]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="aftercheck-")
        self.socket = self.folder.name + "/s"
        self.calls = 0
        self.serve = serve
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.socket)
        self.listener.listen(16)
        self.held: List[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.calls += 1
            self.held.append(connection)
            threading.Thread(target=self._one, args=(connection, self.calls), daemon=True).start()

    def _one(self, connection: socket.socket, call: int) -> None:
        with contextlib.suppress(OSError):
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(1 << 16)
            self.serve(connection, call)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.held:
            connection.close()
        self.folder.cleanup()


def answering(*answers: bytes) -> Callable[[socket.socket, int], None]:
    """Answers each call with the next of the answers, and the last for good; None hangs."""

    def serve(connection: socket.socket, call: int) -> None:
        connection.sendall(answers[min(call, len(answers)) - 1])
        connection.shutdown(socket.SHUT_RDWR)

    return serve


def hanging(connection: socket.socket, call: int) -> None:
    """Holds the connection and says nothing."""


def dripping(connection: socket.socket, call: int) -> None:
    """Says a byte now and then, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)
