package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Options of a demo.
type Options struct {
	Binary string    // the sidecar's own binary
	Out    io.Writer // where the table goes
	Keep   bool      // leave sidecar and services up until the context ends
}

// Run plays the five stories, one after the other, and prints what the sidecar
// judged. It returns an error if a verdict is not the one that the story
// deserves. It takes about a minute.
func Run(ctx context.Context, o Options) error {
	folder, err := os.MkdirTemp("", "aftercheck-demo-")
	if err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	d := &play{Options: o}
	defer d.close()
	if err := d.open(ctx, folder); err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "A sidecar is up on %s; metrics on http://%s/metrics\n\n", d.sidecar.socket, d.sidecar.metrics)
	for i, s := range stories() {
		if err := d.act(ctx, i, s); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	if err := d.report(ctx); err != nil {
		return err
	}
	if o.Keep {
		fmt.Fprintln(o.Out, "\nStaying up until interrupted.")
		<-ctx.Done()
	}
	return d.verdict()
}

// play is a demo under way.
type play struct {
	Options
	sidecar    *sidecar
	patients   []*patient
	neighbours []*patient
	judged     []aftercheck.Verification
}

func (d *play) open(ctx context.Context, folder string) error {
	var wards []ward
	for i := range stories() {
		p, err := admit("shop")
		if err != nil {
			return err
		}
		d.patients = append(d.patients, p)
		n, err := admit("cart")
		if err != nil {
			return err
		}
		d.neighbours = append(d.neighbours, n)
		wards = append(wards, ward{Number: i + 1, Patient: p.address, Neighbour: n.address})
	}
	var err error
	d.sidecar, err = start(ctx, d.Binary, folder, wards)
	return err
}

func (d *play) close() {
	if d.sidecar != nil && d.sidecar.process.Process != nil {
		d.sidecar.stop()
	}
	for _, p := range append(d.patients, d.neighbours...) {
		p.discharge()
	}
}

// act breaks the patient and is the executor: capture, repair, verify.
func (d *play) act(ctx context.Context, i int, s story) error {
	p, n := d.patients[i], d.neighbours[i]
	p.setIll(true)
	if err := sleep(ctx, window*orderEvery+200*time.Millisecond); err != nil { // until the error ratio tells of it
		return err
	}
	incident := aftercheck.Incident{
		ID: fmt.Sprintf("demo-%d", i+1), Alertname: fmt.Sprintf("ShopOrdersFailing%d", i+1),
		Labels: map[string]string{"service": "shop"}, StartsAt: time.Now(),
	}
	action := aftercheck.Action{Text: s.action, StartedAt: time.Now()}
	snapshot, err := d.sidecar.client.Capture(ctx, aftercheck.SnapshotRequest{Incident: incident, Action: action})
	if err != nil {
		return fmt.Errorf("capturing: %w", err)
	}
	s.repair(p, n)
	action.FinishedAt = time.Now()
	fmt.Fprintf(d.Out, "%d. %s: %s ... ", i+1, s.title, s.action)
	v, err := d.sidecar.client.Verify(ctx, aftercheck.VerificationRequest{
		Incident: incident, Action: action, SnapshotID: snapshot.ID,
	}, warmup+deadline+10*time.Second)
	if err != nil {
		return fmt.Errorf("verifying: %w", err)
	}
	if v.Assessment == nil {
		return fmt.Errorf("no verdict after %s", warmup+deadline+10*time.Second)
	}
	fmt.Fprintln(d.Out, v.Verdict)
	d.judged = append(d.judged, v)
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// report prints the table, where the evidence is, and the metrics.
func (d *play) report(ctx context.Context) error {
	table := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\n#\tREPAIR\tVERDICT\tREASON\tSCORE\tROOT CAUSE CLEARED\n")
	for i, v := range d.judged {
		score := "none"
		if v.Score != nil {
			score = fmt.Sprintf("%.2f", *v.Score)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", i+1, stories()[i].title, v.Verdict, v.Reason, score, v.RootCauseCleared)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(d.Out, "\nWhy:")
	for i, v := range d.judged {
		fmt.Fprintf(d.Out, "%d. %s\n", i+1, v.Explanation)
	}
	fmt.Fprintf(d.Out, "\nThe evidence is in %s; with --keep, ask for one by\n", d.sidecar.folder)
	fmt.Fprintf(d.Out, "  %s show --socket=%s %s\n", cmp.Or(d.Binary, "aftercheck"), d.sidecar.socket, d.judged[0].ID)
	samples, err := d.sidecar.scrape(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "\nWhat Prometheus sees:\n  %s\n", strings.Join(samples, "\n  "))
	return nil
}

// verdict compares what was judged with what each story deserves.
func (d *play) verdict() error {
	for i, s := range stories() {
		if got := d.judged[i].Verdict; got != s.want {
			return fmt.Errorf("%s was judged %s, and deserves %s", s.title, got, s.want)
		}
	}
	return nil
}
