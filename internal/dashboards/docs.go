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
		if files["dashboards/"+d.file()+".json"], err = d.JSON(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// file is the name of the dashboard's file, without an ending.
func (d Dashboard) file() string { return strings.TrimPrefix(d.UID, tag+"-") }

// panelTables shows each dashboard, and says of each panel what it answers.
func panelTables(all []Dashboard) string {
	var page strings.Builder
	for _, d := range all {
		title := strings.TrimPrefix(d.Title, "Aftercheck / ")
		fmt.Fprintf(&page, "\n## %s\n%s\n\n![%s](images/dashboard-%s.png)\n", title, d.Description, title, d.file())
		for _, s := range d.rows {
			fmt.Fprintf(&page, "\n| %s | |\n|---|---|\n", s.title)
			for _, p := range s.panels {
				fmt.Fprintf(&page, "| %s | %s |\n", p.Title, strings.ReplaceAll(p.Description, "|", `\|`))
			}
		}
	}
	return page.String()
}
