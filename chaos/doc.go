// Package chaos ill-treats real sidecars on real stores and checks afterwards
// that every accepted verification has one verdict that never changed. Its tests
// have the build tag chaos; `make chaos` runs them and prints a table.
package chaos
