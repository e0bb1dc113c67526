{{/*
What the sidecar mounts. Files come as whole volumes and never by subPath, so that a rotated
Secret reaches the running sidecar.
*/}}

{{- define "aftercheck.volumeMounts" -}}
- name: aftercheck-socket
  mountPath: /run/aftercheck
- name: aftercheck-storage
  mountPath: /var/lib/aftercheck
- name: aftercheck-config
  mountPath: /etc/aftercheck/config
  readOnly: true
{{- if .Values.kubernetes.enabled }}
- name: aftercheck-token
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end }}
{{- if or .Values.redis.existingSecret .Values.redis.tlsSecret }}
- name: aftercheck-redis
  mountPath: /etc/aftercheck/redis
  readOnly: true
{{- end }}
{{- if .Values.api.tokenSecret }}
- name: aftercheck-api
  mountPath: /etc/aftercheck/api
  readOnly: true
{{- end }}
{{- if .Values.web.configSecret }}
- name: aftercheck-web
  mountPath: /etc/aftercheck/web
  readOnly: true
{{- end }}
{{- range $index, $name := .Values.secrets }}
- name: aftercheck-secret-{{ $index }}
  mountPath: {{ printf "/etc/aftercheck/secrets/%s" $name | quote }}
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* All but the socket. */}}
{{- define "aftercheck.volumes" -}}
- name: aftercheck-storage
  {{- if or .Values.persistence.enabled .Values.persistence.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ include "aftercheck.claimName" . | quote }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .Values.storageSizeLimit | quote }}
  {{- end }}
- name: aftercheck-config
  configMap:
    name: {{ include "aftercheck.configMapName" . | quote }}
{{- if .Values.kubernetes.enabled }}
{{ include "aftercheck.tokenVolume" "aftercheck-token" }}
{{- end }}
{{- if or .Values.redis.existingSecret .Values.redis.tlsSecret }}
- name: aftercheck-redis
  projected:
    sources:
      {{- with .Values.redis.existingSecret }}
      - secret:
          name: {{ . | quote }}
          items:
            - key: {{ $.Values.redis.passwordKey | quote }}
              path: password
            {{- with $.Values.redis.sentinelPasswordKey }}
            - key: {{ . | quote }}
              path: sentinel-password
            {{- end }}
      {{- end }}
      {{- with .Values.redis.tlsSecret }}
      - secret:
          name: {{ . | quote }}
          items:
            - key: ca.crt
              path: ca.crt
            {{- if $.Values.redis.tlsClientCertificate }}
            - key: tls.crt
              path: tls.crt
            - key: tls.key
              path: tls.key
            {{- end }}
      {{- end }}
{{- end }}
{{- with .Values.api.tokenSecret }}
- name: aftercheck-api
  projected:
    sources:
      - secret:
          name: {{ . | quote }}
          items:
            - key: {{ $.Values.api.tokenKey | quote }}
              path: tokens
      - secret:
          name: {{ $.Values.api.tlsSecret | quote }}
          items:
            - key: tls.crt
              path: tls.crt
            - key: tls.key
              path: tls.key
{{- end }}
{{- with .Values.web.configSecret }}
- name: aftercheck-web
  secret:
    secretName: {{ . | quote }}
    items:
      - key: {{ $.Values.web.configKey | quote }}
        path: web.yaml
{{- end }}
{{- range $index, $name := .Values.secrets }}
- name: aftercheck-secret-{{ $index }}
  secret:
    secretName: {{ $name | quote }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The token of the pod's service account, for the one container that mounts it: what the kubelet would mount into all of them. */}}
{{- define "aftercheck.tokenVolume" -}}
- name: {{ . | quote }}
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end }}
