package api

import (
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aftercheck/aftercheck"
)

// wait is how long a call may be held; zero means not at all.
type wait struct{ time.Duration }

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *wait) UnmarshalText(text []byte) error {
	var parsed aftercheck.Duration
	if err := parsed.UnmarshalText(text); err != nil || time.Duration(parsed) > MaxWait {
		return fmt.Errorf("want a duration from 0s to %s, such as 60s", MaxWait)
	}
	w.Duration = time.Duration(parsed)
	return nil
}

// Schema implements huma.SchemaProvider.
func (wait) Schema(r huma.Registry) *huma.Schema { return durationText{}.Schema(r) }

type listInput struct {
	Incident string             `query:"incident" maxLength:"256" doc:"Only verifications of this incident."`
	Verdict  aftercheck.Verdict `query:"verdict" enum:"success,degraded,failed,timeout" doc:"Only verifications with this verdict."`
	Playbook string             `query:"playbook" maxLength:"4096" doc:"Only verifications whose action names this playbook."`
	Since    time.Time          `query:"since" format:"date-time" doc:"Only verifications that were accepted then or later."`
	Limit    int                `query:"limit" minimum:"0" maximum:"500" doc:"At most so many in a page. Absent or 0: 50."`
	Cursor   string             `query:"cursor" maxLength:"4096" doc:"The next_cursor of the page before. Absent: the first page."`
}

func (in *listInput) filter() aftercheck.Filter {
	return aftercheck.Filter{
		IncidentID: in.Incident,
		Verdict:    in.Verdict,
		Playbook:   in.Playbook,
		Since:      in.Since,
		Limit:      in.Limit,
		Cursor:     in.Cursor,
	}
}
