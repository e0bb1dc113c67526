// Package exporter is what Prometheus sees of Aftercheck.
//
// The names in this package carry no prefix: main registers them through
// prometheus.WrapRegistererWithPrefix(Prefix, …), so that verifications_total
// here is aftercheck_verifications_total on the page. A label value comes out of
// a closed set that is known when the process starts or reloads, and whatever is
// reported under a name outside its set is not counted. The exceptions are
// playbooks and alert names: the first of them, up to a bound, have series of
// their own as long as the process lives, and the rest share one. An incident, a
// pod or free text never becomes a label.
//
// docs/metrics.md is the list of what New registers, made by go generate.
//
//go:generate go test -run TestDocumentedMetrics -update .
package exporter

// Prefix goes before every metric's name.
const Prefix = "aftercheck_"

// The outcomes of a capture.
const (
	// CaptureComplete: every sensor that fits the incident answered.
	CaptureComplete = "complete"
	// CapturePartial: some answered.
	CapturePartial = "partial"
	// CaptureEmpty: none answered, or no sensor fits.
	CaptureEmpty = "empty"
	// CaptureStoreError: the snapshot could not be stored, so the caller has
	// none.
	CaptureStoreError = "store_error"
)

// CaptureOutcomes returns every outcome of a capture.
func CaptureOutcomes() []string {
	return []string{CaptureComplete, CapturePartial, CaptureEmpty, CaptureStoreError}
}
