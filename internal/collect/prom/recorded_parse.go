package prom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/baseline"
)

// maxRecordedSeries bounds the series of a recorded file that are read one by
// one.
const maxRecordedSeries = 100

// recordedSeries is one series of a file. Samples that are no finite numbers are
// in it: that they are missing is told.
type recordedSeries struct {
	labels  model.Metric
	samples []baseline.Sample // oldest first
	counter bool              // it only ever rises while its process lives
	special bool              // a native histogram
}

// errNotRecorded is the error of a file in no form that Recorded reads.
var errNotRecorded = errors.New("want an answer of Prometheus' query API, or a page of metrics in the text format")

// parseRecorded reads a saved answer, with or without its envelope, or a page.
func parseRecorded(data []byte) ([]recordedSeries, error) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return nil, nil
	}
	var series []recordedSeries
	var err error
	if data[0] == '{' || data[0] == '[' {
		series, err = parseAnswer(data)
	} else {
		series, err = parsePage(data)
	}
	if err != nil {
		return nil, err
	}
	if len(series) > maxRecordedSeries {
		return nil, fmt.Errorf("%d series; want at most %d, so choose a metric or an aggregation in the query", len(series), maxRecordedSeries)
	}
	return series, nil
}

// answerForm is what an answer may have: its envelope, its data, or the result.
type answerForm struct {
	Status     string          `json:"status"`
	Error      string          `json:"error"`
	Data       json.RawMessage `json:"data"`
	ResultType string          `json:"resultType"`
	Result     json.RawMessage `json:"result"`
}

func parseAnswer(data []byte) ([]recordedSeries, error) {
	if data[0] == '[' {
		return parseResult(data)
	}
	var form answerForm
	if err := json.Unmarshal(data, &form); err != nil {
		return nil, fmt.Errorf("decoding the answer: %w", err)
	}
	switch {
	case form.Status == "error":
		return nil, nil // the server told nothing
	case len(form.Data) > 0:
		var inner answerForm
		if err := json.Unmarshal(form.Data, &inner); err != nil {
			return nil, fmt.Errorf("decoding the answer's data: %w", err)
		}
		return parseResult(inner.Result)
	case len(form.Result) > 0:
		return parseResult(form.Result)
	case form.Status != "" || form.ResultType != "":
		return nil, nil
	}
	return nil, errNotRecorded
}

// resultForm is one series of a vector or a matrix.
type resultForm struct {
	Metric     map[string]string `json:"metric"`
	Value      json.RawMessage   `json:"value"`
	Values     []json.RawMessage `json:"values"`
	Histogram  json.RawMessage   `json:"histogram"`
	Histograms json.RawMessage   `json:"histograms"`
}

func parseResult(data []byte) ([]recordedSeries, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, nil
	}
	if sample, err := parsePair(data); err == nil { // a scalar
		return []recordedSeries{{samples: []baseline.Sample{sample}}}, nil
	}
	var results []resultForm
	if err := json.Unmarshal(data, &results); err != nil {
		return nil, fmt.Errorf("decoding the answer's result: %w", err)
	}
	var out []recordedSeries
	for _, r := range results {
		series := recordedSeries{labels: model.Metric{}, special: len(r.Histogram)+len(r.Histograms) > 0}
		for name, value := range r.Metric {
			series.labels[model.LabelName(name)] = model.LabelValue(value)
		}
		pairs := r.Values
		if len(r.Value) > 0 {
			pairs = append(pairs, r.Value)
		}
		for _, pair := range pairs {
			sample, err := parsePair(pair)
			if err != nil {
				return nil, err
			}
			series.samples = append(series.samples, sample)
		}
		series.counter = len(r.Values)+len(r.Value) > 0 && countsByName(string(series.labels[model.MetricNameLabel]))
		out = append(out, series.inOrder())
	}
	return out, nil
}

