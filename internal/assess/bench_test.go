package assess_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// BenchmarkJudge judges a recovery over three rounds of a target with n pods.
func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("pods=%d", n), func(b *testing.B) {
			before := []aftercheck.Finding{health(unhealthy, "CrashLoopBackOff"), replicas(float64(n))}
			after := []aftercheck.Finding{health(healthy, ""), replicas(float64(n))}
			for i := range n {
				was, is := "old"+strconv.Itoa(i), "new"+strconv.Itoa(i)
				before = append(before, pod(was, unhealthy, "CrashLoopBackOff"), restarts(was, 7, began))
				after = append(after, pod(is, healthy, ""), restarts(is, 0, ended))
			}
			c := world{text: undo, before: one(sees(before...)), rounds: times(3, sees(after...))}.build()
			b.ReportAllocs()
			for b.Loop() {
				if got := assess.Judge(c, c.DeadlineAt); got.Verdict != aftercheck.Success {
					b.Fatalf("%s/%s", got.Verdict, got.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/pod")
		})
	}
}
