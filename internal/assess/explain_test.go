package assess_test

import (
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck/internal/assess"
)

func TestExplainEndsWithTheVerdict(t *testing.T) {
	c := world{text: undo, before: one(down), rounds: times(3, up)}.build()
	steps := assess.Explain(c)
	last := steps[len(steps)-1]
	if !last.Decided || !strings.HasPrefix(last.Answer, "success (recovered): ") {
		t.Errorf("the last step is %+v", last)
	}
	if got := assess.Judge(c, c.DeadlineAt); !strings.HasSuffix(last.Answer, got.Explanation) {
		t.Errorf("explained as %q, judged as %q", last.Answer, got.Explanation)
	}
	for _, step := range steps[:len(steps)-1] {
		if step.Decided || step.Question == "" {
			t.Errorf("a step before the last: %+v", step)
		}
	}
}
