package prom

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

// labelled is a series of a pod in a namespace, of one value.
func labelled(pod, namespace string, value float64) recordedSeries {
	return recordedSeries{
		labels:  model.Metric{"pod": model.LabelValue(pod), "namespace": model.LabelValue(namespace)},
		samples: every(time.Minute, value, value, value),
	}
}

// shortName is a series' pod, a dash without a series.
func shortName(s *recordedSeries) string {
	if s == nil {
		return "-"
	}
	return string(s.labels["pod"])
}

func TestSeriesOfReplacedPodsArePaired(t *testing.T) {
	for name, c := range map[string]struct {
		was, is []recordedSeries
		want    string
	}{
		"the same":                 {[]recordedSeries{labelled("a", "x", 1), labelled("b", "x", 1)}, []recordedSeries{labelled("b", "x", 1), labelled("a", "x", 1)}, "a>a b>b"},
		"replaced":                 {[]recordedSeries{labelled("a", "x", 1), labelled("b", "x", 9)}, []recordedSeries{labelled("c", "x", 9), labelled("d", "x", 1)}, "b>c a>d"},
		"one of two":               {[]recordedSeries{labelled("a", "x", 1), labelled("b", "x", 9)}, []recordedSeries{labelled("a", "x", 1), labelled("c", "x", 1)}, "a>a b>c"},
		"all in another namespace": {[]recordedSeries{labelled("a", "x", 1), labelled("b", "x", 9)}, []recordedSeries{labelled("a", "y", 1), labelled("c", "y", 1)}, "a>- b>- ->a ->c"},
		"more than before":         {[]recordedSeries{labelled("a", "x", 1), labelled("b", "x", 9)}, []recordedSeries{labelled("c", "x", 1), labelled("d", "x", 2), labelled("e", "x", 3)}, "->c a>d b>e"},
		"less than before":         {[]recordedSeries{labelled("a", "x", 1), labelled("b", "x", 9)}, []recordedSeries{labelled("c", "x", 1)}, "a>- b>c"},
		"each in its namespace":    {[]recordedSeries{labelled("a", "x", 9), labelled("b", "y", 1)}, []recordedSeries{labelled("c", "x", 1), labelled("d", "y", 9)}, "a>c b>d"},
		"one that was renamed":     {[]recordedSeries{labelled("a", "x", 9)}, []recordedSeries{labelled("c", "y", 1)}, "a>c"},
	} {
		var got []string
		for _, p := range paired(c.was, c.is) {
			got = append(got, shortName(p.was)+">"+shortName(p.is))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %s, want %s", name, strings.Join(got, " "), c.want)
		}
	}
}
