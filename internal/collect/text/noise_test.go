package text_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/text"
)

// noise are words that name no state, though many hold one: names, keys,
// denials, and what was or would be.
var noise = strings.Fields(`already unready-api readiness healthcheck failed-orders-worker-1 running-shoes upstream uptime the a quick
	brown fox jobs_failed_total=0 errors=0 tags=ready state-machine 42 3.14 10.0.0.7:8080 0x1f /var/run/ready.sock error.log http://api/healthy
	lorem ipsum dolor sit amet 5d 2m30s cpu memory load average namespace=error image:failed v1.2.3 node-pool deploymentish`)

func TestNoiseIsNeverASuccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom(noise), 1, 60).Draw(t, "words")
		gaps := rapid.SliceOfN(rapid.SampledFrom([]string{" ", "  ", "\n", "\t", ", ", ". ", ": "}), len(words), len(words)).Draw(t, "gaps")
		var answer strings.Builder
		for i, word := range words {
			answer.WriteString(word + gaps[i])
		}
		_, findings := text.Read(answer.String(), aftercheck.Question{}, now)
		for _, f := range findings {
			if f.State == aftercheck.StateHealthy {
				t.Fatalf("%q is healthy: %+v", answer.String(), f)
			}
		}
	})
}
