package dashboards

import (
	"maps"
	"slices"
	"strings"
)

// column is one column of numbers in a table: an instant query by the table's
// labels.
type column struct {
	title, unit, expression string
	colors                  []Threshold // nil: not coloured
}

// table shows columns side by side, one row for each combination of the labels.
// An empty label is shown as none.
func table(w want, labels []string, columns ...column) Panel {
	names := map[string]any{}
	order := map[string]any{}
	var overrides []Override
	for i, label := range labels {
		names[label], order[label] = titled(strings.TrimPrefix(label, "incident_")), i
		overrides = append(overrides, byName(names[label], Property{ID: "mappings", Value: noneWhereEmpty()}))
	}
	for i, c := range columns {
		w.queries = append(w.queries, Target{Expr: c.expression, Format: "table", Instant: true})
		value := "Value #" + string(rune('A'+i))
		if len(columns) == 1 {
			value = "Value"
		}
		names[value], order[value] = c.title, len(labels)+i
		properties := []Property{{ID: "unit", Value: c.unit}}
		if c.unit == "short" { // a count, to the last digit; an increase has decimals
			properties = []Property{{ID: "unit", Value: "none"}, {ID: "decimals", Value: 0}}
		}
		if c.colors != nil {
			properties = append(properties, Property{ID: "thresholds", Value: Thresholds{Mode: "absolute", Steps: c.colors}},
				Property{ID: "custom.cellOptions", Value: map[string]any{"type": "color-text"}})
		}
		overrides = append(overrides, byName(c.title, properties...))
	}
	p := w.panel("table", graphHeight)
	p.FieldConfig.Overrides = overrides
	p.FieldConfig.Defaults.Custom = map[string]any{"align": "auto", "cellOptions": map[string]any{"type": "auto"}, "inspect": false, "filterable": true}
	p.Options = map[string]any{
		"showHeader": true, "cellHeight": "sm", "frameIndex": 0,
		"sortBy": []any{map[string]any{"displayName": columns[0].title, "desc": true}},
	}
	p.Transformations = []Transformation{
		{ID: "merge", Options: map[string]any{}},
		{ID: "organize", Options: map[string]any{"excludeByName": map[string]any{"Time": true}, "indexByName": order, "renameByName": names}},
	}
	return p
}

// rowsLinked leads from each row of a table to evidence.
func (p Panel) rowsLinked(column, title, query string) Panel {
	p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, byName(column, Property{
		ID: "links", Value: []DataLink{{Title: title, URL: evidence(query), TargetBlank: true}},
	}))
	return p
}

func byName(name any, properties ...Property) Override {
	return Override{Matcher: Matcher{ID: "byName", Options: name}, Properties: properties}
}

// noneWhereEmpty are the mappings that show "none" for a label that is not there.
func noneWhereEmpty() []any {
	var mappings []any
	for _, match := range []string{"empty", "null"} {
		mappings = append(mappings, map[string]any{
			"type": "special", "options": map[string]any{"match": match, "result": map[string]any{"text": "none", "index": len(mappings)}},
		})
	}
	return mappings
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
