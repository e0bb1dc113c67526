package dashboards

// The types below are the part of Grafana's dashboard model that is used here, as
// the type Dashboard of npm's @grafana/schema has it; dashboards/schema-check holds
// the JSON to that.

// schemaVersion is the version of the model that is written; a newer Grafana brings
// it up to its own when it loads it.
const schemaVersion = 39

// Dashboard is one dashboard as Grafana provisions it.
type Dashboard struct {
	UID           string      `json:"uid"`
	Title         string      `json:"title"`
	Description   string      `json:"description"`
	Tags          []string    `json:"tags"`
	Editable      bool        `json:"editable"`
	GraphTooltip  int         `json:"graphTooltip"` // 1: one crosshair in all panels
	Refresh       string      `json:"refresh"`
	SchemaVersion int         `json:"schemaVersion"`
	Time          TimeRange   `json:"time"`
	Timezone      string      `json:"timezone"`
	Annotations   Annotations `json:"annotations"`
	Links         []Link      `json:"links"`
	Templating    Templating  `json:"templating"`
	Panels        []any       `json:"panels"` // Row or Panel, in the order of the grid

	rows []section
}

// TimeRange is what a dashboard shows when it is opened.
type TimeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Annotations are empty: nothing is drawn over the panels.
type Annotations struct {
	List []any `json:"list"`
}

// Link leads from the head of a dashboard or panel to dashboards, or elsewhere.
type Link struct {
	Type        string   `json:"type"` // dashboards or link
	Title       string   `json:"title"`
	Tooltip     string   `json:"tooltip"`
	Icon        string   `json:"icon"`
	URL         string   `json:"url,omitempty"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
	TargetBlank bool     `json:"targetBlank"`
}

// Templating holds the variables.
type Templating struct {
	List []Variable `json:"list"`
}

// Variable is something that the reader chooses.
type Variable struct {
	Name        string      `json:"name"`
	Label       string      `json:"label"`
	Description string      `json:"description,omitempty"`
	Type        string      `json:"type"` // datasource, query, custom or textbox
	Query       string      `json:"query"`
	Datasource  *Datasource `json:"datasource,omitempty"`
	Refresh     int         `json:"refresh,omitempty"` // 1: on load, 2: when the time range changes
	Sort        int         `json:"sort,omitempty"`    // 1: by the alphabet
	Multi       bool        `json:"multi,omitempty"`
	IncludeAll  bool        `json:"includeAll,omitempty"`
	AllValue    string      `json:"allValue,omitempty"`
	Current     *Choice     `json:"current,omitempty"`
	Options     []Choice    `json:"options,omitempty"`
	Hide        int         `json:"hide"` // 0: shown
}

// Choice is one value of a variable. Text and Value are a string, or a list of
// them where the variable takes several.
type Choice struct {
	Selected bool `json:"selected"`
	Text     any  `json:"text"`
	Value    any  `json:"value"`
}

// Datasource refers to a data source.
type Datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// GridPos is a place in the grid, 24 wide.
type GridPos struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Row is the head of the panels below it.
type Row struct {
	ID        int     `json:"id"`
	Type      string  `json:"type"` // row
	Title     string  `json:"title"`
	Collapsed bool    `json:"collapsed"`
	GridPos   GridPos `json:"gridPos"`
	Panels    []Panel `json:"panels"` // none: they stand after it
}

// Panel is one panel.
type Panel struct {
	ID              int              `json:"id"`
	Type            string           `json:"type"` // timeseries, stat, table or heatmap
	Title           string           `json:"title"`
	Description     string           `json:"description"`
	GridPos         GridPos          `json:"gridPos"`
	Datasource      Datasource       `json:"datasource"`
	FieldConfig     FieldConfig      `json:"fieldConfig"`
	Options         map[string]any   `json:"options"`
	Targets         []Target         `json:"targets"`
	Transformations []Transformation `json:"transformations,omitempty"`
	Links           []Link           `json:"links,omitempty"`
}

// Target is one query of a panel.
type Target struct {
	RefID        string     `json:"refId"`
	Datasource   Datasource `json:"datasource"`
	Expr         string     `json:"expr"`
	LegendFormat string     `json:"legendFormat,omitempty"`
	Format       string     `json:"format"`
	Instant      bool       `json:"instant"`
	Range        bool       `json:"range"`
	Exemplar     bool       `json:"exemplar"`
	EditorMode   string     `json:"editorMode"`
}

// FieldConfig says how values are shown.
type FieldConfig struct {
	Defaults  Field      `json:"defaults"`
	Overrides []Override `json:"overrides"`
}

// Field is how one field is shown.
type Field struct {
	Unit       string         `json:"unit,omitempty"`
	Decimals   *int           `json:"decimals,omitempty"`
	Min        *float64       `json:"min,omitempty"`
	Max        *float64       `json:"max,omitempty"`
	NoValue    string         `json:"noValue,omitempty"`
	Color      map[string]any `json:"color,omitempty"`
	Thresholds *Thresholds    `json:"thresholds,omitempty"`
	Mappings   []any          `json:"mappings,omitempty"`
	Links      []DataLink     `json:"links,omitempty"`
	Custom     map[string]any `json:"custom,omitempty"`
}

// Thresholds colour values.
type Thresholds struct {
	Mode  string      `json:"mode"`
	Steps []Threshold `json:"steps"`
}

// Threshold is a colour from a value on; a nil value is the lowest.
type Threshold struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"`
}

// Override changes how some fields are shown.
type Override struct {
	Matcher    Matcher    `json:"matcher"`
	Properties []Property `json:"properties"`
}

// Matcher chooses fields.
type Matcher struct {
	ID      string `json:"id"`
	Options any    `json:"options"`
}

// Property is one setting of a field.
type Property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// Transformation changes the data between query and panel.
type Transformation struct {
	ID      string         `json:"id"`
	Options map[string]any `json:"options"`
}

// DataLink leads from a point in a panel elsewhere.
type DataLink struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	TargetBlank bool   `json:"targetBlank"`
}
