package evidence

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// guard runs what uses the file, and turns a panic into an error, and a fault
// in the memory map too: that is how bolt meets a damaged or shortened file,
// and no reason for the sidecar to end. Bolt may have kept its locks, so after
// the first such error nothing is run any more.
type guard struct {
	damage atomic.Pointer[error]
}

// run runs do, or returns why the file is not used any more.
func (g *guard) run(do func() error) (err error) {
	if damage := g.damage.Load(); damage != nil {
		return *damage
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: the file is damaged: %v", ErrUnreadable, fault)
			g.damage.Store(&err)
		}
	}()
	return do()
}

// damaged reports whether the file is not used any more.
func (g *guard) damaged() bool { return g.damage.Load() != nil }
