package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table is a table's header, by which its rows are read.
type table struct {
	titles  []string // in lower case
	offsets []int    // of the titles, in characters; nil if they stand one space apart
	boxed   bool     // the cells stand between lines
	commas  bool     // the cells stand between commas
	kind    string
	silent  bool // the table says nothing of health: df, ps, images

	conditions bool // a list of conditions below a heading
	indent     int
	about      section
}

// known are the titles of the tables that tools print, in lower case. Two of
// them make a header.
var known = set(`name names namespace ready status state restarts age up-to-date available desired current containers images
	selector node ip nominated-node readiness-gates roles version internal-ip external-ip os-image kernel-version container-runtime
	completions duration schedule suspend active last-schedule volume capacity access-modes storageclass volumeattributesclass
	type cluster-ip port(s) ports unit load sub description container-id container image command created service revision updated chart app-version
	last-seen reason object message first-seen count source attempt pod-id pod endpoints reference targets minpods maxpods replicas
	id pid user tty time cmd %cpu %mem vsz rss stat start filesystem size used avail use% mounted-on repository tag cpu(cores)
	memory(bytes) total free shared buff/cache health sync health-status sync-status mode desired-state current-state error task-group allocs node-id desired-status modified uptime
	cpu mem watching script ↺ driver scope group groups address class hosts min-available claim process condition sync-status conditions startup notes robustness cluster index epoch timestamp node.total node.data shards pri rep relo init unassign uuid docs.count docs.deleted store.size pri.store.size placed queued starting running failed complete lost unknown`)

// header reads a line as the header of a table, or returns nil.
func header(line string) *table {
	if !columned(line) {
		return nil
	}
	t := &table{}
	if cells := boxCells(line); cells != nil {
		t.boxed = true
		for _, cell := range cells {
			t.titles = append(t.titles, title(cell))
		}
	} else if cells := commaCells(line); cells != nil {
		t.commas, t.titles = true, cells
		t.kind, t.silent = t.kindOfRows()
		return t
	} else {
		t.titles, t.offsets = spaced(line)
	}
	if !t.titled() || !t.boxed && !shouts(line) && t.offsets == nil {
		return nil
	}
	if !shouts(line) && (stateWordIn(line) || !slices.ContainsFunc(t.titles, isNameTitle)) {
		return nil
	}
	t.kind, t.silent = t.kindOfRows()
	return t
}

// columned reports at little cost whether a line can be a header: it is in
// capitals, or something other than one space stands between its words.
func columned(line string) bool {
	return shouts(line) || strings.Contains(line, "  ") || strings.ContainsAny(line, "\t|") || strings.Contains(line, "│") ||
		strings.Contains(line, ",") && !strings.Contains(strings.TrimPrefix(line, "# "), " ")
}

// titled reports whether the titles are mostly known, and two of them at the
// least. A field is no header: STATE : 4 RUNNING.
func (t *table) titled() bool {
	named := 0
	for _, word := range t.titles {
		if strings.HasPrefix(word, ":") {
			return false
		}
		if known[word] {
			named++
		}
	}
	return named >= 2 && named*2 >= len(t.titles)
}

func isNameTitle(word string) bool {
	return word == "name" || word == "names" || word == "id" || word == "unit" || word == "service" || word == "task-group" || word == "pod" || word == "container" || word == "cluster" || word == "index"
}

func title(cell string) string {
	return strings.Join(strings.Fields(strings.ToLower(cell)), "-")
}

// shouts reports whether a line has letters and none of them is a small one.
func shouts(line string) bool {
	letters := 0
	for _, c := range line {
		switch {
		case unicode.IsLower(c):
			return false
		case unicode.IsUpper(c):
			letters++
		}
	}
	return letters > 3
}

// stateWordIn reports whether a line in small letters holds a state that is no
// title, so that it is a row.
func stateWordIn(line string) bool {
	for word := range strings.FieldsSeq(line) {
		lower := strings.ToLower(word)
		if toneOf(word) != silent && !known[lower] {
			return true
		}
		if _, _, ok := fraction(word); ok {
			return true
		}
	}
	return false
}

