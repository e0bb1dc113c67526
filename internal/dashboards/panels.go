package dashboards

import "strings"

// want is what a panel shows: its text, its unit and its queries.
type want struct {
	title, answers string // answers is the description: what a reader learns
	unit           string
	width          int
	queries        []Target
}

// The heights of panels in the grid.
const (
	statHeight  = 4
	graphHeight = 8
)

func titled(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// query is a query over the shown time, with how its series are named.
func query(expression, legend string) Target {
	return Target{Expr: expression, LegendFormat: legend, Format: "time_series", Range: true}
}

// now is a query for one value of the whole shown time.
func now(expression, legend string) Target {
	return Target{Expr: expression, LegendFormat: legend, Format: "time_series", Instant: true}
}

// withExemplars asks for the verifications behind the points too.
func (t Target) withExemplars() Target {
	t.Exemplar = true
	return t
}

// panel makes what all kinds have in common.
func (w want) panel(kind string, height int) Panel {
	p := Panel{
		Type: kind, Title: w.title, Description: w.answers, Datasource: prometheus(), Targets: w.queries,
		GridPos:     GridPos{W: w.width, H: height},
		FieldConfig: FieldConfig{Defaults: Field{Unit: w.unit}, Overrides: []Override{}},
	}
	for i := range p.Targets {
		p.Targets[i].RefID, p.Targets[i].Datasource, p.Targets[i].EditorMode = string(rune('A'+i)), prometheus(), "code"
	}
	if w.unit == "percentunit" {
		p.FieldConfig.Defaults.Min, p.FieldConfig.Defaults.Max = number(0), number(1)
	}
	return p
}

func number(n float64) *float64 { return &n }

// stat is one number.
func stat(w want, steps ...Threshold) Panel {
	p := w.panel("stat", statHeight)
	if len(steps) == 0 {
		steps = []Threshold{{Color: "text"}}
	}
	p.FieldConfig.Defaults.Thresholds = &Thresholds{Mode: "absolute", Steps: steps}
	p.FieldConfig.Defaults.Color = map[string]any{"mode": "thresholds"}
	p.FieldConfig.Defaults.NoValue = "none"
	p.Options = map[string]any{
		"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
		"wideLayout": true, "showPercentChange": false, "percentChangeColorMode": "standard",
		"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
	}
	return p
}

// whole shows a count to the last digit: short without decimals makes 1 K of 1437.
func (p Panel) whole() Panel {
	none := 0
	p.FieldConfig.Defaults.Decimals, p.FieldConfig.Defaults.Unit = &none, "none"
	return p
}

// graph is lines over time.
func graph(w want) Panel {
	p := w.panel("timeseries", graphHeight)
	p.FieldConfig.Defaults.Color = map[string]any{"mode": "palette-classic"}
	p.FieldConfig.Defaults.Custom = map[string]any{
		"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": 10, "showPoints": "auto",
		"spanNulls": false, "axisPlacement": "auto", "axisSoftMin": 0, "stacking": map[string]any{"mode": "none", "group": "A"},
	}
	p.Options = map[string]any{
		"legend":  map[string]any{"showLegend": true, "displayMode": "table", "placement": "bottom", "calcs": []string{"lastNotNull", "max"}},
		"tooltip": map[string]any{"mode": "multi", "sort": "desc"},
	}
	return p
}

// stacked is areas over time that add up. They have no lines: that of a series
// which is zero would lie on top of the others.
func stacked(w want) Panel {
	p := graph(w)
	p.FieldConfig.Defaults.Custom["fillOpacity"], p.FieldConfig.Defaults.Custom["lineWidth"] = 60, 0
	p.FieldConfig.Defaults.Custom["stacking"] = map[string]any{"mode": "normal", "group": "A"}
	return p
}

// heatmap is a histogram over time. The unit is that of the buckets' bounds.
func heatmap(w want) Panel {
	p := w.panel("heatmap", graphHeight)
	for i := range p.Targets {
		p.Targets[i].Format, p.Targets[i].LegendFormat = "heatmap", "{{le}}"
	}
	p.FieldConfig.Defaults = Field{Custom: map[string]any{"scaleDistribution": map[string]any{"type": "linear"}}}
	p.Options = map[string]any{
		"calculate": false, "cellGap": 1, "showValue": "never",
		"cellValues":   map[string]any{"unit": "none", "decimals": 0},
		"color":        map[string]any{"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "fill": "dark-orange", "reverse": false, "scale": "exponential"},
		"exemplars":    map[string]any{"color": "rgba(31, 96, 196, 0.9)"},
		"filterValues": map[string]any{"le": 1e-9},
		"legend":       map[string]any{"show": true},
		"rowsFrame":    map[string]any{"layout": "auto"},
		"tooltip":      map[string]any{"mode": "single", "yHistogram": true, "showColorScale": true},
		"yAxis":        map[string]any{"axisPlacement": "left", "unit": w.unit},
	}
	return p
}

// thresholds from the lowest up: red below the first bound, yellow below the
// second, green from there.
func goodAbove(yellow, green float64) []Threshold {
	return []Threshold{{Color: "red"}, {Color: "yellow", Value: &yellow}, {Color: "green", Value: &green}}
}

// badAbove is green up to a bound and the colour from there.
func badAbove(color string, from float64) []Threshold {
	return []Threshold{{Color: "green"}, {Color: color, Value: &from}}
}

// colored gives series of these names fixed colours.
func (p Panel) colored(colors map[string]string) Panel {
	for _, name := range sorted(colors) {
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, Override{
			Matcher:    Matcher{ID: "byName", Options: name},
			Properties: []Property{{ID: "color", Value: map[string]any{"mode": "fixed", "fixedColor": colors[name]}}},
		})
	}
	return p
}

// linked leads from a point of the panel to evidence.
func (p Panel) linked(title, query string) Panel {
	p.FieldConfig.Defaults.Links = append(p.FieldConfig.Defaults.Links, DataLink{Title: title, URL: evidence(query), TargetBlank: true})
	return p
}

// headed leads from the panel's head to evidence.
func (p Panel) headed(title, query string) Panel {
	p.Links = append(p.Links, toEvidence(title, query))
	return p
}
