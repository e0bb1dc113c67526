{{/* What the Kubernetes sensor reads in a namespace: the same as docs/rbac.yaml, which says why. */}}
{{- define "aftercheck.namespacedRules" -}}
- apiGroups: [""]
  resources: [pods, services, events, persistentvolumeclaims, replicationcontrollers]
  verbs: [get, list]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list]
- apiGroups: [apps]
  resources: [deployments, replicasets, statefulsets, daemonsets]
  verbs: [get, list]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get, list]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get]
{{- range .Values.rbac.customResources }}
- apiGroups: {{ list .group | toJson }}
  resources: {{ .resources | toJson }}
  verbs: [get]
{{- end }}
{{- end }}
