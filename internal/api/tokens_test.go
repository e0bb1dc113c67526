package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseTokens(t *testing.T) {
	for content, want := range map[string][]Token{
		"one":                           {{"token-1", "one"}},
		" one \r\n":                     {{"token-1", "one"}},
		"one\ntwo":                      {{"token-1", "one"}, {"token-2", "two"}},
		"# rotated on Monday\n\nci one": {{"ci", "one"}},
		"ci\tone\n#ci two\nagent two\n": {{"ci", "one"}, {"agent", "two"}},
	} {
		got, err := parseTokens([]byte(content))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", content, err, diff)
		}
	}
	for content, want := range map[string]string{
		"":                                  "empty",
		"\n# nothing\n":                     "empty",
		"a\nci one secret-3":                "line 2: want a token",
		"na/me secret-3":                    "line 1: want a token",
		strings.Repeat("x\n", 101):          "at most 100 tokens",
		strings.Repeat("x", maxTokenFile+1): "at most 65536 bytes",
	} {
		if _, err := parseTokens([]byte(content)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.20q: %v, want %s", content, err, want)
		}
	}
}

func TestMatchFindsEachOfManyTokens(t *testing.T) {
	var tokens []Token
	for n := range 10 {
		tokens = append(tokens, Token{fmt.Sprintf("name-%d", n), fmt.Sprintf("text-%d", n)})
	}
	for _, token := range tokens {
		if name, ok := match(tokens, token.Text); !ok || name != token.Name {
			t.Errorf("%s is matched by %s, %v", token.Name, name, ok)
		}
	}
	for _, brought := range []string{"", "text-", "text-10", "name-1", "text-1 ", "TEXT-1"} {
		if name, ok := match(tokens, brought); ok {
			t.Errorf("%q is matched by %s", brought, name)
		}
	}
	if _, ok := match(nil, ""); ok {
		t.Error("no token matches none")
	}
}
