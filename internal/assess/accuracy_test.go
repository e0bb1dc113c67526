package assess_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// leastAccuracy is the share of scenarios whose verdict must be the wanted one.
const leastAccuracy = 0.95

// verdicts in the order of the confusion matrix.
var verdicts = []aftercheck.Verdict{aftercheck.Success, aftercheck.Degraded, aftercheck.Failed, aftercheck.Timeout}

// confusion counts the verdicts that were given for each that was wanted.
type confusion struct {
	title          string
	counts         map[[2]aftercheck.Verdict]int // wanted, given
	falseSuccesses []string
	misses         []string // the others
}

func newConfusion(title string) *confusion {
	return &confusion{title: title, counts: map[[2]aftercheck.Verdict]int{}}
}

// add counts one verdict; detail says what else was given, for the list.
func (c *confusion) add(name string, wanted, given aftercheck.Verdict, detail string) {
	c.counts[[2]aftercheck.Verdict{wanted, given}]++
	line := fmt.Sprintf("%s: wanted %s, given %s%s", name, wanted, given, detail)
	switch {
	case wanted == given:
	case given == aftercheck.Success:
		c.falseSuccesses = append(c.falseSuccesses, line)
	default:
		c.misses = append(c.misses, line)
	}
}

func (c *confusion) total() int {
	sum := 0
	for _, n := range c.counts {
		sum += n
	}
	return sum
}

func (c *confusion) accuracy() float64 {
	return 1 - float64(len(c.misses)+len(c.falseSuccesses))/float64(max(c.total(), 1))
}

// lines are the summary and the matrix, a row for each wanted verdict.
func (c *confusion) lines() []string {
	out := []string{
		c.title,
		fmt.Sprintf("right %d of %d, %.1f %%", c.total()-len(c.misses)-len(c.falseSuccesses), c.total(), 100*c.accuracy()),
		fmt.Sprintf("false successes %d, %.1f %%", len(c.falseSuccesses), 100*float64(len(c.falseSuccesses))/float64(max(c.total(), 1))),
		"", fmt.Sprintf("%-10s%9s%9s%9s%9s", "wanted", "success", "degraded", "failed", "timeout"),
	}
	for _, wanted := range verdicts {
		row := fmt.Sprintf("%-10s", wanted)
		for _, given := range verdicts {
			row += fmt.Sprintf("%9d", c.counts[[2]aftercheck.Verdict{wanted, given}])
		}
		out = append(out, row)
	}
	return out
}

// beside puts the lines of two matrices beside each other.
func beside(left, right []string) string {
	var text strings.Builder
	for i := range max(len(left), len(right)) {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		text.WriteString(strings.TrimRight(fmt.Sprintf("%-52s%s", l, r), " ") + "\n")
	}
	return text.String()
}

// listed is a heading and the lines below it, or nothing for no lines.
func listed(heading string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n" + heading + "\n  " + strings.Join(lines, "\n  ") + "\n"
}

// TestAccuracy measures the judge on the corpus, beside the word scan that it
// replaces. `make accuracy` prints what it measures.
func TestAccuracy(t *testing.T) {
	judge, scan := newConfusion("the judge"), newConfusion("the word scan that it replaces")
	var inexact []string
	for _, s := range corpus(t) {
		c := s.build(t)
		got := assess.Judge(c, c.DeadlineAt)
		judge.add(s.Name, s.Want.Verdict, got.Verdict, " ("+string(got.Reason)+")")
		scan.add(s.Name, s.Want.Verdict, s.scanned(t), "")
		if got.Verdict == s.Want.Verdict && (!s.fits(got.Assessment) || !slices.Equal(regressed(got.Assessment), slices.Sorted(slices.Values(s.Want.Regressions)))) {
			inexact = append(inexact, fmt.Sprintf("%s: wanted %s, root cause cleared %s, %d regressions; given %s, %s, %d",
				s.Name, s.Want.Reason, s.Want.RootCause, len(s.Want.Regressions), got.Reason, got.RootCauseCleared, len(regressed(got.Assessment))))
		}
	}
	fmt.Fprint(t.Output(), "\n", beside(judge.lines(), scan.lines()),
		listed("false successes of the judge:", judge.falseSuccesses),
		listed("other misses of the judge:", judge.misses),
		listed("right verdicts with another reason, root cause or regressions:", inexact),
		listed("false successes of the word scan:", scan.falseSuccesses))
	if n := len(judge.falseSuccesses); n > 0 {
		t.Errorf("%d false successes", n)
	}
	if judge.accuracy() < leastAccuracy {
		t.Errorf("%.1f %% of the verdicts are right, want %.0f %%", 100*judge.accuracy(), 100*leastAccuracy)
	}
}

func TestConfusionCountsFalseSuccessesApart(t *testing.T) {
	c := newConfusion("three")
	c.add("a", aftercheck.Failed, aftercheck.Success, "")
	c.add("b", aftercheck.Success, aftercheck.Failed, "")
	c.add("c", aftercheck.Success, aftercheck.Success, "")
	if len(c.falseSuccesses) != 1 || len(c.misses) != 1 || c.total() != 3 || c.accuracy() < 0.33 || c.accuracy() > 0.34 {
		t.Errorf("%+v, accuracy %v", c, c.accuracy())
	}
}
