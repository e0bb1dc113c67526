package prom

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
)

// every is a series of values by a step, from a fixed time on.
func every(step time.Duration, values ...float64) []baseline.Sample {
	out := make([]baseline.Sample, len(values))
	for i, v := range values {
		out[i] = baseline.Sample{At: time.Unix(1_772_000_000, 0).UTC().Add(time.Duration(i) * step), Value: v}
	}
	return out
}

func TestWhatIsRecorded(t *testing.T) {
	for text, want := range map[string]bool{
		`{"status":"success","data":{"resultType":"vector","result":[]}}`: true,
		`{"status":"error","errorType":"timeout","error":"x"}`:            true,
		`{"resultType":"matrix","result":[]}`:                             true,
		` [{"metric":{},"value":[1,"2"]}]`:                                true,
		"# HELP a b\n# TYPE a gauge\na 1\n":                               true,
		"a{b=\"c } d\"} NaN 1772000000000\n":                              true,
		"":                                                                false,
		"# only a comment":                                                false,
		"apiVersion: v1\nkind: Pod\n":                                     false,
		"replicas: 3\n":                                                   false,
		`{"apiVersion":"v1","kind":"Pod","status":{"phase":"Running"}}`: false,
		`{"status":"Failure","kind":"Status"}`:                          false,
		`[{"sensor":"kubernetes","findings":[]}]`:                       false,
		`{"readings":[]}`:       false,
		"NAME READY\napi 1/1\n": false,
		"{":                     false, "[": false,
	} {
		if got := IsRecorded([]byte(text)); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestWrongRecordings(t *testing.T) {
	many := strings.Repeat(`{"metric":{},"value":[1,"2"]},`, maxRecordedSeries+1)
	for text, says := range map[string]string{
		`{"a":1}`:                                       "want an answer of Prometheus' query API",
		"kind: Pod\nx y z\n":                            "want an answer of Prometheus' query API",
		`[{"metric":{},"value":[1]}]`:                   "want a time and a value",
		`[{"metric":{},"value":["x","2"]}]`:             "want a time in seconds",
		`[{"metric":{},"value":[1e300,"2"]}]`:           "want a time in seconds",
		`[{"metric":{},"value":[1,"two"]}]`:             "want a number in the value",
		`[{"metric":{},"value":[1,{}]}]`:                "want a number in the value",
		`{"status":"success","data":7}`:                 "decoding the answer's data",
		`{"status":"success","data":{"result":"x"}}`:    "decoding the answer's result",
		"[" + strings.TrimSuffix(many, ",") + "]":       "want at most 100",
		`{"status":"success","data":{"result":[1,"2"}}`: "decoding the answer",
	} {
		for _, files := range [][2]string{{text, ""}, {"", text}} {
			if _, _, err := Recorded([]byte(files[0]), []byte(files[1]), RecordedOptions{}); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%.60q: got %v, want %q", text, err, says)
			}
		}
	}
	if _, _, err := Recorded(nil, nil, RecordedOptions{Better: "greener"}); err == nil {
		t.Error("a direction that is none is taken")
	}
}

func TestCountersBecomeRates(t *testing.T) {
	nan := math.NaN()
	got := rates(every(10*time.Second, 100, 110, 110, nan, 130, 5, 25))
	var values []string
	for _, s := range got {
		values = append(values, fmt.Sprintf("%g", s.Value))
	}
	if want := "1 0 NaN 1 0.5 2"; strings.Join(values, " ") != want {
		t.Errorf("got %v, want %s", values, want)
	}
	if rates(every(time.Second, 7)) != nil {
		t.Error("one sample has a rate")
	}
	// A crash loop: a restart each two minutes, seen each half minute.
	got = rates(every(30*time.Second, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4))
	for _, s := range got {
		if s.Value < 1.0/240 || s.Value > 1.0/60 {
			t.Errorf("%v: got %g restarts by the second, want about one each two minutes", s.At, s.Value)
		}
	}
	if len(got) != 12 {
		t.Errorf("got %d rates, want those over half of the window at the least", len(got))
	}
}

func TestSeriesAreMergedTimeByTime(t *testing.T) {
	a := recordedSeries{samples: every(time.Minute, 1, 2, 3)}
	b := recordedSeries{samples: every(time.Minute, 10, math.NaN())}
	got := merged([]recordedSeries{a, b}, AggregateSum)
	if len(got) != 3 || got[0].Value != 11 || !math.IsNaN(got[1].Value) || got[2].Value != 3 {
		t.Errorf("got %v", got)
	}
}

func TestOnset(t *testing.T) {
	steps := func(parts ...[2]float64) []baseline.Sample {
		var values []float64
		for _, p := range parts {
			for i := range int(p[0]) {
				values = append(values, p[1]+0.01*p[1]*float64(i%3))
			}
		}
		return every(time.Minute, values...)
	}
	slope := make([]float64, 40)
	for i := range slope {
		slope[i] = float64(i)
	}
	for name, c := range map[string]struct {
		samples []baseline.Sample
		better  baseline.Direction
		at      int
		found   bool
	}{
		"a step up":           {steps([2]float64{20, 1}, [2]float64{10, 5}), baseline.DirectionLower, 20, true},
		"a step up is good":   {steps([2]float64{20, 1}, [2]float64{10, 5}), baseline.DirectionHigher, 0, false},
		"a step down is bad":  {steps([2]float64{20, 5}, [2]float64{10, 1}), baseline.DirectionHigher, 20, true},
		"nobody knows":        {steps([2]float64{20, 1}, [2]float64{10, 5}), baseline.DirectionNone, 0, false},
		"none":                {steps([2]float64{30, 1}), baseline.DirectionLower, 0, false},
		"a small one":         {steps([2]float64{20, 1}, [2]float64{20, 1.1}), baseline.DirectionLower, 0, false},
		"too short":           {steps([2]float64{5, 1}, [2]float64{5, 5}), baseline.DirectionLower, 0, false},
		"a slope":             {every(time.Minute, slope...), baseline.DirectionLower, 0, false},
		"up and higher again": {steps([2]float64{20, 1}, [2]float64{20, 5}, [2]float64{20, 12}), baseline.DirectionLower, 0, false},
	} {
		at, found := onset(c.samples, c.better, false)
		if found != c.found || found && at != c.at {
			t.Errorf("%s: got %d and %t", name, at, found)
		}
	}
	available := steps([2]float64{20, 0.98}, [2]float64{10, 0.8})
	if _, found := onset(available, baseline.DirectionHigher, false); found {
		t.Error("a fifth less is a step")
	}
	if at, found := onset(available, baseline.DirectionHigher, true); !found || at != 20 {
		t.Errorf("ten times as many failures: got %d and %t", at, found)
	}
}

// answerOf writes samples as a matrix of the query API.
func answerOf(samples []baseline.Sample, labels string) []byte {
	var pairs []string
	for _, s := range samples {
		pairs = append(pairs, fmt.Sprintf(`[%.3f,"%g"]`, float64(s.At.UnixMilli())/1000, s.Value))
	}
	return fmt.Appendf(nil, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{%s},"values":[%s]}]}}`, labels, strings.Join(pairs, ","))
}

func TestRecordedFindings(t *testing.T) {
	bad := every(time.Minute, 9, 9, 8, 9, 9, 8, 9, 9, 9)
	later := func(values ...float64) []baseline.Sample {
		all := every(time.Minute, append(make([]float64, 9), values...)...)
		return all[9:]
	}
	o := RecordedOptions{Healthy: "< 5", Unit: "jobs"}
	for name, c := range map[string]struct {
		after  []baseline.Sample
		state  aftercheck.State
		reason string
		value  float64
	}{
		"well":                    {later(1, 1, 2, 1, 1, 1), aftercheck.StateHealthy, ReasonInRange, 1},
		"well in the end":         {later(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1, 1, 2, 1, 1, 1), aftercheck.StateHealthy, ReasonInRange, 1},
		"but for a spike":         {later(1, 1, 9, 1, 1, 1), aftercheck.StateHealthy, ReasonInRange, 1},
		"on its way":              {later(9, 9, 9, 9, 9, 9), aftercheck.StateUnhealthy, ReasonOutOfRange, 9},
		"bad again at the end":    {later(1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 9), aftercheck.StateProgressing, ReasonUnsteady, 5},
		"bad a third of the time": {later(1, 9, 1, 9, 1, 1), aftercheck.StateProgressing, ReasonUnsteady, 1},
		"NaN in the end":          {later(1, 1, 1, math.NaN(), math.NaN(), math.NaN()), aftercheck.StateUnknown, ReasonNotANumber, 0},
		"NaN":                     {later(math.NaN(), math.Inf(1)), aftercheck.StateUnknown, ReasonNotANumber, 0},
		"none":                    {nil, aftercheck.StateUnknown, ReasonNoData, 0},
	} {
		pre, post, err := Recorded(answerOf(bad, `"pod":"a"`), answerOf(c.after, `"pod":"b"`), o)
		if err != nil || len(pre) != 1 || len(post) != 1 {
			t.Fatalf("%s: %v %v %v", name, pre, post, err)
		}
		f := post[0]
		if f.State != c.state || f.Reason != c.reason || (f.Value != nil) != (c.state != aftercheck.StateUnknown) || f.Value != nil && f.Value.Number != c.value {
			t.Errorf("%s: got %+v", name, f)
		}
		if f.Key() != pre[0].Key() || pre[0].State != aftercheck.StateUnhealthy || pre[0].Value.Unit != "jobs" || pre[0].Wanted != "< 5" {
			t.Errorf("%s: before it was %+v", name, pre[0])
		}
	}
}

// Of a file that holds the time before the action too, only what follows counts.
func TestOnlyWhatFollowsTheActionIsAfterIt(t *testing.T) {
	all := every(time.Minute, 9, 9, 9, 9, 9, 9, 1, 1, 1)
	_, post, err := Recorded(nil, answerOf(all, ""), RecordedOptions{Healthy: "< 5", After: all[5].At})
	if err != nil || post[0].State != aftercheck.StateHealthy || len(post[0].Samples) != 3 {
		t.Errorf("got %+v and %v", post, err)
	}
	if _, post, err = Recorded(nil, answerOf(all, ""), RecordedOptions{Healthy: "< 5", After: all[8].At}); err != nil || post[0].State != aftercheck.StateUnknown {
		t.Errorf("got %+v and %v", post, err)
	}
	pre, post, err := Recorded(answerOf(all[:6], ""), answerOf(all, ""), RecordedOptions{Healthy: "< 5"})
	if err != nil || post[0].State != aftercheck.StateHealthy || len(post[0].Samples) != 3 || pre[0].State != aftercheck.StateUnhealthy {
		t.Errorf("got %+v, %+v and %v", pre, post, err)
	}
}

// FuzzRecorded finds what no file may do: a panic, a state of nothing, or
// another answer the second time.
func FuzzRecorded(f *testing.F) {
	f.Add(string(answerOf(every(time.Minute, 1, 2, math.NaN(), 9), "")), "a 1\nb{c=\"d\"} NaN 5\n", "< 5")
	f.Add(`{"resultType":"scalar","result":[1,"2"]}`, `[{"metric":{"__name__":"a_total"},"values":[[1,"1"],[2,"5"]]}]`, "")
	f.Add("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n", `{"status":"error"}`, "0..1")
	f.Fuzz(func(t *testing.T, before, after, healthy string) {
		for _, o := range []RecordedOptions{{Healthy: healthy}, {Better: "lower"}, {Better: "higher", Unit: "ratio", Aggregation: AggregateSum}} {
			pre, post, err := Recorded([]byte(before), []byte(after), o)
			if err != nil {
				continue
			}
			for _, finding := range append(pre, post...) {
				known := finding.State == aftercheck.StateHealthy || finding.State == aftercheck.StateUnhealthy || finding.State == aftercheck.StateProgressing
				if finding.Reason == "" || known && finding.Value == nil {
					t.Fatalf("got %+v", finding)
				}
				if finding.Value != nil && doubtful(finding.Value.Number) != "" {
					t.Fatalf("no number: %+v", finding)
				}
			}
			preAgain, postAgain, _ := Recorded([]byte(before), []byte(after), o)
			if diff := cmp.Diff(pre, preAgain) + cmp.Diff(post, postAgain); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
