"""A playbook action for Robusta that restarts an alert's Deployment, and tells beside the alert whether it helped.

client/python/aftercheck.py belongs beside it in the playbook repository. The runner's environment says where the sidecar is:
AFTERCHECK_ADDRESS, AFTERCHECK_TOKEN_FILE, AFTERCHECK_CA_FILE.
"""

from datetime import datetime, timezone

from aftercheck import Client, Incident
from robusta.api import MarkdownBlock, PrometheusKubernetesAlert, action


@action
def restart_and_verify(event: PrometheusKubernetesAlert) -> None:
    deployment = event.deployment
    if deployment is None:
        event.add_enrichment([MarkdownBlock("Not restarted: the alert names no Deployment.")])
        return
    name, namespace = deployment.metadata.name, deployment.metadata.namespace
    incident = Incident.from_alert({**event.alert.dict(), "startsAt": event.alert.startsAt.isoformat()})

    # Five minutes at the most: Robusta runs few actions at a time.
    with Client().around(incident, f"kubectl -n {namespace} rollout restart deployment/{name}", wait=300) as repair:
        annotations = deployment.spec.template.metadata.annotations or {}
        annotations["kubectl.kubernetes.io/restartedAt"] = datetime.now(timezone.utc).isoformat()
        deployment.spec.template.metadata.annotations = annotations
        deployment.update()

    said = repair.explanation or "There is no verdict."
    event.add_enrichment([MarkdownBlock(f"Restarted {namespace}/{name}: *{repair.verdict or 'unknown'}* ({repair.reason}). {said}")])
