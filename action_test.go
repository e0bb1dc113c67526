package aftercheck_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/aftercheck/aftercheck"
)

func vectors[T any](t *testing.T, path string) []T {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("%s holds no vector", path)
	}
	return out
}

func TestObserveOnlyAsMeasured(t *testing.T) {
	type vector struct {
		Action      string `json:"action"`
		ObserveOnly bool   `json:"observe_only"`
	}
	for _, v := range vectors[vector](t, "testdata/observe_only.json") {
		if got := (aftercheck.Action{Text: v.Action}).ObserveOnly(); got != v.ObserveOnly {
			t.Errorf("%q: observe only = %v, want %v", v.Action, got, v.ObserveOnly)
		}
	}
}

func TestObserveOnlyBeyondWhatWasMeasured(t *testing.T) {
	for text, want := range map[string]bool{
		"kubectl logs deployment/api":                                  true,
		"kubectl -n shop describe pod api-0":                           true,
		"kubectl --context prod top nodes":                             true,
		"docker logs --tail 100 api":                                   true,
		"journalctl -u api --since -5m":                                true,
		"systemctl status api":                                         true,
		"kubectl logs deployment/api && kubectl delete pod api-0":      false,
		"systemctl restart api; systemctl status api":                  false,
		"kubectl annotate deployment/api reason='see logs'":            false,
		"kubectl rollout undo deployment/api # after kubectl describe": false,
	} {
		if got := (aftercheck.Action{Text: text}).ObserveOnly(); got != want {
			t.Errorf("%q: observe only = %v, want %v", text, got, want)
		}
	}
}

func TestPlaybookAsMeasured(t *testing.T) {
	type vector struct {
		Action     string  `json:"action"`
		PlaybookID *string `json:"playbook_id"`
	}
	for _, v := range vectors[vector](t, "testdata/playbook_id.json") {
		want := ""
		if v.PlaybookID != nil {
			want = *v.PlaybookID
		}
		if got := (aftercheck.Action{Text: v.Action}).Playbook(); got != want {
			t.Errorf("%q: playbook %q, want %q", v.Action, got, want)
		}
	}
}

func TestActionKind(t *testing.T) {
	for text, want := range map[string]aftercheck.ActionKind{
		"restart_service:api":                          aftercheck.ActionRestart,
		"kubectl rollout restart deployment/api":       aftercheck.ActionRestart,
		"auto_repair_playbook:pb-42:restart":           aftercheck.ActionRestart,
		"kubectl rollout undo deployment/api":          aftercheck.ActionRollback,
		"kubectl scale deployment/api --replicas=0":    aftercheck.ActionScale,
		"scale deployment/api --replicas=3":            aftercheck.ActionScale,
		"kubectl delete pod api-1":                     aftercheck.ActionDelete,
		"kubectl cordon node-1":                        aftercheck.ActionPause,
		"mcp:ssh_diagnose host-1":                      aftercheck.ActionObserve,
		"kubectl set image deployment/api api=api:2":   aftercheck.ActionChange,
		"kubectl patch deployment undone-jobs -p '{}'": aftercheck.ActionChange,
		"": aftercheck.ActionChange,
	} {
		if got := (aftercheck.Action{Text: text}).Kind(); got != want {
			t.Errorf("%q: kind %s, want %s", text, got, want)
		}
	}
}
