package collect_test

import (
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

func TestMatchFits(t *testing.T) {
	incident := aftercheck.Incident{
		Alertname: "KubePodCrashLooping",
		Labels:    map[string]string{"namespace": "shop", "pod": "api-1", "note": "two\nlines"},
	}
	for _, c := range []struct {
		alertname string
		labels    []string
		want      bool
	}{
		{"", nil, true},
		{"KubePod.*", nil, true},
		{"KubePod", nil, false}, // the whole name, as in Prometheus
		{"Other|KubePodCrashLooping", nil, true},
		{"Kube|Looping", nil, false}, // the anchors hold around the alternation
		{"", []string{`namespace="shop"`}, true},
		{"", []string{`namespace = shop `}, true},
		{"", []string{`namespace!="shop"`}, false},
		{"", []string{`pod=~"api-.+"`, `namespace=~shop|cart`}, true},
		{"", []string{`pod=~"api"`}, false},
		{"", []string{`pod!~"db-.*"`}, true},
		{"", []string{`note=~"two.lines"`}, true},
		{"", []string{`severity=""`}, true}, // absent is empty
		{"", []string{`severity=~".+"`}, false},
		{"", []string{`alertname=KubePodCrashLooping`}, true},
	} {
		match, err := collect.NewMatch(c.alertname, c.labels...)
		if err != nil {
			t.Errorf("%q %q: %v", c.alertname, c.labels, err)
			continue
		}
		if got := match.Fits(incident); got != c.want {
			t.Errorf("%q %q: fits = %v, want %v", c.alertname, c.labels, got, c.want)
		}
	}
	if !(collect.Match{}).Fits(aftercheck.Incident{}) {
		t.Error("the zero Match does not fit the zero Incident")
	}
}

func TestMatchTakesTheAlertnameFromTheLabelsToo(t *testing.T) {
	match, err := collect.NewMatch("TargetDown")
	if err != nil {
		t.Fatal(err)
	}
	if !match.Fits(aftercheck.Incident{Labels: map[string]string{"alertname": "TargetDown"}}) {
		t.Error("the label alertname is not looked at")
	}
}

func TestMatchRejects(t *testing.T) {
	for _, c := range []struct{ alertname, label, want string }{
		{"(", "", "alertname: "},
		{"a)|(?:b", "", "alertname: "}, // would slip out of the anchors
		{"", "namespace", "labels[0]: want a matcher such as"},
		{"", "0a=b", "labels[0]: want a matcher such as"},
		{"", `a="b`, "labels[0]: matcher for a: want its value in a pair of double quotes"},
		{"", `a=~"("`, "labels[0]: matcher for a: want a regular expression"},
	} {
		labels := []string{c.label}
		if c.label == "" {
			labels = nil
		}
		_, err := collect.NewMatch(c.alertname, labels...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: %v, want %q", c.alertname, c.label, err, c.want)
		}
	}
}

func FuzzParseMatcher(f *testing.F) {
	for _, text := range []string{`a="b"`, `a=~"b.*"`, `a!~c`, `a != "\u00e9"`, `a="`, `=`} {
		f.Add(text, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		matcher, err := collect.ParseMatcher(text)
		if err != nil {
			return
		}
		again, err := collect.ParseMatcher(matcher.String())
		if err != nil {
			t.Fatalf("%q reads as %s, which does not read back: %v", text, matcher, err)
		}
		labels := map[string]string{matcher.Name: value}
		if matcher.Matches(labels) != again.Matches(labels) {
			t.Errorf("%q and %s differ on %q", text, matcher, value)
		}
	})
}
