//go:build !linux

package testbed

import "syscall"

// dieWithParent has no counterpart here: a child outlives a test binary that
// is killed.
func dieWithParent(bool) *syscall.SysProcAttr { return nil }
