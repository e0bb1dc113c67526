package dashboards

import (
	"fmt"
	"strings"

	_ "embed"
)

// guide is the part of docs/dashboards.md that people write.
//
//go:embed guide.md
var guide string

// Files returns what is generated, by its path in the tree: each dashboard and
// docs/dashboards.md.
func Files() (map[string][]byte, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"docs/dashboards.md": []byte(guide + panelTables(all))}
	for _, d := range all {
		name := strings.TrimPrefix(d.UID, tag+"-") + ".json"
		if files["dashboards/"+name], err = d.JSON(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// panelTables says of each panel what it answers.
func panelTables(all []Dashboard) string {
	var page strings.Builder
	for _, d := range all {
		fmt.Fprintf(&page, "\n## %s\n%s\n", strings.TrimPrefix(d.Title, "Aftercheck / "), d.Description)
		for _, s := range d.rows {
			fmt.Fprintf(&page, "\n| %s | |\n|---|---|\n", s.title)
			for _, p := range s.panels {
				fmt.Fprintf(&page, "| %s | %s |\n", p.Title, strings.ReplaceAll(p.Description, "|", `\|`))
			}
		}
	}
	return page.String()
}
