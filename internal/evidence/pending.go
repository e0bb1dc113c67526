package evidence

import (
	"context"
	"time"
)

// eachDue calls each for those entries whose verification is not sealed.
func eachDue(ctx context.Context, c catalogue, entries []entry, each func(id string, due time.Time) error) error {
	marks, err := c.read(ctx, ids(entries), markNames)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if !marks[i].listed(e) || marks[i].sealed() {
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
