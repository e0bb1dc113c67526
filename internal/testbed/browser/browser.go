// Package browser opens pages in a real headless Chromium, for tests, and
// remembers everything that a page complains about: what it writes to the
// console, exceptions, refused loads, and violations of its own policy.
package browser

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Within bounds each step of a page, for machines that are busy.
const Within = time.Minute

// Browser is a running Chromium. It ends with the test.
type Browser struct{ ctx context.Context }

// Start starts Chromium with an empty profile.
func Start(t testing.TB) *Browser {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(Within),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // it is a test's; whether it ended gently does not matter
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium, which `make deps` installs: %v", err)
	}
	return &Browser{ctx}
}

// Look is how a page is looked at. The zero Look is a light screen of 1280 by
// 900, with scripts.
type Look struct {
	Width, Height int
	Dark          bool
	Print         bool
	NoScripts     bool
}

// Page is one tab with a profile of its own.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// Open opens an address and waits until it is loaded.
func (b *Browser) Open(t testing.TB, address string, look Look) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &Page{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	p.look(look)
	p.Go(address)
	return p
}

// Go opens another address in the same tab; complaints about the one before are
// forgotten.
func (p *Page) Go(address string) {
	p.t.Helper()
	p.mu.Lock()
	p.complaints = nil
	p.mu.Unlock()
	p.Do(chromedp.Navigate(address))
}

func (p *Page) look(l Look) {
	p.t.Helper()
	metrics := emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 900, DeviceScaleFactor: 1}
	if l.Width > 0 {
		metrics.Width, metrics.Height = int64(l.Width), int64(l.Height)
	}
	media := emulation.SetEmulatedMediaParams{Media: "screen", Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: "light"}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	if l.Dark {
		media.Features[0].Value = "dark"
	}
	if l.Print {
		media.Media = "print"
	}
	call(p, emulation.SetDeviceMetricsOverride, metrics)
	call(p, emulation.SetEmulatedMedia, media)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoScripts})
}

func call[P, R any](p *Page, command cdp.Command[P, R], params P) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Within)
	defer cancel()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		p.t.Fatalf("in the browser: %v", err)
	}
}

func (p *Page) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		text := "console." + string(e.Type)
		for _, arg := range e.Args {
			text += " " + string(arg.Value)
		}
		p.complain(text)
	case *runtime.EventExceptionThrown:
		p.complain("exception: " + e.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		p.complain(fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *page.EventJavascriptDialogOpening:
		p.complain("dialog: " + e.Message)
	}
}

func (p *Page) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, text)
}

// Complaints returns what the page complained about since its address was opened.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.complaints...)
}

// Do takes the steps, or fails the test.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Within)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("in the browser: %v; it complained about %q", err, p.Complaints())
	}
}

// Get takes a step that has a value, or fails the test.
func Get[T any](p *Page, step chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Within)
	defer cancel()
	value, err := chromedp.Run(ctx, step)
	if err != nil {
		p.t.Fatalf("in the browser: %v; it complained about %q", err, p.Complaints())
	}
	return value
}

// Eval evaluates an expression in the page, waiting for a promise, and returns
// its value.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return Get(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Press presses keys, one after the other.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.Do(chromedp.KeyEvent(keys))
}

// Screenshot returns the whole page as a PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	return Get(p, chromedp.FullScreenshot(100))
}
