{{/*
The sidecar for pods of any chart. These templates take this chart's own context: within
it that is $, and in a chart that depends on it .Subcharts.aftercheck (or the alias).
*/}}

{{/*
aftercheck.sidecar.container: an entry of initContainers. It has neither startupProbe nor
readinessProbe, on purpose: the first would hold the executor's start back, the second counts for
the readiness of the whole pod, and a sidecar that lost its store would take the executor out of
service. The liveness probe restarts this container alone.
*/}}
{{- define "aftercheck.sidecar.container" -}}
{{ include "aftercheck.container" . }}
restartPolicy: Always
{{- end }}

{{/* aftercheck.sidecar.volumes: entries of volumes. */}}
{{- define "aftercheck.sidecar.volumes" -}}
- name: aftercheck-socket
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{ include "aftercheck.volumes" . }}
{{- end }}

{{/* aftercheck.sidecar.socketVolumeMount: an entry of volumeMounts of the executor. A socket can be connected to through a read-only mount, and not be replaced. */}}
{{- define "aftercheck.sidecar.socketVolumeMount" -}}
- name: aftercheck-socket
  mountPath: /run/aftercheck
  readOnly: true
{{- end }}

{{/*
aftercheck.sidecar.podSecurityContext: keys of the pod's securityContext. The group of fsGroup
owns the socket, and every container of the pod is in it, whatever its user.
*/}}
{{- define "aftercheck.sidecar.podSecurityContext" -}}
{{- pick .Values.podSecurityContext "fsGroup" "fsGroupChangePolicy" | toYaml }}
{{- end }}

{{/* aftercheck.sidecar.podLabels: labels of the pod, by which the PodMonitor finds it. */}}
{{- define "aftercheck.sidecar.podLabels" -}}
aftercheck.github.io/sidecar: {{ include "aftercheck.fullname" . | quote }}
{{- end }}

{{/* aftercheck.sidecar.podAnnotations: a new configuration makes new pods. Leave it out to load it by a reload instead. */}}
{{- define "aftercheck.sidecar.podAnnotations" -}}
aftercheck.github.io/config-checksum: {{ include "aftercheck.sidecar.config" . | sha256sum | quote }}
{{- end }}

{{- define "aftercheck.container" -}}
name: aftercheck
image: {{ include "aftercheck.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  {{- include "aftercheck.args" . | nindent 2 }}
{{- include "aftercheck.env" . }}
ports:
  - name: aftercheck
    containerPort: {{ .Values.web.port }}
    protocol: TCP
  {{- if .Values.api.tokenSecret }}
  - name: aftercheck-api
    containerPort: {{ .Values.api.port }}
    protocol: TCP
  {{- end }}
livenessProbe:
  {{- include "aftercheck.probe" (list . "healthy") | nindent 2 }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.containerSecurityContext | nindent 2 }}
volumeMounts:
  {{- include "aftercheck.volumeMounts" . | nindent 2 }}
{{- end }}

{{- define "aftercheck.args" -}}
- serve
- --config.file=/etc/aftercheck/config/aftercheck.yaml
- --socket=/run/aftercheck/aftercheck.sock
- --storage.path=/var/lib/aftercheck/aftercheck.db
- --shutdown.grace-period={{ .Values.shutdownGraceSeconds }}s
- --web.listen-address=:{{ .Values.web.port }}
{{- if .Values.web.configSecret }}
- --web.config.file=/etc/aftercheck/web/web.yaml
{{- end }}
{{- if not .Values.web.evidencePages }}
- --no-web.evidence-pages
{{- end }}
{{- with .Values.web.externalUrl }}
- {{ printf "--web.external-url=%s" . | quote }}
{{- end }}
{{- if .Values.api.tokenSecret }}
- --api.tcp-address=:{{ .Values.api.port }}
- --api.bearer-token-file=/etc/aftercheck/api/tokens
{{- end }}
- --log.level={{ .Values.logging.level }}
- --log.format={{ .Values.logging.format }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{/*
The probe of a health endpoint: (list $ "healthy"). Where the listener wants a password, the
port is only seen to be there. What livenessProbe asks instead holds for that probe alone, its
times for both.
*/}}
{{- define "aftercheck.probe" -}}
{{- $ := index . 0 }}
{{- $times := omit $.Values.livenessProbe "exec" "grpc" "httpGet" "tcpSocket" }}
{{- $asked := pick $.Values.livenessProbe "exec" "grpc" "httpGet" "tcpSocket" }}
{{- if or (not $asked) (ne (index . 1) "healthy") }}
{{- $asked = dict "httpGet" (dict "path" (printf "/-/%s" (index . 1)) "port" "aftercheck") }}
{{- if $.Values.web.configSecret }}
{{- $asked = dict "tcpSocket" (dict "port" "aftercheck") }}
{{- end }}
{{- end }}
{{- mustMergeOverwrite (dict) $times $asked | toYaml }}
{{- end }}

{{/* Go's memory limit is nine tenths of the container's, so that it collects before the kernel kills. */}}
{{- define "aftercheck.env" -}}
{{- $limit := dig "limits" "memory" "" .Values.resources }}
{{- $bytes := include "aftercheck.bytes" (kindIs "float64" $limit | ternary (printf "%.0f" $limit) (toString $limit)) }}
{{- $given := false }}
{{- range .Values.extraEnv }}{{ if eq .name "GOMEMLIMIT" }}{{ $given = true }}{{ end }}{{ end }}
{{- if or (and $bytes (not $given)) .Values.extraEnv }}
env:
  {{- if and $bytes (not $given) }}
  - name: GOMEMLIMIT
    value: {{ mulf $bytes 0.9 | floor | int64 | quote }}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The bytes of a quantity such as 256Mi or 1.5G; empty for one in another notation. */}}
{{- define "aftercheck.bytes" -}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+)?([KMGT]i|[kMGT])?$" . }}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- mulf (regexFind "^[0-9.]+" .) (get $units (regexFind "[a-zA-Z]*$" .)) | int64 }}
{{- end }}
{{- end }}
