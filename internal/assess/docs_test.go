package assess_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/aftercheck/aftercheck"
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
