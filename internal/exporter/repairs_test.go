package exporter_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	dto "github.com/prometheus/client_model/go"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/exporter"
)

// repaired is a failed repair of an alert by a playbook.
func repaired(playbook, alertname string) aftercheck.Verification {
	v := sealed("v", aftercheck.Failed, aftercheck.ReasonStillBroken, 0.25, time.Second)
	v.Playbook, v.Incident.Alertname = playbook, alertname
	return v
}

// TestDefinitionsAreThePage: what documents and dashboards are made from is what
// Prometheus sees.
func TestDefinitionsAreThePage(t *testing.T) {
	m, registry := registered(someOptions())
	busy(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[dto.MetricType]exporter.Kind{
		dto.MetricType_COUNTER: exporter.Counter, dto.MetricType_GAUGE: exporter.Gauge,
		dto.MetricType_HISTOGRAM: exporter.Histogram, dto.MetricType_SUMMARY: exporter.Summary,
	}
	var page []string
	for _, family := range families {
		var labels []string
		for _, label := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, label.GetName())
		}
		page = append(page, fmt.Sprintln(family.GetName(), kinds[family.GetType()], labels, family.GetHelp()))
	}
	var defined []string
	for _, d := range exporter.Definitions() {
		slices.Sort(d.Labels) // as the page sorts them
		defined = append(defined, fmt.Sprintln(d.Name, d.Kind, d.Labels, d.Help))
	}
	if !slices.Equal(page, defined) {
		t.Errorf("defined are\n%s\nand on the page\n%s", defined, page)
	}
}

// TestPlaybooksAndAlertnamesAreBounded: the first ones keep their series, the
// rest share one, and nothing goes away.
func TestPlaybooksAndAlertnamesAreBounded(t *testing.T) {
	m, registry := registered(someOptions()) // room for two of each
	for i := range 100 {
		m.Sealed(repaired(fmt.Sprintf("pb-%d", i), fmt.Sprintf("Alert%d", i)), 0)
	}
	m.Sealed(repaired("pb-1", "Alert1"), 0)
	m.Sealed(repaired("", ""), 0)
	m.Sealed(repaired(exporter.OtherValue, exporter.OtherValue), 0)
	got := series(t, registry)
	for name, want := range map[string]float64{
		"aftercheck_playbook_verifications_total{playbook=pb-0,verdict=failed}":             1,
		"aftercheck_playbook_verifications_total{playbook=pb-0,verdict=success}":            0,
		"aftercheck_playbook_verifications_total{playbook=pb-1,verdict=failed}":             2,
		"aftercheck_playbook_verifications_total{playbook=,verdict=failed}":                 1,
		"aftercheck_playbook_verifications_total{playbook=other,verdict=failed}":            99,
		"aftercheck_playbook_self_healing_score{playbook=pb-1}":                             2,
		"aftercheck_playbook_self_healing_score{playbook=other}":                            99,
		"aftercheck_incident_verifications_total{incident_alertname=Alert1,verdict=failed}": 2,
		"aftercheck_incident_verifications_total{incident_alertname=other,verdict=failed}":  99,
		"aftercheck_coverage_ratio{}":                                                       103,
		"aftercheck_root_cause_cleared_total{cleared=yes}":                                  103,
		"aftercheck_regressions_total{}":                                                    206,
	} {
		if value, present := got[name]; !present || value != want {
			t.Errorf("%s = %v, %v; want %v", name, value, present, want)
		}
	}
	for _, name := range []string{"aftercheck_playbook_verifications_total", "aftercheck_incident_verifications_total"} {
		if n := len(namesWith(got, name+"{")); n != 4*4 {
			t.Errorf("%s has %d series, want four verdicts of none, other and two", name, n)
		}
	}
}

// TestWithoutRoom: no playbook has series of its own, and all are counted.
func TestWithoutRoom(t *testing.T) {
	m, registry := registered(exporter.Options{})
	m.Sealed(repaired("pb-1", "A"), 0)
	got := series(t, registry)
	if got["aftercheck_playbook_verifications_total{playbook=other,verdict=failed}"] != 1 || len(namesWith(got, "aftercheck_playbook_verifications_total")) != 2*4 {
		t.Errorf("got %v", namesWith(got, "aftercheck_playbook_verifications_total"))
	}
}

