package dashboards

import (
	"fmt"

	"github.com/aftercheck/aftercheck"
)

// sensors answers: can the verdicts rest on what is seen?
func sensors(m metrics) Dashboard {
	d := dashboard("aftercheck-sensors", "Aftercheck / Sensors",
		"Can the verdicts rest on what the sensors see? Which sensors answer, how fast, and how much of what should be observed is.", "now-6h", m)
	d.Templating.List = append(d.Templating.List,
		queried("sensor", fmt.Sprintf(`label_values(%s{job=~"$job", instance=~"$instance"}, sensor)`, m.sensorBreaker.name)), window())
	for _, each := range []*metric{&m.sensorUp, &m.sensorBreaker, &m.sensorRequests, &m.sensorDuration} {
		*each = each.where(`sensor=~"$sensor"`)
	}
	d.rows = []section{
		{"State", sensorStates(m)},
		{"Readings", sensorReadings(m)},
		{"Latency", sensorLatency(m)},
		{"Coverage", coverage(m)},
	}
	return d
}

// unanswered is the share of readings that did not answer.
func unanswered(m metrics, over string) string {
	bad := m.sensorRequests.where(fmt.Sprintf("outcome!=%q", aftercheck.ReadingOK))
	return ratio(sum(bad.increase(over), "sensor"), sum(m.sensorRequests.increase(over), "sensor"))
}

func sensorStates(m metrics) []Panel {
	return []Panel{
		table(want{
			title: "Sensors", unit: "none", width: 24,
			answers: "Which sensors answer? Up is 1 where every sidecar's last reading answered, and absent before the first; breaker is 1 where some sidecar keeps calls from an endpoint that does not serve.",
		}, []string{"sensor"},
			column{title: "Up", unit: "bool_yes_no", expression: lowest(m.sensorUp.series(), "sensor"), colors: goodAbove(0.5, 1)},
			column{title: "Breaker open", unit: "bool_yes_no", expression: highest(m.sensorBreaker.series(), "sensor"), colors: badAbove("red", 1)},
			column{title: "Readings", unit: "short", expression: sum(m.sensorRequests.increase(perRange), "sensor")},
			column{title: "Unanswered", unit: "percentunit", expression: unanswered(m, perRange), colors: badAbove("red", 0.1)},
			column{title: "p90", unit: "s", expression: m.sensorDuration.quantile(0.9, perRange, "sensor")},
		),
		graph(want{
			title: "Up", unit: "bool_yes_no", width: 12, answers: "When did a sensor stop answering? The lowest over the sidecars.",
			queries: []Target{query(lowest(m.sensorUp.series(), "sensor"), "{{sensor}}")},
		}),
		graph(want{
			title: "Breaker open", unit: "bool_yes_no", width: 12, answers: "When were calls kept from an endpoint because it did not serve? The highest over the sidecars.",
			queries: []Target{query(highest(m.sensorBreaker.series(), "sensor"), "{{sensor}}")},
		}),
	}
}

func sensorReadings(m metrics) []Panel {
	return []Panel{
		graph(want{
			title: "Readings by sensor", unit: "reqps", width: 8, answers: "How often each sensor is asked: with each capture and each round of a verification.",
			queries: []Target{query(sum(m.sensorRequests.rate(), "sensor"), "{{sensor}}")},
		}),
		stacked(want{
			title: "Readings by outcome", unit: "reqps", width: 8, answers: "How readings end: ok, error, timeout, or panic, which is a defect.",
			queries: []Target{query(sum(m.sensorRequests.rate(), "outcome"), "{{outcome}}")},
		}).colored(map[string]string{
			string(aftercheck.ReadingOK): "green", string(aftercheck.ReadingError): "red",
			string(aftercheck.ReadingTimeout): "orange", string(aftercheck.ReadingPanic): "purple",
		}),
		graph(want{
			title: "Unanswered readings", unit: "percentunit", width: 8,
			answers: "The share of a sensor's readings that did not answer. Verdicts do without them, with a lower coverage; a monitoring outage is no failed repair.",
			queries: []Target{query(unanswered(m, perStep), "{{sensor}}")},
		}),
	}
}

func sensorLatency(m metrics) []Panel {
	var panels []Panel
	for _, q := range []struct {
		quantile float64
		name     string
	}{{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}} {
		panels = append(panels, graph(want{
			title: "Latency " + q.name, unit: "s", width: 8,
			answers: fmt.Sprintf("How long a reading of each sensor takes: the %s. A reading that takes longer than the policy's sensor_timeout is lost.", q.name),
			queries: []Target{query(m.sensorDuration.quantile(q.quantile, perStep, "sensor"), "{{sensor}}")},
		}))
	}
	return panels
}

func coverage(m metrics) []Panel {
	return []Panel{
		heatmap(want{
			title: "Coverage distribution", unit: "percentunit", width: 12,
			answers: "How much of what should have been observed was, per verification. Under the policy's min_coverage there is no score.",
			queries: []Target{query(sum(m.coverage.increaseOf("_bucket", perStep), "le"), "")},
		}),
		graph(want{
			title: "Coverage", unit: "percentunit", width: 6, answers: "The mean coverage, and what nine of ten verifications exceed, in the window before each point.",
			queries: []Target{query(m.coverage.mean(perWindow), "mean"), query(m.coverage.quantile(0.1, perWindow), "p10")},
		}),
		stacked(want{
			title: "Captures in the window", unit: "short", width: 6,
			answers: "How much of the state before a repair is known: complete, partial, empty (no sensor fits or none answered), or lost to the store.",
			queries: []Target{query(sum(m.captures.increase(perWindow), "outcome"), "{{outcome}}")},
		}),
	}
}
