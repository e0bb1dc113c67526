package collect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestScannerFindsWhatASearchFinds compares the scanner with searching for each
// literal at each place.
func TestScannerFindsWhatASearchFinds(t *testing.T) {
	letters := rapid.StringMatching(`[abcABC]{1,6}`)
	rapid.Check(t, func(t *rapid.T) {
		literals := rapid.SliceOfN(rapid.Map(letters, strings.ToLower), 1, 8).Draw(t, "literals")
		text := rapid.StringMatching(`[abcABC é]{0,40}`).Draw(t, "text")
		var got, want []string
		newScanner(literals).each(text, func(literal, start, end int) {
			got = append(got, fmt.Sprint(literal, start, end))
		})
		for i, literal := range literals {
			for start := range len(text) {
				if end := start + len(literal); end <= len(text) && strings.ToLower(text[start:end]) == literal {
					want = append(want, fmt.Sprint(i, start, end))
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q in %q: %v, want %v", literals, text, got, want)
		}
	})
}
