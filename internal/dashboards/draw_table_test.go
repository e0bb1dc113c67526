package dashboards_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

// sheet is a table.
type sheet struct {
	Head []string
	Rows [][]field
}

type field struct {
	Text, Color string
	value       float64
}

// numbers asks a stat's queries.
func (w *world) numbers(ctx context.Context, p dashboards.Panel, s span) ([]bigNumber, error) {
	var all []bigNumber
	defaults := p.FieldConfig.Defaults
	for _, q := range p.Targets {
		got, err := w.vector(ctx, substituted(q.Expr, s.values))
		if err != nil {
			return nil, err
		}
		for _, sample := range got {
			v := float64(sample.Value)
			all = append(all, bigNumber{legend(q.LegendFormat, sample.Metric), formatted(v, defaults.Unit, defaults.Decimals), stepColor(*defaults.Thresholds, v)})
		}
	}
	return all, nil
}

// layout is how a table's panel names and orders its columns.
type layout struct {
	IndexByName  map[string]int
	RenameByName map[string]string
}

// sheet asks a table's queries and puts their answers side by side.
func (w *world) sheet(ctx context.Context, p dashboards.Panel, s span) (*sheet, error) {
	var l layout
	for _, change := range p.Transformations {
		if change.ID == "organize" {
			again(change.Options, &l)
		}
	}
	columns := slices.SortedFunc(maps.Keys(l.IndexByName), func(a, b string) int { return l.IndexByName[a] - l.IndexByName[b] })
	rows := map[model.Fingerprint][]field{}
	for i, q := range p.Targets {
		value := "Value #" + q.RefID
		if len(p.Targets) == 1 {
			value = "Value"
		}
		got, err := w.vector(ctx, substituted(q.Expr, s.values))
		if err != nil {
			return nil, err
		}
		column := slices.Index(columns, value)
		if column < 0 {
			return nil, fmt.Errorf("query %d has no column in %v", i, columns)
		}
		for _, sample := range got {
			key := sample.Metric.Fingerprint()
			if rows[key] == nil {
				rows[key] = labelled(columns, sample.Metric)
			}
			rows[key][column] = shown(p, l.RenameByName[value], float64(sample.Value))
		}
	}
	table := &sheet{}
	for _, name := range columns {
		table.Head = append(table.Head, l.RenameByName[name])
	}
	for _, row := range rows {
		table.Rows = append(table.Rows, row)
	}
	by := slices.Index(table.Head, p.Options["sortBy"].([]any)[0].(map[string]any)["displayName"].(string))
	slices.SortFunc(table.Rows, func(a, b []field) int {
		if a[by].value != b[by].value {
			return cmp.Compare(b[by].value, a[by].value)
		}
		return slices.CompareFunc(a, b, func(a, b field) int { return cmp.Compare(a.Text, b.Text) })
	})
	return table, nil
}

func labelled(columns []string, of model.Metric) []field {
	row := make([]field, len(columns))
	for i, name := range columns {
		if text, found := of[model.LabelName(name)]; found {
			row[i].Text = string(text)
		} else if !strings.HasPrefix(name, "Value") {
			row[i].Text = "none"
		}
	}
	return row
}

// shown is a value as its column shows it.
func shown(p dashboards.Panel, column string, v float64) field {
	f := field{value: v}
	unit := p.FieldConfig.Defaults.Unit
	var decimals *int
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.Options != column {
			continue
		}
		for _, property := range o.Properties {
			switch property.ID {
			case "unit":
				unit = property.Value.(string)
			case "decimals":
				again(property.Value, &decimals)
			case "thresholds":
				var t dashboards.Thresholds
				again(property.Value, &t)
				f.Color = stepColor(t, v)
			}
		}
	}
	f.Text = formatted(v, unit, decimals)
	return f
}

// again reads what was decoded to any, as what it is.
func again(from, into any) {
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		panic(err) // it was read from JSON
	}
}
