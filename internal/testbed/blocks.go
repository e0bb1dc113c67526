package testbed

import (
	"os/exec"
	"testing"
)

// Backfill writes samples in the OpenMetrics text format, with times and ending
// in # EOF, into a new storage directory, so that a Prometheus server has a past.
// It returns the flag that gives the directory to the server, which keeps what
// is younger than its retention time.
func Backfill(t testing.TB, samples string) (flag string) {
	t.Helper()
	dir := t.TempDir()
	path := writeFile(t, dir, "samples.om", samples)
	// #nosec G204 -- the arguments are the harness' own
	printed, err := exec.Command(executable(t, "promtool"), "tsdb", "create-blocks-from", "openmetrics", "--quiet", path, dir+"/data").CombinedOutput()
	if err != nil {
		t.Fatalf("promtool: %v\n%s", err, printed)
	}
	return "--storage.tsdb.path=" + dir + "/data"
}
