{{/* Names and labels. */}}

{{- define "aftercheck.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "aftercheck.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* A name with a suffix, within what Kubernetes takes: (list $ "suffix"). */}}
{{- define "aftercheck.suffixed" -}}
{{- $suffix := index . 1 }}
{{- printf "%s-%s" (include "aftercheck.fullname" (index . 0) | trunc (int (sub 62 (len $suffix))) | trimSuffix "-") $suffix }}
{{- end }}

{{- define "aftercheck.selectorLabels" -}}
app.kubernetes.io/name: {{ include "aftercheck.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* The labels of every object. Our own win over commonLabels. */}}
{{- define "aftercheck.labels" -}}
{{- $ours := include "aftercheck.selectorLabels" . | fromYaml }}
{{- $_ := set $ours "app.kubernetes.io/managed-by" .Release.Service }}
{{- $_ := set $ours "app.kubernetes.io/part-of" "aftercheck" }}
{{- $_ := set $ours "app.kubernetes.io/version" (.Values.image.tag | default .Chart.AppVersion | trunc 63 | trimSuffix "-" | trimSuffix ".") }}
{{- $_ := set $ours "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- mustMergeOverwrite (dict) .Values.commonLabels $ours | toYaml }}
{{- end }}

{{/* The metadata's labels and annotations of an object: (list $ labels annotations). */}}
{{- define "aftercheck.metadata" -}}
{{- $labels := include "aftercheck.labels" (index . 0) | fromYaml -}}
labels:
  {{- mustMergeOverwrite (dict) (index . 1) $labels | toYaml | nindent 2 }}
{{- with index . 2 }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "aftercheck.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "aftercheck.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "aftercheck.configMapName" -}}
{{- include "aftercheck.suffixed" (list . "config") }}
{{- end }}

{{- define "aftercheck.claimName" -}}
{{- .Values.persistence.existingClaim | default (include "aftercheck.suffixed" (list . "evidence")) }}
{{- end }}

{{- define "aftercheck.image" -}}
{{- $image := .Values.image }}
{{- $name := $image.repository }}
{{- with $image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end }}
{{- if $image.digest }}
{{- printf "%s@%s" $name $image.digest }}
{{- else }}
{{- printf "%s:%s" $name ($image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}
