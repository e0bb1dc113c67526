package charts_test

import (
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestRefusals renders values that make no sense. Each is refused with words that
// name the value and say what would be right.
func TestRefusals(t *testing.T) {
	t.Parallel()
	standalone := "mode: standalone\napi: {tokenSecret: callers, tlsSecret: api-tls}\n"
	for values, want := range map[string][]string{
		"mode: daemonset":                      {"/mode", "'sidecar', 'executor', 'standalone'"},
		"replica: 2":                           {"additional properties 'replica' not allowed"},
		"web: {prot: 1}":                       {"/web", "additional properties 'prot' not allowed"},
		"executor: {readyProbe: {}}":           {"/executor", "'readyProbe' not allowed"},
		"replicas: two":                        {"/replicas", "want integer"},
		"replicas: -1":                         {"/replicas", "minimum"},
		"web: {port: 70000}":                   {"/web/port", "maximum"},
		"image: {digest: latest}":              {"/image/digest", "pattern"},
		"image: {pullPolicy: Sometimes}":       {"/image/pullPolicy"},
		"commonLabels: {number: 1}":            {"/commonLabels/number", "want string"},
		"fullnameOverride: Not_a_name":         {"/fullnameOverride", "pattern"},
		"redis: {url: 'redis://u:secret@r:1'}": {"/redis/url", "pattern"},
		"redis: {url: 'http://r:1'}":           {"/redis/url", "pattern"},
		"secrets: [a, a]":                      {"/secrets", "equal"},
		"secrets: ['']":                        {"/secrets/0"},
		"persistence: {size: lots}":            {"/persistence/size", "pattern"},
		"logging: {level: verbose}":            {"/logging/level"},
		"extraArgs: [serve]":                   {"/extraArgs/0", "pattern"},
		"rbac: {customResources: [{group: a, resources: [b], verbs: [delete]}]}": {"'verbs' not allowed"},
		"podMonitor: {interval: 30}": {"/podMonitor/interval", "want string"},

		executor("replicas: 2\npersistence: {enabled: true}"):       {"replicas: 2 pods cannot share the one volume", "want replicas: 1, or redis.url"},
		executor("replicas: 2\npersistence: {existingClaim: mine}"): {"replicas: 2 pods cannot share the one volume"},
		"mode: executor":   {"executor.image: want the image"},
		"mode: standalone": {"want api.tokenSecret and api.tlsSecret"},
		"mode: standalone\napi: {tokenSecret: callers}":                                    {"want api.tokenSecret and api.tlsSecret"},
		standalone + "replicas: 2":                                                         {"replicas: each pod would keep evidence that the others do not see", "want redis.url"},
		"api: {tokenSecret: callers}":                                                      {"api.tlsSecret: "},
		"api: {tlsSecret: api-tls}":                                                        {"api.tokenSecret: "},
		executor("shutdownGraceSeconds: 40"):                                               {"terminationGracePeriodSeconds: ", "want at least 55"},
		"serviceAccount: {create: false}":                                                  {"serviceAccount.name: ", "want a name"},
		"redis: {existingSecret: r}":                                                       {"redis.url: want the address"},
		"networkPolicy: {enabled: true}":                                                   {"networkPolicy: a policy holds for the whole pod"},
		"alertmanagerConfig: {enabled: true}":                                              {"alertmanagerConfig.receivers: want"},
		"config: {sensors: {prometheus: {basic_auth: {password: hunter2}}}}":               {"config.sensors.prometheus.basic_auth.password: a secret does not belong in values", "password_file"},
		"config: {sensors: {http: [{name: a, authorization: {credentials: hunter2}}]}}":    {"config.sensors.http[0].authorization.credentials: "},
		"config: {sensors: {http: [{oauth2: {client_secret: hunter2}}]}}":                  {"config.sensors.http[0].oauth2.client_secret: "},
		"config: {sensors: {prometheus: {http_headers: {X-Token: {secrets: [hunter2]}}}}}": {"config.sensors.prometheus.http_headers.X-Token.secrets: "},
		"config: {sensors: {prometheus: {url: 'https://u:hunter2@p'}}}":                    {"config.sensors.prometheus.url: a password does not belong in a URL"},
		"config: {self_healing: {alertmanagers: ['http://u:hunter2@a']}}":                  {"config.self_healing.alertmanagers[0]: a password"},
	} {
		out, err := template(t, "aftercheck", withValues(t, values)...)
		if err == nil {
			t.Errorf("%q is rendered:\n%.300s", values, out)
			continue
		}
		for _, words := range want {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%q is refused without the words %q: %v", values, words, err)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the refusal repeats the secret: %v", values, err)
		}
	}
}

// TestOlderClusters have no native sidecars.
func TestOlderClusters(t *testing.T) {
	t.Parallel()
	if _, err := template(t, "aftercheck", "--kube-version", "1.28.9"); err == nil || !strings.Contains(err.Error(), ">=1.29.0") {
		t.Errorf("on Kubernetes 1.28: %v", err)
	}
	if _, err := template(t, "aftercheck", "--kube-version", "v1.29.0-eks-1"); err != nil {
		t.Error(err)
	}
}

// TestNotesWarn of evidence that ends with its pod, and do not where it stays.
func TestNotesWarn(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]bool{
		executor(""):                                               true,
		executor("persistence: {enabled: true}"):                   false,
		executor("redis: {url: 'redis://r:1'}"):                    false,
		executor("config: {store: {redis: {url: 'redis://r:1'}}}"): false,
	} {
		out, err := testbed.Helm(t, append([]string{"install", release, "aftercheck", "--dry-run=client"}, withValues(t, values)...)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out, "end with the pod"); got != want {
			t.Errorf("%q: warned is %t, want %t", values, got, want)
		}
	}
}
