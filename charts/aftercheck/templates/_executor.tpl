{{/* The executor's container in mode executor. */}}
{{- define "aftercheck.executor" -}}
{{- with .Values.executor -}}
name: executor
image: {{ .image | quote }}
imagePullPolicy: {{ .imagePullPolicy }}
{{- range $key := list "command" "args" "env" "envFrom" "ports" "resources" "livenessProbe" "readinessProbe" "securityContext" }}
{{- with get $.Values.executor $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
volumeMounts:
  {{- include "aftercheck.sidecar.socketVolumeMount" $ | nindent 2 }}
  {{- if .mountServiceAccountToken }}
  - name: executor-token
    mountPath: /var/run/secrets/kubernetes.io/serviceaccount
    readOnly: true
  {{- end }}
  {{- with .volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