// TestAcceptedPresetsWhatSealedCounts: a scrape between the two sees zeros, so
// that a rate sees the first verdict.
func TestAcceptedPresetsWhatSealedCounts(t *testing.T) {
	m, registry := registered(someOptions())
	v := repaired("pb-1", "")
	v.Incident.Labels = map[string]string{"alertname": "ByLabel"}
	m.Accepted(v)
	before := series(t, registry)
	for _, name := range []string{
		"aftercheck_playbook_verifications_total{playbook=pb-1,verdict=failed}",
		"aftercheck_playbook_self_healing_score{playbook=pb-1}",
		"aftercheck_incident_verifications_total{incident_alertname=ByLabel,verdict=failed}",
	} {
		if value, present := before[name]; !present || value != 0 {
			t.Errorf("%s = %v, %v after acceptance; want 0", name, value, present)
		}
	}
	m.Sealed(v, 0)
	if after := series(t, registry); len(after) != len(before) {
		t.Errorf("the verdict added series: %d became %d", len(before), len(after))
	}
}

// TestLabelValuesAreFit: what callers name is one printable line of bounded
// length, whatever they sent.
func TestLabelValuesAreFit(t *testing.T) {
	for sent, want := range map[string]string{
		"pb-42":                        "pb-42",
		"  pb 42\t":                    "pb 42",
		"a\nb\x00c":                    "a\ufffdb\ufffdc",
		"bad\xffutf8":                  "bad\ufffdutf8",
		"right\u202eto left":           "right\ufffdto left",
		strings.Repeat("x", 500):       strings.Repeat("x", 128),
		strings.Repeat("ä", 500):       strings.Repeat("ä", 64),
		"x" + strings.Repeat("ä", 500): "x" + strings.Repeat("ä", 63),
	} {
		m, registry := registered(someOptions())
		m.Sealed(repaired(sent, sent), 0)
		got := series(t, registry)
		for _, name := range []string{
			"aftercheck_playbook_verifications_total{playbook=" + want + ",verdict=failed}",
			"aftercheck_incident_verifications_total{incident_alertname=" + want + ",verdict=failed}",
		} {
			if got[name] != 1 || !utf8.ValidString(name) {
				t.Errorf("%q: want %s", sent, name)
			}
		}
	}
}

// TestRootCauseThatIsNotAnswered is unknown, and not lost.
func TestRootCauseThatIsNotAnswered(t *testing.T) {
	m, registry := registered(someOptions())
	v := repaired("", "")
	v.RootCauseCleared, v.Score, v.Coverage = "", nil, nil
	m.Sealed(v, 0)
	got := series(t, registry)
	if got["aftercheck_root_cause_cleared_total{cleared=unknown}"] != 1 {
		t.Error("an answer that is absent is not counted as unknown")
	}
	if got["aftercheck_coverage_ratio{}"]+got["aftercheck_playbook_self_healing_score{playbook=}"] != 0 {
		t.Error("a score or a coverage that is absent was observed")
	}
}

// TestManyAtOnce: callers that come together don't take more room than there is.
func TestManyAtOnce(t *testing.T) {
	m, registry := registered(someOptions())
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for i := range 200 {
				v := repaired(fmt.Sprintf("pb-%d-%d", caller, i), "")
				m.Accepted(v)
				m.Sealed(v, 0)
			}
		})
	}
	callers.Wait()
	sum := 0.0
	found := namesWith(series(t, registry), "aftercheck_playbook_verifications_total{")
	for _, value := range found {
		sum += value
	}
	if len(found) != 4*4 || sum != 1600 {
		t.Errorf("%d series hold %v verdicts, want 16 and 1600", len(found), sum)
	}
}

func namesWith(all map[string]float64, prefix string) map[string]float64 {
	found := map[string]float64{}
	for name, value := range all {
		if strings.HasPrefix(name, prefix) {
			found[name] = value
		}
	}
	return found
}
