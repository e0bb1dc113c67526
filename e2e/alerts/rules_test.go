//go:build e2ealerts

package alerts

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// repairs is the group of the alerts that tell of repairs.
const repairs = "aftercheck-repairs.alerts"

// hastened is a file with the alerts of repairs as they are shipped, but that they
// fire at once and not after minutes.
func hastened(t *testing.T, shipped []byte) []byte {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string           `yaml:"name"`
			Rules []map[string]any `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(shipped, &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		if group.Name != repairs {
			continue
		}
		for _, rule := range group.Rules {
			delete(rule, "for")
		}
		file.Groups = append(file.Groups[:0], group)
		text, err := yaml.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	t.Fatalf("the rules have no group %s", repairs)
	return nil
}

// query returns how many series an expression has on Prometheus.
func (w *world) query(expression string) (int, error) {
	var got struct {
		Status, Error string
		Data          struct{ Result []any }
	}
	err := get(w.prometheus+"/api/v1/query?"+url.Values{"query": {expression}}.Encode(), &got)
	if err == nil && got.Status != "success" {
		err = fmt.Errorf("%s: %s", expression, got.Error)
	}
	return len(got.Data.Result), err
}

// holds returns nil if an expression has a series.
func (w *world) holds(expression string) error {
	n, err := w.query(expression)
	if err == nil && n == 0 {
		err = fmt.Errorf("%s has no series", expression)
	}
	return err
}

// everyRuleIsEvaluated: Prometheus loads each shipped rule and evaluates it
// without an error.
func (w *world) everyRuleIsEvaluated(t *testing.T) {
	t.Helper()
	var got struct {
		Data struct {
			Groups []struct {
				Name, File string
				Rules      []struct{ Name, Health, LastError string }
			}
		}
	}
	testbed.Eventually(t, patience, func() (err error) {
		if err := get(w.prometheus+"/api/v1/rules", &got); err != nil {
			return err
		}
		count := 0
		for _, group := range got.Data.Groups {
			for _, rule := range group.Rules {
				count++
				if rule.Health != "ok" {
					err = errors.Join(err, fmt.Errorf("%s: %s is %s: %s", group.Name, rule.Name, rule.Health, rule.LastError))
				}
			}
		}
		if count < 40 {
			err = errors.Join(err, fmt.Errorf("only %d rules are loaded", count))
		}
		return err
	})
	for _, group := range got.Data.Groups {
		for _, rule := range group.Rules {
			if !strings.HasSuffix(group.File, "rules.yml") && group.Name != repairs {
				t.Errorf("%s stands in %s", rule.Name, group.File)
			}
		}
	}
}

// oneBadNightIsNoSeries: a few low scores are no alert of the rules.
func (w *world) oneBadNightIsNoSeries(t *testing.T) {
	t.Helper()
	testbed.Eventually(t, patience, func() error { return w.holds(`aftercheck_self_healing_score_count >= 2`) })
	// Evaluated after that sample: until then the rules may not have seen it.
	testbed.Eventually(t, patience, func() error {
		return w.holds(`namespace_job:aftercheck_self_healing_score:low_ratio1h == 1`)
	})
	if n, err := w.query(`ALERTS{alertname=~"Aftercheck(ScoresLow|PlaybookScoreLow|PlaybookSuccessRatioLow)"}`); err != nil || n > 0 {
		t.Errorf("after two low scores there are %d alerts of low scores, %v", n, err)
	}
}

// lowScores has one playbook fail again and again.
const lowScores = 10

// lowScoresReachPeople waits for the alerts of the rules that tell of the series:
// those that are critical aloud, the others silently.
func (w *world) lowScoresReachPeople(t *testing.T) {
	t.Helper()
	for alertname, want := range map[string][]string{
		"AftercheckScoresLow": {
			"🔴 AftercheckScoresLow in ops",
			"• Of the self-healing scores of the last 6h, 9",
		},
		"AftercheckPlaybookSuccessRatioLow": {
			"🔴 AftercheckPlaybookSuccessRatioLow in ops",
			"• Of the repairs by playbook pb-clear-cache in the last 6h, 100% did not succeed",
		},
		"AftercheckPlaybookScoreLow": {
			"🟠 AftercheckPlaybookScoreLow in ops",
			"• The mean self-healing score of playbook pb-clear-cache over the last 6h is ",
		},
	} {
		m := w.telegram.Find(t, alertname, has("<b>"+alertname+"</b>"))
		shown, links := lines(t, m)
		t.Logf("Telegram shows\n%s", strings.Join(shown, "\n"))
		for _, line := range want {
			if !slices.ContainsFunc(shown, func(s string) bool { return strings.HasPrefix(s, line) }) {
				t.Errorf("%s: want %q in\n%s", alertname, line, strings.Join(shown, "\n"))
			}
		}
		runbook := "https://github.com/aftercheck/aftercheck/blob/main/docs/runbooks/" + alertname + ".md"
		if !slices.Equal(links, []string{runbook}) {
			t.Errorf("%s leads to %v, want its runbook", alertname, links)
		}
		if silent := m.Silent == "true"; silent == strings.HasPrefix(want[0], "🔴") {
			t.Errorf("%s is silent: %t", alertname, silent)
		}
	}
}

// since is the time that a stage of the way took.
func since(t *testing.T, what string, began time.Time) {
	t.Helper()
	t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
}
