package probe

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestAddressExpands(t *testing.T) {
	labels := map[string]string{"namespace": "shop", "pod": "api-1", "odd": "a/b?c#d&e=f %2e$pod", "dots": "..", "dot.ted": "x"}
	for _, c := range []struct{ text, want string }{
		{"http://a:1", "http://a:1"},
		{"https://a/x?y=z", "https://a/x?y=z"},
		{"http://a/$namespace/${pod}", "http://a/shop/api-1"},
		{"http://a/${dot.ted}", "http://a/x"},
		{"http://a/p/$odd", "http://a/p/a%2Fb%3Fc%23d&e=f%20%252e$pod"},
		{"http://a?q=$odd", "http://a?q=a%2Fb%3Fc%23d%26e%3Df+%252e%24pod"},
		{"http://a/$$5/$pod", "http://a/$5/api-1"},
		{"http://a/5$/$", "http://a/5$/$"},
	} {
		address, err := parseAddress(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got, err := address.expand(labels); err != nil || got != c.want {
			t.Errorf("%s: %s, %v, want %s", c.text, got, err, c.want)
		}
	}
}

func TestAddressSaysWhichLabelDoesNotFill(t *testing.T) {
	for value, want := range map[string]string{"": ReasonMissingLabel, "..": ReasonBadLabel, ".": ReasonBadLabel, "\xff": ReasonBadLabel, strings.Repeat("x", 513): ReasonBadLabel} {
		address, err := parseAddress("http://a/$pod")
		if err != nil {
			t.Fatal(err)
		}
		_, err = address.expand(map[string]string{"pod": value})
		if failed := (*labelError)(nil); !errors.As(err, &failed) || failed.reason != want || !strings.Contains(failed.message, "pod") {
			t.Errorf("%.20q: %v, want %s", value, err, want)
		}
	}
}

// TestLabelsDoNotClimb: neither one label nor several together lead out of the
// path that the configuration has, whatever the server decodes.
func TestLabelsDoNotClimb(t *testing.T) {
	for _, c := range []struct {
		text   string
		labels map[string]string
		ok     bool
	}{
		{"http://a/x/$v", map[string]string{"v": "a/../../admin"}, false},
		{"http://a/x/$v", map[string]string{"v": `a\..\admin`}, false},
		{"http://a/x/$v$w/y", map[string]string{"v": ".", "w": "."}, false},
		{"http://a/x/${v}${w}/y", map[string]string{"v": "/.", "w": "./"}, false},
		{"http://a/x/.$v/y", map[string]string{"v": "/x"}, false},
		{"http://a/x/$v./y", map[string]string{"v": "x/."}, false},
		{"http://a/x/$v", map[string]string{"v": "..."}, true},
		{"http://a/x/$v", map[string]string{"v": "v1..v2"}, true},
		{"http://a/x/$v", map[string]string{"v": "%2e%2e"}, true}, // is escaped once more
		{"http://a/../x/$v", map[string]string{"v": "y"}, true},   // as it is configured
		{"http://a/x?path=$v", map[string]string{"v": "../.."}, true},
	} {
		address, err := parseAddress(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := address.expand(c.labels)
		if failed := (*labelError)(nil); c.ok != (err == nil) || err != nil && (!errors.As(err, &failed) || failed.reason != ReasonBadLabel) {
			t.Errorf("%s with %v: %s, %v", c.text, c.labels, got, err)
		}
	}
}

func TestAddressRejects(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "http://",
		"a/b":                         "http://",
		"ftp://a":                     "http://",
		"$scheme://a":                 "http://",
		"HTTP://a":                    "http://",
		"http://":                     "host",
		"http:///x":                   "host",
		"http://:80/x":                "host",
		"http://$host/x":              "not in the host",
		"http://a.${namespace}.svc/x": "not in the host",
		"http://a:$port/x":            "not in the host",
		"http://$host":                "not in the host",
		"http://$host?x":              "not in the host",
		"http://user:pass@a/":         "no user or password",
		"http://a/x#y":                "fragment",
		"http://a/%zz":                "escaped",
		"http://a b/":                 "host",
	} {
		if _, err := parseAddress(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzLabelsNeverChooseTheHost(f *testing.F) {
	for _, value := range []string{"x", "@evil", "//evil/", "\\evil", "../..", "?a#b", "%2f", "a b\r\nHost: evil"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, text := range []string{"http://good:8080/$v", "http://good:8080/a/$v/b?c=${v}&d=1", "http://good:8080?$v"} {
			address, err := parseAddress(text)
			if err != nil {
				t.Fatal(err)
			}
			expanded, err := address.expand(map[string]string{"v": value})
			if err != nil {
				continue
			}
			got, err := url.Parse(expanded)
			if err != nil {
				t.Fatalf("%q does not parse: %v", expanded, err)
			}
			if got.Scheme != "http" || got.Host != "good:8080" || got.Fragment != "" || got.User != nil {
				t.Fatalf("%q became %q", value, expanded)
			}
			if strings.Contains(text, "&d=1") && (got.Query().Get("c") != value || got.Query().Get("d") != "1" || got.Path != "/a/"+value+"/b") {
				t.Fatalf("%q is not itself in %q", value, expanded)
			}
		}
	})
}
