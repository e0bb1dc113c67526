package exporter

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/aftercheck/aftercheck"
)

// repairMetrics tell how well repairs work: by playbook, by alert, and what the
// verdicts rest on.
type repairMetrics struct {
	playbookVerdicts *prometheus.CounterVec
	incidentVerdicts *prometheus.CounterVec
	playbookScore    *prometheus.SummaryVec
	coverage         prometheus.Histogram
	rootCause        map[string]prometheus.Counter
	regressions      prometheus.Counter

	playbooks, alertnames *openLabel
}

func newRepairMetrics(d metricSet, maxPlaybooks, maxAlertnames int) repairMetrics {
	presetVerdicts := func(vec *prometheus.CounterVec, value string) {
		for _, verdict := range verdicts() {
			vec.WithLabelValues(value, string(verdict))
		}
	}
	return repairMetrics{
		playbookVerdicts: d.playbookVerdicts, incidentVerdicts: d.incidentVerdicts, playbookScore: d.playbookScore,
		coverage: d.coverage, regressions: d.regressions,
		rootCause: presetCounters(d.rootCause, []string{string(aftercheck.AnswerYes), string(aftercheck.AnswerNo), string(aftercheck.AnswerUnknown)}),
		playbooks: newOpenLabel(maxPlaybooks, func(value string) {
			presetVerdicts(d.playbookVerdicts, value)
			d.playbookScore.WithLabelValues(value)
		}),
		alertnames: newOpenLabel(maxAlertnames, func(value string) { presetVerdicts(d.incidentVerdicts, value) }),
	}
}

// verdicts are those that verifications are sealed with.
func verdicts() []aftercheck.Verdict {
	return []aftercheck.Verdict{aftercheck.Success, aftercheck.Degraded, aftercheck.Failed, aftercheck.Timeout}
}

// expect presets the series that the verification's verdict will count in.
func (r *repairMetrics) expect(v aftercheck.Verification) {
	r.playbooks.value(v.Playbook)
	r.alertnames.value(v.Incident.Name())
}

// sealed counts a verification whose verdict is known to be one of verdicts.
func (r *repairMetrics) sealed(v aftercheck.Verification) {
	playbook, verdict := r.playbooks.value(v.Playbook), string(v.Verdict)
	r.playbookVerdicts.WithLabelValues(playbook, verdict).Inc()
	r.incidentVerdicts.WithLabelValues(r.alertnames.value(v.Incident.Name()), verdict).Inc()
	if v.Score != nil {
		r.playbookScore.WithLabelValues(playbook).Observe(*v.Score)
	}
	if v.Coverage != nil {
		r.coverage.Observe(*v.Coverage)
	}
	cleared, known := r.rootCause[string(v.RootCauseCleared)]
	if !known {
		cleared = r.rootCause[string(aftercheck.AnswerUnknown)]
	}
	cleared.Inc()
	r.regressions.Add(float64(len(v.Regressions)))
}
