"""Runs every example of docs/python.md as it stands there, against a real sidecar, and compares what it prints."""

import doctest
import os
import re
import socket
import stat
import subprocess
import sys
import unittest
from pathlib import Path

from harness import Patient, Sidecar
from test_aftercheck import certify

HERE = Path(__file__).resolve().parent
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Documentation(unittest.TestCase):
    def setUp(self) -> None:
        self.patient = Patient()
        self.addCleanup(self.patient.close)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        more = "listen: {tcp: {tls_config: {cert_file: sidecar.crt, key_file: sidecar.key}}}"
        self.sidecar = Sidecar(self.patient, more, [f"--api.tcp-address=127.0.0.1:{port}", "--api.bearer-token-file=executor.token"], certify)
        self.addCleanup(self.sidecar.close)
        self.url = f"https://127.0.0.1:{port}"
        # kubectl is what cures the patient here
        kubectl = self.sidecar.path / "bin" / "kubectl"
        kubectl.parent.mkdir()
        self.patient.cure_file = self.sidecar.path / "cured"
        kubectl.write_text(f"#!/bin/sh\ntouch '{self.patient.cure_file}'\n")
        kubectl.chmod(kubectl.stat().st_mode | stat.S_IXUSR)

    def test_examples(self) -> None:
        text = (HERE / "../../docs/python.md").read_text(encoding="utf-8")
        examples = EXAMPLE.findall(text)
        self.assertEqual(len(examples), text.count("```python"), "an example without what it prints")
        environment = {**os.environ, "PYTHONPATH": str(HERE), "AFTERCHECK_ADDRESS": self.sidecar.socket, "SIDECAR_URL": self.url,
                       "PATH": f"{self.sidecar.path / 'bin'}:{os.environ['PATH']}"}
        for code, wanted in examples:
            with self.subTest(code.splitlines()[0]):
                self.sidecar.path.joinpath("cured").unlink(missing_ok=True)
                ran = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=self.sidecar.path, env=environment,
                                     capture_output=True, text=True)
                self.assertEqual((ran.returncode, ran.stderr), (0, ""), code)
                same = doctest.OutputChecker().check_output(wanted, ran.stdout, doctest.ELLIPSIS)
                self.assertTrue(same, f"{code}\nprints\n{ran.stdout}\nwanted\n{wanted}")


if __name__ == "__main__":
    unittest.main()
