package rulestest

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck/internal/notify"
)

func promtool(t testing.TB, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("promtool is not installed: run `make deps`")
	}
	if output, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

func TestPromtoolAcceptsTheRules(t *testing.T) { promtool(t, "check", "rules", rulesFile) }

func TestUnitTestsOfTheRulesPass(t *testing.T) {
	for _, path := range testFiles(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			promtool(t, "test", "rules", path)
		})
	}
}

// TestUnitTestsEvaluateInOrder: promtool takes a group that is not listed before
// what is recorded for it as well as after, and tests would pass by chance.
func TestUnitTestsEvaluateInOrder(t *testing.T) {
	var want []string
	for _, group := range ruleGroups(t) {
		want = append(want, group.Name)
	}
	for _, path := range testFiles(t) {
		var file testFile
		decode(t, path, &file)
		if !slices.Equal(file.Order, want) {
			t.Errorf("%s: group_eval_order %q, want %q", path, file.Order, want)
		}
	}
}

// TestEachAlertFiresInATestAndNotInAnother looks through the unit tests for each
// alerting rule: one in which it fires, with all its labels, and one in which it
// does not although there are series that it looks at.
func TestEachAlertFiresInATestAndNotInAnother(t *testing.T) {
	uses := usedBy(t)
	for _, r := range rules(t) {
		if r.Alert == "" {
			continue
		}
		fires, quiet := false, false
		for _, group := range testGroups(t) {
			for _, test := range group.Alerts {
				if test.Alert != r.Alert {
					continue
				}
				fired := firesIn(test, r)
				fires = fires || fired
				quiet = quiet || !fired && slices.ContainsFunc(namesOf(group), func(name string) bool { return uses[r.name()][name] })
			}
		}
		if !fires || !quiet {
			t.Errorf("%s: a test in which it fires: %v, and one in which it does not: %v", r.name(), fires, quiet)
		}
	}
}

func firesIn(test alertTest, r rule) bool {
	for _, alert := range test.Firing {
		same := true
		for label, value := range r.Labels {
			same = same && alert.Labels[label] == value
		}
		if same {
			return true
		}
	}
	return false
}

func namesOf(group testGroup) (names []string) {
	for _, input := range group.InputSeries {
		name, _, _ := strings.Cut(input.Series, "{")
		names = append(names, name)
	}
	return names
}

// usedBy returns the metrics that each rule looks at, itself or through recorded
// ones.
func usedBy(t testing.TB) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	for _, r := range rules(t) { // recorded ones come first in the file
		used := map[string]bool{}
		for _, selector := range selectors(parse(t, r.name(), r.Expr)) {
			used[selector.Name] = true
			maps.Copy(used, all[selector.Name])
		}
		all[r.name()] = used
	}
	return all
}

func TestEachRecordedMetricIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, group := range testGroups(t) {
		for _, test := range group.Expressions {
			for _, selector := range selectors(parse(t, group.Name, test.Expr)) {
				tested[selector.Name] = tested[selector.Name] || len(test.Samples) > 0
			}
		}
	}
	for _, r := range rules(t) {
		if r.Record != "" && !tested[r.Record] {
			t.Errorf("%s: no test expects a sample of it", r.Record)
		}
	}
}

func TestRulesUseWhatTheExporterDeclares(t *testing.T) {
	known := newVocabulary(t)
	for _, r := range rules(t) {
		for _, problem := range known.problems(parse(t, r.name(), r.Expr)) {
			t.Errorf("%s: %s", r.name(), problem)
		}
		if r.Record != "" {
			if problem := known.record(r); problem != "" {
				t.Errorf("%s: %s", r.Record, problem)
			}
		}
	}
}

var template = regexp.MustCompile(`\$labels\.(\w+)`)

