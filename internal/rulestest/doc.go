// Package rulestest checks the rules that charts/aftercheck/files/rules gives to
// Prometheus: that promtool accepts them and their unit tests in testdata pass,
// that each rule has such tests, that they use no metric and no label that the
// exporter does not declare, and that each alert has its runbook in docs/runbooks.
package rulestest
