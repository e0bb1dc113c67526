package pages

import (
	"fmt"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// timeView is the verification's life on a line. Lengths are shares of the
// line's width.
type timeView struct {
	Label              string // what the line shows, in words
	Action, Warmup     bar
	Rounds             []roundView
	Ticks              []tick
	Deadline, Verdict  string // places; empty: not on the line
	Captured, Now      string
	DeadlineIsFar      bool
	Small              bool // there are many rounds
	Began, Ended       stamp
	ObserveFrom        stamp
	CapturedAt         stamp
	DeadlineAt, Sealed stamp
	Counts             []chip
}

// bar is a stretch of the line.
type bar struct{ From, Width string }

// tick is a mark below the line.
type tick struct{ At, Text string }

// roundView is one round.
type roundView struct {
	Number          int
	At              stamp
	Place           string
	Offset          string // since the action's end
	State           badge
	Brief           string
	Answered, Asked int
	Took            string
}

// maxFar is how many times longer than what happened a line may be, so that an
// early verdict is not squeezed into a corner by a far deadline.
const maxFar = 2

// scale maps moments to places on the line.
type scale struct{ from, to time.Time }

func (s scale) share(t time.Time) float64 {
	whole := s.to.Sub(s.from)
	if whole <= 0 {
		return 0
	}
	return min(max(float64(t.Sub(s.from))/float64(whole), 0), 1)
}

func (s scale) place(t time.Time) string { return percent(s.share(t)) }

func (s scale) bar(from, to time.Time) bar {
	return bar{s.place(from), percent(max(s.share(to)-s.share(from), 0.003))}
}

func timeOf(v aftercheck.Verification, rounds []assess.View, now time.Time) timeView {
	line, far := lineOf(v, now)
	view := timeView{
		Action: line.bar(v.Action.Began(), v.Action.FinishedAt), Warmup: line.bar(v.Action.FinishedAt, v.ObserveFrom),
		Ticks: ticks(line, v.Action.FinishedAt), DeadlineIsFar: far, Deadline: line.place(v.DeadlineAt), Small: len(rounds) > 40,
		Began: stamp{v.Action.Began()}, Ended: stamp{v.Action.FinishedAt}, ObserveFrom: stamp{v.ObserveFrom},
		DeadlineAt: stamp{v.DeadlineAt}, Sealed: stamp{v.SealedAt},
	}
	if v.Sealed() {
		view.Verdict = line.place(v.SealedAt)
	} else {
		view.Now = line.place(now)
	}
	if v.Evidence != nil {
		if before := v.Evidence.PreState; before != nil {
			view.Captured, view.CapturedAt = line.place(before.CapturedAt), stamp{before.CapturedAt}
		}
		view.addRounds(v, rounds, line)
	}
	view.Label = view.words(v)
	return view
}

// lineOf is the stretch of time that is drawn: from the pre-state or the action,
// whichever is earlier, to the deadline. Neither end is farther away than some
// times what happened in between.
func lineOf(v aftercheck.Verification, now time.Time) (line scale, far bool) {
	began, end := v.Action.Began(), v.DeadlineAt
	if v.Sealed() {
		happened := max(v.SealedAt.Sub(began), time.Second)
		if end.Sub(began) > maxFar*happened {
			far, end = true, v.SealedAt.Add(happened/4)
		}
		if v.SealedAt.After(end) { // late: the sidecar was away
			end = v.SealedAt
		}
	} else if now.After(end) { // overdue
		if latest := end.Add(end.Sub(began)); now.After(latest) {
			now = latest
		}
		end = now
	}
	from := began
	if v.Evidence != nil && v.Evidence.PreState != nil && v.Evidence.PreState.CapturedAt.Before(from) {
		from = v.Evidence.PreState.CapturedAt
	}
	if earliest := began.Add(-end.Sub(began) / 2); from.Before(earliest) {
		from = earliest
	}
	margin := end.Sub(from) / 50
	return scale{from.Add(-margin), end.Add(margin)}, far
}

func (view *timeView) addRounds(v aftercheck.Verification, rounds []assess.View, line scale) {
	counts := map[badge]int{}
	for i, round := range v.Evidence.Rounds {
		if i == aftercheck.MaxRounds {
			break
		}
		r := roundView{
			Number: i + 1, At: stamp{round.At}, Place: line.place(round.At), Offset: offset(round.At.Sub(v.Action.FinishedAt)),
			State: stateBadge(aftercheck.StateUnknown), Asked: len(round.Readings), Took: span(round.EndedAt.Sub(round.At)),
		}
		for _, reading := range round.Readings {
			if reading.Outcome == aftercheck.ReadingOK || reading.Outcome == "" {
				r.Answered++
			}
		}
		if i < len(rounds) {
			r.State, r.Brief = stateBadge(rounds[i].State), long(rounds[i].Brief)
			if rounds[i].Stale {
				r.State, r.Brief = stateBadge(aftercheck.StateUnknown), "taken before the action's end"
			}
		}
		counts[r.State]++
		view.Rounds = append(view.Rounds, r)
	}
	for _, state := range []aftercheck.State{aftercheck.StateHealthy, aftercheck.StateProgressing, aftercheck.StateUnhealthy, aftercheck.StateUnknown} {
		b := stateBadge(state)
		if n := counts[b]; n > 0 {
			view.Counts = append(view.Counts, chip{b.Class, fmt.Sprintf("%s %s", plural(n, "round"), b.Word)})
		}
	}
}

func (view timeView) words(v aftercheck.Verification) string {
	text := fmt.Sprintf("Time line. The action ended at %s. ", view.Ended.Clock())
	for i, c := range view.Counts {
		if i == 0 {
			text += "After it: "
		} else {
			text += ", "
		}
		text += c.Text
	}
	if len(view.Counts) > 0 {
		text += ". "
	}
	if v.Sealed() {
		return text + fmt.Sprintf("The verdict was given at %s.", view.Sealed.Clock())
	}
	return text + fmt.Sprintf("The deadline is at %s.", view.DeadlineAt.Clock())
}

// steps are the distances between two ticks that people read well.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// maxTicks is how many ticks fit on a narrow screen.
const maxTicks = 6

// ticks are counted from zero, the action's end.
func ticks(line scale, zero time.Time) []tick {
	whole := line.to.Sub(line.from)
	if whole <= 0 {
		return nil
	}
	for _, step := range steps {
		if whole/step >= maxTicks {
			continue
		}
		var out []tick
		begin := -int64(zero.Sub(line.from) / step)
		for n := begin; n < begin+maxTicks+2; n++ {
			at := time.Duration(n) * step
			if s := line.share(zero.Add(at)); s > 0.03 && s < 0.96 {
				out = append(out, tick{percent(s), offset(at)})
			}
		}
		return out
	}
	return nil
}

// offset says how long after the action's end something was.
func offset(d time.Duration) string {
	if d > 0 {
		return "+" + span(d)
	}
	return span(d)
}
