package prom

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck"
)

func TestExpand(t *testing.T) {
	values := map[string]string{"namespace": "shop", "pod": "api.v2-0", "weird.name": `a"b`, "hostile": "x\"} or vector(1)#\n\\"}
	for _, c := range []struct{ name, text, want string }{
		{"no placeholder", `up{job="x"}`, `up{job="x"}`},
		{"equal", `up{namespace="$namespace"}`, `up{namespace="shop"}`},
		{"not equal", `up{namespace!="$namespace"}`, `up{namespace!="shop"}`},
		{"several in one value", `up{id="$namespace/$pod"}`, `up{id="shop/api.v2-0"}`},
		{"braces", `up{id="${namespace}_x"}`, `up{id="shop_x"}`},
		{"braces with any name", `up{id="${weird.name}"}`, `up{id="a\"b"}`},
		{"pattern is quoted", `up{pod=~"$pod-.*"}`, `up{pod=~"api\\.v2-0-.*"}`},
		{"negated pattern", `up{pod!~"$pod|x"}`, `up{pod!~"api\\.v2-0|x"}`},
		{"dollar sign", `up{price="$$namespace"}`, `up{price="$namespace"}`},
		{"dollar sign in a pattern", `up{price=~"$$namespace"}`, `up{price=~"\\$namespace"}`},
		{"escaped dollar in a pattern stays", `up{price=~"\\$namespace"}`, `up{price=~"\\$namespace"}`},
		{"anchor stays", `up{code=~"(5..$)"}`, `up{code=~"(5..$)"}`},
		{"lone dollar stays", `up{price="5$"}`, `up{price="5$"}`},
		{"hostile", `up{x="$hostile"}`, `up{x="x\"} or vector(1)#\n\\"}`},
		{"hostile in a pattern", `up{x=~"a$hostile"}`, `up{x=~"ax\"\\} or vector\\(1\\)#\n\\\\"}`},
		{"range", `sum(rate(http_requests_total{code=~"5..",namespace="$namespace"}[5m]))`, `sum(rate(http_requests_total{code=~"5..",namespace="shop"}[5m]))`},
		{"subquery and offset", `max_over_time(up{namespace="$namespace"}[5m:1m] offset 1h)`, `max_over_time(up{namespace="shop"}[5m:1m] offset 1h)`},
		{"metric name by matcher", `{__name__="$namespace"}`, `{__name__="shop"}`},
		{"quoted metric name", `{"$namespace"}`, `{__name__="shop"}`},
		{"label_replace keeps its groups", `label_replace(up{namespace="$namespace"}, "a", "$1", "b", "(.*)")`, `label_replace(up{namespace="shop"}, "a", "$1", "b", "(.*)")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			template, _, err := parseTemplate(c.text)
			if err != nil {
				t.Fatal(err)
			}
			expr, err := template.expand(values)
			if err != nil {
				t.Fatal(err)
			}
			if got := expr.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			again, err := promQL.ParseExpr(expr.String())
			if err != nil || again.String() != expr.String() {
				t.Errorf("does not parse again: %v", err)
			}
		})
	}
}

func TestExpandSaysWhatIsMissing(t *testing.T) {
	template, _, err := parseTemplate(`up{namespace="$namespace",pod=~"$pod.*"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range []map[string]string{{"namespace": "shop"}, {"namespace": "shop", "pod": ""}} {
		_, err := template.expand(values)
		missing := (*missingLabel)(nil)
		if !errors.As(err, &missing) || missing.name != "pod" {
			t.Errorf("%v: got %v, want the label pod to be missing", values, err)
		}
	}
	for _, pod := range []string{"a\xff", "a\uFFFD"} {
		if _, err := template.expand(map[string]string{"namespace": "shop", "pod": pod}); !errors.Is(err, errBadLabel) {
			t.Errorf("%q: got %v", pod, err)
		}
	}
}

func TestExpandLeavesTheTemplateAlone(t *testing.T) {
	template, _, err := parseTemplate(`up{namespace="$namespace"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, namespace := range []string{"a", "b", "$namespace"} {
		expr, err := template.expand(map[string]string{"namespace": namespace})
		if err != nil {
			t.Fatal(err)
		}
		if want := `up{namespace="` + namespace + `"}`; expr.String() != want {
			t.Errorf("got %s, want %s", expr, want)
		}
	}
}

func TestParseTemplateRejects(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"not PromQL", `up{`, "want a PromQL expression"},
		{"empty", ``, "want a PromQL expression"},
		{"outside of a string", `up{namespace=$namespace}`, "in the values of matchers only"},
		{"as a metric", `$metric`, "in the values of matchers only"},
		{"in a label's name", `up{"$label"="x"}`, "in the values of matchers only"},
		{"in a grouping", `sum by ("$label") (up)`, "in the values of matchers only"},
		{"in a matching", `up * on ("$label") up`, "in the values of matchers only"},
		{"in a string", `label_replace(up, "a", "$pod", "b", "(.*)")`, "in the values of matchers only"},
		{"in a range", `rate(up[$range])`, "in the values of matchers only"},
		{"in a character class", `up{pod=~"[$pod]"}`, "stand for itself"},
		{"repeated", `up{pod=~"$pod*"}`, "stand for itself"},
		{"repeated by number", `up{pod=~"${pod}{3}"}`, "stand for itself"},
		{"literal section", `up{pod=~"\\Q$pod\\E"}`, "stand for itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := parseTemplate(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
		})
	}
}

func TestWindow(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration
	}{
		{`up`, 0},
		{`1 + 1`, 0},
		{`vector(1)`, 0},
		{`rate(x[5m])`, 5 * time.Minute},
		{`rate(x[5m]) / rate(y[10m])`, 10 * time.Minute},
		{`x offset 1h`, time.Hour},
		{`x offset -1h`, 0},
		{`rate(x[5m] offset 1h)`, 65 * time.Minute},
		{`max_over_time(rate(x[5m])[1h:1m])`, 65 * time.Minute},
		{`max_over_time(rate(x[5m] offset 2m)[1h:1m] offset 3m)`, 70 * time.Minute},
		{`max_over_time(avg_over_time(rate(x[1m])[10m:])[1h:])`, 71 * time.Minute},
		{`absent_over_time(x[7m]) or y`, 7 * time.Minute},
		{`sum by (a) (-(rate(x[5m])))`, 5 * time.Minute},
		{`histogram_quantile(0.9, sum by (le) (rate(b[3m])))`, 3 * time.Minute},
	} {
		expr, err := promQL.ParseExpr(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Window(expr); got != c.want {
			t.Errorf("Window(%s) = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestSampleTimes(t *testing.T) {
	for _, c := range []struct {
		text string
		lag  time.Duration
		want []string
	}{
		{`up{a="b"}`, 0, []string{`min(timestamp(up{a="b"}))`}},
		{`rate(x[5m]) / rate(y[10m])`, 0, []string{`min(timestamp(x))`, `min(timestamp(y))`}},
		{`rate(x[5m]) / rate(x[10m])`, 0, []string{`min(timestamp(x))`}},
		{`x / x offset 1h`, 0, []string{`min(timestamp(x))`}},
		{`x offset 1h`, time.Hour, nil},
		{`max_over_time(x[5m:] offset 10m)`, 10 * time.Minute, nil},
		{`absent(x{a="b"})`, 0, nil},
		{`absent(x) + on() y`, 0, []string{`min(timestamp(y))`}},
		{`vector(1)`, 0, nil},
	} {
		expr, err := promQL.ParseExpr(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got := sampleTimes(expr)
		if strings.Join(got, " ") != strings.Join(c.want, " ") || lag(expr) != c.lag {
			t.Errorf("%s: got %q and a lag of %s, want %q and %s", c.text, got, lag(expr), c.want, c.lag)
		}
		for _, text := range got {
			if _, err := promQL.ParseExpr(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

// FuzzExpand: whatever a label's value is, the expanded expression parses, has
// the same shape, and its matchers hold exactly that value.
func FuzzExpand(f *testing.F) {
	for _, value := range []string{"shop", `"`, `"} or vector(1) #`, "a\nb", `\`, "{{ .x }}", "$namespace", "ü-λ-🦀", ".*", "[a-", `\E`, "", "a\xff", "`", "'", "\x00", strings.Repeat("a", 5000)} {
		f.Add(value)
	}
	template, _, err := parseTemplate(`sum(rate(a{x="$v",y!="<${v}>",z=~"p$v.*|$v",w!~"$v"}[5m])) / max_over_time(b{x="$v"}[5m:1m])`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		expr, err := template.expand(map[string]string{"v": value})
		if value == "" || !quotable(value) {
			if err == nil {
				t.Fatal("want an error")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := promQL.ParseExpr(expr.String())
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		got := matchersOf(again)
		if got["x"].Value != value || got["y"].Value != "<"+value+">" {
			t.Errorf("got %v", got)
		}
		if !got["z"].Matches("p"+value+"tail") || !got["z"].Matches(value) || got["w"].Matches(value) {
			t.Errorf("the pattern %s does not match its own value", got["z"])
		}
		if got["z"].Value != "p"+regexp.QuoteMeta(value)+".*|"+regexp.QuoteMeta(value) {
			t.Errorf("the pattern is %s", got["z"])
		}
		if len(sampleTimes(again)) != 2 || Window(again) != 5*time.Minute {
			t.Errorf("the shape changed: %s", expr)
		}
	})
}

// FuzzBuiltIn: the built-in queries parse for any labels and hold them unchanged.
func FuzzBuiltIn(f *testing.F) {
	for _, name := range []string{"KubePodCrashLooping", "DockerContainerDown", "HostDown", "MemPressure", ""} {
		f.Add(name, "shop", "api-0", "10.0.0.7:9100", "redis")
		f.Add(name, `"} or vector(1)#`, "a\nb", "[2001:db8::1]:9100", `\`)
		f.Add(name, "\uFFFD", "\uFFFD", "\uFFFD", "\uFFFD")
		f.Add(name, "\xff", "\xff", "\xff", "\xff")
	}
	f.Fuzz(func(t *testing.T, name, namespace, pod, instance, container string) {
		values := map[string]string{"namespace": namespace, "pod": pod, "instance": instance, "container": container}
		b := builtInFor(name, values, "default")
		expr, err := promQL.ParseExpr(b.expr)
		if err != nil {
			if quotable(namespace + pod + instance + container) {
				t.Fatalf("%s: %v", b.expr, err)
			}
			if a := b.ask(aftercheck.Incident{Labels: values}, Baseline{}); a.expr != nil || a.reason != ReasonBadLabel {
				t.Errorf("got %+v, want the reason %s", a, ReasonBadLabel)
			}
			return
		}
		got := matchersOf(expr)
		if m := got["instance"]; m != nil && m.Value != strings.TrimSpace(instance) {
			t.Errorf("instance is %q, want %q", m.Value, instance)
		}
		if m := got["namespace"]; m != nil && m.Value != strings.TrimSpace(firstOf(namespace, "default")) {
			t.Errorf("namespace is %q, want %q", m.Value, namespace)
		}
		if m := got["pod"]; m != nil && !m.Matches(strings.ToValidUTF8(strings.TrimSpace(pod), "\uFFFD")) {
			t.Errorf("pod is %q, want it to match %q", m.Value, pod)
		}
	})
}

func matchersOf(expr parser.Expr) map[string]*labels.Matcher {
	matchers := map[string]*labels.Matcher{}
	eachSelector(expr, func(s *parser.VectorSelector, _ []parser.Node) {
		for _, m := range s.LabelMatchers {
			matchers[m.Name] = m
		}
	})
	return matchers
}
