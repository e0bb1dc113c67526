package pages_test

import (
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/pages"
	"github.com/aftercheck/aftercheck/internal/testbed/browser"
)

var shots = flag.String("screenshots", "", "directory to write the screenshots of the documentation to")

// maxShot is how large a screenshot in the repository may be.
const maxShot = 200_000

// TestScreenshots takes the pictures of docs/evidence-pages.md; `make
// screenshots` writes them there.
func TestScreenshots(t *testing.T) {
	s := newShelf(t, theTimeout().tell(), theOutage().tell(), theFailure().tell(), theRegression().tell(), theRecovery().tell(), theWait().tell())
	server := httptest.NewServer(pages.NewAt(pages.Options{Reader: s, Version: "1.0.0"}, night.Add(22*time.Second)))
	defer server.Close()
	base := server.URL + "/verifications"
	b := browser.Start(t)
	narrow := browser.Look{Width: 390, Height: 844}
	for name, shot := range map[string]struct {
		address string
		look    browser.Look
		height  int // of what is kept
	}{
		"list":        {"", browser.Look{}, 860},
		"recovered":   {"/" + theRecovery().id, browser.Look{}, 2400},
		"regressed":   {"/" + theRegression().id, browser.Look{Dark: true}, 1500},
		"outage":      {"/" + theOutage().id, browser.Look{}, 1100},
		"waiting":     {"/" + theWait().id, browser.Look{}, 1560},
		"list-narrow": {"", narrow, 1100},
		"narrow":      {"/" + theFailure().id, narrow, 1400},
		"print":       {"/" + theRecovery().id, browser.Look{Width: 794, Height: 1123, Print: true}, 1123},
	} {
		p := b.Open(t, base+shot.address, shot.look)
		shown, err := browser.Small(p.Screenshot(), shot.height)
		if err != nil {
			t.Fatal(err)
		}
		if len(shown) > maxShot {
			t.Errorf("%s has %d bytes, want at most %d", name, len(shown), maxShot)
		}
		if *shots != "" {
			if err := os.WriteFile(filepath.Join(*shots, name+".png"), shown, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
