package main

import (
	"sync/atomic"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// scrubber removes secrets from texts that no sensor brought, and counts them
// with the others. A reload can replace what it knows.
type scrubber struct {
	current atomic.Pointer[collect.Redactor]
	count   func(rule string, n int)
}

// text returns the text without secrets.
func (s *scrubber) text(text string) string {
	clean, counts := s.current.Load().Text(text)
	for rule, n := range counts {
		s.count(rule, n)
	}
	return clean
}
