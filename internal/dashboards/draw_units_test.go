package dashboards_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

// formatted is a value in one of Grafana's units.
func formatted(v float64, unit string, decimals *int) string {
	switch unit {
	case "none":
		return digits(v, decimals)
	case "short":
		return scaled(v, decimals, 1000, "", " K", " Mil", " Bil")
	case "bytes":
		return scaled(v, decimals, 1024, " B", " KiB", " MiB", " GiB")
	case "percentunit":
		return digits(100*v, decimals) + "%"
	case "ops":
		return digits(v, decimals) + " ops/s"
	case "reqps":
		return digits(v, decimals) + " req/s"
	case "s":
		return seconds(v, decimals)
	case "bool_yes_no":
		if v == 0 {
			return "No"
		}
		return "Yes"
	case "dateTimeFromNow":
		return ago(time.Since(time.UnixMilli(int64(v))))
	default:
		return fmt.Sprintf("%v in an unknown unit %s", v, unit)
	}
}

// digits shows three digits that count, or as many decimals as are wanted.
func digits(v float64, decimals *int) string {
	places := 0
	if decimals != nil {
		places = *decimals
	} else if v != 0 {
		places = min(max(0, 2-int(math.Floor(math.Log10(math.Abs(v))))), 6)
	}
	rounded := math.Round(v*math.Pow10(places)) / math.Pow10(places)
	if decimals != nil {
		return strconv.FormatFloat(rounded, 'f', places, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func scaled(v float64, decimals *int, by float64, names ...string) string {
	for len(names) > 1 && math.Abs(v) >= by {
		v, names = v/by, names[1:]
	}
	return digits(v, decimals) + names[0]
}

func seconds(v float64, decimals *int) string {
	switch {
	case v == 0:
		return "0 s"
	case v < 1e-3:
		return digits(v*1e6, decimals) + " µs"
	case v < 1:
		return digits(v*1e3, decimals) + " ms"
	case v < 60:
		return digits(v, decimals) + " s"
	default:
		return digits(v/60, decimals) + " mins"
	}
}

func ago(d time.Duration) string {
	if d < 90*time.Second {
		return "a minute ago"
	}
	return fmt.Sprintf("%.0f minutes ago", d.Minutes())
}

// tickStep is the distance between the marks of an axis up to a value.
func tickStep(top float64, unit string) float64 {
	if unit == "bool_yes_no" {
		return 1
	}
	if top <= 0 {
		top = 1
	}
	by := 10.0
	if unit == "bytes" {
		by = 1024
	}
	base := math.Pow(by, math.Floor(math.Log(top/4)/math.Log(by)))
	for _, n := range []float64{1, 2, 2.5, 5, 10, 20, 25, 50, 100, 200, 250, 500} {
		if n*base*4 >= top {
			return n * base
		}
	}
	return by * base
}

// palette is the order in which Grafana's classic palette colours series.
var palette = []string{"#7EB26D", "#EAB839", "#6ED0E0", "#EF843C", "#E24D42", "#1F78C1", "#BA43A9", "#705DA0", "#508642", "#CCA300", "#447EBC", "#C15C17"}

// named are Grafana's colours by their names.
var named = map[string]string{
	"green": "#73BF69", "yellow": "#FADE2A", "red": "#F2495C", "orange": "#FF9830", "purple": "#B877D9", "text": "#E6E6F0",
}

// colorOf is the colour of a panel's series.
func colorOf(p dashboards.Panel, name string, i int) string {
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			if o.Matcher.Options == name && property.ID == "color" {
				return named[property.Value.(map[string]any)["fixedColor"].(string)]
			}
		}
	}
	return palette[i%len(palette)]
}

// stepColor is the colour of the highest threshold that a value reaches.
func stepColor(t dashboards.Thresholds, v float64) string {
	color := ""
	for _, step := range t.Steps {
		if step.Value == nil || v >= *step.Value {
			color = named[step.Color]
		}
	}
	return color
}

func TestFormatted(t *testing.T) {
	none := 0
	for _, c := range []struct {
		v        float64
		unit     string
		decimals *int
		want     string
	}{
		{0.98765, "percentunit", nil, "98.8%"},
		{1, "percentunit", nil, "100%"},
		{0, "short", nil, "0"},
		{41.7, "short", &none, "42"},
		{12345, "short", nil, "12.3 K"},
		{0.0123, "s", nil, "12.3 ms"},
		{1.5, "s", nil, "1.5 s"},
		{90, "s", nil, "1.5 mins"},
		{3 << 20, "bytes", nil, "3 MiB"},
		{2.25, "ops", nil, "2.25 ops/s"},
		{1, "bool_yes_no", nil, "Yes"},
	} {
		if got := formatted(c.v, c.unit, c.decimals); got != c.want {
			t.Errorf("%v in %s is %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	for _, unit := range units {
		if got := formatted(1, unit, nil); strings.Contains(got, "unknown") {
			t.Errorf("the unit %s cannot be drawn: %s", unit, got)
		}
	}
}

func TestTickStep(t *testing.T) {
	for _, c := range []struct {
		top  float64
		unit string
		want float64
	}{{1, "percentunit", 0.25}, {7, "short", 2}, {0, "short", 0.25}, {300, "short", 100}, {1, "bool_yes_no", 1}, {100 << 20, "bytes", 25 << 20}} {
		if got := tickStep(c.top, c.unit); math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("up to %v in %s: a mark each %v, want %v", c.top, c.unit, got, c.want)
		}
	}
}
