package testbed

import "syscall"

// dieWithParent makes the kernel kill the child when its parent ends, however
// the parent ends; or only ask it to end.
func dieWithParent(gentle bool) *syscall.SysProcAttr {
	if gentle {
		return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	}
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