// spaced splits a header at two spaces and returns where its titles begin; if
// none stand so far apart, at each space, and returns no places. Titles of two
// words are known.
func spaced(line string) (titles []string, offsets []int) {
	line = strings.ReplaceAll(strings.TrimRight(line, " \t"), "\t", "  ")
	cells, places := wideCells(line)
	if len(cells) > 1 {
		return apart(cells, places)
	}
	words := strings.Fields(strings.ToLower(line))
	for i := 0; i < len(words); i++ {
		if i+1 < len(words) && known[words[i]+"-"+words[i+1]] {
			titles = append(titles, words[i]+"-"+words[i+1])
			i++
			continue
		}
		titles = append(titles, words[i])
	}
	return titles, nil
}

// apart splits titles that stand only one space apart among others that stand
// further: ACTIVE SUB.
func apart(cells []string, places []int) (titles []string, offsets []int) {
	for i, cell := range cells {
		words := strings.Fields(strings.ToLower(cell))
		if known[title(cell)] || len(words) < 2 || !known[words[0]] || !known[words[1]] {
			titles, offsets = append(titles, title(cell)), append(offsets, places[i])
			continue
		}
		at := places[i]
		for _, word := range words {
			titles, offsets = append(titles, word), append(offsets, at)
			at += utf8.RuneCountInString(word) + 1
		}
	}
	return titles, offsets
}

// wideCells splits a line at two or more spaces, and returns where the cells
// begin, in characters.
func wideCells(line string) (cells []string, places []int) {
	at, rest := 0, line
	for rest != "" {
		trimmed := strings.TrimLeft(rest, " ")
		at += len(rest) - len(trimmed)
		if trimmed == "" {
			break
		}
		end := strings.Index(trimmed, "  ")
		if end < 0 {
			end = len(trimmed)
		}
		cells, places = append(cells, trimmed[:end]), append(places, at)
		at += utf8.RuneCountInString(trimmed[:end])
		rest = trimmed[end:]
	}
	return cells, places
}

