{{/* The configuration of the sidecar: what the chart knows, and over it the values' own. */}}

{{- define "aftercheck.sidecar.config" -}}
{{- include "aftercheck.refuseSecrets" (dict "at" "config" "value" .Values.config) }}
{{- $known := dict "sensors" (dict "kubernetes" (dict "enabled" (ternary "true" "false" .Values.kubernetes.enabled))) }}
{{- if .Values.redis.url }}
{{- $_ := set $known "store" (dict "redis" (include "aftercheck.redisConfig" . | fromYaml)) }}
{{- end }}
{{- if .Values.api.tlsSecret }}
{{- $files := dict "cert_file" "/etc/aftercheck/api/tls.crt" "key_file" "/etc/aftercheck/api/tls.key" }}
{{- $_ := set $known "listen" (dict "tcp" (dict "tls_config" $files)) }}
{{- end }}
{{- mustMergeOverwrite (dict) $known (mustDeepCopy (.Values.config | default dict)) | toYaml }}
{{- end }}

{{- define "aftercheck.redisConfig" -}}
url: {{ .Values.redis.url | quote }}
{{- if .Values.redis.existingSecret }}
password_file: /etc/aftercheck/redis/password
{{- if .Values.redis.sentinelPasswordKey }}
sentinel_password_file: /etc/aftercheck/redis/sentinel-password
{{- end }}
{{- end }}
{{- if .Values.redis.tlsSecret }}
tls_config:
  ca_file: /etc/aftercheck/redis/ca.crt
  {{- if .Values.redis.tlsClientCertificate }}
  cert_file: /etc/aftercheck/redis/tls.crt
  key_file: /etc/aftercheck/redis/tls.key
  {{- end }}
{{- end }}
{{- end }}

{{/* Whether evidence is kept in Redis, by whichever values: "true" or empty. */}}
{{- define "aftercheck.inRedis" -}}
{{- if or .Values.redis.url (dig "store" "redis" "url" "" (.Values.config | default dict)) }}true{{ end }}
{{- end }}

{{/*
Fails on a secret in the configuration: a ConfigMap, and Helm's record of the release, are
read by more people than a Secret. The sidecar refuses most of these keys too, but only once it
runs.
*/}}
{{- define "aftercheck.refuseSecrets" -}}
{{- $at := .at }}
{{- if kindIs "map" .value }}
{{- range $key, $value := .value }}
{{- $here := printf "%s.%s" $at $key }}
{{- if and (kindIs "string" $value) $value (regexMatch "(?i)(^|_)(password|secret|token|credentials)$" $key) }}
{{- fail (printf "%s: a secret does not belong in values; name its Secret in `secrets` and use the key %s_file" $here $key) }}
{{- end }}
{{- if and (eq $key "secrets") (kindIs "slice" $value) }}
{{- fail (printf "%s: secrets do not belong in values; name their Secret in `secrets` and use the key files" $here) }}
{{- end }}
{{- include "aftercheck.refuseSecrets" (dict "at" $here "value" $value) }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $index, $value := .value }}
{{- include "aftercheck.refuseSecrets" (dict "at" (printf "%s[%d]" $at $index) "value" $value) }}
{{- end }}
{{- else if and (kindIs "string" .value) (regexMatch "^[a-z][a-z0-9+.-]*://[^/@]*:[^/@]+@" .value) }}
{{- fail (printf "%s: a password does not belong in a URL in values; use the key of a file beside it" $at) }}
{{- end }}
{{- end }}
