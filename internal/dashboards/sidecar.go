package dashboards

// sidecar answers: is the sidecar itself well, and what does it cost?
func sidecar(m metrics) Dashboard {
	d := dashboard("aftercheck-sidecar", "Aftercheck / Sidecar",
		"Is the sidecar itself well, and what does it cost? Its overhead, its store, its configuration and its process.", "now-6h", m)
	d.rows = []section{
		{"State", sidecarState(m)},
		{"Work", sidecarWork(m)},
		{"Store", sidecarStore(m)},
		{"Process", sidecarProcess(m)},
	}
	return d
}

func sidecarState(m metrics) []Panel {
	return []Panel{
		stat(want{
			title: "Sidecars", unit: "short", width: 4, answers: "How many sidecars are scraped.",
			queries: []Target{now("count("+m.buildInfo.series()+")", "sidecars")},
		}).whole(),
		stat(want{
			title: "In flight", unit: "short", width: 4, answers: "Verifications that are accepted and have no verdict yet.",
			queries: []Target{now(sum(m.inFlight.series()), "in flight")},
		}).whole(),
		stat(want{
			title: "Configuration", unit: "bool_yes_no", width: 4,
			answers: "Whether every sidecar's last attempt to load the configuration succeeded. After a failure the former one goes on.",
			queries: []Target{now(lowest(m.reloadOK.series()), "loaded")},
		}, goodAbove(0.5, 1)...),
		stat(want{
			title: "Loaded", unit: "dateTimeFromNow", width: 4, answers: "When a configuration was last loaded successfully, by the sidecar where that is longest ago.",
			queries: []Target{now(lowest(m.reloadAt.series())+" * 1000", "loaded")},
		}),
		stat(want{
			title: "Redis away", unit: "bool_yes_no", width: 4,
			answers: "Whether some sidecar gets no answer from Redis, so that its journal takes what comes. Nothing without a journal.",
			queries: []Target{now(highest(m.storeAway.series()), "away")},
		}, badAbove("red", 1)...),
		stat(want{
			title: "Store errors", unit: "short", width: 4, answers: "Operations that the store could not serve, in the time that is shown.",
			queries: []Target{now(sum(m.storeErrors.increase(perRange)), "errors")},
		}, badAbove("red", 0.5)...).whole(),
		table(want{
			title: "Builds", unit: "none", width: 24, answers: "Which version runs where: more than one is a rollout under way, or one that stopped half-way.",
		}, []string{"instance", "version", "revision", "goversion"},
			column{title: "Sidecars", unit: "short", expression: "count by (instance, version, revision, goversion) (" + m.buildInfo.series() + ")"},
		),
	}
}

func sidecarWork(m metrics) []Panel {
	return []Panel{
		graph(want{
			title: "Accepted and sealed", unit: "ops", width: 8, answers: "How fast verifications come in and get their verdicts. Accepted above sealed for long is a queue that grows.",
			queries: []Target{query(sum(m.accepted.rate()), "accepted"), query(sum(m.verifications.rate()), "sealed")},
		}),
		graph(want{
			title: "In flight and overdue", unit: "short", width: 8,
			answers: "Verifications that are accepted and have no verdict yet, by sidecar, and those of them that are past their deadline. limits.max_in_flight refuses more.",
			queries: []Target{query(sum(m.inFlight.series(), "instance"), "{{instance}}"), query(sum(m.overdue.series(), "instance"), "{{instance}} overdue")},
		}),
		graph(want{
			title: "Overhead", unit: "s", width: 8, answers: "What the sidecar itself adds to a verification, beyond waiting and the slowest sensor.",
			queries: []Target{
				query(m.overhead.quantile(0.5, perStep), "p50"), query(m.overhead.quantile(0.9, perStep), "p90"), query(m.overhead.quantile(0.99, perStep), "p99"),
			},
		}),
	}
}

func sidecarStore(m metrics) []Panel {
	return []Panel{
		graph(want{
			title: "Store latency p50", unit: "s", width: 8, answers: "How long the store's operations take as a rule.",
			queries: []Target{query(m.storeDuration.quantile(0.5, perStep, "operation"), "{{operation}}")},
		}),
		graph(want{
			title: "Store latency p99", unit: "s", width: 8, answers: "How long the store's slowest operations take. One that takes longer than 5 s is an error.",
			queries: []Target{query(m.storeDuration.quantile(0.99, perStep, "operation"), "{{operation}}")},
		}),
		graph(want{
			title: "Store operations", unit: "ops", width: 8, answers: "What the store is asked for.",
			queries: []Target{query(sum(m.storeDuration.rateOf("_count"), "operation"), "{{operation}}")},
		}),
		graph(want{
			title: "Store errors", unit: "ops", width: 8, answers: "Operations that the store could not serve. Not found and conflicts are answers, and no errors.",
			queries: []Target{query(sum(m.storeErrors.rate(), "operation"), "{{operation}}")},
		}),
		graph(want{
			title: "Redis away", unit: "bool_yes_no", width: 8, answers: "When a sidecar got no answer from Redis. Nothing without a journal.",
			queries: []Target{query(highest(m.storeAway.series(), "instance"), "{{instance}}")},
		}),
		graph(want{
			title: "Journal", unit: "short", width: 8, answers: "What waits in the journal for Redis to come back, by sidecar. store.journal.max_entries refuses more. Nothing without a journal.",
			queries: []Target{query(highest(m.journalEntries.series(), "instance"), "{{instance}}")},
		}),
	}
}

func sidecarProcess(m metrics) []Panel {
	return []Panel{
		graph(want{
			title: "Memory", unit: "bytes", width: 8, answers: "What the process holds, and the part of it that is Go's heap in use.",
			queries: []Target{query(sum(m.memory.series(), "instance"), "{{instance}} resident"), query(sum(m.heap.series(), "instance"), "{{instance}} heap")},
		}),
		graph(want{
			title: "CPU", unit: "short", width: 8, answers: "How many cores the process keeps busy.",
			queries: []Target{query(sum(m.cpu.rate(), "instance"), "{{instance}}")},
		}),
		graph(want{
			title: "Goroutines", unit: "short", width: 8, answers: "One that grows without end is a leak.",
			queries: []Target{query(sum(m.goroutines.series(), "instance"), "{{instance}}")},
		}),
		graph(want{
			title: "File descriptors", unit: "percentunit", width: 8, answers: "The share of the file descriptors that the process may open which it has open: connections of callers, sensors and the store.",
			queries: []Target{query(ratio(sum(m.files.series(), "instance"), sum(m.maxFiles.series(), "instance")), "{{instance}}")},
		}),
		graph(want{
			title: "Redactions", unit: "ops", width: 16, answers: "Secrets that were removed from what sensors answered and callers said, by rule. Only rules that removed something are drawn.",
			queries: []Target{query(sum(m.redactions.rate(), "rule")+" > 0", "{{rule}}")},
		}),
	}
}
