package assess_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

func TestTheDocumentedTableIsTheClosedSet(t *testing.T) {
	page, err := os.ReadFile("../../docs/judge.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []aftercheck.Outcome
	for _, row := range regexp.MustCompile(`(?m)^\| (success|degraded|failed|timeout) \| (\w+) \|`).FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, aftercheck.Outcome{Verdict: aftercheck.Verdict(row[1]), Reason: aftercheck.Reason(row[2])})
	}
	if want := aftercheck.Outcomes(); !slices.Equal(documented, want) {
		t.Errorf("docs/judge.md lists\n%v\nand the code has\n%v", documented, want)
	}
}

// TestTheDocumentedOrderHasTheRules looks up each rule that gives an outcome on
// the corpus in the table's last column.
func TestTheDocumentedOrderHasTheRules(t *testing.T) {
	page, err := os.ReadFile("../../docs/judge.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (?:success|degraded|failed|timeout) \| (\w+) \|.*\| ([0-9, ]+) \|$`).FindAllStringSubmatch(string(page), -1) {
		for _, number := range strings.Split(row[2], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(number))
			if err != nil {
				t.Fatal(err)
			}
			documented[row[1]] = append(documented[row[1]], n)
		}
	}
	for _, s := range corpus(t) {
		c := s.build(t)
		reason, n := string(assess.Judge(c, c.DeadlineAt).Reason), len(assess.Explain(c))
		if !slices.Contains(documented[reason], n) {
			t.Errorf("%s: %s is given by rule %d, and docs/judge.md says %v", s.Name, reason, n, documented[reason])
		}
	}
}
