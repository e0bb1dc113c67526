package dashboards

import (
	"fmt"

	"github.com/aftercheck/aftercheck"
)

// sinceShown filters a list of evidence by the time that the dashboard shows.
const sinceShown = "since=${__from:date:iso}"

// remediationQuality answers: do our repairs work, and which do not?
func remediationQuality(m metrics) Dashboard {
	d := dashboard("aftercheck-remediation-quality", "Aftercheck / Remediation quality",
		"Do repairs work? Verdicts, self-healing scores, the playbooks and alerts behind them, and rollback proposals.", "now-24h", m)
	d.Templating.List = append(d.Templating.List, window())
	d.rows = []section{
		{"At a glance", glance(m)},
		{"Verdicts", verdictPanels(m)},
		{"By playbook and alert", comparisons(m)},
		{"Causes and side effects", consequences(m)},
		{"Rollback proposals", proposals(m.proposals)},
	}
	return d
}

// successRatio leaves out diagnoses, which change nothing and are no success by
// definition.
func successRatio(m metrics, over string) string {
	success := m.verifications.where(fmt.Sprintf("verdict=%q", aftercheck.Success))
	repairs := m.verifications.where(fmt.Sprintf("reason!=%q", aftercheck.ReasonObservedOnly))
	return ratio(sum(success.increase(over)), sum(repairs.increase(over)))
}

func clearedRatio(m metrics, over string) string {
	yes := m.rootCause.where(fmt.Sprintf("cleared=%q", aftercheck.AnswerYes))
	return ratio(sum(yes.increase(over)), sum(m.rootCause.increase(over)))
}

func glance(m metrics) []Panel {
	return []Panel{
		stat(want{
			title: "Verdicts", unit: "short", width: 4, answers: "How many verifications were sealed in the time that is shown.",
			queries: []Target{now(sum(m.verifications.increase(perRange)), "verdicts")},
		}).whole().headed("Verifications", sinceShown),
		stat(want{
			title: "Success ratio", unit: "percentunit", width: 4,
			answers: "The share of successes among the verdicts on repairs. Actions that only observed are left out: they change nothing, so they cannot succeed.",
			queries: []Target{now(successRatio(m, perRange), "success")},
		}, goodAbove(0.7, 0.9)...),
		stat(want{
			title: "Mean score", unit: "percentunit", width: 4, answers: "The mean self-healing score of the verifications that have one.",
			queries: []Target{now(m.score.mean(perRange), "score")},
		}, goodAbove(0.5, 0.8)...),
		stat(want{
			title: "Root cause cleared", unit: "percentunit", width: 4,
			answers: "The share of verifications that know the root cause to be cleared. Those that cannot tell count as not cleared here; the panel below tells them apart.",
			queries: []Target{now(clearedRatio(m, perRange), "cleared")},
		}, goodAbove(0.5, 0.8)...),
		stat(want{
			title: "Regressions", unit: "short", width: 4, answers: "How many things were healthy before a repair and not after it.",
			queries: []Target{now(sum(m.regressions.increase(perRange)), "regressions")},
		}, badAbove("orange", 0.5)...).whole().headed("Degraded", "verdict="+string(aftercheck.Degraded)+"&"+sinceShown),
		stat(want{
			title: "Open proposals", unit: "short", width: 4, answers: "Rollback proposals that nobody has acknowledged and no later success has resolved, by job.",
			queries: []Target{now(highest(m.proposals.open.series(), "job"), "{{job}}")},
		}, badAbove("red", 1)...).whole(),
	}
}

func verdictPanels(m metrics) []Panel {
	colors := map[string]string{
		string(aftercheck.Success): "green", string(aftercheck.Degraded): "yellow",
		string(aftercheck.Failed): "red", string(aftercheck.Timeout): "purple",
	}
	return []Panel{
		graph(want{
			title: "Success ratio over the window", unit: "percentunit", width: 12,
			answers: "Is it getting better or worse? Each point is the share of successes among the verdicts on repairs in the window before it.",
			queries: []Target{query(successRatio(m, perWindow), "success")},
		}),
		stacked(want{
			title: "Verdicts in the window", unit: "short", width: 12, answers: "How many verdicts of each kind the window before each point has.",
			queries: []Target{query(sum(m.verifications.increase(perWindow), "verdict"), "{{verdict}}")},
		}).colored(colors).linked("Verifications", "verdict=${__field.labels.verdict:percentencode}&"+sinceShown),
		stacked(want{
			title: "Reasons in the window", unit: "short", width: 12,
			answers: "Why the verdicts are what they are. A reason without a verdict in the window is not drawn; docs/judge.md explains each.",
			queries: []Target{query(sum(m.verifications.increase(perWindow), "verdict", "reason")+" > 0", "{{verdict}}: {{reason}}")},
		}).linked("Verifications", "verdict=${__field.labels.verdict:percentencode}&"+sinceShown),
		heatmap(want{
			title: "Score distribution", unit: "percentunit", width: 12,
			answers: "Where the self-healing scores lie: one cluster near 1 is well; a second one low down is a repair that does not work. The dots are single verifications.",
			queries: []Target{query(sum(m.score.increaseOf("_bucket", perStep), "le"), "").withExemplars()},
		}),
		graph(want{
			title: "Time to verdict", unit: "s", width: 12,
			answers: "How long a caller waits for a verdict, in the window before each point. Most of it is the warm-up and the rounds; see docs/timing.md. The dots are single verifications.",
			queries: []Target{
				query(m.duration.quantile(0.5, perWindow), "p50").withExemplars(),
				query(m.duration.quantile(0.9, perWindow), "p90"), query(m.duration.quantile(0.99, perWindow), "p99"),
			},
		}),
		graph(want{
			title: "Mean time to verdict", unit: "s", width: 12, answers: "How long each kind of verdict takes: a failure that needs its whole deadline shows here.",
			queries: []Target{query(m.duration.mean(perWindow, "verdict"), "{{verdict}}")},
		}).colored(colors),
	}
}