// parsePair reads [seconds, "value"]. A value of null is missing.
func parsePair(data []byte) (baseline.Sample, error) {
	var pair []any
	if err := json.Unmarshal(data, &pair); err != nil || len(pair) != 2 {
		return baseline.Sample{}, errors.New("decoding a sample: want a time and a value")
	}
	seconds, ok := pair[0].(float64)
	at := plausible(time.UnixMilli(int64(math.Round(seconds * 1000))))
	if !ok || at.IsZero() {
		return baseline.Sample{}, errors.New("decoding a sample: want a time in seconds since 1970")
	}
	switch value := pair[1].(type) {
	case nil:
		return baseline.Sample{At: at, Value: math.NaN()}, nil
	case float64:
		return baseline.Sample{At: at, Value: value}, nil
	case string:
		number, err := strconv.ParseFloat(value, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return baseline.Sample{}, errors.New("decoding a sample: want a number in the value")
		}
		return baseline.Sample{At: at, Value: number}, nil
	}
	return baseline.Sample{}, errors.New("decoding a sample: want a number in the value")
}

func (s recordedSeries) inOrder() recordedSeries {
	slices.SortStableFunc(s.samples, func(a, b baseline.Sample) int { return a.At.Compare(b.At) })
	return s
}

// countsByName tells counters by the endings that Prometheus' naming gives them.
func countsByName(name string) bool {
	for _, ending := range []string{"_total", "_count", "_sum", "_bucket"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// parsePage reads a page of metrics. Its samples without a time have the zero
// time.
func parsePage(data []byte) ([]recordedSeries, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(append(bytes.Clone(data), '\n')))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotRecorded, err)
	}
	var out []recordedSeries
	for _, name := range sortedKeys(families) {
		family := families[name]
		for _, m := range family.GetMetric() {
			out = append(out, ofPage(family, m))
		}
	}
	return out, nil
}

func ofPage(family *dto.MetricFamily, m *dto.Metric) recordedSeries {
	series := recordedSeries{labels: model.Metric{model.MetricNameLabel: model.LabelValue(family.GetName())}}
	for _, pair := range m.GetLabel() {
		series.labels[model.LabelName(pair.GetName())] = model.LabelValue(pair.GetValue())
	}
	var sample baseline.Sample
	if ms := m.GetTimestampMs(); ms != 0 {
		sample.At = plausible(time.UnixMilli(ms))
	}
	switch {
	case m.Gauge != nil:
		sample.Value = m.GetGauge().GetValue()
	case m.Untyped != nil:
		sample.Value = m.GetUntyped().GetValue()
		series.counter = countsByName(family.GetName())
	case m.Counter != nil:
		sample.Value, series.counter = m.GetCounter().GetValue(), true
	default:
		series.special = true
		return series
	}
	series.samples = []baseline.Sample{sample}
	return series
}

func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// pageLine is a sample on a page of metrics.
var pageLine = regexp.MustCompile(`^[a-zA-Z_:](?:[a-zA-Z0-9_:]*[a-zA-Z0-9_])?(?:\{.*\})?\s+(\S+)(?:\s+-?\d+)?$`)

// IsRecorded reports whether a file has a form that Recorded reads: an answer of
// Prometheus' query API, or a page of metrics with at least one sample.
func IsRecorded(data []byte) bool {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
		return false
	case data[0] == '[':
		var results []map[string]json.RawMessage
		return json.Unmarshal(data, &results) == nil && len(results) > 0 && results[0]["metric"] != nil
	case data[0] == '{':
		return isAnswer(data)
	}
	return isPage(string(data))
}

func isAnswer(data []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(data, &keys) != nil {
		return false
	}
	status := string(keys["status"])
	return keys["resultType"] != nil || status == `"success"` && keys["data"] != nil || status == `"error"` && keys["errorType"] != nil
}

func isPage(text string) bool {
	found := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		match := pageLine.FindStringSubmatch(line)
		if match == nil {
			return false
		}
		if _, err := strconv.ParseFloat(match[1], 64); err != nil {
			return false
		}
		found = true
	}
	return found
}
