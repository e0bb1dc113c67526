package exporter_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck/internal/exporter"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

// metricsPage is what stands before the table. Native histograms hide the
// classic ones from a server that is not told to keep both.
const metricsPage = `# Metrics

On ` + "`http://127.0.0.1:19746/metrics`" + ` (` + "`--web.listen-address`" + `). Written by ` + "`go generate ./internal/exporter`" + ` from what the exporter
registers.

All known values of a label are preset to 0 at the start. The values of ` + "`playbook` and `incident_alertname`" + ` come from callers: the first of
them, up to ` + "`metrics.max_playbooks` and `metrics.max_alertnames`" + ` in the configuration (50 each), have series of their own from the
acceptance of their first verification until the sidecar ends, and the rest are counted as ` + "`other`" + `. The empty value means that the action
names no playbook, or that the incident has no alert name. With both bounds reached these are about 520 series. No incident, pod or free text is ever a label.

Counters begin at 0 with each start of the sidecar, and each verdict is counted by the one sidecar that sealed it. Histograms have classic
and native buckets; a Prometheus that ingests native ones keeps the classic ones, which the dashboards ask for, with
` + "`always_scrape_classic_histograms: true`" + `. ` + "`aftercheck_self_healing_score` and `aftercheck_verification_duration_seconds`" + ` carry exemplars,
whose label ` + "`" + exporter.ExemplarLabel + "`" + ` is the verification behind the point. The page has the Go runtime's and the process' own metrics too.

| metric | labels | type | what |
|---|---|---|---|
`

func TestDocumentedMetrics(t *testing.T) {
	const path = "../../docs/metrics.md"
	page := strings.Builder{}
	page.WriteString(metricsPage)
	for _, d := range exporter.Definitions() {
		labels := "`" + strings.Join(d.Labels, "`, `") + "`"
		if len(d.Labels) == 0 {
			labels = ""
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", d.Name, labels, d.Kind, strings.ReplaceAll(d.Help, "|", `\|`))
	}
	if *update {
		if err := os.WriteFile(path, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != page.String() {
		t.Error("docs/metrics.md is not what is registered: run go generate ./internal/exporter")
	}
}
