//go:build chaos

package chaos

import (
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"
)

// row is what one scenario came to.
type row struct {
	fault    string
	accepted int
	sealed   int
	lost     int // accepted, and no verdict in the end
	double   int // counted more often than sealed, or told by more than one alert
	changed  int // a verdict that was read twice and was not the same
	wrong    int // a success that was none, or a failure
	refused  int // calls that were answered with "come back later", or not at all
	worst    time.Duration
	passed   bool
}

// table collects rows in the order in which their scenarios ended.
type table struct {
	mu   sync.Mutex
	rows []row
}

func (t *table) add(r row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
}

func (t *table) print(to io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "fault\taccepted\tsealed\tlost\tdouble\tchanged\twrong\trefused calls\tworst answer\tpassed\t")
	for _, r := range t.rows {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%v\t\n",
			r.fault, r.accepted, r.sealed, r.lost, r.double, r.changed, r.wrong, r.refused, r.worst.Round(time.Millisecond), r.passed)
	}
	w.Flush()
}
