"""Lets an alert call the example's action, as Robusta's runner would. The Deployment is cured by kubectl, as in the other examples."""

import subprocess
from datetime import datetime, timezone
from types import SimpleNamespace

from restart_and_verify import restart_and_verify


class Alert:
    labels = {"alertname": "ApiErrorsHigh", "namespace": "shop", "deployment": "api"}
    startsAt = datetime.now(timezone.utc)

    def dict(self):
        return {"labels": self.labels, "startsAt": self.startsAt, "fingerprint": "c3ab8ff13720e8ad"}


template = SimpleNamespace(metadata=SimpleNamespace(annotations=None))
deployment = SimpleNamespace(
    metadata=SimpleNamespace(name="api", namespace="shop"),
    spec=SimpleNamespace(template=template),
    update=lambda: subprocess.run(["kubectl", "-n", "shop", "rollout", "restart", "deployment/api"], check=True),
)
event = SimpleNamespace(alert=Alert(), deployment=deployment, add_enrichment=lambda blocks: [print(block.text) for block in blocks])
restart_and_verify(event)
assert template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]
event.deployment = None
restart_and_verify(event)
