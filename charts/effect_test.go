package charts_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// effective are values under which every other value has an effect: everything is
// on, on an emptyDir and by tag.
const effective = `
replicas: 2
image: {digest: ""}
persistence: {enabled: false}
redis: {tlsSecret: redis-tls, sentinelPasswordKey: sentinel}
`

// others are values other than those of the rendering, in JSON, where a number, a
// text or a switch cannot be made other by itself.
var others = map[string]string{
	"mode":                               `"standalone"`,
	"image.digest":                       `"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`,
	"image.pullPolicy":                   `"Never"`,
	"imagePullSecrets":                   `[{"name": "other"}]`,
	"config":                             `{"default_namespace": "other"}`,
	"secrets":                            `["other"]`,
	"redis.url":                          `"redis://other:6379"`,
	"persistence.storageClass":           `"other"`,
	"persistence.accessModes":            `["ReadWriteMany"]`,
	"persistence.size":                   `"7Gi"`,
	"storageSizeLimit":                   `"7Gi"`,
	"rbac.namespaces":                    `["other"]`,
	"rbac.customResources":               `[{"group": "a.b", "resources": ["cs"]}]`,
	"api.service.type":                   `"LoadBalancer"`,
	"web.evidencePages":                  `false`,
	"web.externalUrl":                    `"https://aftercheck.example/x"`,
	"logging.level":                      `"error"`,
	"logging.format":                     `"logfmt"`,
	"resources":                          `{"limits": {"cpu": "3"}}`,
	"containerSecurityContext":           `{"runAsUser": 7}`,
	"livenessProbe":                      `{"periodSeconds": 7}`,
	"extraArgs":                          `["--other"]`,
	"extraEnv":                           `[{"name": "OTHER"}]`,
	"extraVolumes":                       `[{"name": "authority", "emptyDir": {}}]`,
	"extraVolumeMounts":                  `[{"name": "authority", "mountPath": "/other"}]`,
	"executor.imagePullPolicy":           `"Never"`,
	"executor.command":                   `["/other"]`,
	"executor.args":                      `["other"]`,
	"executor.env":                       `[{"name": "OTHER"}]`,
	"executor.envFrom":                   `[{"secretRef": {"name": "other"}}]`,
	"executor.ports":                     `[{"containerPort": 7}]`,
	"executor.volumeMounts":              `[{"name": "authority", "mountPath": "/other"}]`,
	"executor.resources":                 `{"limits": {"cpu": "3"}}`,
	"executor.livenessProbe":             `{"periodSeconds": 7}`,
	"executor.readinessProbe":            `{"periodSeconds": 7}`,
	"executor.securityContext":           `{"runAsUser": 7}`,
	"podSecurityContext":                 `{"fsGroup": 7}`,
	"updateStrategy":                     `{"rollingUpdate": {"maxSurge": 7}}`,
	"tolerations":                        `[{"key": "other"}]`,
	"affinity":                           `{"nodeAffinity": {}}`,
	"topologySpreadConstraints":          `[{"maxSkew": 7, "topologyKey": "other", "whenUnsatisfiable": "DoNotSchedule"}]`,
	"networkPolicy.metricsFrom":          `[{"podSelector": {}}]`,
	"networkPolicy.apiFrom":              `[{"podSelector": {}}]`,
	"networkPolicy.extraIngress":         `[{"ports": [{"port": 7}]}]`,
	"networkPolicy.egress":               `[{"ports": [{"port": 7}]}]`,
	"podMonitor.interval":                `"7s"`,
	"podMonitor.scrapeTimeout":           `"7s"`,
	"podMonitor.endpoint":                `{"honorLabels": true}`,
	"alertmanagerConfig.matchers":        `[{"name": "other", "value": "x"}]`,
	"alertmanagerConfig.route":           `{"continue": true}`,
	"alertmanagerConfig.receivers":       `[{"name": "other"}]`,
	"dashboards.labels":                  `{"other": "1"}`,
	"extraObjects":                       `["kind: Other"]`,
	"podDisruptionBudget.maxUnavailable": `"50%"`,
}

// off are the switches that are off in the rendering; all others are on.
var off = []string{"persistence.enabled", "rbac.clusterWide", "redis.tlsClientCertificate"}

// beside is what a value needs beside it to have an effect, or not to be refused.
var beside = map[string]string{
	"shutdownGraceSeconds":      "terminationGracePeriodSeconds=200",
	"serviceAccount.create":     "serviceAccount.name=mine",
	"persistence.enabled":       "replicas=1",
	"persistence.existingClaim": "replicas=1",
	"persistence.storageClass":  "replicas=1,persistence.enabled=true",
	"persistence.accessModes":   "replicas=1,persistence.enabled=true",
	"persistence.size":          "replicas=1,persistence.enabled=true",
	"persistence.annotations":   "replicas=1,persistence.enabled=true",
}

// TestEveryValueHasAnEffect changes one value after the other and wants to see it
// in what is rendered: a value for security that no template reads is worse than
// none.
func TestEveryValueHasAnEffect(t *testing.T) {
	t.Parallel()
	chart := chartWithFiles(t)
	flags := append([]string{"-f", valueFiles(t)["everything"]}, withValues(t, effective)...)
	paths, at := defaults(t)
	before := map[string]string{}
	for _, path := range paths {
		more := beside[path]
		with := slices.Concat(flags, []string{"--set", more})
		if _, done := before[more]; !done {
			before[more] = renderedBy(t, chart, with)
		}
		unchanged, changed := before[more], path+"="+other(t, path, at[path])
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			if renderedBy(t, chart, slices.Concat(with, []string{"--set-json", changed})) == unchanged {
				t.Errorf("%s changes nothing", changed)
			}
		})
	}
}

func renderedBy(t *testing.T, chart string, flags []string) string {
	t.Helper()
	out, err := template(t, chart, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// other is another value than the default, in JSON. What ci has is another than
// both.
func other(t *testing.T, path string, value any) string {
	t.Helper()
	if given, ok := others[path]; ok {
		return given
	}
	switch value := value.(type) {
	case bool:
		return encoded(t, slices.Contains(off, path))
	case float64:
		return encoded(t, value+7)
	case string:
		return `"other"`
	case map[string]any:
		return `{"other": "other"}`
	}
	t.Fatalf("what else could %s be?", path)
	return ""
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
