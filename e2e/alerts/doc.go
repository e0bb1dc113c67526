// Package alerts proves the whole way from a bad repair to the people who are told
// of it: a real sidecar, a real Prometheus with the rules that are shipped, a real
// Alertmanager with the configuration that is shipped, and stand-ins for Telegram
// and for the reviewer. Run it by `make e2e-alerts`.
package alerts
