//go:build e2e

package e2e

import (
	"bytes"
	"context"
	flags "flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

// captureDir is where the captured scenarios are written; `make capture` names
// the judge's corpus. Empty: one of them is captured and thrown away, so that
// `make e2e` shows that capturing works.
var captureDir = flags.String("capture", "", "drive all captured scenarios and write them into this `directory`")

// The rounds of a captured scenario: fewer and closer than by default, as this
// cluster is quick.
const (
	captureWarmup   = 2 * time.Second
	captureInterval = 2 * time.Second
	captureRounds   = 6
)

// scene is a scenario to be captured: what to do on the cluster, and what its
// author calls the outcome. The judge is not asked.
type scene struct {
	name, why string
	mistakes  []int // by the corpus' own numbers
	labels    map[string]string
	alert     string
	action    string
	ill       func(*stage)      // makes the illness
	do        func(*stage)      // is the action
	meanwhile func(*stage, int) // happens before the round of this number, from 0
	rounds    int               // 0: captureRounds
	want      outcome
}

// outcome is what the judge is to say.
type outcome struct {
	Verdict     aftercheck.Verdict `json:"verdict"`
	Reason      aftercheck.Reason  `json:"reason"`
	RootCause   aftercheck.Answer  `json:"root_cause"`
	Regressions []string           `json:"regressions,omitempty"`
}

// stage is where a scene plays: a namespace of the shared cluster.
type stage struct {
	*Cluster
	testing.TB
	namespace string
}

func TestCapture(t *testing.T) {
	all := allScenes()
	dir := *captureDir
	if dir == "" {
		dir, all = t.TempDir(), all[:1]
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			c := Shared(t)
			st := &stage{Cluster: c, TB: t, namespace: c.Namespace(t)}
			seen := s.play(st)
			if len(seen.before.Objects) == 0 || len(seen.after) == 0 {
				t.Fatalf("%d objects before and %d different rounds after", len(seen.before.Objects), len(seen.after))
			}
			written, err := seen.yaml(st.namespace)
			if err != nil {
				t.Fatal(err)
			}
			for _, unwanted := range []string{st.namespace, "managedFields", "last-applied-configuration"} {
				if bytes.Contains(written, []byte(unwanted)) {
					t.Errorf("what is written holds %s", unwanted)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, fileName(s.name)), written, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// fileName is the name of a scene in small letters, with hyphens.
func fileName(scene string) string {
	words := strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(scene, "'", "")), func(r rune) bool { return r < 'a' || r > 'z' })
	return strings.Join(words, "-") + ".yaml"
}

// play makes the illness, looks, acts, and looks again, round after round.
func (s scene) play(st *stage) *record {
	r := &record{scene: s}
	if s.ill != nil {
		s.ill(st)
	}
	r.before = st.look()
	began := time.Now()
	if s.do != nil {
		s.do(st)
	}
	ended := time.Now()
	r.action = aftercheck.Action{Text: s.action, StartedAt: began.UTC().Truncate(time.Millisecond), FinishedAt: ended.UTC().Truncate(time.Millisecond)}
	rounds := s.rounds
	if rounds == 0 {
		rounds = captureRounds
	}
	for i := range rounds {
		st.pause(ended.Add(captureWarmup + time.Duration(i)*captureInterval - captureInterval/2))
		if s.meanwhile != nil {
			s.meanwhile(st, i)
		}
		st.pause(ended.Add(captureWarmup + time.Duration(i)*captureInterval))
		r.add(st.look())
	}
	return r
}

// pause waits until the time, or the end of the test.
func (st *stage) pause(until time.Time) {
	ctx, cancel := context.WithDeadline(st.Context(), until)
	defer cancel()
	<-ctx.Done()
}

// the actions and illnesses that scenes share

func (st *stage) kubectl(args ...string) string {
	st.Helper()
	return st.Kubectl(st.TB, append([]string{"-n", st.namespace}, args...)...)
}

func (st *stage) apply(manifests ...string) {
	st.Helper()
	st.Apply(st.TB, st.namespace, strings.Join(manifests, "\n---\n"))
}
