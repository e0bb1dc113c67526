package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aftercheck/aftercheck/internal/exporter"
)

// tag is on every dashboard, so that each links to the others.
const tag = "aftercheck"

// All returns the dashboards. It fails if one asks for a metric that the exporter
// does not declare.
func All() ([]Dashboard, error) {
	m, err := resolve(exporter.Definitions())
	if err != nil {
		return nil, err
	}
	all := []Dashboard{remediationQuality(m), sensors(m), sidecar(m)}
	for i := range all {
		all[i].lay()
	}
	return all, nil
}

// JSON returns the dashboard as it is provisioned.
func (d Dashboard) JSON() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return nil, fmt.Errorf("encoding the dashboard %s: %w", d.UID, err)
	}
	return text.Bytes(), nil
}

// section is a row with its panels.
type section struct {
	title  string
	panels []Panel
}

// dashboard is what all dashboards have in common.
func dashboard(uid, title, description, from string, m metrics) Dashboard {
	return Dashboard{
		UID: uid, Title: title, Description: description, Tags: []string{tag},
		GraphTooltip: 1, Refresh: "1m", SchemaVersion: schemaVersion, Timezone: "browser",
		Time:        TimeRange{From: from, To: "now"},
		Annotations: Annotations{List: []any{}},
		Links: []Link{
			{Type: "dashboards", Title: "Aftercheck", Icon: "external link", Tags: []string{tag}, IncludeVars: true, KeepTime: true},
			toEvidence("Evidence", ""),
		},
		Templating: Templating{List: []Variable{
			{
				Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus", Refresh: 1,
			},
			queried("job", fmt.Sprintf("label_values(%s, job)", m.buildInfo.name)),
			queried("instance", fmt.Sprintf(`label_values(%s{job=~"$job"}, instance)`, m.buildInfo.name)),
			{
				Name: "evidence_url", Label: "Evidence URL", Type: "textbox", Query: defaultEvidence,
				Description: "Where a browser reaches a sidecar's evidence pages, without a slash at the end.",
				Current:     &Choice{Selected: true, Text: defaultEvidence, Value: defaultEvidence},
				Options:     []Choice{{Selected: true, Text: defaultEvidence, Value: defaultEvidence}},
			},
		}},
	}
}

// prometheus is the data source that the reader chose.
func prometheus() Datasource { return Datasource{Type: "prometheus", UID: "${datasource}"} }

// queried is a variable with the values of a label, several of which may be
// chosen.
func queried(label, query string) Variable {
	source := prometheus()
	return Variable{
		Name: label, Label: titled(label), Type: "query", Query: query, Datasource: &source, Refresh: 2, Sort: 1,
		Multi: true, IncludeAll: true, AllValue: ".+",
		Current: &Choice{Selected: true, Text: []string{"All"}, Value: []string{"$__all"}},
	}
}

// window is how far back a point of a moving sum reaches.
func window() Variable {
	v := Variable{
		Name: "window", Label: "Window", Type: "custom", Query: "1h,6h,1d,7d",
		Description: "How far back each point of a trend looks. Verdicts are rare; a short window has little to say.",
	}
	for _, length := range []string{"1h", "6h", "1d", "7d"} {
		v.Options = append(v.Options, Choice{Selected: length == "6h", Text: length, Value: length})
	}
	v.Current = &v.Options[1]
	return v
}

// The evidence pages, and where they are unless the reader says otherwise.
const defaultEvidence = "http://127.0.0.1:19746"

// evidence is the address of the list of verifications, with the given query. The
// address is taken as it is written: links encode variables otherwise.
func evidence(query string) string {
	if query != "" {
		query = "?" + query
	}
	return "${evidence_url:raw}/verifications" + query
}

// toEvidence is a link to the list of verifications, with the given query.
func toEvidence(title, query string) Link {
	return Link{
		Type: "link", Title: title, Tooltip: "Verifications with what was seen", Icon: "doc",
		URL: evidence(query), Tags: []string{}, TargetBlank: true,
	}
}

// lay puts the panels into the grid, from the left and from the top, each row of
// them as high as its highest.
func (d *Dashboard) lay() {
	const width = 24
	id, y := 0, 0
	next := func() int { id++; return id }
	for _, s := range d.rows {
		d.Panels = append(d.Panels, Row{ID: next(), Type: "row", Title: s.title, GridPos: GridPos{Y: y, W: width, H: 1}, Panels: []Panel{}})
		y++
		x, height := 0, 0
		for _, p := range s.panels {
			if x+p.GridPos.W > width {
				x, y, height = 0, y+height, 0
			}
			p.ID, p.GridPos.X, p.GridPos.Y = next(), x, y
			x, height = x+p.GridPos.W, max(height, p.GridPos.H)
			d.Panels = append(d.Panels, p)
		}
		y += height
	}
}