// boxCells splits a line that is drawn in a box: │ api │ online │, or with the
// bars of Markdown.
func boxCells(line string) []string {
	line = strings.TrimSpace(line)
	bar := "│"
	if !strings.Contains(line, bar) {
		bar = "|"
		if strings.Count(line, bar) < 2 {
			return nil
		}
	}
	cells := strings.Split(strings.Trim(line, bar), bar)
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// commaCells splits a header of titles between commas, or returns nil if the
// line is none: one of the titles is a state's and the first is a name's.
func commaCells(line string) []string {
	line = strings.TrimPrefix(line, "# ")
	if strings.Contains(line, " ") || !strings.Contains(line, ",") {
		return nil
	}
	cells := strings.Split(strings.TrimRight(strings.ToLower(line), ",\r"), ",")
	if len(cells) < 3 || !nameColumns[cells[0]] || !slices.ContainsFunc(cells[1:], func(cell string) bool { return stateTitles[cell] }) {
		return nil
	}
	return cells
}

var nameColumns = set("name names id pod container service unit host node pxname")

// cells splits a row into the header's columns, or returns nil if it does not
// fit.
func (t *table) cells(line string) []string {
	if t.boxed {
		if cells := boxCells(line); len(cells) == len(t.titles) {
			return cells
		}
		return nil
	}
	if t.commas {
		if cells := strings.Split(strings.TrimRight(line, ",\r"), ","); len(cells) <= len(t.titles) && len(cells) > 1 {
			return append(cells, make([]string, len(t.titles)-len(cells))...)
		}
		return nil
	}
	line = strings.TrimRight(strings.ReplaceAll(line, "\t", "  "), " ")
	if marked := strings.TrimLeft(line, " "); strings.HasPrefix(marked, "●") || strings.HasPrefix(marked, "*") {
		line = strings.Replace(line, marked[:len(marked)-len(strings.TrimLeft(marked, "●*"))], " ", 1)
	}
	wide, _ := wideCells(line)
	if len(wide) == len(t.titles) {
		return wide
	}
	if cells := t.aligned(line); cells != nil {
		return cells
	}
	if t.offsets != nil && len(wide) > 2 && len(wide) < len(t.titles) {
		return append(wide, make([]string, len(t.titles)-len(wide))...) // the last are empty
	}
	return t.inOrder(line)
}

// aligned cuts a row where the titles begin, if words begin there too.
func (t *table) aligned(line string) []string {
	if t.offsets == nil {
		return nil
	}
	runes := []rune(line)
	out := make([]string, len(t.titles))
	for i, from := range t.offsets {
		if from >= len(runes) {
			break
		}
		to := len(runes)
		if i+1 < len(t.offsets) {
			to = min(to, t.offsets[i+1])
		}
		if from > 0 && runes[from-1] != ' ' {
			return nil
		}
		out[i] = strings.TrimSpace(string(runes[from:to]))
	}
	return out
}

// inOrder gives the columns a row's words one by one. What stands in brackets
// belongs to the word before; the last column takes what is left.
func (t *table) inOrder(line string) []string {
	if t.kind == kindContainer {
		return nil // the cells of docker ps hold several words
	}
	out := make([]string, len(t.titles))
	at := -1
	inside := false
	for word := range strings.FieldsSeq(line) {
		switch {
		case inside || strings.HasPrefix(word, "(") && at >= 0:
			out[at] += " " + word
			inside = !strings.HasSuffix(word, ")")
		case at+1 < len(out):
			at++
			out[at] = word
		default:
			out[at] += " " + word
		}
	}
	if at < 1 {
		return nil
	}
	return out
}

// has reports whether the table has all these columns.
func (t *table) has(titles ...string) bool {
	for _, want := range titles {
		if !slices.Contains(t.titles, want) {
			return false
		}
	}
	return true
}

// kindOfRows tells from the columns what the rows are, and whether they say
// anything of health.
func (t *table) kindOfRows() (kind string, silent bool) {
	for _, shape := range shapes {
		if t.has(shape.titles...) {
			return shape.kind, shape.silent
		}
	}
	return "", !slices.ContainsFunc(t.titles, func(title string) bool { return stateTitles[title] })
}

var stateTitles = set("status state current robustness current-state health health-status ready condition available active sub replicas phase completions conditions")

// shapes are the tables of kubectl, docker, systemctl, helm and their like, by
// columns that no other has; the first that fits is it.
var shapes = []struct {
	kind   string
	silent bool
	titles []string
}{
	{"Event", false, []string{"reason", "object", "message"}},
	{kindUnit, false, []string{"unit", "load", "active", "sub"}},
	{"Pod", false, []string{"ready", "status", "restarts"}},
	{"DaemonSet", false, []string{"desired", "current", "ready", "up-to-date"}},
	{"ReplicaSet", false, []string{"desired", "current", "ready"}},
	{"Deployment", false, []string{"up-to-date", "available"}},
	{"CronJob", true, []string{"schedule", "suspend"}},
	{"Job", false, []string{"completions"}},
	{"Node", false, []string{"status", "roles"}},
	{"PersistentVolumeClaim", false, []string{"status", "volume", "capacity"}},
	{"Service", false, []string{"type", "cluster-ip"}},
	{"Release", false, []string{"revision", "chart"}},
	{"Endpoints", false, []string{"endpoints"}},
	{"HorizontalPodAutoscaler", true, []string{"minpods", "maxpods"}},
	{"Process", true, []string{"pid", "cmd"}},
	{"Process", true, []string{"pid", "command"}},
	{"Process", true, []string{"pid", "tty"}},
	{"Filesystem", true, []string{"mounted-on"}},
	{"Filesystem", true, []string{"used", "avail"}},
	{kindContainer, false, []string{"container-id"}},
	{kindContainer, false, []string{"image", "command"}},
	{kindContainer, false, []string{"container", "state"}},
	{kindContainer, false, []string{"name", "command", "state"}},
	{kindContainer, false, []string{"names", "status"}},
	{"Task", false, []string{"desired-state", "current-state"}},
	{"Task", false, []string{"desired", "status", "task-group"}},
	{"StatefulSet", false, []string{"name", "ready", "age"}},
}
