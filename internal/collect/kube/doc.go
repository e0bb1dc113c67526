// Package kube reads Kubernetes objects, live or from files, and says how they
// are: healthy, still converging, unhealthy, or not to be told.
//
// The way through it: Decode or the live sensor gives Objects; Findings
// resolves the target of an incident among them and emits what the judge
// needs; HealthOf holds the rules for one object. HealthOf and Findings are
// pure: no I/O, and the time is an argument.
package kube
