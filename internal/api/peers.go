package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/aftercheck/aftercheck"
)

// Peers says which processes may use the socket, beside what the permissions of
// its file say. The zero Peers lets everybody in whom those let in.
type Peers struct {
	UIDs []uint32 // effective user IDs
	GIDs []uint32 // effective group IDs, supplementary ones do not count
}

// allow reports whether a peer may come in. Whoever cannot be identified is
// refused once there is a list.
func (p Peers) allow(who *aftercheck.Requester) bool {
	if len(p.UIDs) == 0 && len(p.GIDs) == 0 {
		return true
	}
	if who == nil || who.UID == nil || who.GID == nil {
		return false
	}
	return slices.Contains(p.UIDs, *who.UID) || slices.Contains(p.GIDs, *who.GID)
}

// refusalLogInterval is how often refused peers are logged at the most, so that
// one that asks again and again does not fill the log.
const refusalLogInterval = time.Second

// GuardSocket is what stands before the handler on the socket: it refuses peers
// that are not allowed with a 403, except for /-/healthy and /-/ready, and logs
// who they are.
func GuardSocket(next http.Handler, allowed Peers, log *slog.Logger) http.Handler {
	refused := rate.Sometimes{Interval: refusalLogInterval}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := requesterOf(r.Context())
		if isProbe(r) || allowed.allow(who) {
			next.ServeHTTP(w, r)
			return
		}
		refused.Do(func() {
			log.WarnContext(r.Context(), "refused a caller on the socket", "requested_by", who.String())
		})
		newProblem(http.StatusForbidden, fmt.Sprintf("want a caller whose user or group is listed under listen.unix in the configuration; this one is %s", who)).write(w)
	})
}

// isProbe reports whether the request asks for nothing but life and readiness,
// which everybody may know.
func isProbe(r *http.Request) bool {
	return r.URL.Path == healthy().Path || r.URL.Path == ready().Path
}
