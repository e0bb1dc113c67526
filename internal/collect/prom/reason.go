package prom

// The reasons of the metrics sensor's unknown findings: why a query gave no
// number to judge, or a number that proves nothing.
const (
	// ReasonMissingLabel: the incident lacks a label that the query names.
	ReasonMissingLabel = "MissingLabel"
	// ReasonBadLabel: a label's value cannot stand in the query: it is not
	// valid UTF-8, or holds the mark of text that was not.
	ReasonBadLabel = "BadLabel"
	// ReasonQueryFailed: this query failed while others of the same reading
	// were answered. If all fail, the reading itself is an error.
	ReasonQueryFailed = "QueryFailed"
	// ReasonPartial: the server answered with warnings.
	ReasonPartial = "Partial"
	// ReasonNoData: the answer is empty, or rests on no sample at all.
	ReasonNoData = "NoData"
	// ReasonManySeries: several series, and no aggregation is declared.
	ReasonManySeries = "ManySeries"
	// ReasonNotANumber: a sample is NaN.
	ReasonNotANumber = "NotANumber"
	// ReasonInfinite: a sample is infinite.
	ReasonInfinite = "Infinite"
	// ReasonHistogram: a sample is a native histogram, not a number.
	ReasonHistogram = "Histogram"
	// ReasonStale: the newest samples are older than the query allows, or older
	// than the server's look-back.
	ReasonStale = "Stale"
	// ReasonNotYet: the newest samples were taken before the action's end; the
	// next scrape will tell.
	ReasonNotYet = "NotYet"
	// ReasonWindowReachesBack: the expression's window still holds time before
	// the action's end, so a bad value may be of then. On a healthy finding it
	// says that the good value rests partly on that time.
	ReasonWindowReachesBack = "WindowReachesBack"
	// ReasonWiderThanTarget: the query covers more than the target, and not all
	// of what it covers is bad.
	ReasonWiderThanTarget = "WiderThanTarget"
)

// The reasons of the metrics sensor's other findings.
const (
	// ReasonInRange: the number meets its criterion.
	ReasonInRange = "InRange"
	// ReasonOutOfRange: the number does not meet its criterion.
	ReasonOutOfRange = "OutOfRange"
	// ReasonMeasured: the number has no criterion; it is compared only.
	ReasonMeasured = "Measured"
)

// The reasons of the alerts sensor's findings, besides ReasonPartial, ReasonNotYet
// and ReasonWindowReachesBack.
const (
	// ReasonFiring: the alert fires.
	ReasonFiring = "Firing"
	// ReasonKeptFiring: the expression could not be evaluated, but the alert says
	// that it has cleared; the rule's keep_firing_for holds the alert.
	ReasonKeptFiring = "KeptFiring"
	// ReasonPending: the expression holds, and the alert does not fire: for less
	// than the rule's for, or since its last evaluation.
	ReasonPending = "Pending"
	// ReasonInactive: the expression does not hold for the target, and the series
	// that it reads are there; or, where it could not be evaluated, the rule was.
	ReasonInactive = "Inactive"
	// ReasonCleared: as ReasonInactive, while the alert itself still fires: its
	// rule was not evaluated since, or keeps it firing.
	ReasonCleared = "Cleared"
	// ReasonSeriesGone: the expression does not hold, but series that it reads are
	// gone, and no other series of their job tells of their subject: the target,
	// the exporter or the scrape is gone.
	ReasonSeriesGone = "SeriesGone"
	// ReasonNoSuchRule: the server has no alerting rule of this name.
	ReasonNoSuchRule = "NoSuchRule"
	// ReasonRuleFailing: the rule's last evaluation failed.
	ReasonRuleFailing = "RuleFailing"
	// ReasonNotYetEvaluated: the expression could not be evaluated, and the rule
	// was not since the action's end, or never.
	ReasonNotYetEvaluated = "NotYetEvaluated"
	// ReasonAmbiguous: the rule is active, and the incident has none of the
	// labels that would tell for which of its alerts.
	ReasonAmbiguous = "Ambiguous"
)
