package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
)

// Files whose form looks like that of another kind of evidence.
func TestFilesThatHoldStates(t *testing.T) {
	up := func(value string) string {
		return `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"a"},"value":[1780315200,"` + value + `"]}]}}`
	}
	target := func(health string) string {
		return `{"status":"success","data":{"activeTargets":[{"labels":{"instance":"a"},"health":"` + health + `"}]}}`
	}
	pod := func(name, ready, state string) string {
		return `{"apiVersion":"v1","kind":"PodList","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"` + name + `"},"status":{"phase":"Running",` +
			`"conditions":[{"type":"Ready","status":"` + ready + `"}],"containerStatuses":[{"name":"api","ready":` + map[string]string{"True": "true", "False": "false"}[ready] + `,"state":` + state + `}]}}]}`
	}
	crashing, running := `{"waiting":{"reason":"CrashLoopBackOff"}}`, `{"running":{}}`
	for name, c := range map[string]struct {
		pre, post string
		options   prom.RecordedOptions
		want      aftercheck.Verdict
	}{
		"up again":                           {up("0"), up("1"), prom.RecordedOptions{}, aftercheck.Success},
		"down still":                         {up("0"), up("0"), prom.RecordedOptions{}, aftercheck.Failed},
		"up, held against a criterion":       {up("0"), up("1"), prom.RecordedOptions{Healthy: ">= 1"}, aftercheck.Success},
		"a target is scraped again":          {target("down"), target("up"), prom.RecordedOptions{}, aftercheck.Success},
		"a status that looks like a sample":  {"", "exited 1", prom.RecordedOptions{}, aftercheck.Failed},
		"another pod of the same ReplicaSet": {pod("api-6b5f7c8d9-4kq2x", "False", crashing), pod("api-6b5f7c8d9-9wz8n", "True", running), prom.RecordedOptions{}, aftercheck.Success},
		"and it crashes too":                 {pod("api-6b5f7c8d9-4kq2x", "False", crashing), pod("api-6b5f7c8d9-9wz8n", "False", crashing), prom.RecordedOptions{}, aftercheck.Failed},
		"a pod that nobody owns is gone":     {pod("api", "False", crashing), pod("web", "True", running), prom.RecordedOptions{}, aftercheck.Failed},
	} {
		if got := judgeFiles(t, c.pre, c.post, c.options); got.Verdict != c.want {
			t.Errorf("%s: got %s (%s), want %s: %s", name, got.Verdict, got.Reason, c.want, got.Explanation)
		}
	}
}

// judgeFiles judges two files as the subcommand assess does.
func judgeFiles(t testing.TB, pre, post string, o prom.RecordedOptions) aftercheck.Assessment {
	t.Helper()
	dir := t.TempDir()
	files := offlineOptions{Action: "kubectl rollout undo deployment/api", Numbers: o}
	for name, text := range map[*string]string{&files.Pre: pre, &files.Post: post} {
		if text == "" {
			continue
		}
		*name = filepath.Join(dir, fmt.Sprint(len(text)))
		if name == &files.Post {
			*name += "-post"
		}
		if err := os.WriteFile(*name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := offlineCase(files, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	return assess.Judge(c, c.DeadlineAt).Assessment
}