// byOutcome are the columns of a table that compares verdicts by a label.
func byOutcome(verdicts metric, by string) []column {
	count := func(verdict aftercheck.Verdict) string {
		return sum(verdicts.where(fmt.Sprintf("verdict=%q", verdict)).increase(perRange), by)
	}
	all := sum(verdicts.increase(perRange), by)
	return []column{
		{title: "Verdicts", unit: "short", expression: all + " > 0"},
		{title: "Success", unit: "percentunit", expression: ratio(count(aftercheck.Success), all), colors: goodAbove(0.7, 0.9)},
		// Only rows that the first column has.
		{title: "Degraded", unit: "short", expression: beside(count(aftercheck.Degraded), all, by)},
		{title: "Failed", unit: "short", expression: beside(count(aftercheck.Failed), all, by)},
		{title: "Timeout", unit: "short", expression: beside(count(aftercheck.Timeout), all, by)},
	}
}

// beside keeps what has something in the other expression, too.
func beside(expression, other, by string) string {
	return fmt.Sprintf("%s and on (%s) (%s > 0)", expression, by, other)
}

func comparisons(m metrics) []Panel {
	byPlaybook := byOutcome(m.playbookVerdicts, "playbook")
	byPlaybook = append(byPlaybook, column{
		title: "Mean score", unit: "percentunit", expression: m.playbookScore.mean(perRange, "playbook"), colors: goodAbove(0.5, 0.8),
	})
	return []Panel{
		table(want{
			title: "Playbooks", unit: "none", width: 12,
			answers: "Which playbooks work? None: the action names no playbook; other: there are more playbooks than metrics.max_playbooks.",
		}, []string{"playbook"}, byPlaybook...).
			rowsLinked("Playbook", "Verifications", "playbook=${__data.fields.Playbook:percentencode}&"+sinceShown),
		table(want{
			title: "Alerts", unit: "none", width: 12,
			answers: "Which alerts are repaired well? None: the incident has no alert name; other: there are more alert names than metrics.max_alertnames.",
		}, []string{"incident_alertname"}, byOutcome(m.incidentVerdicts, "incident_alertname")...).
			rowsLinked("Alertname", "Verifications", sinceShown),
		graph(want{
			title: "Mean score by playbook", unit: "percentunit", width: 24, answers: "Does a playbook get better or worse? The mean score of its verifications in the window before each point. Actions that name no playbook are not drawn.",
			queries: []Target{query(m.playbookScore.where(`playbook!=""`).mean(perWindow, "playbook"), "{{playbook}}")},
		}).linked("Verifications", "playbook=${__field.labels.playbook:percentencode}&"+sinceShown),
	}
}

func consequences(m metrics) []Panel {
	return []Panel{
		stacked(want{
			title: "Root cause cleared in the window", unit: "short", width: 12,
			answers: "Is the signal that opened the incident quiet again, by fresh evidence? Many unknown ask for a sensor with signal: true.",
			queries: []Target{query(sum(m.rootCause.increase(perWindow), "cleared"), "{{cleared}}")},
		}).colored(map[string]string{
			string(aftercheck.AnswerYes): "green", string(aftercheck.AnswerNo): "red", string(aftercheck.AnswerUnknown): "yellow",
		}),
		graph(want{
			title: "Regressions in the window", unit: "short", width: 12,
			answers: "How many things were healthy before a repair and not after it: the target's own, or a neighbour that pays for the repair.",
			queries: []Target{query(sum(m.regressions.increase(perWindow)), "regressions")},
		}),
	}
}

func proposals(p proposalMetrics) []Panel {
	return []Panel{
		graph(want{
			title: "Proposals in the window", unit: "short", width: 12,
			answers: "How often a rollback is proposed, and how proposals end: resolved by a later success, acknowledged by somebody, or expired with nobody looking.",
			queries: []Target{query(sum(p.opened.increase(perWindow)), "opened"), query(sum(p.closed.increase(perWindow), "outcome"), "closed: {{outcome}}")},
		}),
		graph(want{
			title: "Open and undelivered", unit: "short", width: 6,
			answers: "Proposals that wait for somebody, and those that no Alertmanager has taken yet. Each sidecar tells of the whole store, so it is the highest by job.",
			queries: []Target{
				query(highest(p.open.series(), "job"), "open, {{job}}"), query(highest(p.undelivered.series(), "job"), "undelivered, {{job}}"),
			},
		}),
		graph(want{
			title: "Failed notifications", unit: "percentunit", width: 6,
			answers: "The share of notifications that an Alertmanager did not take, in the window before each point.",
			queries: []Target{query(ratio(sum(p.failed.increase(perWindow), "alertmanager"), sum(p.notifications.increase(perWindow), "alertmanager")), "{{alertmanager}}")},
		}),
	}
}