// TestAlertsSayWhatIsWrong holds what every alert has: a severity that is routed,
// a text that names what its result has, and the runbook of its name.
func TestAlertsSayWhatIsWrong(t *testing.T) {
	known := newVocabulary(t)
	for _, r := range rules(t) {
		if r.Alert == "" {
			continue
		}
		if !strings.HasPrefix(r.Alert, "Aftercheck") {
			t.Errorf("%s: want the prefix Aftercheck", r.Alert)
		}
		if severity := r.Labels["severity"]; severity != "critical" && severity != "warning" {
			t.Errorf("%s: severity %q, want critical or warning", r.name(), severity)
		}
		if r.For == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s: want for, summary and description", r.name())
		}
		if got, want := r.Annotations["runbook_url"], runbookBase+r.Alert+".md"; got != want {
			t.Errorf("%s: runbook_url %s, want %s", r.name(), got, want)
		}
		labels := known.labels(parse(t, r.name(), r.Expr))
		for _, found := range template.FindAllStringSubmatch(r.Annotations["description"], -1) {
			if !slices.Contains(labels, found[1]) {
				t.Errorf("%s: its description names the label %s, which its expression has not", r.name(), found[1])
			}
		}
	}
}

// headings are those of each runbook, in this order.
var headings = []string{"## Meaning", "## Impact", "## Diagnosis", "## Mitigation"}

func TestEachAlertHasItsRunbook(t *testing.T) {
	want := map[string]bool{notify.Alertname: true} // sent by the sidecar itself
	for _, r := range rules(t) {
		if r.Alert != "" {
			want[r.Alert] = true
		}
	}
	written := pages(t)
	for name := range want {
		if _, there := written[name]; !there {
			t.Errorf("%s: no %s/%s.md", name, runbooks, name)
		}
	}
	for name, text := range written {
		if !want[name] {
			t.Errorf("%s.md: there is no such alert", name)
		}
		if !strings.HasPrefix(text, "# "+name+"\n") {
			t.Errorf("%s.md: want the title # %s", name, name)
		}
		if got := regexp.MustCompile(`(?m)^## .*$`).FindAllString(text, -1); !slices.Equal(got, headings) {
			t.Errorf("%s.md: headings %q, want %q", name, got, headings)
		}
		for _, section := range strings.Split(text, "\n## ")[1:] {
			if heading, body, _ := strings.Cut(section, "\n"); len(strings.Fields(body)) < 10 {
				t.Errorf("%s.md: %s says next to nothing", name, heading)
			}
		}
	}
}

// TestTheIndexHasEachAlert holds the table of docs/runbooks/README.md against the
// rules: each alert once, with its severities.
func TestTheIndexHasEachAlert(t *testing.T) {
	want := map[string]string{notify.Alertname: "critical, warning"}
	for _, r := range rules(t) {
		switch severity := r.Labels["severity"]; {
		case r.Alert == "":
		case want[r.Alert] == "":
			want[r.Alert] = severity
		case want[r.Alert] != severity:
			want[r.Alert] += ", " + severity
		}
	}
	text, err := os.ReadFile(runbooks + "/" + index)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| \[(\w+)\]\((\w+)\.md\) \| ([a-z, ]+) \| .+ \|$`).FindAllStringSubmatch(string(text), -1) {
		if row[1] != row[2] || got[row[1]] != "" {
			t.Errorf("%s: the row of %s is there twice or leads elsewhere", index, row[1])
		}
		got[row[1]] = row[3]
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s lists\n%v\nand the rules have\n%v", index, got, want)
	}
}

var (
	queries = regexp.MustCompile("(?s)```promql\n(.*?)```")
	metrics = regexp.MustCompile(`\b(?:\w+:)?aftercheck_\w+(?::\w+)?`)
)

// TestRunbooksAskForWhatThereIs parses each query of the runbooks, and knows
// each metric that they name.
func TestRunbooksAskForWhatThereIs(t *testing.T) {
	known := newVocabulary(t)
	for name, text := range pages(t) {
		for _, block := range queries.FindAllStringSubmatch(text, -1) {
			for query := range strings.SplitSeq(strings.TrimSpace(block[1]), "\n\n") {
				for _, problem := range known.problems(parse(t, name, query)) {
					t.Errorf("%s.md: %s: %s", name, query, problem)
				}
			}
		}
		for _, word := range metrics.FindAllString(text, -1) {
			if _, there := known.metrics[word]; !there {
				t.Errorf("%s.md: there is no metric %s", name, word)
			}
		}
	}
}

func parse(t testing.TB, where, expression string) parser.Expr {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", where, err))
	}
	return parsed
}
