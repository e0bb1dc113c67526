package pages

import (
	"net/http"
	"time"
)

// NewAt returns what New does, at a time that stands still.
func NewAt(o Options, now time.Time) http.Handler {
	return newServer(o, func() time.Time { return now })
}
