#!/usr/bin/env python3
"""An executor in Python that has its repair verified.

    executor.py SOCKET INCIDENT COMMAND [ARGUMENT...]

Runs the command as the repair of the incident, and exits 0 if the sidecar
found that it worked, 1 if not, 2 if there is no verdict. Labels of the incident
are taken from the environment: AFTERCHECK_LABELS="namespace=shop,deployment=api".

It wants client/python/aftercheck.py beside it, or on PYTHONPATH.
"""

import os
import subprocess
import sys

from aftercheck import Client, Incident


def main(address: str, incident_id: str, *command: str) -> int:
    labels = dict(pair.split("=", 1) for pair in os.environ.get("AFTERCHECK_LABELS", "").split(",") if pair)
    try:
        with Client(address).around(Incident(incident_id, labels=labels), " ".join(command), wait=120) as repair:
            subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the repair itself failed: {error}", file=sys.stderr)
        return 1
    if repair.verification is None or not repair.verification.sealed:
        print(f"no verdict: {repair.trouble or 'not yet'}", file=sys.stderr)
        return 2

    v = repair.verification
    print(f"{v.verdict} ({v.reason}), score {'none' if v.score is None else format(v.score, '.2f')}")
    for regression in v.regressions:
        print(f"  regressed: {regression['subject']['kind']} {regression['subject'].get('name', '')}: {regression['after']}")
    return 0 if v.verdict == "success" else 1


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
