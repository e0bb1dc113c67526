package dashboards

import (
	"fmt"

	"github.com/aftercheck/aftercheck/internal/exporter"
)

// metrics are those that panels ask for.
type metrics struct {
	verifications, accepted, inFlight, duration, overhead, captures metric
	score, coverage, rootCause, regressions                         metric
	playbookVerdicts, playbookScore, incidentVerdicts               metric
	sensorUp, sensorRequests, sensorDuration, sensorBreaker         metric
	storeDuration, storeErrors, storeAway, journalEntries           metric
	redactions, reloadOK, reloadAt, buildInfo, overdue              metric

	proposals proposalMetrics

	// What the Go client library and the process bring to every exporter.
	memory, heap, goroutines, cpu, files, maxFiles metric
}

// proposalMetrics are those of the rollback proposals.
type proposalMetrics struct {
	opened, closed, open, undelivered, notifications, failed metric
}

// resolve looks the metrics up by their names, and tells of the first that is not
// defined.
func resolve(definitions []exporter.Definition) (metrics, error) {
	var m metrics
	known := map[string]exporter.Definition{}
	for _, d := range definitions {
		known[d.Name] = d
	}
	for name, into := range map[string]*metric{
		"verifications_total":                          &m.verifications,
		"verifications_accepted_total":                 &m.accepted,
		"verifications_in_flight":                      &m.inFlight,
		"verification_duration_seconds":                &m.duration,
		"verification_overhead_seconds":                &m.overhead,
		"captures_total":                               &m.captures,
		"self_healing_score":                           &m.score,
		"coverage_ratio":                               &m.coverage,
		"root_cause_cleared_total":                     &m.rootCause,
		"regressions_total":                            &m.regressions,
		"playbook_verifications_total":                 &m.playbookVerdicts,
		"playbook_self_healing_score":                  &m.playbookScore,
		"incident_verifications_total":                 &m.incidentVerdicts,
		"sensor_up":                                    &m.sensorUp,
		"sensor_requests_total":                        &m.sensorRequests,
		"sensor_duration_seconds":                      &m.sensorDuration,
		"sensor_breaker_open":                          &m.sensorBreaker,
		"store_operation_duration_seconds":             &m.storeDuration,
		"store_errors_total":                           &m.storeErrors,
		"store_away":                                   &m.storeAway,
		"store_journal_entries":                        &m.journalEntries,
		"redactions_total":                             &m.redactions,
		"config_last_reload_successful":                &m.reloadOK,
		"config_last_reload_success_timestamp_seconds": &m.reloadAt,
		"build_info":                                   &m.buildInfo,
		"verifications_overdue":                        &m.overdue,
		"proposals_opened_total":                       &m.proposals.opened,
		"proposals_closed_total":                       &m.proposals.closed,
		"proposals_open":                               &m.proposals.open,
		"proposals_undelivered":                        &m.proposals.undelivered,
		"notifications_total":                          &m.proposals.notifications,
		"notifications_failed_total":                   &m.proposals.failed,
	} {
		d, found := known[exporter.Prefix+name]
		if !found {
			return m, fmt.Errorf("the exporter declares no metric %s%s that a dashboard asks for", exporter.Prefix, name)
		}
		*into = declared(d)
	}
	m.memory, m.heap = metric{name: "process_resident_memory_bytes"}, metric{name: "go_memstats_heap_inuse_bytes"}
	m.goroutines, m.cpu = metric{name: "go_goroutines"}, metric{name: "process_cpu_seconds_total"}
	m.files, m.maxFiles = metric{name: "process_open_fds"}, metric{name: "process_max_fds"}
	return m, nil
}
