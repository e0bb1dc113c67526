{{/* Values that the schema lets pass one by one and that make no sense together. */}}

{{- define "aftercheck.check" -}}
{{- $pod := ne .Values.mode "sidecar" }}
{{- $claim := or .Values.persistence.enabled .Values.persistence.existingClaim }}
{{- if and $pod $claim (gt (int .Values.replicas) 1) }}
{{- fail (printf "replicas: %d pods cannot share the one volume of persistence, whose file is open in one process alone; want replicas: 1, or redis.url and no persistence" (int .Values.replicas)) }}
{{- end }}
{{- if and (eq .Values.mode "executor") (not .Values.executor.image) }}
{{- fail "executor.image: want the image of your executor in mode executor" }}
{{- end }}
{{- if eq .Values.mode "standalone" }}
{{- if not (and .Values.api.tokenSecret .Values.api.tlsSecret) }}
{{- fail "api: mode standalone serves executors over TCP alone; want api.tokenSecret and api.tlsSecret, the names of existing Secrets" }}
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (not (include "aftercheck.inRedis" .)) }}
{{- fail "replicas: each pod would keep evidence that the others do not see; want redis.url, or replicas: 1" }}
{{- end }}
{{- end }}
{{- if and .Values.api.tokenSecret (not .Values.api.tlsSecret) }}
{{- fail "api.tlsSecret: the API on an address of the pod wants TLS beside the token; want the name of an existing Secret of the type kubernetes.io/tls" }}
{{- end }}
{{- if and .Values.api.tlsSecret (not .Values.api.tokenSecret) }}
{{- fail "api.tokenSecret: want the name of the existing Secret with the callers' tokens beside api.tlsSecret" }}
{{- end }}
{{- if and $pod (lt (int .Values.terminationGracePeriodSeconds) (int (add .Values.shutdownGraceSeconds 15))) }}
{{- fail (printf "terminationGracePeriodSeconds: the kubelet would kill the sidecar while it ends what is under way; want at least %d, 15 more than shutdownGraceSeconds" (int (add .Values.shutdownGraceSeconds 15))) }}
{{- end }}
{{- if and .Values.kubernetes.enabled .Values.rbac.create (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) }}
{{- fail "serviceAccount.name: the rights would go to the account default of the namespace, and so to every pod; want a name, or serviceAccount.create" }}
{{- end }}
{{- if and .Values.redis.existingSecret (not (include "aftercheck.inRedis" .)) }}
{{- fail "redis.url: want the address of Redis beside redis.existingSecret" }}
{{- end }}
{{- if and (not $pod) .Values.networkPolicy.enabled }}
{{- fail "networkPolicy: a policy holds for the whole pod, and in mode sidecar the pod is another chart's; want networkPolicy.enabled: false, and the port of web.port let in there" }}
{{- end }}
{{- if and .Values.alertmanagerConfig.enabled (not .Values.alertmanagerConfig.receivers) }}
{{- fail "alertmanagerConfig.receivers: want receivers as an AlertmanagerConfig has them, such as {name: sre, telegramConfigs: [...]}" }}
{{- end }}
{{- end }}
