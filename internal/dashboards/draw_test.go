package dashboards_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/dashboards"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/testbed/browser"
)

var shots = flag.String("screenshots", "", "directory to write the pictures of docs/dashboards.md to, from a longer load")

// maxShot is how large a picture in the repository may be.
const maxShot = 200_000

// What is shown: two minutes of load, and more for the documentation.
const (
	shownTested   = 2 * time.Minute
	shownPictured = 3 * time.Minute
	shownStep     = 2 * time.Second
)

// The grid in pixels, with the gap between panels.
const (
	gridColumn, gridRow, gridGap = 52, 36, 8
	headHeight                   = 84
)

// drawing is a dashboard laid out with its data.
type drawing struct {
	Title, Time, Window string
	Width, Height       int
	Panels              []drawn
}

// drawn is a panel, or the head of a row, with what it shows: one of the last
// three.
type drawn struct {
	Kind, Title              string
	Left, Top, Width, Height int
	Numbers                  []bigNumber
	Chart                    *chart
	Sheet                    *sheet
}

// bigNumber is what a stat shows.
type bigNumber struct{ Name, Text, Color string }

// empty reports whether the panel shows nothing of the data.
func (d drawn) empty() bool {
	return d.Kind != "row" && len(d.Numbers) == 0 && d.Chart.empty() && (d.Sheet == nil || len(d.Sheet.Rows) == 0)
}

// pictures draws every panel of every dashboard from what Prometheus has. With
// -screenshots, a browser takes a picture of each dashboard.
func (w *world) pictures(t *testing.T) {
	shown := shownTested
	if *shots != "" {
		shown = shownPictured
		w.scraped(t, shown)
	}
	for name, d := range readAll(t) {
		var picture drawing
		testbed.Eventually(t, 2*time.Minute, func() (err error) {
			picture, err = w.draw(t, d, shown)
			return err
		})
		page := rendered(t, picture)
		if *shots != "" {
			w.photograph(t, page, picture, filepath.Join(*shots, "dashboard-"+strings.TrimSuffix(name, ".json")+".png"))
		}
	}
}

// scraped waits until Prometheus has the sidecar's metrics of so long a time; one
// scrape is a second.
func (w *world) scraped(t *testing.T, long time.Duration) {
	t.Helper()
	testbed.Eventually(t, 2*long, func() error {
		got, err := w.vector(t.Context(), "sum(count_over_time(aftercheck_build_info[1h]))")
		if err == nil && (len(got) == 0 || float64(got[0].Value) < long.Seconds()) {
			err = fmt.Errorf("scraped %v, want %v times", got, long.Seconds())
		}
		return err
	})
}

// draw lays a dashboard out. It fails where a panel has nothing to show.
func (w *world) draw(t *testing.T, d written, shown time.Duration) (drawing, error) {
	s := span{to: time.Now().Truncate(shownStep), shown: shown, values: chosen(d)}
	s.values["__range"], s.values["window"] = fmt.Sprintf("%ds", int(shown.Seconds())), "1m"
	picture := drawing{
		Title: d.Title, Time: fmt.Sprintf("Last %d minutes", int(shown.Minutes())), Width: 24*gridColumn - gridGap,
	}
	for _, v := range d.Templating.List {
		if v.Name == "window" {
			picture.Window = s.values[v.Name]
		}
	}
	var errs []error
	for _, p := range d.Panels {
		g := p.GridPos
		frame := drawn{
			Kind: p.Type, Title: p.Title,
			Left: g.X * gridColumn, Top: g.Y * gridRow, Width: g.W*gridColumn - gridGap, Height: g.H*gridRow - gridGap,
		}
		if err := w.fill(t, &frame, p, s); err != nil {
			errs = append(errs, fmt.Errorf("%s, %s: %w", d.Title, p.Title, err))
		}
		picture.Height = max(picture.Height, frame.Top+frame.Height)
		picture.Panels = append(picture.Panels, frame)
	}
	return picture, errors.Join(errs...)
}

// fill asks the panel's queries and draws their answers into the frame.
func (w *world) fill(t *testing.T, frame *drawn, p dashboards.Panel, s span) (err error) {
	switch p.Type {
	case "row":
	case "stat":
		frame.Numbers, err = w.numbers(t.Context(), p, s)
	case "timeseries":
		frame.Chart, err = w.lines(t.Context(), p, s, frame.Width)
	case "heatmap":
		frame.Chart, err = w.cells(t.Context(), p, s, frame.Width)
	case "table":
		frame.Sheet, err = w.sheet(t.Context(), p, s)
	default:
		err = fmt.Errorf("a panel of the kind %q cannot be drawn yet", p.Type)
	}
	if err == nil && frame.empty() {
		err = errors.New("nothing to show")
	}
	return err
}

// rendered is the page of a dashboard.
func rendered(t *testing.T, picture drawing) []byte {
	t.Helper()
	page, err := template.ParseFiles("testdata/drawn.html")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := page.Execute(&text, picture); err != nil {
		t.Fatal(err)
	}
	for _, p := range picture.Panels {
		if !strings.Contains(text.String(), template.HTMLEscapeString(p.Title)) {
			t.Errorf("%s: the page has no %s", picture.Title, p.Title)
		}
	}
	return text.Bytes()
}

// photograph has a browser take a picture of the page.
func (w *world) photograph(t *testing.T, page []byte, picture drawing, path string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			answer.WriteHeader(http.StatusNoContent) // a browser asks for an icon
			return
		}
		_, _ = answer.Write(page)
	}))
	defer server.Close()
	height := picture.Height + headHeight
	p := browser.Start(t).Open(t, server.URL, browser.Look{Width: picture.Width + 24, Height: height, Dark: true})
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("%s: the browser complains: %q", path, complaints)
	}
	small, err := browser.Small(p.Screenshot(), height)
	if err != nil {
		t.Fatal(err)
	}
	if len(small) > maxShot {
		t.Errorf("%s has %d bytes, want at most %d", path, len(small), maxShot)
	}
	if err := os.WriteFile(path, small, 0o644); err != nil {
		t.Fatal(err)
	}
}

// legend is how a series is named.
func legend(format string, of model.Metric) string {
	for name, value := range of {
		format = strings.ReplaceAll(format, "{{"+string(name)+"}}", string(value))
	}
	if strings.TrimSpace(format) == "" {
		return "none"
	}
	return format
}
