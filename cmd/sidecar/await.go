package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
)

// lateness is how long after its deadline a verdict is still waited for.
const lateness = 15 * time.Second

// await waits until the verdict stands, and tells a terminal how it goes.
// Trouble on the way is asked through until some time after the deadline, or
// after the last that the policy allows to follow from the signals' delays.
func (c *console) await(ctx context.Context, api *client.Client, v aftercheck.Verification) (aftercheck.Verification, error) {
	ctx, cancel := context.WithDeadline(ctx, time.Now().Add(max(0, time.Until(v.LatestDeadline()))+lateness))
	defer cancel()
	progress := newProgress(c.err)
	defer progress.clear()
	id := v.ID
	for !v.Sealed() {
		progress.show(v)
		next, err := api.Wait(ctx, id, progress.interval())
		switch {
		case err == nil:
			v = next
		case ctx.Err() != nil:
			return v, fmt.Errorf("waiting for the verdict on %s: %w", id, err)
		case !pause(ctx, time.Second):
			return v, fmt.Errorf("waiting for the verdict on %s: %w", id, err)
		}
	}
	return v, nil
}

// pause waits, and reports whether it was not interrupted.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// progress is one line on a terminal that is written again and again; on
// anything else it is nothing.
type progress struct {
	out      io.Writer
	terminal bool
}

func newProgress(out io.Writer) *progress { return &progress{out, isTerminal(out)} }

// interval is how long one call may wait: short where somebody watches.
func (p *progress) interval() time.Duration {
	if p.terminal {
		return time.Second
	}
	return 30 * time.Second
}

func (p *progress) show(v aftercheck.Verification) {
	if !p.terminal {
		return
	}
	left := max(0, time.Until(v.DeadlineAt)).Round(time.Second)
	fmt.Fprintf(p.out, "\r\x1b[K%s: %s; a verdict within %s", line(v.ID), line(string(v.State)), left)
}

func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && file.Name() != os.DevNull
}
