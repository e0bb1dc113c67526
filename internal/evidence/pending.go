package evidence

import (
	"context"
	"errors"
	"time"

	"github.com/aftercheck/aftercheck"
)

// eachDue calls each for those entries whose verification the owner leads.
func eachDue(ctx context.Context, c catalogue, owner string, entries []entry, each func(id string, due time.Time) error) error {
	marks, err := c.read(ctx, ids(entries), markNames)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if !marks[i].listed(e) || marks[i][fieldOwner] != owner {
			continue
		}
		due, err := marks[i].due()
		if err != nil {
			return aboutID(e.id(), err)
		}
		if err := each(e.id(), due); err != nil {
			return err
		}
	}
	return nil
}

// errUnsettled refuses to settle what has no verdict.
var errUnsettled = errors.New("there is no verdict to settle")

// settling returns the entry of a verdict that is to be settled.
func settling(v aftercheck.Verification) (entry, error) {
	if !v.Sealed() {
		return "", aboutID(v.ID, errors.Join(aftercheck.ErrConflict, errUnsettled))
	}
	return newEntry(v), nil
}
