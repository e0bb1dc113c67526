package main

import (
	"testing"

	"github.com/aftercheck/aftercheck/internal/collect"
)

func TestScrubberCountsAndIsReplaced(t *testing.T) {
	counted := map[string]int{}
	s := &scrubber{count: func(rule string, n int) { counted[rule] += n }}
	s.current.Store(collect.NewRedactor(nil))
	if got := s.text("helm upgrade --set password=hunter2 x"); got != "helm upgrade --set password=[REDACTED:secret_field] x" {
		t.Error(got)
	}
	if got := s.text("say correct-horse"); got != "say correct-horse" {
		t.Error(got)
	}
	s.current.Store(collect.NewRedactor([]string{"correct-horse"}))
	if got := s.text("say correct-horse"); got != "say [REDACTED:own_secret]" {
		t.Error(got)
	}
	if counted["secret_field"] != 1 || counted["own_secret"] != 1 {
		t.Errorf("counted %v", counted)
	}
}
