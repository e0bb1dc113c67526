#!/usr/bin/env python3
"""An executor in Python that has its repair verified. Standard library only.

    executor.py SOCKET INCIDENT COMMAND [ARGUMENT...]

Runs the command as the repair of the incident, and exits 0 if the sidecar
found that it worked, 1 if not, 2 if there is no verdict. Labels of the incident
are taken from the environment: AFTERCHECK_LABELS="namespace=shop,deployment=api".
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import uuid
from datetime import datetime, timezone


class Sidecar(http.client.HTTPConnection):
    """One call of the API over the unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def post(path, target, body, timeout):
    """Returns what the sidecar answers, or None: a repair goes on without it."""
    connection = Sidecar(path, timeout)
    try:
        connection.request("POST", target, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.load(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        print(f"no answer of the sidecar: {error}", file=sys.stderr)
        return None
    finally:
        connection.close()
    if response.status >= 400:
        print(f"refused by the sidecar: {answer.get('detail')}", file=sys.stderr)
        return None
    return answer


def now():
    return datetime.now(timezone.utc).isoformat()


def main(path, incident_id, *command):
    labels = dict(pair.split("=", 1) for pair in os.environ.get("AFTERCHECK_LABELS", "").split(",") if pair)
    incident = {"id": incident_id, "labels": labels}
    action = {"text": " ".join(command)}

    snapshot = post(path, "/v1/snapshots", {"incident": incident, "action": action}, timeout=15)

    action["started_at"] = now()
    code = subprocess.run(command).returncode
    action["finished_at"] = now()
    if code != 0:
        print(f"the repair itself failed with {code}", file=sys.stderr)

    # The ID is ours, so the same request may be sent again if the answer is lost.
    request = {"id": str(uuid.uuid4()), "incident": incident, "action": action}
    if snapshot:
        request["snapshot_id"] = snapshot["id"]
    verification = None
    for _ in range(2):
        verification = verification or post(path, "/v1/verifications?wait=2m", request, timeout=150)
    if not verification or verification["state"] != "sealed":
        return 2

    score = verification.get("score")
    print(f"{verification['verdict']} ({verification['reason']}), score {'none' if score is None else format(score, '.2f')}")
    for regression in verification.get("regressions", []):
        print(f"  regressed: {regression['subject']['kind']} {regression['subject'].get('name', '')}: {regression['after']}")
    return 0 if verification["verdict"] == "success" else 1


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
