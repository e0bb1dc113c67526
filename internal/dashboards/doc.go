// Package dashboards makes the Grafana dashboards out of what the exporter
// declares: a panel can only ask for a metric that there is. All returns them;
// dashboards/generate.go writes them as JSON, and docs/dashboards.md beside them.
//
// They keep the conventions of monitoring mixins: the data source, the job and the
// instance are variables, and every panel has a description and a unit.
package dashboards
